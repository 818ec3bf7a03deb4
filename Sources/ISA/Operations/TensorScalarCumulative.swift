public import Device
import Formats
public import Machine

/// A running reduction of an element-wise operation.
public struct TensorScalarCumulative: Operation {
  /// `tensor_scalar_cumulative`.
  public static let name = "tensor_scalar_cumulative"
  /// What it does.
  public static let summary =
    "r = (src[i] op0 imm0) op1 r, all values of r stored"
  /// Formula, rules and cost.
  public static let details = """
    dst[i] = r = (src[i] op0 imm0) op1 r in fp32 along the free dimensions (NKI documentation). r \
    is Vector's accumulator: reset_reduce begins with 0 for add and subtract, 1 for multiply, \
    -inf for maximum, inf for minimum; load_reduce with imm1; reduce goes on from the instruction \
    before. op1 is add, subtract, multiply, maximum or minimum. 32-bit integers are not \
    supported. Cost on Vector: as tensor_tensor_scan, 2 cycles per element (assumed, nothing is \
    published).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src", "op0", "op1", "imm0",
    optional: [
      "imm1", "reduce_cmd",
    ])
  /// The fields.
  public static let fields: [Field<TensorScalarCumulative>] = [
    Field(.write, "dst", \.dst, "result", types: .except(.int32, .uint32)),
    Field(.read, "src", \.src, "input, same shape", types: .except(.int32, .uint32)),
    Field(.immediate, "op0", \.op0, "operation with imm0"),
    Field(.immediate, "op1", \.op1, "running reduction"),
    Field(
      .read, "imm0", \.imm0, "operand of op0: a number or one value per partition",
      types: [.float32]),
    Field(.read, "imm1", \.imm1, "what load_reduce begins with", types: [.float32]),
    Field(.immediate, "reduce_cmd", \.command, "what the accumulator begins with"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same shape.
  public var src = AccessPattern.unset
  /// Operation with imm0.
  public var op0 = ALUOp.multiply
  /// Running reduction.
  public var op1 = ALUOp.add
  /// Operand of op0: a number or one value per partition.
  public var imm0: ScalarOperand = .immediate(1)
  /// What load_reduce begins with.
  public var imm1: ScalarOperand?
  /// What the accumulator begins with.
  public var command = ReduceCommand.resetReduce

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, src: AccessPattern, op0: ALUOp = .multiply, op1: ALUOp = .add,
    imm0: ScalarOperand = .immediate(1), imm1: ScalarOperand? = nil,
    command: ReduceCommand = .resetReduce
  ) {
    self.dst = dst
    self.src = src
    self.op0 = op0
    self.op1 = op1
    self.imm0 = imm0
    self.imm1 = imm1
    self.command = command
  }

  /// Shapes, types and operations.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (src, "src")])
    check.requireSameShape(dst, "dst", src, "src")
    check.requireArithmetic(op0, "op0")
    check.requireBinary(op0, "op0")
    check.require(
      op1.neutral != nil, "op1", "'\(op1.rawValue)' cannot run here",
      remedy: "one of: add, subtract, multiply, maximum, minimum")
    check.requireScalar(imm0, "imm0", like: src)
    if let imm1 { check.requireScalar(imm1, "imm1", like: src) }
    check.require(
      command == .resetReduce || command == .loadReduce || command == .reduce, "reduce_cmd",
      "reduce_cmd=\(command.rawValue) has no meaning here",
      remedy: "one of: reset_reduce, load_reduce, reduce")
    check.require(
      command != .loadReduce || imm1 != nil, "imm1", "reduce_cmd=load_reduce needs imm1",
      remedy: "add imm1=…")
  }

  /// Two cycles per element.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .tensorScalarCumulative, .tensorTensor, inputs: [src],
      pointers: [imm0.pattern, imm1?.pattern].compactMap { $0 }, output: dst,
      elements: 2 * dst.elementsPerRow, isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(src, "src")
    op0.apply(
      rowsOf: values, try machine.read(imm0, "imm0", rows: values.rows), reversed: false)
    let loaded = try machine.read(imm1 ?? .immediate(0), "imm1", rows: values.rows)
    let first = machine.tensors[Int(dst.tensor.index)].partition + Int(dst.rowStart)
    for row in 0..<values.rows {
      var carried: Float
      switch command {
      case .loadReduce: carried = loaded.elements[row]
      case .reduce:
        guard let held = machine.vectorState.accumulators[first + row] else {
          throw Trap(
            .uninitializedRead, "the accumulator of partition \(first + row) holds nothing",
            operand: "reduce_cmd", remedy: "begin with reduce_cmd=reset_reduce")
        }
        carried = held
      default: carried = op1.neutral ?? 0
      }
      let data = values.row(row)
      for i in 0..<values.columns {
        let before = carried
        withUnsafePointer(to: before) { op1.apply(data + i, $0, count: 1, into: &carried) }
        data[i] = carried
      }
      machine.vectorState.accumulators[first + row] = carried
    }
    try machine.write(values, to: dst, "dst")
  }
}
