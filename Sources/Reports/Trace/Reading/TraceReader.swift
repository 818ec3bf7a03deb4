import Diagnostics
import Storage

/// Reads a trace from its file, event by event: what this package writes, compressed or not.
///
/// Of other programs' traces it reads slices, counters and arrows on tracks that are described; the rest is left out.
struct TraceReader {
  /// A row's track, or a group.
  struct Track {
    var number: UInt64 = 0
    var parent: UInt64 = 0
    var name = ""
    var rank: UInt64 = 0
    var isCounter = false
    var unit = ""
    var description = ""
    /// The packet that described it.
    var packet: [UInt8] = []
  }

  /// What happens in an event.
  enum Kind {
    case begin
    case end
    case sample(Double)
  }

  /// An event; its bytes are valid as long as it is looked at.
  struct Event {
    var kind: Kind
    /// In ns.
    var time: UInt64
    var track: UInt64
    /// Of the writer: a core.
    var sequence: UInt64
    /// The number of its name in `names`; -1 without.
    var name: Int
    /// What gives it its colour; -1 for its name.
    var color: Int
    /// Numbers of arrows that begin here, and that end here.
    var outgoing: [UInt64]
    var incoming: [UInt64]
    /// The packet with its tag and length, without them, and the event in it.
    var packet: UnsafeRawBufferPointer
    var message: UnsafeRawBufferPointer
    var body: UnsafeRawBufferPointer
  }

  /// Interned texts of a writer, until it forgets them.
  struct Names {
    /// By number: the number in `names`.
    var events: [UInt64: Int] = [:]
    var annotations: [UInt64: String] = [:]
    var texts: [UInt64: String] = [:]
    /// How often they were forgotten.
    var generation = 0
  }

  /// How a trace's end was.
  enum Ending: Hashable {
    case whole
    /// Cut off or damaged; what is wrong, and what to do.
    case cut(Diagnostic)
  }

  let path: String
  private(set) var tracks: [UInt64: Track] = [:]
  /// Names of events, each once.
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]
  /// By sequence.
  private(set) var interned: [UInt64: Names] = [:]
  private(set) var packets = 0
  /// Bytes of whole packets.
  private(set) var bytes = 0
  /// The file's own size.
  private(set) var fileSize = 0
  private(set) var isCompressed = false
  /// The part of its core's events that is being read, where only some are.
  private(set) var part = 0
  /// What the part that is being read goes on from, where only some are.
  private var state: TraceState?

  /// The last ns that a trace may have: times in ps, and the sums of a few of them, are 64-bit integers.
  private static let lastTime = UInt64(1) << 50
  /// Of counters; no run comes near, and ten-thousandths of it, in which pages count, are an integer of 64 bits.
  static let largestValue = 1e14
  /// Whether an event came later.
  private var isBeyond = false

  /// What is done with a trace.
  typealias Look = (borrowing TraceReader, Event) throws -> Void
  /// What is done where a part of the file does not follow what was read before.
  typealias Resume = (borrowing TraceReader, TraceState) -> Void

  init(_ path: String) { self.path = path }

  /// Hands over all events, in the order in which they are written.
  ///
  /// - Parameter isDone: Whether nothing more is wanted of a core; where it is the last in the file, as the table of the
  ///   file's frames tells, the rest is not read.
  /// - Throws: A `DiagnosticError` if the file cannot be read or is no trace, or what `look` throws.
  mutating func read(
    until isDone: ((_ sequence: UInt64) -> Bool)? = nil, _ look: Look
  ) throws -> Ending {
    let last = isDone == nil ? nil : try findLastSequence()
    let file = try ContentReader(path: path)
    (fileSize, isCompressed) = (file.fileSize, file.isCompressed)
    var content: [UInt8] = []
    var ending = Ending.whole
    var more = true
    while more {
      if let last, let isDone, isDone(last) { return .whole }
      do throws(DiagnosticError) {
        more = try file.read(into: &content)
      } catch {
        more = false
        if let first = error.diagnostics.first { ending = .cut(first) }
      }
      let used = try content.withUnsafeBytes { try take($0, look) }
      content.removeFirst(used)
      bytes += used
      if isBeyond {
        ending = .cut(beyond)
        break
      }
    }
    if packets == 0 { throw notATrace(ending) }
    if ending == .whole && !content.isEmpty {
      ending = .cut(
        Diagnostic(
          .error, "the trace ends within a packet, at byte \(bytes + content.count) of it",
          at: SourceLocation(file: path, line: 0),
          remedy: "copy or produce the file again: its end is missing"))
    }
    return ending
  }

  /// Hands over the events of a window.
  ///
  /// Of each core they are those from the part on in which the window opens, and of parts before in which something begins
  /// that is there by then. A file that does not say where that is is read from its beginning.
  ///
  /// - Parameters:
  ///   - from: When the window opens, in ns.
  ///   - wants: Whether a row is looked at, by its name.
  ///   - resume: Gets what has begun before a part and has not ended, ahead of the part's events.
  ///   - isDone: Whether nothing more is wanted of a core.
  /// - Throws: As `read(until:)`.
  mutating func read(
    from: UInt64, wants: (_ row: String) -> Bool, resume: Resume,
    until isDone: @escaping (_ sequence: UInt64) -> Bool, _ look: Look
  ) throws -> Ending {
    guard from > 0, let frames = try TraceFrames(path), let cores = frames.cores() else {
      return try read(until: isDone, look)
    }
    // Rows that begin behind the window are known all the same.
    for core in cores {
      if let content = try? frames.content(of: core.frames.upperBound - 1) {
        _ = describeTracks(in: content)
      }
    }
    var parts: [TraceFrames.Part] = []
    for core in cores {
      let found = frames.parts(of: core, from: from) { wants(tracks[$0]?.name ?? "") }
      guard let found else { return try read(until: isDone, look) }
      parts += found
    }
    (fileSize, isCompressed) = (frames.fileSize, true)
    for next in parts where !isDone(next.sequence) {
      part = next.part
      let content: [UInt8]
      do throws(DiagnosticError) {
        content = try frames.content(of: next.frame)
      } catch {
        guard packets > 0, let first = error.diagnostics.first else { throw error }
        return .cut(first)
      }
      let used = try content.withUnsafeBytes { try take($0, look, resume) }
      bytes += used
      if isBeyond { return .cut(beyond) }
      if used < content.count { throw notATrace(.whole) }
    }
    if packets == 0 { throw notATrace(.whole) }
    return .whole
  }

  /// Whose events come last in the file, as its last frame tells, and all its tracks; `nil` where there is no table of frames.
  private mutating func findLastSequence() throws(DiagnosticError) -> UInt64? {
    guard let frames = try FrameReader(path: path), frames.count > 0,
      let content = try? frames.content(of: frames.count - 1)
    else { return nil }
    return describeTracks(in: content)
  }

  /// Whose events come last in whole packets, which describe tracks.
  private mutating func describeTracks(in content: [UInt8]) -> UInt64? {
    content.withUnsafeBytes { bytes in
      var last: UInt64?
      var packets = ProtoFields(bytes)
      while let (field, packet) = packets.next(), field == 1 {
        var fields = ProtoFields(packet.bytes)
        while let (field, value) = fields.next() {
          if field == 10 { last = value.integer }
          // What is written of it comes from where it is described first.
          if field == 60 { describe(value.bytes, UnsafeRawBufferPointer(start: nil, count: 0)) }
        }
      }
      return last
    }
  }

  private var beyond: Diagnostic {
    Diagnostic(
      .error, "an event is at more than \(TraceReader.lastTime) ns",
      at: SourceLocation(file: path, line: 0),
      remedy: "copy or produce the file again: it was changed, or is not of a run")
  }

  private func notATrace(_ ending: Ending) -> DiagnosticError {
    if case .cut(let diagnostic) = ending { return DiagnosticError([diagnostic]) }
    return DiagnosticError(
      "is no Perfetto trace", at: SourceLocation(file: path, line: 0),
      remedy: "give a file that --trace wrote (.pftrace.zst)")
  }

  /// Reads the whole packets of a piece; how many bytes they are.
  private mutating func take(
    _ piece: UnsafeRawBufferPointer, _ look: Look, _ resume: Resume = { _, _ in }
  ) throws -> Int {
    var fields = ProtoFields(piece)
    var used = 0
    while let (field, value) = fields.next() {
      // A trace is nothing but packets.
      guard field == 1, case .bytes(let message) = value else { throw notATrace(.whole) }
      let packet = UnsafeRawBufferPointer(rebasing: piece[used..<fields.position])
      used = fields.position
      packets += 1
      guard let event = take(packet, message) else {
        if let begun = state {
          state = nil
          resume(self, begun)
        }
        continue
      }
      guard event.time <= TraceReader.lastTime else {
        isBeyond = true
        return used
      }
      try look(self, event)
    }
    if fields.isMalformed { throw notATrace(.whole) }
    return used
  }

  private mutating func take(
    _ packet: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer
  ) -> Event? {
    var fields = ProtoFields(message)
    var time: UInt64 = 0
    var sequence: UInt64 = 0
    var flags: UInt64 = 0
    var event: UnsafeRawBufferPointer?
    var described: UnsafeRawBufferPointer?
    var strings: UnsafeRawBufferPointer?
    while let (field, value) = fields.next() {
      switch field {
      case 8: time = value.integer
      case 10: sequence = value.integer
      case 11: event = value.bytes
      case 12: strings = value.bytes
      case 13: flags = value.integer
      case 60: described = value.bytes
      case TraceEncoder.stateField: state = TraceState(value.bytes, of: sequence)
      default: continue
      }
    }
    if flags & 1 != 0 {
      let before = interned[sequence]?.generation ?? 0
      interned[sequence] = Names(generation: before + 1)
    }
    if let strings { intern(strings, sequence) }
    if let described { describe(described, packet) }
    guard let event else { return nil }
    return take(event, packet, message, time, sequence)
  }

  private mutating func intern(_ strings: UnsafeRawBufferPointer, _ sequence: UInt64) {
    var fields = ProtoFields(strings)
    while let (field, value) = fields.next() {
      guard field == 2 || field == 3 || field == 29 else { continue }
      var entry = ProtoFields(value.bytes)
      var number: UInt64 = 0
      var text = ""
      while let (part, value) = entry.next() {
        if part == 1 { number = value.integer } else if part == 2 { text = value.text }
      }
      switch field {
      case 2:
        let name = self.number(of: text)
        interned[sequence, default: Names()].events[number] = name
      case 3: interned[sequence, default: Names()].annotations[number] = text
      default: interned[sequence, default: Names()].texts[number] = text
      }
    }
  }

  private mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = names.count
    names.append(name)
    return names.count - 1
  }

  private mutating func describe(
    _ bytes: UnsafeRawBufferPointer, _ packet: UnsafeRawBufferPointer
  ) {
    var fields = ProtoFields(bytes)
    var track = Track()
    while let (field, value) = fields.next() {
      switch field {
      case 1: track.number = value.integer
      case 2: track.name = value.text
      case 5: track.parent = value.integer
      case 8:
        track.isCounter = true
        var counter = ProtoFields(value.bytes)
        while let (field, value) = counter.next() { if field == 6 { track.unit = value.text } }
      case 12: track.rank = value.integer
      case 14: track.description = value.text
      default: continue
      }
    }
    track.packet = Array(packet)
    tracks[track.number] = track
  }

  private mutating func take(
    _ body: UnsafeRawBufferPointer, _ packet: UnsafeRawBufferPointer,
    _ message: UnsafeRawBufferPointer, _ time: UInt64, _ sequence: UInt64
  ) -> Event? {
    var event = Event(
      kind: .end, time: time, track: 0, sequence: sequence, name: -1, color: -1, outgoing: [],
      incoming: [], packet: packet, message: message, body: body)
    var type: UInt64 = 0
    var value = 0.0
    var fields = ProtoFields(body)
    while let (field, part) = fields.next() {
      switch field {
      case 9: type = part.integer
      case 10: event.name = interned[sequence]?.events[part.integer] ?? -1
      case 11: event.track = part.integer
      case 23: event.name = number(of: part.text)
      case 30: value = Double(Int64(bitPattern: part.integer))
      case 44: value = Double(bitPattern: part.integer)
      case 47: event.outgoing.append(part.integer)
      case 48: event.incoming.append(part.integer)
      case 53: event.color = number(of: part.text)
      default: continue
      }
    }
    switch type {
    case 1: event.kind = .begin
    case 2: event.kind = .end
    case 4:
      guard value.magnitude <= TraceReader.largestValue else { return nil }
      event.kind = .sample(value)
    default: return nil
    }
    return event
  }

  /// The name of a slice.
  func name(of event: Event) -> String { event.name >= 0 ? names[event.name] : "" }

  /// What a slice tells when it is selected.
  enum Annotation {
    case number(Int64)
    case text(String)
  }

  /// Hands over what a slice tells, by its names.
  func annotations(of event: Event, _ take: (_ name: String, Annotation) -> Void) {
    let known = interned[event.sequence]
    var fields = ProtoFields(event.body)
    while let (field, value) = fields.next() {
      guard field == 4 else { continue }
      var name = ""
      var found: Annotation?
      var parts = ProtoFields(value.bytes)
      while let (field, value) = parts.next() {
        switch field {
        case 1: name = known?.annotations[value.integer] ?? ""
        case 3, 4: found = .number(Int64(bitPattern: value.integer))
        case 6: found = .text(value.text)
        case 10: name = value.text
        case 17: found = .text(known?.texts[value.integer] ?? "")
        default: continue
        }
      }
      if let found { take(name, found) }
    }
  }

  /// The names of a track's groups, outermost first.
  func groups(of track: UInt64) -> [String] {
    var names: [String] = []
    var number = tracks[track]?.parent ?? 0
    // A depth that no trace has ends a chain that is a circle.
    while let group = tracks[number], names.count < 16 {
      names.append(group.name)
      number = group.parent
    }
    return names.reversed()
  }

  /// Ranks of the groups around a track and its own, which order rows as viewers do.
  func rank(of track: UInt64) -> [UInt64] {
    var ranks: [UInt64] = []
    var number = track
    while let known = tracks[number], ranks.count < 16 {
      ranks.append(known.rank)
      number = known.parent
    }
    return ranks.reversed() + [track]
  }
}
