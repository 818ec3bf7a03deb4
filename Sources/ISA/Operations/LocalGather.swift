public import Device
import Formats
public import Machine

/// Gathers within groups of 16 partitions.
public struct LocalGather: Operation {
  /// `local_gather`.
  public static let name = "local_gather"
  /// What it does.
  public static let summary =
    "each GpSimd core gathers from its 16 partitions by the indices in them"
  /// Formula, rules and cost.
  public static let details = """
    Each of the eight cores has 16 partitions. It takes their indices along the partitions first, \
    num_valid_indices of them (all by default), and for index number i copies num_elem_per_idx \
    elements of every partition, from element index on, to elements i × num_elem_per_idx… of dst \
    (NKI documentation). Indices are uint16 and count elements; dst has src_buffer's type; all in \
    sbuf; partitions are a multiple of 16 and num_elem_per_idx is 1, 2, 4, 8, 16 or 32; at most \
    4096 indices per core. An index beyond src_buffer, undefined on the device, is a fault here. \
    Cost on GpSimd: 150 cycles + n e / C, C = ((28 + t e) / (t e)) / min(4 / size, e), t = 4 for \
    n indices of e elements (NKI ≤ 2.26).
    """
  /// Gpsimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src_buffer", "index",
    optional: [
      "num_elem_per_idx", "num_valid_indices",
    ])
  /// The fields.
  public static let fields: [Field<LocalGather>] = [
    Field(.write, "dst", \.dst, "[P, indices × num_elem_per_idx] result"),
    Field(.read, "src_buffer", \.srcBuffer, "what is gathered from"),
    Field(.read, "index", \.index, "element numbers", types: [.uint16]),
    Field(.immediate, "num_elem_per_idx", \.elementsPerIndex, "elements that each index copies"),
    Field(
      .immediate, "num_valid_indices", \.validIndices, "how many of a core\u{2019}s indices count"),
  ]

  /// [P, indices × num_elem_per_idx] result.
  public var dst = AccessPattern.unset
  /// What is gathered from.
  public var srcBuffer = AccessPattern.unset
  /// Uint16 element numbers.
  public var index = AccessPattern.unset
  /// Elements that each index copies.
  public var elementsPerIndex: Int = 1
  /// How many of a core\u{2019}s indices count.
  public var validIndices: Int?

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, srcBuffer: AccessPattern, index: AccessPattern, elementsPerIndex: Int = 1,
    validIndices: Int? = nil
  ) {
    self.dst = dst
    self.srcBuffer = srcBuffer
    self.index = index
    self.elementsPerIndex = elementsPerIndex
    self.validIndices = validIndices
  }

  /// Indices of one core that count.
  private var count: Int { validIndices ?? 16 * index.elementsPerRow }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    for (pattern, name) in [(dst, "dst"), (srcBuffer, "src_buffer"), (index, "index")] {
      check.requireSpace(pattern, name, [.sbuf])
      check.requireSameRows(dst, "dst", pattern, name)
    }
    check.requireSameType(dst, "dst", srcBuffer, "src_buffer")
    check.require(
      dst.rows % 16 == 0, "dst", "'dst' has \(dst.rows) partitions, must be a multiple of 16")
    let sizes = [1, 2, 4, 8, 16, 32]
    check.require(
      sizes.contains(elementsPerIndex), "num_elem_per_idx",
      "num_elem_per_idx is \(elementsPerIndex), must be 1, 2, 4, 8, 16 or 32")
    let counts =
      1...Swift.min(
        check.geometry.limits.localGatherIndices, 16 * index.elementsPerRow)
    check.require(
      counts.contains(count), "num_valid_indices",
      "\(count) indices per core, must be 1 to \(counts.upperBound)")
    // Numbers out of all proportion have no product.
    guard sizes.contains(elementsPerIndex), counts.contains(count) else { return }
    check.require(
      dst.elementsPerRow == count * elementsPerIndex, "dst",
      "'dst' has \(dst.elementsPerRow) elements per partition, needs \(count) × "
        + "\(elementsPerIndex)")
  }

  /// One pass of GpSimd.
  public func lower(into emitter: inout Emitter) {
    let each = Double(elementsPerIndex)
    let size = Double(emitter.place(srcBuffer).dtype.size)
    let rate = ((28 + 4 * each) / (4 * each)) / Swift.min(4 / size, each)
    emitter.stream(
      .localGather, .iota, inputs: [srcBuffer, index], output: dst,
      elements: Int((Double(count) * each / rate).rounded(.up)))
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let positions = try machine.readBits(index, "index")
    let source = try machine.readBits(srcBuffer, "src_buffer")
    let result = machine.makeTile(
      rows: positions.rows, columns: dst.elementsPerRow, of: UInt32.self)
    for row in 0..<positions.rows {
      let core = row / 16 * 16
      for i in 0..<count {
        let start = Int(positions.row(core + i % 16)[i / 16])
        guard start + elementsPerIndex <= source.columns else {
          throw Trap(
            .outOfBounds,
            "index \(start) of the core of partition \(core) takes \(elementsPerIndex) elements, "
              + "'src_buffer' has \(source.columns)", operand: "index")
        }
        for k in 0..<elementsPerIndex {
          result.row(row)[i * elementsPerIndex + k] = source.row(row)[start + k]
        }
      }
    }
    try machine.writeBits(result, to: dst, "dst")
  }
}
