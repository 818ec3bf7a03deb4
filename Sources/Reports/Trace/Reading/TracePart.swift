/// What of a trace overlaps a window, in one reading of it, without or with writing.
final class TracePart {
  private let from: UInt64
  private let to: UInt64
  private let rows: [String]
  private let out: TracePartWriter?
  /// Arrows that begin and that end in the part.
  private(set) var begun: Set<UInt64> = []
  private(set) var ended: Set<UInt64> = []
  private(set) var outcome = TraceSlicer.Outcome()
  /// When the last event happened.
  private(set) var last: UInt64 = 0
  private var isWanted: [UInt64: Bool] = [:]
  private var open: [UInt64: [Begun]] = [:]
  private var sequences: [UInt64: Sequence] = [:]
  /// By sequence: slices that are kept and have not ended.
  private var unended: [UInt64: Int] = [:]
  private var waiting = 0
  /// By track: the sequence of its events.
  private var owners: [UInt64: UInt64] = [:]

  private enum Slice {
    case kept
    case dropped
    /// Begun before the window; when it came, and its event.
    case waiting(order: Int, HeldEvent)
  }

  /// A slice that has not ended, and the part of its core's events in which it begins.
  private struct Begun {
    var slice: Slice
    var part: Int
  }

  /// How far a core's events have been read.
  private struct Sequence {
    var hasBegun = false
    var hasEnded = false
    /// By track: the value of a counter, and whether it was written.
    var values: [UInt64: (value: Double, isWritten: Bool)] = [:]
    /// When the last event that is kept happened.
    var last: UInt64 = 0
  }

  /// - Parameter out: Takes what is in the part; `nil` to find its arrows.
  init(from: UInt64, to: UInt64, rows: [String], out: TracePartWriter? = nil) {
    (self.from, self.to, self.rows, self.out) = (from, to, rows, out)
  }

  func take(_ event: TraceReader.Event, _ reader: borrowing TraceReader) throws {
    last = max(last, event.time)
    guard wants(event.track, reader) else {
      if event.time >= to {
        try open(event.sequence, reader)
        try close(event.sequence, reader)
      }
      return
    }
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
        begin(event.sequence)
      } else {
        waiting += 1
        slice = .waiting(order: waiting, held(event, reader))
      }
      open[event.track, default: []].append(Begun(slice: slice, part: reader.part))
      owners[event.track] = event.sequence
    case .end:
      if case .kept? = open[event.track]?.popLast()?.slice {
        unended[event.sequence, default: 0] -= 1
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

  /// Goes on in a part of a core's events that may not follow what was read of it: what was not read is not in the window.
  func resume(_ state: TraceState, _ reader: borrowing TraceReader) {
    let known = owners.filter { $0.value == state.sequence }.map(\.key)
    for track in Set(known).union(state.begun.keys) where wants(track, reader) {
      var before = (open[track] ?? [])[...]
      open[track] = (state.begun[track] ?? []).map { part in
        // Of those that began in one part the innermost have ended.
        guard let place = before.firstIndex(where: { $0.part == part }) else {
          return Begun(slice: .dropped, part: part)
        }
        defer { before = before[(place + 1)...] }
        return before[place]
      }
      owners[track] = state.sequence
    }
    var sequence = sequences[state.sequence] ?? Sequence()
    for track in Set(sequence.values.keys).union(state.values.keys) where wants(track, reader) {
      let value = state.values[track] ?? 0
      if sequence.values[track]?.value != value { sequence.values[track] = (value, false) }
    }
    sequences[state.sequence] = sequence
  }

  /// Whether nothing that comes of a core is in the part any more.
  func isDone(with sequence: UInt64) -> Bool {
    (sequences[sequence]?.hasEnded ?? false) && unended[sequence, default: 0] == 0
  }

  private func begin(_ sequence: UInt64) {
    outcome.slices += 1
    unended[sequence, default: 0] += 1
  }

  private func wants(_ track: UInt64, _ reader: borrowing TraceReader) -> Bool {
    if let known = isWanted[track] { return known }
    let wanted = wants(reader.tracks[track]?.name ?? "")
    isWanted[track] = wanted
    return wanted
  }

  /// Whether a row is in the part, by its name.
  func wants(_ row: String) -> Bool {
    rows.isEmpty || rows.contains { TraceSlicer.matches(row, $0) }
  }

  /// The window opens: what is there by then is written first.
  private func open(_ sequence: UInt64, _ reader: borrowing TraceReader) throws {
    guard !(sequences[sequence]?.hasBegun ?? false) else { return }
    sequences[sequence, default: Sequence()].hasBegun = true
    var found: [(order: Int, track: UInt64, place: Int, held: HeldEvent)] = []
    for (track, slices) in open {
      for (place, slice) in slices.enumerated() {
        guard case .waiting(let order, let held) = slice.slice else { continue }
        found.append((order, track, place, held))
      }
    }
    for (_, track, place, held) in found.sorted(by: { $0.order < $1.order }) {
      open[track]?[place].slice = .kept
      try keep(held, sequence, track, reader)
      begin(sequence)
    }
    for (track, known) in values(of: sequence) where known.value != 0 {
      sequences[sequence]?.values[track]?.isWritten = true
      try sample(known.value, at: from, sequence, track, reader)
    }
  }

  /// The window closes: counters end with zero.
  private func close(_ sequence: UInt64, _ reader: borrowing TraceReader) throws {
    guard !(sequences[sequence]?.hasEnded ?? false) else { return }
    sequences[sequence, default: Sequence()].hasEnded = true
    for (track, known) in values(of: sequence) where known.isWritten && known.value != 0 {
      try sample(0, at: to, sequence, track, reader)
    }
  }

  /// A core's counters by their tracks.
  private func values(
    of sequence: UInt64
  ) -> [(key: UInt64, value: (value: Double, isWritten: Bool))] {
    (sequences[sequence]?.values ?? [:]).sorted { $0.key < $1.key }
  }

  private func held(_ event: TraceReader.Event, _ reader: borrowing TraceReader) -> HeldEvent {
    out == nil ? HeldEvent(arrowsOf: event) : HeldEvent(event, reader)
  }

  private func keep(
    _ held: HeldEvent, _ sequence: UInt64, _ track: UInt64, _ reader: borrowing TraceReader
  ) throws {
    reached(held.time, sequence)
    guard let out else {
      begun.formUnion(held.outgoing)
      ended.formUnion(held.incoming)
      return
    }
    outcome.arrows += try out.write(held, sequence, track, reader)
  }

  private func reached(_ time: UInt64, _ sequence: UInt64) {
    let before = sequences[sequence]?.last ?? 0
    sequences[sequence]?.last = max(before, time)
  }

  private func sample(
    _ value: Double, at time: UInt64, _ sequence: UInt64, _ track: UInt64,
    _ reader: borrowing TraceReader
  ) throws {
    outcome.samples += 1
    reached(time, sequence)
    try out?.sample(value, at: time, sequence, track, reader)
  }

  /// Ends what is still open: the window does not close, or the trace was cut off before.
  func finish(_ reader: borrowing TraceReader) throws {
    for sequence in sequences.keys.sorted() where !(sequences[sequence]?.hasEnded ?? false) {
      for (track, known) in values(of: sequence) where known.isWritten && known.value != 0 {
        try sample(0, at: sequences[sequence]?.last ?? 0, sequence, track, reader)
      }
    }
    for (track, slices) in open.sorted(by: { $0.key < $1.key }) {
      for slice in slices.reversed() {
        guard case .kept = slice.slice else { continue }
        let owner = owners[track] ?? 1
        out?.end(at: max(sequences[owner]?.last ?? 0, min(last, to)), owner, track)
      }
    }
    try out?.finish()
  }
}
