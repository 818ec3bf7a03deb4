public import Device
import Formats
public import Machine

/// Where the segment of each element begins and ends.
public struct SequenceBounds: Operation {
  /// `sequence_bounds`.
  public static let name = "sequence_bounds"
  /// What it does.
  public static let summary =
    "for each element, where its run of equal segment ids begins and ends"
  /// Formula, rules and cost.
  public static let details = """
    dst[0, 0, i] and dst[0, 1, i] = first index and one after the last of the run of equal \
    segment_ids that element i belongs to; n and -1 for padding (id 0) (NKI documentation). One \
    partition; both float32 or int32, in sbuf. Cost on GpSimd: as iota of dst (assumed, nothing \
    is published).
    """
  /// Gpsimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "segment_ids")
  /// The fields.
  public static let fields: [Field<SequenceBounds>] = [
    Field(.write, "dst", \.dst, "[1, 2, n] bounds", types: [.float32, .int32]),
    Field(
      .read, "segment_ids", \.segmentIDs, "[1, n] ids, 0 for padding", types: [.float32, .int32]),
  ]

  /// [1, 2, n] bounds.
  public var dst = AccessPattern.unset
  /// [1, n] ids, 0 for padding.
  public var segmentIDs = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, segmentIDs: AccessPattern
  ) {
    self.dst = dst
    self.segmentIDs = segmentIDs
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    for (pattern, name) in [(dst, "dst"), (segmentIDs, "segment_ids")] {
      check.requireSpace(pattern, name, [.sbuf])
      check.require(
        pattern.rows == 1, name, "'\(name)' has \(pattern.rows) partitions, must have one")
    }
    let wanted = 2 * segmentIDs.elementsPerRow
    check.requireElements(dst, "dst", wanted...wanted)
  }

  /// One pass of GpSimd.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.sequenceBounds, .iota, inputs: [segmentIDs], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let ids = try machine.read(segmentIDs, "segment_ids")
    let n = ids.columns
    let result = machine.makeTile(rows: 1, columns: 2 * n)
    var begin = 0
    while begin < n {
      var end = begin + 1
      while end < n && ids.elements[end] == ids.elements[begin] { end += 1 }
      let isPadding = ids.elements[begin] == 0
      for i in begin..<end {
        result.elements[i] = isPadding ? Float(n) : Float(begin)
        result.elements[n + i] = isPadding ? -1 : Float(end)
      }
      begin = end
    }
    try machine.write(result, to: dst, "dst")
  }
}
