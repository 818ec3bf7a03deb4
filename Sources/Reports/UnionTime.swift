import Timing

/// Length of the union of intervals that come in the order of their beginnings.
struct UnionTime {
  /// Time covered by the intervals that are closed.
  private var closed: Picoseconds = 0
  private var begin: Picoseconds = 0
  private var end: Picoseconds = 0
  /// Whether every interval began no earlier than the one before it.
  private(set) var isOrdered = true
  private var isEmpty = true

  /// Time covered so far.
  var total: Picoseconds { closed + (end - begin) }

  /// Adds an interval.
  @inline(__always)
  mutating func add(_ from: Picoseconds, _ to: Picoseconds) {
    if isEmpty {
      isEmpty = false
      begin = from
      end = to
    } else if from < begin {
      isOrdered = false
    } else if from <= end {
      if to > end { end = to }
    } else {
      closed += end - begin
      begin = from
      end = to
    }
  }

  /// The union of intervals in any order.
  static func total(of intervals: [(Picoseconds, Picoseconds)]) -> Picoseconds {
    var union = UnionTime()
    for (from, to) in intervals.sorted(by: { $0.0 < $1.0 }) { union.add(from, to) }
    return union.total
  }
}
