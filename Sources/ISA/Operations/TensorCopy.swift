public import Device
import Formats
public import Machine

/// Copy of a tensor within the core's memories.
public struct TensorCopy: Operation {
  /// `tensor_copy`.
  public static let name = "tensor_copy"
  /// What it does.
  public static let summary = "copies a tensor between or within sbuf and psum, converting its type"
  /// Formula, rules and cost.
  public static let details = """
    dst = src. Bit-exact when both have one type, otherwise through fp32. GpSimd has no access to \
    psum. Cost: one element per cycle; on Vector 2 (fp32) or 4 (bf16, fp16) when both are \
    contiguous in sbuf.
    """
  /// Vector by default.
  public static let engines: [Engine] = [.vector, .scalar, .gpsimd]
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src",
    optional: [
      "engine", "name",
      .frontEnd(
        "dtype", .dtype, "type of the result until NKI 0.3: that of dst counts"),
    ])
  /// The fields.
  public static let fields: [Field<TensorCopy>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.read, "src", \.src, "source, same shape"),
    Field(
      .immediate, "restores", \.restores,
      "brings sums of products back to psum, which may go on there; same bits"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Source.
  public var src = AccessPattern.unset
  /// Whether products may add to the result, as if they had made it.
  public var restores = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, restores: Bool = false) {
    self.dst = dst
    self.src = src
    self.restores = restores
  }

  /// Shapes and memories.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.sbuf, .psum])
    check.requireSpace(src, "src", [.sbuf, .psum])
    check.requireSameShape(dst, "dst", src, "src")
    check.requireConvertible(src, "src", dst, "dst")
    guard restores else { return }
    check.requireSpace(dst, "dst", [.psum])
    check.requireSameType(dst, "dst", src, "src")
  }

  /// One pass: COPY, or CAST when the type changes.
  public func lower(into emitter: inout Emitter) {
    let same = emitter.place(dst).dtype == emitter.place(src).dtype
    emitter.stream(same ? .tensorCopy : .cast, same ? .copy : .cast, inputs: [src], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let from = machine.tensors[Int(src.tensor.index)].dtype
    let to = machine.tensors[Int(dst.tensor.index)].dtype
    if restores {
      try machine.writeBits(machine.readBits(src, "src"), to: dst, "dst", byMatmul: true)
    } else if from == to {
      try machine.copyBits(src, "src", to: dst, "dst")
    } else {
      let values = try machine.read(src, "src")
      try machine.write(values, to: dst, "dst")
    }
  }
}
