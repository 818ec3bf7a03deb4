public import Device
import Formats
public import Machine

/// A scan along each partition over two tensors.
public struct TensorTensorScan: Operation {
  /// `tensor_tensor_scan`.
  public static let name = "tensor_tensor_scan"
  /// What it does.
  public static let summary =
    "r[i] = (data0[i] op0 r[i-1]) op1 data1[i], beginning with initial"
  /// Formula, rules and cost.
  public static let details = """
    dst[i] = (data0[i] op0 dst[i-1]) op1 data1[i] in fp32 along the free dimensions, with initial \
    (a number or float32 [P, 1]) before the first element; what is carried on is not rounded to \
    dst's type. reverse0 and reverse1 swap the sides of their operation. Arithmetic operations \
    only; data0 and data1 must not both be in psum. Cost on Vector: 2 cycles per element (NKI ≤ \
    2.26).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data0", "data1", "initial", "op0", "op1",
    optional: [
      "reverse0", "reverse1",
    ])
  /// The fields.
  public static let fields: [Field<TensorTensorScan>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.read, "data0", \.data0, "left side of op0, same shape"),
    Field(.read, "data1", \.data1, "right side of op1, same shape"),
    Field(
      .read, "initial", \.initial, "what stands before the first element", types: [.float32]),
    Field(.immediate, "op0", \.op0, "first operation"),
    Field(.immediate, "op1", \.op1, "second operation"),
    Field(.immediate, "reverse0", \.reverse0, "compute r[i-1] op0 data0[i]"),
    Field(.immediate, "reverse1", \.reverse1, "compute data1[i] op1 (…)"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Left side of op0, same shape.
  public var data0 = AccessPattern.unset
  /// Right side of op1, same shape.
  public var data1 = AccessPattern.unset
  /// What stands before the first element.
  public var initial: ScalarOperand = .immediate(0)
  /// First operation.
  public var op0 = ALUOp.multiply
  /// Second operation.
  public var op1 = ALUOp.add
  /// Compute r[i-1] op0 data0[i].
  public var reverse0: Bool = false
  /// Compute data1[i] op1 (…).
  public var reverse1: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data0: AccessPattern, data1: AccessPattern,
    initial: ScalarOperand = .immediate(0), op0: ALUOp = .multiply, op1: ALUOp = .add,
    reverse0: Bool = false, reverse1: Bool = false
  ) {
    self.dst = dst
    self.data0 = data0
    self.data1 = data1
    self.initial = initial
    self.op0 = op0
    self.op1 = op1
    self.reverse0 = reverse0
    self.reverse1 = reverse1
  }

  /// Shapes, memories and operations.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data0, "data0"), (data1, "data1")])
    check.requireSameShape(dst, "dst", data0, "data0")
    check.requireSameShape(dst, "dst", data1, "data1")
    check.requireNotBothPSUM(data0, data1, "data1")
    check.requireScalar(initial, "initial", like: dst)
    for (op, name) in [(op0, "op0"), (op1, "op1")] {
      check.requireArithmetic(op, name)
      check.requireBinary(op, name)
    }
  }

  /// Two cycles per element.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .tensorTensorScan, .tensorTensor, inputs: [data0, data1],
      pointers: initial.pattern.map { [$0] } ?? [], output: dst, elements: 2 * dst.elementsPerRow,
      isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let left = try machine.read(data0, "data0")
    let right = try machine.read(data1, "data1")
    let start = try machine.read(initial, "initial", rows: left.rows)
    for row in 0..<left.rows {
      let (first, second) = (left.row(row), right.row(row))
      var carried = start.elements[row]
      for i in 0..<left.columns {
        var inner: Float = 0
        if reverse0 {
          op0.apply(&carried, first + i, count: 1, into: &inner)
        } else {
          op0.apply(first + i, &carried, count: 1, into: &inner)
        }
        if reverse1 {
          op1.apply(second + i, &inner, count: 1, into: &carried)
        } else {
          op1.apply(&inner, second + i, count: 1, into: &carried)
        }
        first[i] = carried
      }
    }
    try machine.write(left, to: dst, "dst")
  }
}
