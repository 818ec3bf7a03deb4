import Device
import Hardware
import ISA
import Machine

/// Engines of instructions whose author leaves them open.
///
/// Decoded streams of two second-generation MoE kernels: all of 328 `tensor_scalar` are ACTIVATEs of Scalar, copies are
/// Vector's. AWS's published convolutions agree: 350 ns of Scalar per `tensor_scalar` of 62 elements in builds with 1488
/// and with 992 of them. Scalar multiplies, adds, and multiplies then adds; what it cannot do stays with Vector.
///
/// The first generation has the same rule, operands in SBUF included. Published busy times of NKIBench's kernels on trn1
/// are those of such streams: AdamW's Scalar takes 3.58 us per 512 elements, 0.45 for each of 7 `tensor_scalar` and a square
/// root; SiLU's 0.94 for two; of rmsnorm_matmul's Vector is left what its sums take (41 us), and Scalar's 187 us are three
/// passes and the copies. On trn1 copies of PSUM are Scalar's, too: Vector is idle in its matmul, bmm and transpose_matmul
/// (0.1 us), which copy 2.4, 1.7 and 0.4 ms long. On trn2 captures have them on both.
struct EngineChoice {
  /// Chooses the engine of each instruction that has a choice.
  ///
  /// - Parameter isSecond: whether the compiler is the second generation's.
  /// - Returns: how many it moved from their default, or settled.
  @discardableResult
  static func run(_ draft: inout Draft, isSecond: Bool) -> Int {
    // On trn2 the first generation's scheduler has the choice.
    let copies: Engine? =
      isSecond ? .vector : draft.machine.hardware.core.generation == 2 ? .scalar : nil
    var count = 0
    draft.nodes = draft.nodes.map { [draft] node in
      guard node.engine == nil else { return node }
      if draft.isOpen(node) {
        guard let copies else { return node }
        count += 1
        return node.on(copies)
      }
      guard node.opcode == .tensorScalar, let scaled = node.operation as? TensorScalar,
        scaled.fitsScalar
      else { return node }
      count += 1
      return node.on(.scalar)
    }
    return count
  }
}

extension TensorScalar {
  /// Whether it is what ACTIVATE computes: data times a scale plus a bias, in which order is all the same.
  fileprivate var fitsScalar: Bool {
    op1 == nil ? op0 == .add || op0 == .multiply : op0 == .multiply && op1 == .add
  }
}
