public import Device
import Formats
public import Machine

/// How `tensor_partition_reduce` combines partitions.
public enum PartitionReduceOp: String, SymbolField {
  case add
  case average
  case maximum
  case bitwiseOr = "bitwise_or"
  case bitwiseAnd = "bitwise_and"

  /// The operation that combines two partitions.
  var combine: ALUOp {
    switch self {
    case .add, .average: .add
    case .maximum: .maximum
    case .bitwiseOr: .bitwiseOr
    case .bitwiseAnd: .bitwiseAnd
    }
  }
}

/// Reduction over the partitions.
public struct TensorPartitionReduce: Operation {
  /// `tensor_partition_reduce`.
  public static let name = "tensor_partition_reduce"
  /// What it does.
  public static let summary = "reduces all partitions to one"
  /// Formula, rules and cost.
  public static let details = """
    dst[0, i] = op over p of data[p, i]. Arithmetic runs in fp32 from the first partition on \
    (order assumed); average divides the sum by the number of partitions; bitwise operations need \
    integers of one type. Runs on GpSimd, so nothing may be in psum. nc_matmul with a column of \
    ones is usually faster.
    """
  /// GpSimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "op", "data")
  /// The fields.
  public static let fields: [Field<TensorPartitionReduce>] = [
    Field(.write, "dst", \.dst, "result, one partition", bitwise: .integers),
    Field(.immediate, "op", \.op, "how to combine the partitions"),
    Field(.read, "data", \.data, "input", bitwise: .integers),
  ]

  /// Result, one partition.
  public var dst = AccessPattern.unset
  /// How to combine the partitions.
  public var op = PartitionReduceOp.add
  /// Input.
  public var data = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, op: PartitionReduceOp, data: AccessPattern) {
    self.dst = dst
    self.op = op
    self.data = data
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.sbuf])
    check.requireSpace(data, "data", [.sbuf])
    check.require(dst.rows == 1, "dst", "'dst' has \(dst.rows) partitions, must have 1")
    check.require(
      dst.elementsPerRow == data.elementsPerRow, "dst",
      "'dst' has \(dst.elementsPerRow) elements per partition, 'data' has \(data.elementsPerRow)")
    if isBitwise { check.requireOneSize([(dst, "dst"), (data, "data")]) }
  }

  /// By its operator.
  public var isBitwise: Bool { op.combine.isBitwise }

  /// One pass over the input.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.partitionReduce, .partitionReduce, inputs: [data], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let columns = data.elementsPerRow
    if op.combine.isBitwise {
      let bits = try machine.readBits(data, "data")
      let result = machine.makeTile(rows: 1, columns: columns, of: UInt32.self)
      result.elements.update(from: bits.elements, count: columns)
      for row in 1..<Swift.max(bits.rows, 1) {
        op.combine.applyBits(
          result.elements, bits.row(row), count: columns, signed: false, into: result.elements)
      }
      try machine.writeBits(result, to: dst, "dst")
    } else {
      let values = try machine.read(data, "data")
      let result = machine.makeTile(rows: 1, columns: columns)
      result.elements.update(from: values.elements, count: columns)
      for row in 1..<Swift.max(values.rows, 1) {
        op.combine.apply(result.elements, values.row(row), count: columns, into: result.elements)
      }
      if op == .average {
        let count = Float(values.rows)
        for i in 0..<columns { result.elements[i] /= count }
      }
      try machine.write(result, to: dst, "dst")
    }
  }
}
