public import Device
import Formats
public import Machine

/// Moves partitions within each quadrant of 32.
public struct NCStreamShuffle: Operation {
  /// `nc_stream_shuffle`.
  public static let name = "nc_stream_shuffle"
  /// What it does.
  public static let summary = "copies partitions within each quadrant of 32 by a mask"
  /// Formula, rules and cost.
  public static let details = """
    Within each 32 partitions, partition i of dst receives partition shuffle_mask[i] of src, bit \
    by bit; 255 leaves partition i of dst as it is. The same mask of 32 entries serves every \
    quadrant; dst may be src. dst and src have one type and free size; src may have fewer partitions than dst where the \
    mask names none of the others (one partition, spread by a mask of zeros). Cost on Vector: one element \
    per cycle.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src", "shuffle_mask")
  /// The fields.
  public static let fields: [Field<NCStreamShuffle>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.read, "src", \.src, "input, same type and free size"),
    Field(
      .immediate, "shuffle_mask", \.shuffleMask,
      "32 entries: source partition within the quadrant, or 255"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same type and free size.
  public var src = AccessPattern.unset
  /// 32 entries: source partition within the quadrant, or 255.
  public var shuffleMask: [Int] = []

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, shuffleMask: [Int]) {
    self.dst = dst
    self.src = src
    self.shuffleMask = shuffleMask
  }

  private static let quadrant = 32
  private static let keep = 255

  /// Shapes, types and mask.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (src, "src")])
    check.require(
      src.rows <= dst.rows, "src",
      "'src' has \(src.rows) partitions, 'dst' has \(dst.rows)",
      remedy: "give src no more partitions than dst")
    check.require(
      src.elementsPerRow == dst.elementsPerRow, "src",
      "'src' has \(src.elementsPerRow) elements per partition, 'dst' has \(dst.elementsPerRow)",
      remedy: "give both the same free size")
    check.requireSameType(dst, "dst", src, "src")
    check.require(
      shuffleMask.count == Self.quadrant, "shuffle_mask",
      "shuffle_mask has \(shuffleMask.count) entries, must have 32")
    guard shuffleMask.count == Self.quadrant else { return }
    for (i, entry) in shuffleMask.enumerated() {
      check.require(
        (0..<Self.quadrant).contains(entry) || entry == Self.keep, "shuffle_mask",
        "entry \(i) of shuffle_mask is \(entry), must be 0 to 31, or 255 to keep")
    }
    for row in 0..<Int(dst.rows) {
      let entry = shuffleMask[row % Self.quadrant]
      guard (0..<Self.quadrant).contains(entry) else { continue }
      let source = row / Self.quadrant * Self.quadrant + entry
      check.require(
        source < Int(src.rows), "shuffle_mask",
        "partition \(row) of 'dst' takes partition \(source) of 'src', which has \(src.rows)",
        remedy: "use 255 for partitions that stay")
    }
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.shuffle, .shuffle, inputs: [src], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let bits = try machine.readBits(src, "src")
    for row in 0..<Int(dst.rows) {
      let entry = shuffleMask[row % Self.quadrant]
      if entry == Self.keep { continue }
      var target = dst
      target.rowStart += Int32(row)
      target.rows = 1
      let moved = machine.makeTile(rows: 1, columns: bits.columns, of: UInt32.self)
      let source = bits.row(row / Self.quadrant * Self.quadrant + entry)
      moved.elements.update(from: source, count: bits.columns)
      try machine.writeBits(moved, to: target, "dst")
    }
  }
}
