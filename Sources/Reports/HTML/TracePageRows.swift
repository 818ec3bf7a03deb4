import Diagnostics
import Timing

/// The rows of a trace as a page draws them, from its events as they come.
struct TracePageRows {
  /// Rows of one name in one group are one, but for slices within others, which are a row of their own.
  private struct Key: Hashable {
    var group: UInt64
    var name: String
    var depth: Int
  }

  /// A slice.
  private struct Entry {
    var begin: UInt64
    var end: UInt64
    var name: Int32
    var source: Int32
    var instruction: Int64
    var detail: Int32
    /// Its pieces are those from here on, until the next entry's.
    var firstPiece: Int32
    /// Whether its pieces end with its begin.
    var isShort: Bool
  }

  private struct Row {
    let key: Key
    /// The first of its tracks.
    let track: UInt64
    var entries: [Entry] = []
    var pieces: [PackedPieces.Piece] = []
    /// By entry: its place once they are in the order of their begins; empty if they are.
    var places: [Int32] = []
  }

  private typealias Place = PackedPieces.Place

  /// Whether slices tell operands, as those of full traces do.
  private(set) var hasOperands = false
  private var rows: [Row] = []
  private var numbers: [Key: Int] = [:]
  private var open: [UInt64: [Place]] = [:]
  /// By arrow: the slice where it begins.
  private var arrows: [UInt64: Place] = [:]
  private var samples: [UInt64: [(time: UInt64, value: Double)]] = [:]
  private var last: UInt64 = 0
  private var operations = NumberedNames()
  private var locations = NumberedNames()
  private var scopes = NumberedNames()
  private var sources: [PackedSources.Source] = []
  private var sourceNumbers: [PackedSources.Source: Int32] = [:]
  private var details = NumberedNames()
  /// By number of a name: that of the text that gives it its colour.
  private var colors: [Int32: Int] = [:]

  mutating func add(_ event: TraceReader.Event, _ reader: borrowing TraceReader) {
    last = max(last, event.time)
    switch event.kind {
    case .begin:
      let place = begin(event, reader)
      open[event.track, default: []].append(place)
      for number in event.outgoing { arrows[number] = place }
    case .end:
      guard let place = open[event.track]?.popLast() else { return }
      rows[Int(place.row)].entries[Int(place.entry)].end = event.time
      for number in event.outgoing { arrows[number] = place }
    case .sample(let value):
      samples[event.track, default: []].append((event.time, value))
    }
  }

  /// What is still open ends with the trace, and every row is in the order of begins.
  mutating func finish() {
    for place in open.values.joined() { rows[Int(place.row)].entries[Int(place.entry)].end = last }
    for number in rows.indices {
      let entries = rows[number].entries
      guard zip(entries, entries.dropFirst()).contains(where: { $1.begin < $0.begin }) else {
        continue
      }
      let order = entries.indices.sorted { (entries[$0].begin, $0) < (entries[$1].begin, $1) }
      rows[number].places = Array(repeating: 0, count: entries.count)
      for (place, index) in order.enumerated() {
        rows[number].places[index] = Int32(truncatingIfNeeded: place)
      }
    }
  }

  // MARK: - Slices

  private mutating func begin(
    _ event: TraceReader.Event, _ reader: borrowing TraceReader
  ) -> Place {
    let track = reader.tracks[event.track]
    let key = Key(
      group: track?.parent ?? 0, name: track?.name ?? "track \(event.track)",
      depth: open[event.track]?.count ?? 0)
    let row = numbers[key] ?? rows.count
    if row == rows.count {
      numbers[key] = row
      rows.append(Row(key: key, track: event.track))
    }
    var told = Told()
    reader.annotations(of: event) { told.take($0, $1) }
    let name = Int32(truncatingIfNeeded: event.name)
    if event.color >= 0 { colors[name] = event.color }
    let first = rows[row].pieces.count
    rows[row].pieces += told.before
    for number in event.incoming {
      guard let from = arrows[number], rows[Int(from.row)].key.group == key.group else { continue }
      rows[row].pieces.append(
        PackedPieces.Piece(cause: TracePageRows.arrow, duration: 0, causer: from))
    }
    rows[row].pieces += told.inside
    hasOperands = hasOperands || told.operands != nil
    rows[row].entries.append(
      Entry(
        begin: event.time, end: event.time, name: name, source: source(told),
        instruction: told.instruction,
        detail: told.details.isEmpty
          ? 0
          : Int32(truncatingIfNeeded: details.number(told.details.joined(separator: "\n")) + 1),
        firstPiece: Int32(truncatingIfNeeded: first), isShort: told.inside.isEmpty))
    return Place(
      row: Int32(truncatingIfNeeded: row),
      entry: Int32(truncatingIfNeeded: rows[row].entries.count - 1))
  }

  /// The number of what a slice is; -1 where it does not say.
  private mutating func source(_ told: Told) -> Int32 {
    guard told.operands != nil || told.location != nil || told.scope != nil else { return -1 }
    let source = PackedSources.Source(
      operation: operations.number(told.operands ?? ""),
      place: told.location.map { locations.number($0) + 1 } ?? 0,
      scope: told.scope.map { scopes.number($0) + 1 } ?? 0)
    if let known = sourceNumbers[source] { return known }
    let number = Int32(truncatingIfNeeded: sources.count)
    sources.append(source)
    sourceNumbers[source] = number
    return number
  }

  /// The number of the cause of arrows, behind those of causes.
  private static let arrow = Cause.allCases.count

  /// What a slice's annotations say.
  private struct Told {
    var operands: String?
    var location: String?
    var scope: String?
    var instruction: Int64 = -1
    /// A name and a text in each, with a tab between them.
    var details: [String] = []
    /// What it waited for, and what came between its begin and its end.
    var before: [PackedPieces.Piece] = []
    var inside: [PackedPieces.Piece] = []

    mutating func take(_ name: String, _ value: TraceReader.Annotation) {
      let known = TracePageRows.annotations[name]
      switch (known, value) {
      case (.operands?, .text(let text)): operands = text
      case (.location?, .text(let text)): location = text
      case (.scope?, .text(let text)): scope = text
      case (.pc?, .number(let number)): instruction = number
      case (.stallEngineBusy?, .number(let time)): before.append(Told.piece(.engineBusy, time))
      case (.stallSemaphore?, .number(let time)), (.stallDMA?, .number(let time)):
        // Weights are waited for after semaphores.
        let place = before.last?.cause == Int(Cause.weightLoad.rawValue) ? 1 : 0
        before.insert(Told.piece(.semaphore, time), at: before.count - place)
      case (.stallWeightLoad?, .number(let time)): before.append(Told.piece(.weightLoad, time))
      case (.stallDispatch?, .number(let time)): before.append(Told.piece(.dispatch, time))
      case (.descriptorGeneration?, .number(let time)):
        before.append(Told.piece(.descriptorGeneration, time))
      case (.ringWait?, .number(let time)): before.append(Told.piece(.ringWait, time))
      case (.moving?, .number(let time)): inside.append(Told.piece(.ring, time))
      case (.acknowledge?, .number(let time)): inside.append(Told.piece(.completion, time))
      case (_, .text(let text)): details.append("\(name)\t\(text)")
      case (_, .number(let number)): details.append("\(name)\t\(number)")
      }
    }

    private static func piece(_ cause: Cause, _ time: Int64) -> PackedPieces.Piece {
      PackedPieces.Piece(cause: Int(cause.rawValue), duration: max(0, time))
    }
  }

  private static let annotations = Dictionary(
    uniqueKeysWithValues: TraceEncoder.Annotation.allCases.map { ($0.text, $0) })

  // MARK: - What a page draws

  /// The groups of rows, as viewers order them.
  ///
  /// - Parameter hasPieces: Whether slices tell more than their names, times and sources.
  func cores(_ reader: TraceReader, hasPieces: Bool) -> [PageCore] {
    var order: [(row: Int, rank: [UInt64])] = []
    for row in rows.indices {
      order.append((row, reader.rank(of: rows[row].track) + [UInt64(rows[row].key.depth)]))
    }
    order.sort { $0.rank.lexicographicallyPrecedes($1.rank) }
    var counters: [(track: UInt64, rank: [UInt64])] = []
    for track in samples.keys { counters.append((track, reader.rank(of: track))) }
    counters.sort { $0.rank.lexicographicallyPrecedes($1.rank) }
    var groups: [UInt64] = []
    for group in order.map({ rows[$0.row].key.group })
      + counters.map({ reader.tracks[$0.track]?.parent ?? 0 })
    where !groups.contains(group) { groups.append(group) }
    var found: [PageCore] = []
    for group in groups {
      let own = order.map(\.row).filter { rows[$0].key.group == group }
      let series = counters.filter { (reader.tracks[$0.track]?.parent ?? 0) == group }
      // The outermost group's name is the page's.
      let name = group <= TraceEncoder.root ? "" : reader.tracks[group]?.name ?? ""
      found.append(
        core(name, own, series.map { self.series($0.track, reader) }, reader, hasPieces))
    }
    return found
  }

  private func core(
    _ name: String, _ own: [Int], _ series: [PageSeries], _ reader: TraceReader,
    _ hasPieces: Bool
  ) -> PageCore {
    var packedSources = PackedSources()
    for source in sources { packedSources.add(source) }
    var rowNumbers = Array(repeating: Int32(-1), count: rows.count)
    for (number, row) in own.enumerated() { rowNumbers[row] = Int32(truncatingIfNeeded: number) }
    return PageCore(
      name: name,
      texts: [
        "operations": operations.names, "tensors": [], "places": locations.names,
        "opcodes": reader.names + [""], "scopes": scopes.names,
        "causes": Cause.allCases.map(\.displayName) + ["arrow"],
        "details": hasPieces ? details.names : [],
      ],
      colors: reader.names.indices.map { color($0, reader) } + [0],
      sources: packedSources.entries,
      rows: own.enumerated().map { number, row in
        packed(
          rows[row], number: number, rowNumbers, rows: own.count, nameless: reader.names.count,
          hasPieces)
      },
      series: series)
  }

  /// Those that the directions of transfers have on pages, and the others by their numbers.
  private func color(_ name: Int, _ reader: TraceReader) -> Int {
    guard let color = colors[Int32(truncatingIfNeeded: name)] else { return (name * 5 + 1) % 8 }
    switch reader.names[color] {
    case "load": return 4
    case "store": return 5
    case "copy", "move": return 6
    default: return (color * 5 + 1) % 8
    }
  }

  private func packed(
    _ row: Row, number: Int, _ rowNumbers: [Int32], rows count: Int, nameless: Int,
    _ hasPieces: Bool
  ) -> PageCore.Row {
    var all = PackedEntries()
    var packer = PackedPieces(row: number, causes: TracePageRows.arrow + 1, rows: count)
    var (begin, source, instruction, detail) = (UInt64(0), Int32(0), Int64(0), Int32(0))
    var order = Array(row.entries.indices)
    for (index, place) in row.places.enumerated() { order[Int(place)] = index }
    for (place, index) in order.enumerated() {
      let entry = row.entries[index]
      var packed = PackedBytes()
      packed.append((entry.begin - begin) * 1000)
      packed.append((max(entry.begin, entry.end) - entry.begin) * 1000)
      packed.append(entry.name >= 0 ? Int(entry.name) : nameless)
      packed.append(signed: entry.source - source)
      packed.append(signed: entry.instruction - instruction)
      (begin, source, instruction) = (entry.begin, entry.source, entry.instruction)
      if hasPieces && entry.detail > 0 {
        // 0 is for none, so that the difference counts from 1 on.
        packed.append(1 + zigzag(entry.detail - detail))
        detail = entry.detail
      } else {
        packed.append(0)
      }
      let end =
        index + 1 < row.entries.count ? Int(row.entries[index + 1].firstPiece) : row.pieces.count
      let pieces = hasPieces ? row.pieces[Int(entry.firstPiece)..<end] : []
      packer.add(
        pieces.map { resolved($0, rowNumbers) }, endAtBegin: entry.isShort, entry: place,
        to: &packed)
      all.add(packed)
    }
    return PageCore.Row(
      name: PageCore.name(row.key.name, depth: row.key.depth), kind: "slice",
      count: row.entries.count, pieces: packer.count, packed: all.packed)
  }

  private func zigzag(_ value: Int32) -> UInt32 {
    UInt32(bitPattern: (value << 1) ^ (value >> 31))
  }

  /// A piece with its causer among the rows of its core.
  private func resolved(_ piece: PackedPieces.Piece, _ rowNumbers: [Int32]) -> PackedPieces.Piece {
    guard piece.causer.row >= 0 else { return piece }
    var piece = piece
    let places = rows[Int(piece.causer.row)].places
    if !places.isEmpty { piece.causer.entry = places[Int(piece.causer.entry)] }
    piece.causer.row = rowNumbers[Int(piece.causer.row)]
    return piece
  }

  private func series(_ track: UInt64, _ reader: TraceReader) -> PageSeries {
    let points = samples[track] ?? []
    let isWhole = points.allSatisfy { $0.value == $0.value.rounded() }
    let scale = isWhole ? 1 : 10_000
    return PageSeries(
      reader.tracks[track]?.name ?? "", reader.tracks[track]?.unit ?? "", scale: scale,
      points.map {
        (Picoseconds(clamping: $0.time) * 1000, Int(($0.value * Double(scale)).rounded()))
      })
  }
}
