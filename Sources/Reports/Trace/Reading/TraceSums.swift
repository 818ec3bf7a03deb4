import Diagnostics
import Timing

/// Sums up events as they come.
struct TraceSums {
  var slices = 0
  var samples = 0
  var arrows = 0
  var first = UInt64.max
  var last: UInt64 = 0
  private var byRow: [Key: Row] = [:]
  private var rowOfTrack: [UInt64: Key] = [:]
  private var open: [UInt64: [(name: Int, begin: UInt64)]] = [:]
  private var counters: [UInt64: Counter] = [:]

  private struct Key: Hashable {
    var parent: UInt64
    var name: String
  }

  fileprivate struct Row {
    var track: UInt64
    var slices = 0
    var depth = 0
    var since: UInt64 = 0
    var busy: UInt64 = 0
    var byName: [Int: (count: Int, time: UInt64)] = [:]
  }

  private struct Counter {
    var samples = 0
    var largest = 0.0
    var first: UInt64
    var last: UInt64
    var value = 0.0
    var area = 0.0
  }

  mutating func add(_ event: TraceReader.Event, _ reader: borrowing TraceReader) {
    first = min(first, event.time)
    last = max(last, event.time)
    arrows += event.incoming.count
    switch event.kind {
    case .begin:
      slices += 1
      open[event.track, default: []].append((event.name, event.time))
      let key = key(event.track, reader)
      if byRow[key] == nil { byRow[key] = Row(track: event.track) }
      byRow[key]?.begin(at: event.time)
    case .end:
      guard let slice = open[event.track]?.popLast() else { return }
      byRow[key(event.track, reader)]?.end(slice.name, slice.begin, at: event.time)
    case .sample(let value):
      samples += 1
      var counter =
        counters[event.track] ?? Counter(first: event.time, last: event.time)
      // A file that was changed may have times that go backwards.
      counter.area += counter.value * (Double(event.time) - Double(counter.last))
      (counter.value, counter.last) = (value, event.time)
      counter.largest = max(counter.largest, value)
      counter.samples += 1
      counters[event.track] = counter
    }
  }

  private mutating func key(_ track: UInt64, _ reader: borrowing TraceReader) -> Key {
    if let known = rowOfTrack[track] { return known }
    let described = reader.tracks[track]
    let key = Key(parent: described?.parent ?? 0, name: described?.name ?? "track \(track)")
    rowOfTrack[track] = key
    return key
  }

  mutating func rows(
    _ reader: borrowing TraceReader
  ) -> ([TraceStatistics.Row], [TraceStatistics.Counter]) {
    // What was cut off ends with the trace.
    for (track, slices) in open {
      for slice in slices.reversed() {
        byRow[key(track, reader)]?.end(slice.name, slice.begin, at: last)
      }
    }
    let ordered = byRow.map { (key: $0.key, row: $0.value, rank: reader.rank(of: $0.value.track)) }
      .sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
    var rows: [TraceStatistics.Row] = []
    for (key, row, _) in ordered {
      let operations = row.byName.map { name, sum in
        TraceStatistics.Operation(
          name: name >= 0 ? reader.names[name] : "", count: sum.count,
          time: Picoseconds(clamping: sum.time) * 1000)
      }
      rows.append(
        TraceStatistics.Row(
          groups: reader.groups(of: row.track), name: key.name, slices: row.slices,
          busy: Picoseconds(clamping: row.busy) * 1000,
          operations: operations.sorted { ($1.time, $0.name) < ($0.time, $1.name) }))
    }
    var found: [TraceStatistics.Counter] = []
    let tracks = counters.keys.map { (track: $0, rank: reader.rank(of: $0)) }
      .sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
    for (track, _) in tracks {
      guard let counter = counters[track] else { continue }
      let time = Double(counter.last) - Double(counter.first)
      found.append(
        TraceStatistics.Counter(
          groups: reader.groups(of: track), name: reader.tracks[track]?.name ?? "",
          unit: reader.tracks[track]?.unit ?? "", samples: counter.samples,
          largest: counter.largest, mean: time > 0 ? counter.area / time : 0))
    }
    return (rows, found)
  }
}

extension TraceSums.Row {
  mutating func begin(at time: UInt64) {
    slices += 1
    if depth == 0 { since = time }
    depth += 1
  }

  mutating func end(_ name: Int, _ begin: UInt64, at time: UInt64) {
    depth -= 1
    if depth == 0 { busy += Self.span(since, time) }
    let sum = byName[name] ?? (0, 0)
    byName[name] = (sum.count + 1, sum.time + Self.span(begin, time))
  }

  /// The time between; a slice of a file that was changed may end before it begins.
  private static func span(_ begin: UInt64, _ end: UInt64) -> UInt64 {
    end > begin ? end - begin : 0
  }
}
