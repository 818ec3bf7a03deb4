public import Device
import Formats
public import Machine

/// Gathers elements of each partition by index.
public struct NCNGather: Operation {
  /// `nc_n_gather`.
  public static let name = "nc_n_gather"
  /// What it does.
  public static let summary =
    "dst[p, i] = data[p, indices[p, i]]"
  /// Formula, rules and cost.
  public static let details = """
    Free dimensions count as one; indices are uint32, of the partition they are in; all operands \
    in sbuf, dst has data's type. Elements that no index names need not have been written. The \
    device runs ⌈N / 512⌉ instructions, which is how this is lowered. Cost on GpSimd: each as \
    iota of its elements (assumed, nothing is published).
    """
  /// Gpsimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "indices")
  /// The fields.
  public static let fields: [Field<NCNGather>] = [
    Field(.write, "dst", \.dst, "result, same shape as indices"),
    Field(.read, "data", \.data, "what is gathered from"),
    Field(.read, "indices", \.indices, "positions within the partition", types: [.uint32]),
  ]

  /// Result, same shape as indices.
  public var dst = AccessPattern.unset
  /// What is gathered from.
  public var data = AccessPattern.unset
  /// Uint32 positions within the partition.
  public var indices = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern, indices: AccessPattern
  ) {
    self.dst = dst
    self.data = data
    self.indices = indices
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    for (pattern, name) in [(dst, "dst"), (data, "data"), (indices, "indices")] {
      check.requireSpace(pattern, name, [.sbuf])
    }
    check.requireSameShape(dst, "dst", indices, "indices")
    check.requireSameRows(dst, "dst", data, "data")
    check.requireSameType(dst, "dst", data, "data")
  }

  /// One instruction for as many elements as one takes.
  public func lower(into emitter: inout Emitter) {
    var rest = dst.elementsPerRow
    let most = emitter.geometry.limits.gatherElements
    while rest > 0 {
      emitter.stream(
        .gather, .iota, inputs: [data, indices], output: dst, elements: Swift.min(rest, most))
      rest -= most
    }
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let positions = try machine.readBits(indices, "indices")
    let bound = data.elementsPerRow
    let result = machine.makeTile(
      rows: positions.rows, columns: positions.columns, of: UInt32.self)
    for row in 0..<positions.rows {
      let starts = data.offsets(ofRow: row)
      for i in 0..<positions.columns {
        let index = Int(positions.row(row)[i])
        guard index < bound else {
          throw Trap(
            .outOfBounds, "index \(index) of partition \(row), 'data' has \(bound) elements there",
            operand: "indices")
        }
        result.row(row)[i] = try machine.readElement(data, "data", row: row, starts(index))
      }
    }
    try machine.writeBits(result, to: dst, "dst")
  }
}

extension AccessPattern {
  /// The element offset within a row of its element number `i`, in the order of the dimensions.
  func offsets(ofRow row: Int) -> (Int) -> Int {
    let dimensions = Array(free)
    return { position in
      var rest = position
      var offset = 0
      for dimension in dimensions.reversed() {
        offset += rest % Int(dimension.size) * Int(dimension.stride)
        rest /= Int(dimension.size)
      }
      return offset
    }
  }
}

extension Machine {
  /// The bits of one element of a row, `offset` elements after the row's first.
  func readElement(
    _ pattern: AccessPattern, _ operand: String, row: Int, _ offset: Int
  ) throws(Trap) -> UInt32 {
    var one = pattern
    one.rowStart += Int32(row)
    one.rows = 1
    one.offset +=
      offset
      + (tensors[Int(pattern.tensor.index)].space == .hbm
        ? row * pattern.rowStride : 0)
    one.free = FreeDimensions()
    return try readBits(one, operand).elements[0]
  }
}
