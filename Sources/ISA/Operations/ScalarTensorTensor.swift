public import Device
import Formats
public import Machine

/// An operation with a scalar, then one with a tensor, in one pass.
public struct ScalarTensorTensor: Operation {
  /// `scalar_tensor_tensor`.
  public static let name = "scalar_tensor_tensor"
  /// What it does.
  public static let summary =
    "(data op0 operand0) op1 operand1, operand0 a number or [P, 1], operand1 a tensor"
  /// Formula, rules and cost.
  public static let details = """
    dst = (data op0 operand0) op1 operand1 in fp32, rounded once when stored; reverse0 and \
    reverse1 swap the sides of their operation. Arithmetic operations only. data and operand1 \
    must not both be in psum. Cost on Vector: one element per cycle for two 16-bit inputs, \
    otherwise as documented up to NKI 2.26 two cycles per element.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "op0", "operand0", "op1", "operand1",
    optional: [
      "reverse0", "reverse1",
    ])
  /// The fields.
  public static let fields: [Field<ScalarTensorTensor>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.read, "data", \.data, "input, same shape"),
    Field(.immediate, "op0", \.op0, "first operation"),
    // The NKI reference names no type, and public kernels give bfloat16 (nki-library, bwmm_shard_on_I).
    Field(
      .read, "operand0", \.operand0, "its operand: a number or one value per partition",
      types: .floats),
    Field(.immediate, "op1", \.op1, "second operation"),
    Field(.read, "operand1", \.operand1, "its operand, same shape as data"),
    Field(.immediate, "reverse0", \.reverse0, "compute operand0 op0 data"),
    Field(.immediate, "reverse1", \.reverse1, "compute operand1 op1 (…)"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same shape.
  public var data = AccessPattern.unset
  /// First operation.
  public var op0 = ALUOp.add
  /// Its operand: a number or one value per partition.
  public var operand0: ScalarOperand = .immediate(0)
  /// Second operation.
  public var op1 = ALUOp.add
  /// Its operand, same shape as data.
  public var operand1 = AccessPattern.unset
  /// Compute operand0 op0 data.
  public var reverse0: Bool = false
  /// Compute operand1 op1 (…).
  public var reverse1: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern, op0: ALUOp, operand0: ScalarOperand, op1: ALUOp,
    operand1: AccessPattern, reverse0: Bool = false, reverse1: Bool = false
  ) {
    self.dst = dst
    self.data = data
    self.op0 = op0
    self.operand0 = operand0
    self.op1 = op1
    self.operand1 = operand1
    self.reverse0 = reverse0
    self.reverse1 = reverse1
  }

  /// Shapes, memories and operations.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data"), (operand1, "operand1")])
    check.requireSameShape(dst, "dst", data, "data")
    check.requireSameShape(dst, "dst", operand1, "operand1")
    check.requireNotBothPSUM(data, operand1, "operand1")
    check.requireArithmetic(op0, "op0")
    check.requireArithmetic(op1, "op1")
    check.requireBinary(op0, "op0")
    check.requireBinary(op1, "op1")
    check.requireScalar(operand0, "operand0", like: data)
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .scalarTensorTensor, .scalarTensorTensor, inputs: [data, operand1],
      pointers: operand0.pattern.map { [$0] } ?? [], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    let scalar = try machine.read(operand0, "operand0", rows: values.rows)
    op0.apply(rowsOf: values, scalar, reversed: reverse0)
    let other = try machine.read(operand1, "operand1")
    if reverse1 {
      op1.apply(other.elements, values.elements, count: values.count, into: values.elements)
    } else {
      op1.apply(values.elements, other.elements, count: values.count, into: values.elements)
    }
    try machine.write(values, to: dst, "dst")
  }
}
