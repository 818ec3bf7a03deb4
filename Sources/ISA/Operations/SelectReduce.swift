public import Device
import Formats
public import Machine

/// Chooses between a tensor and a value, with an optional maximum.
public struct SelectReduce: Operation {
  /// `select_reduce`.
  public static let name = "select_reduce"
  /// What it does.
  public static let summary =
    "dst = on_true where the predicate is nonzero, else on_false, and the maximum of each row"
  /// Formula, rules and cost.
  public static let details = """
    dst = on_true where predicate is nonzero (zero with reverse_pred), else on_false: a number or \
    a [P, 1] tensor. With reduce_cmd the maximum of each row in fp32, before dst's rounding, goes \
    into Vector's accumulator, and reduce_res receives the accumulator. on_true is any type but \
    tfloat32, int32 and uint32, predicate an integer of 8 or 16 bits; they must not both be in \
    psum. Needs trn2 or later. Cost on Vector: as tensor_copy_predicated (assumed, nothing is \
    published).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "predicate", "on_true", "on_false",
    optional: [
      "reduce_res", "reduce_cmd", "reduce_op", "reverse_pred",
    ])
  /// trn2 on (NKI documentation).
  public static let generation = 3
  /// What earlier ones have.
  public static let instead: String? = "use tensor_copy_predicated"
  /// The fields.
  public static let fields: [Field<SelectReduce>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(
      .read, "predicate", \.predicate, "same shape", types: [.int8, .uint8, .int16, .uint16]),
    Field(
      .read, "on_true", \.onTrue, "what is taken where the predicate holds",
      types: .except(.tfloat32, .int32, .uint32)),
    Field(
      .read, "on_false", \.onFalse, "what is taken elsewhere: a number or one value per partition"),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] accumulators afterwards"),
    Field(.immediate, "reduce_cmd", \.command, "what happens to the accumulators"),
    Field(.immediate, "reduce_op", \.reduceOp, "maximum"),
    Field(.immediate, "reverse_pred", \.reverse, "take on_true where the predicate is zero"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Integers of 8 or 16 bits, same shape.
  public var predicate = AccessPattern.unset
  /// What is taken where the predicate holds.
  public var onTrue = AccessPattern.unset
  /// What is taken elsewhere: a number or one value per partition.
  public var onFalse: ScalarOperand = .immediate(0)
  /// [P, 1] accumulators afterwards.
  public var reduceRes: AccessPattern?
  /// What happens to the accumulators.
  public var command = ReduceCommand.idle
  /// Maximum.
  public var reduceOp = ALUOp.maximum
  /// Take on_true where the predicate is zero.
  public var reverse: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, predicate: AccessPattern, onTrue: AccessPattern,
    onFalse: ScalarOperand = .immediate(0), reduceRes: AccessPattern? = nil,
    command: ReduceCommand = .idle, reduceOp: ALUOp = .maximum, reverse: Bool = false
  ) {
    self.dst = dst
    self.predicate = predicate
    self.onTrue = onTrue
    self.onFalse = onFalse
    self.reduceRes = reduceRes
    self.command = command
    self.reduceOp = reduceOp
    self.reverse = reverse
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (predicate, "predicate"), (onTrue, "on_true")])
    check.requireSameShape(dst, "dst", predicate, "predicate")
    check.requireSameShape(dst, "dst", onTrue, "on_true")
    check.requireNotBothPSUM(predicate, onTrue, "on_true")
    check.requireScalar(onFalse, "on_false", like: dst)
    check.requireReduction(command, reduceOp, reduceRes, like: dst, allowed: [.maximum])
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .selectReduce, .select, inputs: [onTrue, predicate],
      pointers: onFalse.pattern.map { [$0] } ?? [], output: dst,
      alsoWrites: reduceRes.map { [$0] } ?? [])
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let condition = try machine.readBits(predicate, "predicate")
    let values = try machine.read(onTrue, "on_true")
    let other = try machine.read(onFalse, "on_false", rows: values.rows)
    for row in 0..<values.rows {
      let (data, chosen) = (values.row(row), condition.row(row))
      for i in 0..<values.columns where (chosen[i] == 0) != reverse {
        data[i] = other.elements[row]
      }
    }
    try machine.write(values, to: dst, "dst")
    try machine.accumulate(
      values, of: dst, by: reduceOp, command, on: .vector, into: reduceRes)
  }
}
