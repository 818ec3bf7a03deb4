public import Device
import Formats
public import Machine

/// An operation with a scalar and the reduction of its result.
public struct TensorScalarReduce: Operation {
  /// `tensor_scalar_reduce`.
  public static let name = "tensor_scalar_reduce"
  /// What it does.
  public static let summary = "data op0 operand0, and its reduction over all free dimensions"
  /// Formula, rules and cost.
  public static let details = """
    dst = data op0 operand0 (reverse0 swaps the sides) and reduce_res[P, 1] = reduce_op over the \
    whole row of the fp32 result, before dst's rounding, from the first element on (order \
    assumed). reduce_res receives Vector's accumulators, negated with reduce_res_negate; \
    reduce_cmd says what they begin with, load_reduce takes reduce_init. Arithmetic operations \
    of two operands only, and square and relu on trn3; reduce_op is add, multiply, maximum or minimum. Cost on Vector: one element per cycle \
    and 64 cycles to read the accumulator (NKI ≤ 2.26).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "op0", "operand0", "reduce_op",
    optional: [
      "reduce_res", "reverse0", "reduce_cmd", "reduce_init", "reduce_res_negate",
    ])
  /// The fields.
  public static let fields: [Field<TensorScalarReduce>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.read, "data", \.data, "input, same shape"),
    Field(.immediate, "op0", \.op0, "the operation"),
    Field(
      .read, "operand0", \.operand0, "its operand: a number or one value per partition",
      types: [.float32]),
    Field(.immediate, "reduce_op", \.reduceOp, "add, multiply, maximum or minimum"),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] reduction of the result"),
    Field(.immediate, "reverse0", \.reverse0, "compute operand0 op0 data"),
    Field(.immediate, "reduce_cmd", \.command, "what happens to the accumulators"),
    Field(.read, "reduce_init", \.reduceInit, "what load_reduce begins with", types: [.float32]),
    Field(.immediate, "reduce_res_negate", \.negate, "multiply reduce_res by -1"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same shape.
  public var data = AccessPattern.unset
  /// The operation.
  public var op0 = ALUOp.add
  /// Its operand: a number or one value per partition.
  public var operand0: ScalarOperand = .immediate(0)
  /// Add, multiply, maximum or minimum.
  public var reduceOp = ALUOp.add
  /// [P, 1] reduction of the result.
  public var reduceRes: AccessPattern?
  /// Compute operand0 op0 data.
  public var reverse0: Bool = false
  /// What happens to the accumulators.
  public var command = ReduceCommand.resetReduce
  /// What load_reduce begins with.
  public var reduceInit: ScalarOperand?
  /// Multiply reduce_res by -1.
  public var negate: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern, op0: ALUOp, operand0: ScalarOperand, reduceOp: ALUOp,
    reduceRes: AccessPattern, reverse0: Bool = false
  ) {
    self.dst = dst
    self.data = data
    self.op0 = op0
    self.operand0 = operand0
    self.reduceOp = reduceOp
    self.reduceRes = reduceRes
    self.reverse0 = reverse0
  }

  /// Shapes and operations.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data")])
    check.requireSameShape(dst, "dst", data, "data")
    check.requireArithmetic(op0, "op0")
    check.requireSteps(op0, nil)
    if op0 == .square || op0 == .relu {
      check.require(
        operand0 == .immediate(0) && !reverse0, "operand0",
        "'\(op0.rawValue)' takes no operand and cannot be reversed")
    } else {
      check.requireBinary(op0, "op0")
    }
    check.requireScalar(operand0, "operand0", like: data)
    check.requireReduction(
      command, reduceOp, reduceRes, like: data, allowed: [.add, .multiply, .maximum, .minimum],
      initial: reduceInit, canLoad: true)
    if let reduceInit { check.requireScalar(reduceInit, "reduce_init", like: data) }
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .tensorScalarReduce, .tensorScalarReduce, inputs: [data],
      pointers: [operand0.pattern, reduceInit?.pattern].compactMap { $0 }, output: dst,
      alsoWrites: reduceRes.map { [$0] } ?? [])
  }

  /// Computes `dst` and `reduce_res`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    let scalar = try machine.read(operand0, "operand0", rows: values.rows)
    op0.apply(rowsOf: values, scalar, reversed: reverse0)
    try machine.write(values, to: dst, "dst")
    try machine.accumulate(
      values, of: dst, by: reduceOp, command, on: .vector, initial: reduceInit, into: reduceRes,
      negated: negate)
  }
}
