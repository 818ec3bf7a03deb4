package import Diagnostics
import Storage
package import Timing

/// Cuts a part out of a trace: a trace of what overlaps a window, of all rows or of some.
package struct TraceSlicer {
  /// What became of it.
  package struct Outcome {
    package var slices = 0
    package var samples = 0
    package var arrows = 0
    /// When the last event that was read happened, in ps.
    package var end: Picoseconds = 0
    /// What is wrong with the file; `nil` if all that was asked for is there.
    package var damage: Diagnostic?
  }

  private let path: String
  private let from: UInt64
  private let to: UInt64
  private let rows: [String]

  /// - Parameters:
  ///   - window: In ps.
  ///   - rows: Names of rows; `tensor` is both of the PE array's. All if empty.
  package init(_ path: String, window: Range<Picoseconds>?, rows: [String]) {
    self.path = path
    from = TraceEncoder.nanoseconds(window?.lowerBound ?? 0)
    to =
      window.map { $0.upperBound == .max ? .max : TraceEncoder.nanoseconds($0.upperBound) } ?? .max
    self.rows = rows.map { $0.lowercased() }
  }

  /// Writes the part as a trace of its own; the file appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be read, is no trace, has none of the rows, or if the part cannot be
  ///   written.
  package func write(to target: String) throws -> Outcome {
    // An arrow needs both its ends: which those are is known only after all has been read.
    let first = Pass(from: from, to: to, rows: rows)
    var reader = TraceReader(path)
    _ = try reader.read { reader, event in try first.take(event, reader) }
    try requireRows(reader)
    let file = try ZstdWriter(path: target, level: TraceOptions().level, isSeekable: true)
    let second = Pass(
      from: from, to: to, rows: rows, arrows: first.begun.intersection(first.ended), file: file)
    reader = TraceReader(path)
    let ending = try reader.read { reader, event in try second.take(event, reader) }
    try second.finish(reader)
    var outcome = second.outcome
    outcome.end = Picoseconds(clamping: second.last) * 1000
    if case .cut(let diagnostic) = ending, second.last < to { outcome.damage = diagnostic }
    try file.finish()
    return outcome
  }

  private func requireRows(_ reader: TraceReader) throws(DiagnosticError) {
    let groups = Set(reader.tracks.values.map(\.parent))
    let known = Set(reader.tracks.values.filter { !groups.contains($0.number) }.map(\.name))
    for row in rows where !known.contains(where: { TraceSlicer.matches($0, row) }) {
      throw DiagnosticError(
        "has no row '\(printable(row))'", at: SourceLocation(file: path, line: 0),
        remedy: remedyForUnknown(row, known: known.sorted()))
    }
  }

  /// Whether a row is meant: by its name, and the PE array's by the engine's.
  static func matches(_ name: String, _ wanted: String) -> Bool {
    let name = name.lowercased()
    return name == wanted || (wanted == "tensor" && name == "tensormatrix")
  }
}

/// One reading of the trace, without or with writing.
private final class Pass {
  let from: UInt64
  let to: UInt64
  let rows: [String]
  /// Arrows both of whose ends are in the part.
  var arrows: Set<UInt64> = []
  var file: ZstdWriter?
  var begun: Set<UInt64> = []
  var ended: Set<UInt64> = []
  var outcome = TraceSlicer.Outcome()
  var last: UInt64 = 0
  private var isWanted: [UInt64: Bool] = [:]
  private var open: [UInt64: [Slice]] = [:]
  private var sequences: [UInt64: Sequence] = [:]
  private var waiting = 0
  /// By track: the sequence of its events.
  private var owners: [UInt64: UInt64] = [:]
  private var inPart = 0
  private var out = ProtoBuffer()

  private enum Slice {
    case kept
    case dropped
    /// Begun before the window; when it came, and its event.
    case waiting(order: Int, Held)
  }

  /// An event that may be written later: its references are texts, since numbers may be forgotten until then.
  private struct Held {
    var time: UInt64
    var body: [UInt8]
    var definitions: [Definition]
    var incoming: [UInt64]
    var outgoing: [UInt64]
  }

  /// An interned text that an event refers to.
  private struct Definition {
    var key: Key
    var text: String

    struct Key: Hashable {
      var field: UInt64
      var number: UInt64
    }

    init(field: UInt64, number: UInt64, text: String) {
      key = Key(field: field, number: number)
      self.text = text
    }
  }

  /// What a writer has done so far.
  private struct Sequence {
    var hasBegun = false
    var hasEnded = false
    /// Whether its state has begun; the texts and tracks in it.
    var hasState = false
    var defined: [Definition.Key: String] = [:]
    var described: Set<UInt64> = []
    /// By track: the value of a counter, and whether it was written.
    var values: [UInt64: (value: Double, isWritten: Bool)] = [:]
    var last: UInt64 = 0
  }

  init(from: UInt64, to: UInt64, rows: [String], arrows: Set<UInt64> = [], file: ZstdWriter? = nil)
  {
    (self.from, self.to, self.rows, self.arrows, self.file) = (from, to, rows, arrows, file)
  }

  func take(_ event: TraceReader.Event, _ reader: borrowing TraceReader) throws {
    last = max(last, event.time)
    guard wants(event.track, reader) else { return }
    // What ends as the window opens is not in it.
    let isOutside = if case .end = event.kind { event.time <= from } else { event.time < from }
    if !isOutside { try open(event.sequence, reader) }
    if event.time >= to { try close(event.sequence, reader) }
    switch event.kind {
    case .begin:
      let slice: Slice
      if event.time >= to {
        slice = .dropped
      } else if event.time >= from {
        slice = .kept
        try keep(held(event, reader), event.sequence, event.track, reader)
        outcome.slices += 1
      } else {
        waiting += 1
        slice = .waiting(order: waiting, held(event, reader))
      }
      open[event.track, default: []].append(slice)
      owners[event.track] = event.sequence
    case .end:
      if case .kept? = open[event.track]?.popLast() {
        try keep(held(event, reader), event.sequence, event.track, reader)
      }
    case .sample(let value):
      guard event.time < to else { return }
      sequences[event.sequence, default: Sequence()].values[event.track] = (value, false)
      guard event.time >= from else { return }
      sequences[event.sequence]?.values[event.track]?.isWritten = true
      try sample(value, at: event.time, event.sequence, event.track, reader)
    }
  }

  private func wants(_ track: UInt64, _ reader: borrowing TraceReader) -> Bool {
    if let known = isWanted[track] { return known }
    let name = reader.tracks[track]?.name ?? ""
    let wanted = rows.isEmpty || rows.contains { TraceSlicer.matches(name, $0) }
    isWanted[track] = wanted
    return wanted
  }

  /// The window opens: what is there by then is written first.
  private func open(_ sequence: UInt64, _ reader: borrowing TraceReader) throws {
    guard !(sequences[sequence]?.hasBegun ?? false) else { return }
    sequences[sequence, default: Sequence()].hasBegun = true
    var found: [(order: Int, track: UInt64, place: Int, held: Held)] = []
    for (track, slices) in open {
      for (place, slice) in slices.enumerated() {
        if case .waiting(let order, let held) = slice { found.append((order, track, place, held)) }
      }
    }
    for (_, track, place, held) in found.sorted(by: { $0.order < $1.order }) {
      open[track]?[place] = .kept
      try keep(held, sequence, track, reader)
      outcome.slices += 1
    }
    let values = (sequences[sequence]?.values ?? [:]).sorted { $0.key < $1.key }
    for (track, known) in values where known.value != 0 {
      sequences[sequence]?.values[track]?.isWritten = true
      try sample(known.value, at: from, sequence, track, reader)
    }
  }

  /// The window closes: counters end with zero.
  private func close(_ sequence: UInt64, _ reader: borrowing TraceReader) throws {
    guard !(sequences[sequence]?.hasEnded ?? false) else { return }
    sequences[sequence, default: Sequence()].hasEnded = true
    let values = (sequences[sequence]?.values ?? [:]).sorted { $0.key < $1.key }
    for (track, known) in values where known.isWritten && known.value != 0 {
      try sample(0, at: to, sequence, track, reader)
    }
  }

  /// The event without its arrows, and what it refers to.
  private func held(_ event: TraceReader.Event, _ reader: borrowing TraceReader) -> Held {
    var held = Held(
      time: event.time, body: [], definitions: [], incoming: event.incoming,
      outgoing: event.outgoing)
    guard file != nil else { return held }
    let known = reader.interned[event.sequence] ?? TraceReader.Names()
    var fields = ProtoFields(event.body)
    while true {
      let start = fields.position
      guard let (field, value) = fields.next() else { break }
      if field == 47 || field == 48 { continue }
      held.body += event.body[start..<fields.position]
      if field == 10, let name = known.events[value.integer] {
        held.definitions.append(
          Definition(field: 2, number: value.integer, text: reader.names[name]))
      }
      guard field == 4 else { continue }
      var parts = ProtoFields(value.bytes)
      while let (field, value) = parts.next() {
        if field == 1, let text = known.annotations[value.integer] {
          held.definitions.append(Definition(field: 3, number: value.integer, text: text))
        } else if field == 17, let text = known.texts[value.integer] {
          held.definitions.append(Definition(field: 29, number: value.integer, text: text))
        }
      }
    }
    return held
  }

  private func keep(
    _ held: Held, _ sequence: UInt64, _ track: UInt64, _ reader: borrowing TraceReader
  ) throws {
    if file == nil {
      begun.formUnion(held.outgoing)
      ended.formUnion(held.incoming)
      return
    }
    try prepare(held.definitions, sequence, track, reader)
    out.reserve(held.body.count + 256)
    let packet = out.open(1)
    out.integer(8, held.time)
    out.integer(10, sequence)
    out.integer(13, 2)
    let event = out.open(11)
    held.body.withUnsafeBufferPointer { out.append($0) }
    for number in held.outgoing where arrows.contains(number) {
      out.reserve(64)
      out.fixed64(47, number)
    }
    for number in held.incoming where arrows.contains(number) {
      out.reserve(64)
      out.fixed64(48, number)
      outcome.arrows += 1
    }
    out.reserve(64)
    out.close(event)
    out.close(packet)
    try flush(sequence, held.time)
  }

  private func sample(
    _ value: Double, at time: UInt64, _ sequence: UInt64, _ track: UInt64,
    _ reader: borrowing TraceReader
  ) throws {
    outcome.samples += 1
    guard file != nil else { return }
    try prepare([], sequence, track, reader)
    out.reserve(64)
    let packet = out.open(1)
    out.integer(8, time)
    out.integer(10, sequence)
    out.integer(13, 2)
    let event = out.open(11)
    out.integer(9, 4)
    out.integer(11, track)
    out.fixed64(44, value.bitPattern)
    out.close(event)
    out.close(packet)
    try flush(sequence, time)
  }

  /// Writes what an event needs that is not there yet: the state's beginning, its texts, its track and groups.
  private func prepare(
    _ definitions: [Definition], _ sequence: UInt64, _ track: UInt64,
    _ reader: borrowing TraceReader
  ) throws {
    var state = sequences.removeValue(forKey: sequence) ?? Sequence()
    // Nothing has been written, or a number meant something else before.
    let isOld = definitions.contains { state.defined[$0.key, default: $0.text] != $0.text }
    if !state.hasState || isOld {
      out.reserve(64)
      let packet = out.open(1)
      out.integer(10, sequence)
      out.integer(13, 1)
      out.close(packet)
      state.hasState = true
      state.defined = [:]
    }
    let missing = definitions.filter { state.defined[$0.key] == nil }
    if !missing.isEmpty {
      out.reserve(64)
      let packet = out.open(1)
      out.integer(10, sequence)
      out.integer(13, 2)
      let interned = out.open(12)
      for definition in missing where state.defined[definition.key] == nil {
        state.defined[definition.key] = definition.text
        out.reserve(64)
        let entry = out.open(definition.key.field)
        out.integer(1, definition.key.number)
        out.string(2, definition.text)
        out.close(entry)
      }
      out.close(interned)
      out.close(packet)
    }
    var missingTracks: [[UInt8]] = []
    var number = track
    while let known = reader.tracks[number], state.described.insert(number).inserted {
      missingTracks.append(known.packet)
      number = known.parent
    }
    for packet in missingTracks.reversed() {
      out.reserve(packet.count)
      packet.withUnsafeBufferPointer { out.append($0) }
    }
    sequences[sequence] = state
  }

  private func flush(_ sequence: UInt64, _ time: UInt64) throws {
    let last = sequences[sequence]?.last ?? 0
    sequences[sequence]?.last = max(last, time)
    if out.count >= 1 << 16 { try hand() }
  }

  private func hand() throws {
    try file?.append(out.bytes)
    inPart += out.count
    out.removeAll()
    guard inPart >= TraceEncoder.partSize else { return }
    inPart = 0
    try file?.endFrame()
    // What follows can be read by itself.
    for sequence in sequences.keys {
      sequences[sequence]?.hasState = false
      sequences[sequence]?.described = []
    }
  }

  /// Ends what is still open: the window does not close, or the trace was cut off before.
  func finish(_ reader: borrowing TraceReader) throws {
    for sequence in sequences.keys.sorted() where !(sequences[sequence]?.hasEnded ?? false) {
      let values = (sequences[sequence]?.values ?? [:]).sorted { $0.key < $1.key }
      for (track, known) in values where known.isWritten && known.value != 0 {
        try sample(0, at: sequences[sequence]?.last ?? 0, sequence, track, reader)
      }
    }
    for (track, slices) in open.sorted(by: { $0.key < $1.key }) {
      for slice in slices.reversed() {
        guard case .kept = slice else { continue }
        let owner = owners[track] ?? 1
        out.reserve(64)
        let packet = out.open(1)
        out.integer(8, max(sequences[owner]?.last ?? 0, min(last, to)))
        out.integer(10, owner)
        out.integer(13, 2)
        let event = out.open(11)
        out.integer(9, 2)
        out.integer(11, track)
        out.close(event)
        out.close(packet)
      }
    }
    try hand()
  }
}
