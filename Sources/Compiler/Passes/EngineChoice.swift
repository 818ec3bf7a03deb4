import Device
import ISA
import Machine

/// Engines of the second generation's instructions whose author leaves them open.
///
/// Decoded streams of two MoE kernels: all of 328 `tensor_scalar` are ACTIVATEs of Scalar, copies are Vector's. AWS's
/// published convolutions agree: 350 ns of Scalar per `tensor_scalar` of 62 elements in builds with 1488 and with 992 of
/// them. Scalar multiplies, adds, and multiplies then adds; what it cannot do stays with Vector.
struct EngineChoice {
  /// Chooses the engine of each instruction that has a choice.
  ///
  /// - Returns: how many it moved from their default, or settled.
  @discardableResult
  static func run(_ draft: inout Draft) -> Int {
    var count = 0
    draft.nodes = draft.nodes.map { [draft] node in
      guard node.engine == nil else { return node }
      if draft.isOpen(node) {
        count += 1
        return node.on(.vector)
      }
      guard let scaled = node.operation as? TensorScalar, scaled.fitsScalar else { return node }
      count += 1
      return node.on(.scalar)
    }
    return count
  }
}

extension TensorScalar {
  /// Whether it is what ACTIVATE computes: data times a scale plus a bias.
  fileprivate var fitsScalar: Bool {
    guard !reverse0, !reverse1 else { return false }
    return op1 == nil ? op0 == .add || op0 == .multiply : op0 == .multiply && op1 == .add
  }
}
