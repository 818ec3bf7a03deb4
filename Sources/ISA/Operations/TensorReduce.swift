public import Device
import Formats
public import Machine

/// Reduction over the trailing free dimensions.
public struct TensorReduce: Operation {
  /// `tensor_reduce`.
  public static let name = "tensor_reduce"
  /// What it does.
  public static let summary = "reduces the last free dimensions of each partition"
  /// Formula, rules and cost.
  public static let details = """
    dst = op over the given axes of data, which must be the last free dimensions (numbered from \
    1; none given means all). Arithmetic runs in fp32 from the first element to the last (the \
    order of the hardware is not published: assumed), and negate multiplies the result by -1; \
    bitwise operations work on integers of one type. Cost on Vector: one input element per cycle \
    per partition.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "op", "data",
    Parameter("axis", of: "axes", .axes, "free dimensions to reduce, numbered from 1"),
    optional: [
      "negate",
      .frontEnd(
        "keepdims", .field(.flag), default: .flag(false), "for readers: the shape of dst says it"),
    ])
  /// The fields.
  public static let fields: [Field<TensorReduce>] = [
    Field(
      .write, "dst", \.dst, "result: the elements of the dimensions that stay", bitwise: .integers),
    Field(.immediate, "op", \.op, "add, subtract, multiply, maximum, minimum, logical or bitwise"),
    Field(.read, "data", \.data, "input", bitwise: .integers),
    Field(.immediate, "axes", \.axes, "free dimensions to reduce, the last ones; [] means all"),
    Field(.immediate, "negate", \.negate, "multiply the result by -1"),
  ]

  /// Result: the elements of the dimensions that stay.
  public var dst = AccessPattern.unset
  /// Add, subtract, multiply, maximum, minimum, logical or bitwise.
  public var op = ALUOp.add
  /// Input.
  public var data = AccessPattern.unset
  /// Free dimensions to reduce, the last ones; [] means all.
  public var axes: [Int] = []
  /// Multiply the result by -1.
  public var negate: Bool = false

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, op: ALUOp, data: AccessPattern, axes: [Int] = [], negate: Bool = false
  ) {
    self.dst = dst
    self.op = op
    self.data = data
    self.axes = axes
    self.negate = negate
  }

  /// Elements that become one.
  private var group: Int {
    guard !axes.isEmpty else { return data.elementsPerRow }
    var count = 1
    // A repeated axis is reported; it must not multiply beyond an integer before.
    for axis in Set(axes) where axis >= 1 && axis <= data.free.count {
      count *= Int(data.free[axis - 1].size)
    }
    return count
  }

  /// Shapes, axes and operation.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data")])
    check.requireSameRows(data, "data", dst, "dst")
    check.require(
      op.isReduction, "op", "'\(op.rawValue)' cannot reduce",
      remedy: "one of: "
        + ALUOp.allCases.filter(\.isReduction).map(\.rawValue).joined(separator: ", "))
    let rank = data.free.count
    let wanted = Array(Swift.max(rank - axes.count, 0) + 1..<rank + 1)
    check.require(
      axes.isEmpty || axes.sorted() == wanted, "axes",
      "axes are \(axes), must be the last of the \(rank) free dimensions (numbered from 1)",
      remedy: axes.contains(0) ? "reduce partitions with tensor_partition_reduce or nc_matmul" : nil
    )
    let expected = data.elementsPerRow / Swift.max(group, 1)
    check.require(
      dst.elementsPerRow == expected, "dst",
      "'dst' has \(dst.elementsPerRow) elements per partition, the reduction leaves \(expected)")
    if isBitwise {
      check.requireOneSize([(dst, "dst"), (data, "data")])
      check.require(!negate, "negate", "'\(op.rawValue)' cannot be negated")
    }
  }

  /// By its operator.
  public var isBitwise: Bool { op.isBitwise }

  /// One pass over the input.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.tensorReduce, .tensorReduce, inputs: [data], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let group = self.group
    let left = data.elementsPerRow / Swift.max(group, 1)
    if op.isBitwise {
      let bits = try machine.readBits(data, "data")
      let result = machine.makeTile(rows: bits.rows, columns: left, of: UInt32.self)
      for i in 0..<result.count {
        result.elements[i] = op.reduceBits(bits.elements + i * group, count: group)
      }
      try machine.writeBits(result, to: dst, "dst")
    } else {
      let values = try machine.read(data, "data")
      let result = machine.makeTile(rows: values.rows, columns: left)
      let sign: Float = negate ? -1 : 1
      for i in 0..<result.count {
        result.elements[i] = sign * op.reduce(values.elements + i * group, count: group)
      }
      try machine.write(result, to: dst, "dst")
    }
  }
}
