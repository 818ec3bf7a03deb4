public import Device
import Formats
public import Machine

/// What `activate2` does with data and a scalar before its function.
public enum Activate2Operator: String, SymbolField {
  case multiply
  case add
  case subtract
  /// Nothing.
  case bypass

  /// The arithmetic; `nil` for nothing.
  fileprivate var arithmetic: ALUOp? {
    switch self {
    case .multiply: .multiply
    case .add: .add
    case .subtract: .subtract
    case .bypass: nil
    }
  }
}

/// A function of the Scalar engine after two operations with scalars, with a reduction.
public struct Activate2: Operation {
  /// `activate2`.
  public static let name = "activate2"
  /// What it does.
  public static let summary = "dst = op((data op0 imm0) op1 imm1) on the Scalar engine"
  /// Formula, rules and cost.
  public static let details = """
    trn3 on. (op0, op1) is (multiply, add), (multiply, subtract), (multiply, bypass), (add, \
    bypass), (subtract, bypass) or (bypass, bypass); reverse0 and reverse1 swap the sides. Each \
    step is rounded to fp32; the functions are those of activation, and prelu: x, or relu_param x \
    where x < 0. With reduce_cmd each row of the fp32 result is reduced into the Scalar engine's \
    accumulators by add, maximum, minimum, abs_max or abs_min, from the first element on (order \
    assumed), and reduce_res receives them. Cost: as activation and activation_reduce (assumed, \
    no other is published).
    """
  /// Scalar only.
  public static let engines: [Engine] = [.scalar]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "op", "data", "imm0", "imm1", "op0", "op1",
    optional: [
      "relu_param", "reverse0", "reverse1", "reduce_op", "reduce_res", "reduce_cmd", "engine",
    ])
  /// trn3 on (NKI documentation).
  public static let generation = 4
  /// What earlier ones have.
  public static let instead: String? = "use activation, which multiplies by scale and adds bias"
  /// The fields.
  public static let fields: [Field<Activate2>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.immediate, "op", \.op, "the function"),
    Field(.read, "data", \.data, "input, same shape"),
    Field(
      .read, "imm0", \.imm0, "operand of op0: a number or one value per partition",
      types: .floats),
    Field(
      .read, "imm1", \.imm1, "operand of op1: a number or one value per partition",
      types: .floats),
    Field(.immediate, "op0", \.op0, "first operation"),
    Field(.immediate, "op1", \.op1, "second operation"),
    Field(
      .read, "relu_param", \.reluParam, "slope of prelu below 0",
      types: .floats),
    Field(.immediate, "reverse0", \.reverse0, "compute imm0 op0 data"),
    Field(.immediate, "reverse1", \.reverse1, "compute imm1 op1 the first result"),
    Field(.immediate, "reduce_op", \.reduceOp, "add, maximum, minimum, abs_max or abs_min"),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] accumulators afterwards"),
    Field(.immediate, "reduce_cmd", \.command, "what happens to the accumulators"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// The function.
  public var op = ActivationFunction.copy
  /// Input, same shape.
  public var data = AccessPattern.unset
  /// Operand of `op0`: a number or one value per partition.
  public var imm0: ScalarOperand = .immediate(0)
  /// Operand of `op1`: a number or one value per partition.
  public var imm1: ScalarOperand = .immediate(0)
  /// First operation.
  public var op0 = Activate2Operator.bypass
  /// Second operation.
  public var op1 = Activate2Operator.bypass
  /// Slope of prelu below 0.
  public var reluParam: ScalarOperand = .immediate(0)
  /// Compute imm0 op0 data.
  public var reverse0 = false
  /// Compute imm1 op1 the first result.
  public var reverse1 = false
  /// Add, maximum, minimum, abs_max or abs_min.
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
    op0: Activate2Operator = .bypass, imm0: ScalarOperand = .immediate(0),
    op1: Activate2Operator = .bypass, imm1: ScalarOperand = .immediate(0)
  ) {
    self.dst = dst
    self.op = op
    self.data = data
    self.op0 = op0
    self.imm0 = imm0
    self.op1 = op1
    self.imm1 = imm1
  }

  /// The pairs of operations that the engine has.
  private static let pairs: [(Activate2Operator, Activate2Operator)] = [
    (.multiply, .add), (.multiply, .subtract), (.multiply, .bypass), (.add, .bypass),
    (.subtract, .bypass), (.bypass, .bypass),
  ]

  /// Generation, shapes, types and operations.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data")])
    check.requireSameShape(dst, "dst", data, "data")
    for (operand, name) in [(imm0, "imm0"), (imm1, "imm1"), (reluParam, "relu_param")] {
      check.requireScalar(operand, name, like: data)
    }
    if let first = imm0.pattern, let second = imm1.pattern {
      check.requireSameType(first, "imm0", second, "imm1")
    }
    check.require(
      Self.pairs.contains { $0 == (op0, op1) }, "op0",
      "op0 is \(op0.rawValue) and op1 is \(op1.rawValue), which the engine does not combine",
      remedy: "one of: "
        + Self.pairs.map { "\($0.0.rawValue) and \($0.1.rawValue)" }.joined(separator: ", "))
    check.require(
      !reverse0 || op0 != .bypass, "reverse0", "reverse0 is given and op0 is bypass",
      remedy: "choose op0")
    check.require(
      !reverse1 || op1 != .bypass, "reverse1", "reverse1 is given and op1 is bypass",
      remedy: "choose op1")
    check.requireReduction(
      command, reduceOp, reduceRes, like: data,
      allowed: [.add, .maximum, .minimum, .absMax, .absMin])
  }

  /// One pass of the Scalar engine.
  public func lower(into emitter: inout Emitter) {
    emitter.activate(dst, op, data, [imm0, imm1, reluParam], reduceRes: reduceRes)
  }

  /// Computes `dst` and `reduce_res`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    for (step, operand, name, reversed) in [
      (op0, imm0, "imm0", reverse0), (op1, imm1, "imm1", reverse1),
    ] {
      guard let arithmetic = step.arithmetic else { continue }
      let scalar = try machine.read(operand, name, rows: values.rows)
      arithmetic.apply(rowsOf: values, scalar, reversed: reversed)
    }
    if op == .prelu {
      let slopes = try machine.read(reluParam, "relu_param", rows: values.rows)
      for row in 0..<values.rows {
        let elements = values.row(row)
        for i in 0..<values.columns where elements[i] < 0 {
          elements[i] *= slopes.elements[row]
        }
      }
    } else {
      op.apply(values.elements, count: values.count)
    }
    try machine.write(values, to: dst, "dst")
    try machine.accumulate(
      values, of: dst, by: reduceOp ?? .add, command, on: .scalar, into: reduceRes)
  }
}
