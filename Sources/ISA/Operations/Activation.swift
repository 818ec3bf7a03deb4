public import Device
import Formats
public import Machine

/// A function of the Scalar engine with scale and bias.
public struct Activation: Operation {
  /// `activation`.
  public static let name = "activation"
  /// What it does.
  public static let summary = "dst = op(data × scale + bias) on the Scalar engine"
  /// Formula, rules and cost.
  public static let details = """
    dst = op(data × scale + bias); the product and the sum are rounded to fp32. scale is a number \
    or a float32 [P, 1], bias a number (trn2 on) or [P, 1] of a float type. Computed exactly in \
    fp32; the hardware's piecewise polynomials are documented to be valid in ranges only (log \
    2^-64…2^64, sqrt 2^-116…2^118, rsqrt 2^-87…2^97, reciprocal ±2^-42…2^42, arctan ±π/2), beyond \
    which this still gives the exact function. sin is documented to continue as a cubic beyond \
    ±π, and does so here. Cost: one element per cycle per partition, and 1283 ns when the \
    function's table must be loaded. With reduce_cmd each row of the fp32 result is added to \
    the Scalar engine's accumulators, and reduce_res receives them: priced as activation_reduce.
    """
  /// Scalar only.
  public static let engines: [Engine] = [.scalar]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "op", "data",
    optional: [
      Parameter("bias", default: .absent), "scale", "reduce_op", "reduce_res", "reduce_cmd", "name",
      "engine",
    ])
  /// The fields.
  public static let fields: [Field<Activation>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.immediate, "op", \.op, "the function"),
    Field(.read, "data", \.data, "input, same shape"),
    Field(
      .read, "bias", \.bias, "added before the function: a number or one value per partition",
      types: [.float32, .bfloat16, .float16, .float8_e4m3, .float8_e5m2, .float8_e4m3fn]),
    Field(
      .read, "scale", \.scale,
      "multiplied before the bias: a number or one value per partition", types: [.float32]),
    Field(.immediate, "reduce_op", \.reduceOp, "add"),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] accumulators afterwards"),
    Field(.immediate, "reduce_cmd", \.command, "what happens to the accumulators"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// The function.
  public var op = ActivationFunction.copy
  /// Input, same shape.
  public var data = AccessPattern.unset
  /// Added before the function: a number or one value per partition.
  public var bias: ScalarOperand = .immediate(0)
  /// Multiplied before the bias: a number or one value per partition.
  public var scale: ScalarOperand = .immediate(1)
  /// Add.
  public var reduceOp: ALUOp?
  /// `[P, 1]` accumulators afterwards.
  public var reduceRes: AccessPattern?
  /// What happens to the accumulators.
  public var command = ReduceCommand.idle

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, op: ActivationFunction, data: AccessPattern,
    bias: ScalarOperand = .immediate(0), scale: ScalarOperand = .immediate(1)
  ) {
    self.dst = dst
    self.op = op
    self.data = data
    self.bias = bias
    self.scale = scale
  }

  /// Shapes and types.
  public func check(_ check: inout Checker) {
    check.requireActivation(op, dst: dst, data: data, bias: bias, scale: scale)
    check.requireReduction(command, reduceOp, reduceRes, like: data, allowed: [.add])
  }

  /// One pass of the Scalar engine.
  public func lower(into emitter: inout Emitter) {
    emitter.activate(dst, op, data, [bias, scale], reduceRes: reduceRes)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    try machine.activate(values, op, bias: bias, scale: scale)
    try machine.write(values, to: dst, "dst")
    try machine.accumulate(
      values, of: dst, by: reduceOp ?? .add, command, on: .scalar, into: reduceRes)
  }
}

extension Checker {
  /// The rules that `activation` and `activation_reduce` share.
  mutating func requireActivation(
    _ op: ActivationFunction, dst: AccessPattern, data: AccessPattern, bias: ScalarOperand,
    scale: ScalarOperand
  ) {
    require(
      op != .prelu, "op", "prelu takes a parameter, which only activate2 has",
      remedy: "use activate2, or relu")
    requireOnChip([(dst, "dst"), (data, "data")])
    requireSameShape(dst, "dst", data, "data")
    requireScalar(scale, "scale", like: data)
    requireScalar(bias, "bias", like: data)
    if case .immediate(let value) = bias {
      let generation = geometry.generation
      require(
        value == 0 || generation >= 3, "bias",
        "a number as bias needs trn2 or later, this is NeuronCore-v\(generation)",
        remedy: "pass a [P, 1] tensor")
    }
  }
}

extension Emitter {
  /// One pass of the Scalar engine: a function of `data` after steps with `scalars`.
  ///
  /// - Parameter reduceRes: receives the accumulators. Reading them is what takes time (NKI documentation,
  ///   activation_reduce).
  mutating func activate(
    _ dst: AccessPattern, _ op: ActivationFunction, _ data: AccessPattern,
    _ scalars: [ScalarOperand], reduceRes: AccessPattern?
  ) {
    let reads = reduceRes != nil
    stream(
      reads ? .activateReduce : .activate, reads ? .activationReduce : .activation, inputs: [data],
      pointers: scalars.compactMap(\.pattern), output: dst,
      alsoWrites: reduceRes.map { [$0] } ?? [], activation: op)
  }
}

extension Machine {
  /// `values = op(values × scale + bias)`, row by row.
  func activate(
    _ values: borrowing Tile<Float>, _ op: ActivationFunction, bias: ScalarOperand,
    scale: ScalarOperand
  ) throws(Trap) {
    if scale != .immediate(1) {
      let factor = try read(scale, "scale", rows: values.rows)
      ALUOp.multiply.apply(rowsOf: values, factor, reversed: false)
    }
    if bias != .immediate(0) {
      let offset = try read(bias, "bias", rows: values.rows)
      ALUOp.add.apply(rowsOf: values, offset, reversed: false)
    }
    op.apply(values.elements, count: values.count)
  }

  /// Reduces each row to one value and stores it as `reduce_res`.
  mutating func writeReduction(
    of values: borrowing Tile<Float>, by op: ALUOp, to pattern: AccessPattern
  ) throws(Trap) {
    let result = makeTile(rows: values.rows, columns: 1)
    for row in 0..<values.rows {
      result.elements[row] = op.reduce(values.row(row), count: values.columns)
    }
    try write(result, to: pattern, "reduce_res")
  }
}
