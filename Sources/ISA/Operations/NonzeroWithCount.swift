public import Device
import Formats
public import Machine

/// Positions of the elements that are not zero, and how many there are.
public struct NonzeroWithCount: Operation {
  /// `nonzero_with_count`.
  public static let name = "nonzero_with_count"
  /// What it does.
  public static let summary =
    "the indices of the nonzero elements of every 16th partition, padding, and their count"
  /// Formula, rules and cost.
  public static let details = """
    For partitions 0, 16, …, 112 of the operands: dst[p, …] = index_offset + i for each nonzero \
    src[p, i], then padding_val, and in the last element the count. Other partitions of dst keep \
    their values (NKI documentation). src is float32 or int32, dst int32 with one element more \
    than src; both in sbuf. Needs trn2 or later. Cost on GpSimd: as iota of src (assumed, nothing \
    is published).
    """
  /// Gpsimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src",
    optional: [
      "index_offset", "padding_val",
    ])
  /// trn2 on (NKI documentation).
  public static let generation = 3
  /// The fields.
  public static let fields: [Field<NonzeroWithCount>] = [
    Field(.readWrite, "dst", \.dst, "[P, N + 1] indices, padding, count", types: [.int32]),
    Field(.read, "src", \.src, "[P, N] input", types: [.float32, .int32]),
    Field(.immediate, "index_offset", \.indexOffset, "added to each index"),
    Field(.immediate, "padding_val", \.padding, "what follows the indices"),
  ]

  /// [P, N + 1] int32: indices, padding, count.
  public var dst = AccessPattern.unset
  /// [P, N] float32 or int32.
  public var src = AccessPattern.unset
  /// Added to each index.
  public var indexOffset: Int = 0
  /// What follows the indices.
  public var padding: Int = -1

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, src: AccessPattern, indexOffset: Int = 0, padding: Int = -1
  ) {
    self.dst = dst
    self.src = src
    self.indexOffset = indexOffset
    self.padding = padding
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.sbuf])
    check.requireSpace(src, "src", [.sbuf])
    check.requireSameRows(src, "src", dst, "dst")
    check.requireElements(dst, "dst", (src.elementsPerRow + 1)...(src.elementsPerRow + 1))
  }

  /// One pass of GpSimd.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.nonzero, .iota, inputs: [src], pointers: [dst], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let first = machine.firstPartition(src)
    for row in 0..<Int(src.rows) where (first + row) % 16 == 0 {
      var (input, output) = (src, dst)
      (input.rowStart, input.rows) = (src.rowStart + Int32(row), 1)
      (output.rowStart, output.rows) = (dst.rowStart + Int32(row), 1)
      let values = try machine.read(input, "src")
      let result = machine.makeTile(rows: 1, columns: values.columns + 1, of: UInt32.self)
      result.elements.update(
        repeating: UInt32(truncatingIfNeeded: padding), count: values.columns)
      var count = 0
      for i in 0..<values.columns where values.elements[i] != 0 {
        result.elements[count] = UInt32(truncatingIfNeeded: i + indexOffset)
        count += 1
      }
      result.elements[values.columns] = UInt32(count)
      try machine.writeBits(result, to: output, "dst")
    }
  }
}
