public import Device
import Formats
public import Machine

/// Exponential function on the Vector engine, with the sum of its results.
public struct Exponential: Operation {
  /// `exponential`.
  public static let name = "exponential"
  /// What it does.
  public static let summary = "dst = exp(src - max_value) on the Vector engine, and its sum"
  /// Formula, rules and cost.
  public static let details = """
    trn3 on. The difference is rounded to fp32, exp is exact to 0.51 units in the last place of \
    fp32 (the hardware's own error is not published). With reduce_cmd each row of the fp32 result is added \
    to Vector's accumulators, from the first element on (order assumed); reduce_res receives \
    them; load_reduce begins with reduce_init. dst is not uint32 or float8_e4m3fn, src not \
    tfloat32 or float8_e4m3fn (NKI documentation). Cost: four elements per cycle from sbuf, four \
    times the rate of activation (trn3 architecture guide).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src",
    optional: [
      "max_value", "reduce_res", "reduce_cmd", Parameter("reduce_init", default: .number(0)),
    ])
  /// trn3 on (NKI documentation).
  public static let generation = 4
  /// What earlier ones have.
  public static let instead: String? = "use activation with op=exp"
  /// The fields.
  public static let fields: [Field<Exponential>] = [
    Field(.write, "dst", \.dst, "result", types: .except(.uint32, .float8_e4m3fn, .bool)),
    Field(
      .read, "src", \.src, "input, same shape",
      types: .except(.tfloat32, .float8_e4m3fn, .bool)),
    Field(
      .read, "max_value", \.maxValue, "subtracted first: a number or one value per partition",
      types: [.float32]),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] accumulators afterwards"),
    Field(.immediate, "reduce_cmd", \.command, "what happens to the accumulators"),
    Field(.read, "reduce_init", \.reduceInit, "what load_reduce begins with", types: [.float32]),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same shape.
  public var src = AccessPattern.unset
  /// Subtracted first: a number or one value per partition.
  public var maxValue: ScalarOperand = .immediate(0)
  /// `[P, 1]` accumulators afterwards.
  public var reduceRes: AccessPattern?
  /// What happens to the accumulators.
  public var command = ReduceCommand.idle
  /// What load_reduce begins with.
  public var reduceInit: ScalarOperand?

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, maxValue: ScalarOperand = .immediate(0)) {
    self.dst = dst
    self.src = src
    self.maxValue = maxValue
  }

  /// Generation, shapes and types.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (src, "src")])
    check.requireSameShape(dst, "dst", src, "src")
    check.requireScalar(maxValue, "max_value", like: src)
    check.require(
      command != .reset, "reduce_cmd", "'reset' is not for this operation",
      remedy: "use reduce_cmd=reset_reduce")
    check.requireReduction(
      command, .add, reduceRes, like: src, allowed: [.add], initial: reduceInit, canLoad: true)
    if let reduceInit { check.requireScalar(reduceInit, "reduce_init", like: src) }
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .exponential, .exponential, inputs: [src],
      pointers: [maxValue.pattern, reduceInit?.pattern].compactMap { $0 }, output: dst,
      alsoWrites: reduceRes.map { [$0] } ?? [])
  }

  /// Computes `dst` and `reduce_res`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(src, "src")
    if maxValue != .immediate(0) {
      let largest = try machine.read(maxValue, "max_value", rows: values.rows)
      ALUOp.subtract.apply(rowsOf: values, largest, reversed: false)
    }
    ActivationFunction.exp.apply(values.elements, count: values.count)
    try machine.write(values, to: dst, "dst")
    try machine.accumulate(
      values, of: dst, by: .add, command, on: .vector, initial: reduceInit, into: reduceRes)
  }
}
