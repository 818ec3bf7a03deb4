public import Device
import Formats
public import Machine

/// One or two element-wise operations with a scalar or a `[P, 1]` operand each.
public struct TensorScalar: Operation {
  /// `tensor_scalar`.
  public static let name = "tensor_scalar"
  /// What it does.
  public static let summary =
    "(data op0 operand0) op1 operand1, each operand a number or one value per partition"
  /// Formula, rules and cost.
  public static let details = """
    dst = (data op0 operand0) op1 operand1 in fp32, rounded once when stored; reverse0 and \
    reverse1 swap the sides of their operation. Tensor operands are float32, one element per \
    partition. Both operations are of one class: arithmetic, or bitwise on integers of one size \
    (Vector only; operands are integers). Unary operations take no operand; square and relu are \
    trn3's, as op0. The Scalar engine takes multiply, add, or multiply then add, on trn3 all \
    arithmetic; GpSimd takes rsqrt and power. Cost: one element \
    per cycle for one operation or two; on Vector 2 (float32) or 4 (bfloat16, float16) per cycle \
    when both sides are contiguous in sbuf.
    """
  /// Vector by default.
  public static let engines: [Engine] = [.vector, .scalar, .gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "op0", "operand0",
    optional: [
      "reverse0", "op1", "operand1", "reverse1", "engine",
    ])
  /// The fields.
  public static let fields: [Field<TensorScalar>] = [
    Field(.write, "dst", \.dst, "result", bitwise: .integers),
    Field(.read, "data", \.data, "input, same shape", bitwise: .integers),
    Field(.immediate, "op0", \.op0, "first operation"),
    Field(.read, "operand0", \.operand0, "its operand", types: [.float32], bitwise: .integers),
    Field(.immediate, "reverse0", \.reverse0, "compute operand0 op0 data"),
    Field(.immediate, "op1", \.op1, "second operation"),
    Field(.read, "operand1", \.operand1, "its operand", types: [.float32], bitwise: .integers),
    Field(.immediate, "reverse1", \.reverse1, "compute operand1 op1 (…)"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same shape.
  public var data = AccessPattern.unset
  /// First operation.
  public var op0 = ALUOp.add
  /// Its operand.
  public var operand0: ScalarOperand = .immediate(0)
  /// Compute operand0 op0 data.
  public var reverse0: Bool = false
  /// Second operation.
  public var op1: ALUOp?
  /// Its operand.
  public var operand1: ScalarOperand?
  /// Compute operand1 op1 (…).
  public var reverse1: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern, op0: ALUOp, operand0: ScalarOperand = .immediate(0),
    reverse0: Bool = false, op1: ALUOp? = nil, operand1: ScalarOperand? = nil,
    reverse1: Bool = false
  ) {
    self.dst = dst
    self.data = data
    self.op0 = op0
    self.operand0 = operand0
    self.reverse0 = reverse0
    self.op1 = op1
    self.operand1 = operand1
    self.reverse1 = reverse1
  }

  /// Shapes, types and what each engine can do.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data")])
    check.requireSameShape(dst, "dst", data, "data")
    if let op1 {
      check.require(
        op0.isBitwise == op1.isBitwise, "op1",
        "'\(op0.rawValue)' and '\(op1.rawValue)' mix bitwise and arithmetic operations",
        remedy: "use two instructions")
      check.require(
        operand1 != nil || op1.isUnary, "operand1", "'\(op1.rawValue)' needs operand1",
        remedy: "add operand1=…")
    } else {
      check.require(operand1 == nil, "operand1", "operand1 is given without op1")
      check.require(!reverse1, "reverse1", "reverse1 is given without op1")
    }
    check.requireSteps(op0, op1)
    if isBitwise { check.requireOneSize([(dst, "dst"), (data, "data")]) }
    checkOperand(op0, operand0, reverse0, "0", &check)
    if let op1 { checkOperand(op1, operand1 ?? .immediate(0), reverse1, "1", &check) }
    checkEngine(&check)
  }

  private func checkOperand(
    _ op: ALUOp, _ operand: ScalarOperand, _ reverse: Bool, _ number: String,
    _ check: inout Checker
  ) {
    let name = "operand\(number)"
    if op.isUnary {
      check.require(
        operand == .immediate(0), name, "'\(op.rawValue)' takes no operand, \(name) is given")
      check.require(
        !reverse, "reverse\(number)", "'\(op.rawValue)' takes one operand and cannot be reversed")
      return
    }
    check.requireScalar(operand, name, like: data)
    guard op.isBitwise else { return }
    switch operand {
    case .tile(let pattern): check.requireOneSize([(data, "data"), (pattern, name)])
    case .immediate(let value):
      check.require(
        Int64(exactly: value) != nil, name,
        "'\(op.rawValue)' needs an integer, \(name) is \(value)")
    }
  }

  /// By its operators, which are of one class.
  public var isBitwise: Bool { op0.isBitwise }

  private func checkEngine(_ check: inout Checker) {
    switch check.engine {
    case .scalar:
      // trn2 architecture guide, Scalar Engine: (multiply, add), multiply, add. trn3 architecture guide,
      // Scalar Engine, Performance mode: the same as on Vector, whose bitwise operations are its own.
      let isNative = check.geometry.generation >= 4
      let legal =
        isNative
        ? !op0.isBitwise
        : (op1 == nil ? op0 == .add || op0 == .multiply : op0 == .multiply && op1 == .add)
      check.require(
        legal, "op0",
        "the scalar engine takes \(isNative ? "arithmetic" : "multiply, add, or multiply then add"), not "
          + "\(([op0] + (op1.map { [$0] } ?? [])).map(\.rawValue).joined(separator: " then "))",
        remedy: "use engine=vector")
    case .gpsimd:
      for op in [op0] + (op1.map { [$0] } ?? []) {
        check.require(
          op == .rsqrt || op == .power, "op0",
          "tensor_scalar on gpsimd takes rsqrt and power, not '\(op.rawValue)'",
          remedy: "use engine=vector")
      }
    default: break
    }
  }

  /// One pass; the class depends on whether an operand is a tensor.
  public func lower(into emitter: inout Emitter) {
    let pointers = [operand0.pattern, operand1?.pattern].compactMap { $0 }
    emitter.stream(
      .tensorScalar, pointers.isEmpty ? .tensorScalar : .tensorScalarPointer, inputs: [data],
      pointers: pointers, output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let rows = Int(data.rows)
    if op0.isBitwise {
      let signed = machine.tensors[Int(data.tensor.index)].dtype.isSigned
      let bits = try machine.readBits(data, "data")
      op0.applyBits(
        rowsOf: bits, try machine.readBits(operand0, "operand0", rows: rows), reversed: reverse0,
        signed: signed)
      if let op1 {
        let operand = try machine.readBits(operand1 ?? .immediate(0), "operand1", rows: rows)
        op1.applyBits(rowsOf: bits, operand, reversed: reverse1, signed: signed)
      }
      try machine.writeBits(bits, to: dst, "dst")
    } else {
      let values = try machine.read(data, "data")
      op0.apply(
        rowsOf: values, try machine.read(operand0, "operand0", rows: rows), reversed: reverse0)
      if let op1 {
        let operand = try machine.read(operand1 ?? .immediate(0), "operand1", rows: rows)
        op1.apply(rowsOf: values, operand, reversed: reverse1)
      }
      try machine.write(values, to: dst, "dst")
    }
  }
}
