public import Device
import Formats
public import Machine

/// A function of the Scalar engine and the sum of its results.
public struct ActivationReduce: Operation {
  /// `activation_reduce`.
  public static let name = "activation_reduce"
  /// What it does.
  public static let summary = "dst = op(data × scale + bias), and its sum over all free dimensions"
  /// Formula, rules and cost.
  public static let details = """
    As activation, and reduce_res[P, 1] = the sum of the fp32 results of a row before dst's \
    rounding, from the first element on (order assumed). reduce_op is add. Cost: that of \
    activation and 64 cycles to read the accumulator (trn1 architecture guide).
    """
  /// Scalar only.
  public static let engines: [Engine] = [.scalar]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "op", "data", "reduce_op", "reduce_res",
    optional: [
      Parameter("bias", default: .absent), "scale", "name", "engine",
    ])
  /// The fields.
  public static let fields: [Field<ActivationReduce>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.immediate, "op", \.op, "the function"),
    Field(.read, "data", \.data, "input, same shape"),
    Field(.immediate, "reduce_op", \.reduceOp, "add"),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] sum of the result"),
    Field(
      .read, "bias", \.bias, "added before the function: a number or one value per partition",
      types: [.float32, .bfloat16, .float16, .float8_e4m3, .float8_e5m2, .float8_e4m3fn]),
    Field(
      .read, "scale", \.scale,
      "multiplied before the bias: a number or one value per partition", types: [.float32]),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// The function.
  public var op = ActivationFunction.copy
  /// Input, same shape.
  public var data = AccessPattern.unset
  /// Add.
  public var reduceOp = ALUOp.add
  /// [P, 1] sum of the result.
  public var reduceRes = AccessPattern.unset
  /// Added before the function: a number or one value per partition.
  public var bias: ScalarOperand = .immediate(0)
  /// Multiplied before the bias: a number or one value per partition.
  public var scale: ScalarOperand = .immediate(1)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, op: ActivationFunction, data: AccessPattern, reduceOp: ALUOp = .add,
    reduceRes: AccessPattern, bias: ScalarOperand = .immediate(0),
    scale: ScalarOperand = .immediate(1)
  ) {
    self.dst = dst
    self.op = op
    self.data = data
    self.reduceOp = reduceOp
    self.reduceRes = reduceRes
    self.bias = bias
    self.scale = scale
  }

  /// Shapes, types and reduction.
  public func check(_ check: inout Checker) {
    check.requireActivation(op, dst: dst, data: data, bias: bias, scale: scale)
    check.requireOnChip([(reduceRes, "reduce_res")])
    check.requirePerPartition(reduceRes, "reduce_res", like: data)
    check.require(
      reduceOp == .add, "reduce_op",
      "the scalar engine reduces by add only, not by '\(reduceOp.rawValue)'",
      remedy: "use activation and tensor_reduce")
  }

  /// One pass of the Scalar engine.
  public func lower(into emitter: inout Emitter) {
    emitter.activate(dst, op, data, [bias, scale], reduceRes: reduceRes)
  }

  /// Computes `dst` and `reduce_res`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    try machine.activate(values, op, bias: bias, scale: scale)
    try machine.write(values, to: dst, "dst")
    try machine.writeReduction(of: values, by: reduceOp, to: reduceRes)
  }
}
