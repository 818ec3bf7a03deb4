public import Device
import Formats
public import Machine

/// Copies elements where a predicate holds.
public struct TensorCopyPredicated: Operation {
  /// `tensor_copy_predicated`.
  public static let name = "tensor_copy_predicated"
  /// What it does.
  public static let summary =
    "copies src to dst where the predicate is nonzero, and leaves the rest of dst"
  /// Formula, rules and cost.
  public static let details = """
    dst = src, bit by bit, where predicate is nonzero (zero with reverse_pred); other elements of \
    dst keep their value. src and dst have one type, the predicate is uint8, uint16 or uint32; \
    src and predicate must not both be in psum. Cost on Vector: 2 cycles per element when both \
    are in sbuf, 1 when one is in psum (NKI ≤ 2.26).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src", "predicate",
    optional: [
      "reverse_pred"
    ])
  /// The fields.
  public static let fields: [Field<TensorCopyPredicated>] = [
    Field(.readWrite, "dst", \.dst, "result; keeps its elements where the predicate fails"),
    Field(.read, "src", \.src, "what is copied, same shape and type"),
    Field(.read, "predicate", \.predicate, "same shape", types: [.uint8, .uint16, .uint32]),
    Field(.immediate, "reverse_pred", \.reverse, "copy where the predicate is zero"),
  ]

  /// Result; keeps its elements where the predicate fails.
  public var dst = AccessPattern.unset
  /// What is copied, same shape and type.
  public var src = AccessPattern.unset
  /// Unsigned integers, same shape.
  public var predicate = AccessPattern.unset
  /// Copy where the predicate is zero.
  public var reverse: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, src: AccessPattern, predicate: AccessPattern, reverse: Bool = false
  ) {
    self.dst = dst
    self.src = src
    self.predicate = predicate
    self.reverse = reverse
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (src, "src"), (predicate, "predicate")])
    check.requireSameShape(dst, "dst", src, "src")
    check.requireSameShape(dst, "dst", predicate, "predicate")
    check.requireSameType(dst, "dst", src, "src")
    check.requireNotBothPSUM(src, predicate, "predicate")
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .copyPredicated, .select, inputs: [src, predicate], pointers: [dst], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let condition = try machine.readBits(predicate, "predicate")
    let source = try machine.readBits(src, "src")
    var all = true
    for i in 0..<condition.count where (condition.elements[i] == 0) != reverse { all = false }
    if !all {
      // The rest of dst is read, so that it must have been written before.
      let old = try machine.readBits(dst, "dst")
      for i in 0..<condition.count where (condition.elements[i] == 0) != reverse {
        source.elements[i] = old.elements[i]
      }
    }
    try machine.writeBits(source, to: dst, "dst")
  }
}
