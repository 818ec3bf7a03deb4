public import Device
import Formats
public import Machine

/// Element-wise operation on two tensors.
public struct TensorTensor: Operation {
  /// `tensor_tensor`.
  public static let name = "tensor_tensor"
  /// What it does.
  public static let summary = "element-wise operation on two tensors of the same shape"
  /// Formula, rules and cost.
  public static let details = """
    dst = data1 op data2. Inputs are cast to fp32, the result is rounded to dst's type; bitwise \
    operations work on the bit patterns of integer types and all three must then have one size. \
    On GpSimd, add, subtract, multiply, maximum, minimum and comparisons of int32 or uint32 are \
    exact (overflow wraps: assumed); NKI chooses GpSimd for them by itself, here engine=gpsimd \
    does. power runs on GpSimd only. At most one input may be in psum. Cost on Vector: one element per cycle per partition, also \
    for two fp32 inputs (measured on trn2; NKI ≤ 2.26 documents 2N).
    """
  /// Vector by default.
  public static let engines: [Engine] = [.vector, .gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data1", "data2", "op",
    optional: [
      "engine"
    ])
  /// The fields.
  public static let fields: [Field<TensorTensor>] = [
    Field(.write, "dst", \.dst, "result", bitwise: .integers),
    Field(.read, "data1", \.data1, "left input", bitwise: .integers),
    Field(.read, "data2", \.data2, "right input, same shape", bitwise: .integers),
    Field(.immediate, "op", \.op, "the operation"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Left input.
  public var data1 = AccessPattern.unset
  /// Right input.
  public var data2 = AccessPattern.unset
  /// The operation.
  public var op = ALUOp.add

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data1: AccessPattern, data2: AccessPattern, op: ALUOp
  ) {
    self.dst = dst
    self.data1 = data1
    self.data2 = data2
    self.op = op
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    for (pattern, name) in [(dst, "dst"), (data1, "data1"), (data2, "data2")] {
      check.requireSpace(pattern, name, [.sbuf, .psum])
    }
    check.requireSameShape(dst, "dst", data1, "data1")
    check.requireSameShape(dst, "dst", data2, "data2")
    check.requireNotBothPSUM(data1, data2, "data2")
    check.require(
      !op.isUnary, "op", "'\(op.rawValue)' takes one operand", remedy: "use tensor_scalar")
    check.require(
      op != .power || check.engine == .gpsimd, "op", "'power' runs on gpsimd only",
      remedy: "use engine=gpsimd, with all operands in sbuf")
    if isBitwise {
      check.requireOneSize([(dst, "dst"), (data1, "data1"), (data2, "data2")])
    }
  }

  /// By its operator.
  public var isBitwise: Bool { op.isBitwise }

  /// GpSimd for power, Vector otherwise.
  public var defaultEngine: Engine { op == .power ? .gpsimd : .vector }

  /// One pass of Vector or GpSimd.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.tensorTensor, .tensorTensor, inputs: [data1, data2], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    if op.isBitwise {
      let left = try machine.readBits(data1, "data1")
      let right = try machine.readBits(data2, "data2")
      op.applyBits(
        left.elements, right.elements, count: left.count,
        signed: machine.tensors[Int(data1.tensor.index)].dtype.isSigned, into: left.elements)
      try machine.writeBits(left, to: dst, "dst")
    } else if machine.hasNativeIntegers, op.isExactOnIntegers,
      [dst, data1, data2].allSatisfy({
        machine.tensors[Int($0.tensor.index)].dtype.isNativeInteger
      })
    {
      let left = try machine.readIntegers(data1, "data1")
      let right = try machine.readIntegers(data2, "data2")
      let signed = machine.tensors[Int(dst.tensor.index)].dtype.isSigned
      for i in 0..<left.count {
        let value = op.applyInteger(left.elements[i], right.elements[i])
        left.elements[i] =
          signed
          ? Int64(Int32(truncatingIfNeeded: value)) : Int64(UInt32(truncatingIfNeeded: value))
      }
      try machine.writeIntegers(left, to: dst, "dst")
    } else {
      let left = try machine.read(data1, "data1")
      let right = try machine.read(data2, "data2")
      op.apply(left.elements, right.elements, count: left.count, into: left.elements)
      try machine.write(left, to: dst, "dst")
    }
  }
}

extension Checker {
  /// Requires operands of one size, as operations on bit patterns do.
  mutating func requireOneSize(_ operands: [(AccessPattern, String)]) {
    guard let first = operands.first else { return }
    let wanted = place(first.0).dtype
    for (pattern, name) in operands {
      let dtype = place(pattern).dtype
      require(
        dtype.size == wanted.size, name,
        "bitwise operations need one type, '\(name)' is \(dtype) and '\(first.1)' is \(wanted)")
    }
  }
}
