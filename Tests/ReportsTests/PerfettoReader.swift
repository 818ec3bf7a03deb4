/// A reader of Perfetto traces that shares nothing with the writer: only what tests ask for.
struct PerfettoReader {
  struct Malformed: Error { var text: String }

  struct Track: Equatable {
    var name = ""
    var parent: UInt64 = 0
    var rank: Int = 0
    var childOrdering: UInt64 = 0
    var unit: String?
    var description: String?
  }

  struct Slice {
    var track: UInt64
    var name: String
    var begin: UInt64
    var end: UInt64?
    /// Annotations by name.
    var arguments: [String: String] = [:]
    /// What it shares its colour with.
    var color: String?
  }

  var tracks: [UInt64: Track] = [:]
  var slices: [Slice] = []
  /// Samples of each counter track.
  var samples: [UInt64: [(time: UInt64, value: Double)]] = [:]
  /// By number: the slices (indices) and times where each arrow begins and ends.
  var flowBegins: [UInt64: (slice: Int, time: UInt64)] = [:]
  var flowEnds: [UInt64: (slice: Int, time: UInt64)] = [:]
  var packets = 0
  /// Packets that clear the incremental state.
  var stateStarts = 0
  var sequences: Set<UInt64> = []

  private var eventNames: [UInt64: String] = [:]
  private var argumentNames: [UInt64: String] = [:]
  private var strings: [UInt64: String] = [:]
  private var open: [UInt64: [Int]] = [:]

  enum Value {
    case integer(UInt64)
    case fixed(UInt64)
    case bytes(ArraySlice<UInt8>)

    var integer: UInt64 {
      switch self {
      case .integer(let value), .fixed(let value): value
      case .bytes: 0
      }
    }

    var bytes: ArraySlice<UInt8> { if case .bytes(let bytes) = self { bytes } else { [] } }

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  init(_ trace: [UInt8]) throws {
    for (field, value) in try PerfettoReader.fields(trace[...]) {
      guard field == 1 else { throw Malformed(text: "field \(field) in Trace") }
      try read(packet: value.bytes)
    }
    guard open.values.allSatisfy(\.isEmpty) else { throw Malformed(text: "slice without end") }
  }

  static func fields(_ bytes: ArraySlice<UInt8>) throws -> [(UInt64, Value)] {
    var rest = bytes
    func varint() throws -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      throw Malformed(text: "varint ends early")
    }
    func take(_ count: Int) throws -> ArraySlice<UInt8> {
      guard rest.count >= count else { throw Malformed(text: "field ends early") }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    var found: [(UInt64, Value)] = []
    while !rest.isEmpty {
      let tag = try varint()
      switch tag & 7 {
      case 0: found.append((tag >> 3, .integer(try varint())))
      case 1:
        let value = try take(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        found.append((tag >> 3, .fixed(value)))
      case 2: found.append((tag >> 3, .bytes(try take(Int(try varint())))))
      default: throw Malformed(text: "wire type \(tag & 7)")
      }
    }
    return found
  }

  private mutating func read(packet: ArraySlice<UInt8>) throws {
    packets += 1
    let fields = try PerfettoReader.fields(packet)
    func first(_ number: UInt64) -> Value? { fields.first { $0.0 == number }?.1 }
    guard let sequence = first(10)?.integer, sequence > 0 else {
      throw Malformed(text: "packet without sequence")
    }
    sequences.insert(sequence)
    let flags = first(13)?.integer ?? 0
    if flags & 1 != 0 {
      stateStarts += 1
      (eventNames, argumentNames, strings) = ([:], [:], [:])
    }
    guard stateStarts > 0 else { throw Malformed(text: "packet before the state") }
    // Its clock would be a group of the viewer's, which then unfolds none.
    guard first(6) == nil, first(58) == nil, first(59) == nil else {
      throw Malformed(text: "a clock of its own")
    }
    if let interned = first(12) { try read(interned: interned.bytes) }
    if let track = first(60) { try read(track: track.bytes) }
    guard let event = first(11) else { return }
    guard flags & 2 != 0 else { throw Malformed(text: "event without NEEDS_INCREMENTAL_STATE") }
    guard let time = first(8) else { throw Malformed(text: "no timestamp") }
    try read(event: event.bytes, at: time.integer)
  }

  private mutating func read(interned: ArraySlice<UInt8>) throws {
    for (kind, entry) in try PerfettoReader.fields(interned) {
      let fields = try PerfettoReader.fields(entry.bytes)
      let number = fields.first { $0.0 == 1 }?.1.integer ?? 0
      let text: String = fields.first { $0.0 == 2 }?.1.text ?? ""
      switch kind {
      case 2: eventNames[number] = text
      case 3: argumentNames[number] = text
      case 29: strings[number] = text
      default: throw Malformed(text: "interned kind \(kind)")
      }
    }
  }

  private mutating func read(track bytes: ArraySlice<UInt8>) throws {
    var track = Track()
    var number: UInt64 = 0
    for (field, value) in try PerfettoReader.fields(bytes) {
      switch field {
      case 1: number = value.integer
      case 2: track.name = value.text
      case 5: track.parent = value.integer
      case 8:
        track.unit = try PerfettoReader.fields(value.bytes).first { $0.0 == 6 }?.1.text ?? ""
      case 11: track.childOrdering = value.integer
      case 12: track.rank = Int(value.integer)
      case 14: track.description = value.text
      default: throw Malformed(text: "track field \(field)")
      }
    }
    // Described again where a reader may begin.
    if let known = tracks.updateValue(track, forKey: number), known != track {
      throw Malformed(text: "track \(number) is two")
    }
  }

  private mutating func read(event bytes: ArraySlice<UInt8>, at time: UInt64) throws {
    let fields = try PerfettoReader.fields(bytes)
    func first(_ number: UInt64) -> Value? { fields.first { $0.0 == number }?.1 }
    let track = first(11)?.integer ?? 0
    guard tracks[track] != nil else { throw Malformed(text: "unknown track \(track)") }
    var slice: Int
    switch first(9)?.integer {
    case 1:
      guard let name = eventNames[first(10)?.integer ?? 0] else { throw Malformed(text: "no name") }
      slice = slices.count
      slices.append(Slice(track: track, name: name, begin: time))
      slices[slice].color = first(53)?.text
      for (field, value) in fields where field == 4 {
        try read(argument: value.bytes, of: slice)
      }
      open[track, default: []].append(slice)
    case 2:
      guard let last = open[track]?.popLast() else { throw Malformed(text: "end without begin") }
      slice = last
      slices[last].end = time
    case 4:
      guard tracks[track]?.unit != nil else { throw Malformed(text: "sample on no counter") }
      let value = first(44).map { Double(bitPattern: $0.integer) }
      let integer = first(30).map { Double(Int64(bitPattern: $0.integer)) }
      guard let value = value ?? integer else { throw Malformed(text: "sample without value") }
      samples[track, default: []].append((time, value))
      return
    default: throw Malformed(text: "event type")
    }
    for (field, value) in fields {
      if field == 47, flowBegins.updateValue((slice, time), forKey: value.integer) != nil {
        throw Malformed(text: "arrow \(value.integer) begins twice")
      }
      if field == 48 {
        // Perfetto makes an arrow only when its beginning was read before.
        guard flowBegins[value.integer] != nil else { throw Malformed(text: "arrow from nowhere") }
        guard flowEnds.updateValue((slice, time), forKey: value.integer) == nil else {
          throw Malformed(text: "arrow \(value.integer) ends twice")
        }
      }
    }
  }

  private mutating func read(argument: ArraySlice<UInt8>, of slice: Int) throws {
    let fields = try PerfettoReader.fields(argument)
    guard let number = fields.first(where: { $0.0 == 1 })?.1.integer,
      let name = argumentNames[number]
    else { throw Malformed(text: "argument without name") }
    for (field, value) in fields {
      switch field {
      case 1: continue
      case 3, 4: slices[slice].arguments[name] = "\(Int64(bitPattern: value.integer))"
      case 6: slices[slice].arguments[name] = value.text
      case 17:
        guard let text = strings[value.integer] else { throw Malformed(text: "unknown string") }
        slices[slice].arguments[name] = text
      default: throw Malformed(text: "argument field \(field)")
      }
    }
  }

  // MARK: - Questions

  /// Slices on the tracks of a row.
  func slices(row: String) -> [Slice] {
    slices.filter { tracks[$0.track]?.name == row }
  }

  /// Names of the rows with slices, top to bottom.
  var rowNames: [String] {
    let ranks = Dictionary(grouping: slices.compactMap { tracks[$0.track] }, by: \.name)
      .mapValues { $0.map(\.rank) }
    return ranks.sorted { ($0.value.first ?? 0) < ($1.value.first ?? 0) }.map(\.key)
  }

  /// The samples of the counter with this name.
  func counter(_ name: String) -> [(time: UInt64, value: Double)] {
    tracks.filter { $0.value.name == name }.flatMap { samples[$0.key] ?? [] }
  }

  /// What must hold for every trace.
  var problems: [String] {
    var found: [String] = []
    for (index, slice) in slices.enumerated() where (slice.end ?? 0) < slice.begin {
      found.append("slice \(index) ends before it begins")
    }
    for (track, group) in Dictionary(grouping: slices, by: \.track) {
      // Scopes are nested, all others follow each other.
      var open: [UInt64] = []
      for slice in group {
        while let last = open.last, last <= slice.begin { open.removeLast() }
        let isNested = tracks[track]?.name == "scopes" && (slice.end ?? 0) <= open.last ?? .max
        if !open.isEmpty && !isNested { found.append("track \(track) overlaps at \(slice.begin)") }
        open.append(slice.end ?? 0)
      }
    }
    for (number, end) in flowEnds {
      guard let begin = flowBegins[number] else { continue }
      if begin.time > end.time { found.append("arrow \(number) goes back in time") }
    }
    for number in flowBegins.keys where flowEnds[number] == nil {
      found.append("arrow \(number) has no end")
    }
    for (track, samples) in samples where samples.last?.value != 0 {
      found.append("counter \(tracks[track]?.name ?? "") ends with \(samples.last?.value ?? -1)")
    }
    return found
  }
}
