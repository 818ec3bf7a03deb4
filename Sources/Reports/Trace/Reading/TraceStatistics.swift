package import Diagnostics
package import Storage
package import Timing

/// What is in a trace, row by row.
package struct TraceStatistics {
  /// Slices of one name.
  package struct Operation: Hashable, Sendable {
    package var name: String
    package var count: Int
    /// Of all of them, in ps.
    package var time: Picoseconds
  }

  /// A row of slices.
  package struct Row: Hashable, Sendable {
    /// Around it, outermost first.
    package var groups: [String]
    package var name: String
    package var slices: Int
    /// While at least one was there, in ps.
    package var busy: Picoseconds
    /// Most time first.
    package var operations: [Operation]
  }

  /// A row of samples.
  package struct Counter: Hashable, Sendable {
    package var groups: [String]
    package var name: String
    package var unit: String
    package var samples: Int
    package var largest: Double
    /// By time.
    package var mean: Double
  }

  /// The file.
  package let path: String
  /// Bytes of the file, and of what is in it.
  package let fileSize: Int
  package let contentSize: Int
  /// Whether it is a zstd file.
  package let isCompressed: Bool
  /// Where its frames are; `nil` without a table.
  package let seekTable: SeekTable?
  package let packets: Int
  /// The outermost groups, with what they tell about themselves.
  package let titles: [(name: String, description: String)]
  /// In the order in which a viewer shows them.
  package let rows: [Row]
  package let counters: [Counter]
  package let slices: Int
  package let samples: Int
  package let arrows: Int
  /// From the first event to the last, in ps.
  package let begin: Picoseconds
  package let end: Picoseconds
  /// What is wrong with the file; `nil` if it is whole.
  package let damage: Diagnostic?

  /// Reads a trace.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be read or is no trace.
  package init(of path: String) throws {
    var reader = TraceReader(path)
    var collector = Collector()
    let ending = try reader.read { reader, event in collector.add(event, reader) }
    self.path = path
    (fileSize, contentSize) = (reader.fileSize, reader.bytes)
    isCompressed = reader.isCompressed
    packets = reader.packets
    seekTable = try SeekTable(of: path)
    (slices, samples, arrows) = (collector.slices, collector.samples, collector.arrows)
    begin = Picoseconds(clamping: collector.first == .max ? 0 : collector.first) * 1000
    end = Picoseconds(clamping: collector.last) * 1000
    (rows, counters) = collector.rows(reader)
    titles = reader.tracks.values.filter { $0.parent == 0 && !$0.isCounter }
      .sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
      .map { ($0.name, $0.description) }
    damage = if case .cut(let diagnostic) = ending { diagnostic } else { nil }
  }
}

/// Sums up events as they come.
private struct Collector {
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
      counter.area += counter.value * Double(event.time - counter.last)
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
    let ordered = byRow.map { (key: $0.key, row: $0.value, rank: rank($0.value.track, reader)) }
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
    let tracks = counters.keys.map { (track: $0, rank: rank($0, reader)) }
      .sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
    for (track, _) in tracks {
      guard let counter = counters[track] else { continue }
      let time = Double(counter.last - counter.first)
      found.append(
        TraceStatistics.Counter(
          groups: reader.groups(of: track), name: reader.tracks[track]?.name ?? "",
          unit: reader.tracks[track]?.unit ?? "", samples: counter.samples,
          largest: counter.largest, mean: time > 0 ? counter.area / time : 0))
    }
    return (rows, found)
  }

  /// Ranks of the groups around a track and its own, which order rows as viewers do.
  private func rank(_ track: UInt64, _ reader: borrowing TraceReader) -> [UInt64] {
    var ranks: [UInt64] = []
    var number = track
    while let known = reader.tracks[number], ranks.count < 16 {
      ranks.append(known.rank)
      number = known.parent
    }
    return ranks.reversed() + [track]
  }
}

extension Collector.Row {
  mutating func begin(at time: UInt64) {
    slices += 1
    if depth == 0 { since = time }
    depth += 1
  }

  mutating func end(_ name: Int, _ begin: UInt64, at time: UInt64) {
    depth -= 1
    if depth == 0 { busy += time - since }
    let sum = byName[name] ?? (0, 0)
    byName[name] = (sum.count + 1, sum.time + time - begin)
  }
}
