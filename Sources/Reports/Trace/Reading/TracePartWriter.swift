import Diagnostics
import Storage

/// An event that may be written later: its references are texts, since numbers may be forgotten until then.
struct HeldEvent {
  /// An interned text that an event refers to.
  struct Definition {
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

  let time: UInt64
  let incoming: [UInt64]
  let outgoing: [UInt64]
  /// The event without its arrows.
  private(set) var body: [UInt8] = []
  private(set) var definitions: [Definition] = []

  /// What need not be written.
  init(arrowsOf event: TraceReader.Event) {
    time = event.time
    incoming = event.incoming
    outgoing = event.outgoing
  }

  init(_ event: TraceReader.Event, _ reader: borrowing TraceReader) {
    self.init(arrowsOf: event)
    let known = reader.interned[event.sequence] ?? TraceReader.Names()
    var fields = ProtoFields(event.body)
    while true {
      let start = fields.position
      guard let (field, value) = fields.next() else { break }
      if field == 47 || field == 48 { continue }
      body += event.body[start..<fields.position]
      if field == 10, let name = known.events[value.integer] {
        definitions.append(Definition(field: 2, number: value.integer, text: reader.names[name]))
      }
      guard field == 4 else { continue }
      var parts = ProtoFields(value.bytes)
      while let (field, value) = parts.next() {
        if field == 1, let text = known.annotations[value.integer] {
          definitions.append(Definition(field: 3, number: value.integer, text: text))
        } else if field == 17, let text = known.texts[value.integer] {
          definitions.append(Definition(field: 29, number: value.integer, text: text))
        }
      }
    }
  }
}

/// Writes events of a trace as a trace of their own, with the texts, tracks and groups that they need.
final class TracePartWriter {
  private let file: ZstdWriter
  private let arrows: Set<UInt64>
  private var sequences: [UInt64: State] = [:]
  private var inPart = 0
  private var out = ProtoBuffer()

  /// What a core's events need, as far as it is there.
  private struct State {
    var hasBegun = false
    var defined: [HeldEvent.Definition.Key: String] = [:]
    var described: Set<UInt64> = []
  }

  /// - Parameter arrows: Those both of whose ends are written; the others are left out.
  init(_ file: ZstdWriter, arrows: Set<UInt64>) {
    self.file = file
    self.arrows = arrows
  }

  /// Writes an event; how many arrows end there.
  func write(
    _ held: HeldEvent, _ sequence: UInt64, _ track: UInt64, _ reader: borrowing TraceReader
  ) throws -> Int {
    prepare(held.definitions, sequence, track, reader)
    out.reserve(held.body.count + 256)
    let open = begin(sequence, held.time)
    held.body.withUnsafeBufferPointer { out.append($0) }
    var ended = 0
    for number in held.outgoing where arrows.contains(number) {
      out.reserve(64)
      out.fixed64(47, number)
    }
    for number in held.incoming where arrows.contains(number) {
      out.reserve(64)
      out.fixed64(48, number)
      ended += 1
    }
    try close(open)
    return ended
  }

  /// Writes a counter's value.
  func sample(
    _ value: Double, at time: UInt64, _ sequence: UInt64, _ track: UInt64,
    _ reader: borrowing TraceReader
  ) throws {
    prepare([], sequence, track, reader)
    out.reserve(128)
    let open = begin(sequence, time)
    out.integer(9, 4)
    out.integer(11, track)
    out.fixed64(44, value.bitPattern)
    try close(open)
  }

  /// Ends the innermost slice of a track.
  func end(at time: UInt64, _ sequence: UInt64, _ track: UInt64) {
    out.reserve(128)
    let open = begin(sequence, time)
    out.integer(9, 2)
    out.integer(11, track)
    out.close(open.event)
    out.close(open.packet)
  }

  /// Hands over what is left.
  func finish() throws { try hand() }

  private func begin(_ sequence: UInt64, _ time: UInt64) -> TraceEncoder.Open {
    let packet = out.open(1)
    out.integer(10, sequence)
    out.integer(13, 2)
    out.integer(8, time)
    return TraceEncoder.Open(packet: packet, event: out.open(11))
  }

  private func close(_ open: TraceEncoder.Open) throws {
    out.reserve(64)
    out.close(open.event)
    out.close(open.packet)
    if out.count >= 1 << 16 { try hand() }
  }

  /// Writes what an event needs that is not there yet: the state's beginning, its texts, its track and groups.
  private func prepare(
    _ definitions: [HeldEvent.Definition], _ sequence: UInt64, _ track: UInt64,
    _ reader: borrowing TraceReader
  ) {
    var state = sequences.removeValue(forKey: sequence) ?? State()
    // Nothing has been written, or a number meant something else before.
    let isOld = definitions.contains { state.defined[$0.key, default: $0.text] != $0.text }
    if !state.hasBegun || isOld {
      out.reserve(64)
      let packet = out.open(1)
      out.integer(10, sequence)
      out.integer(13, 1)
      out.close(packet)
      state.hasBegun = true
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

  private func hand() throws {
    try file.append(out.bytes)
    inPart += out.count
    out.removeAll()
    guard inPart >= TraceEncoder.partSize else { return }
    inPart = 0
    try file.endFrame()
    // What follows can be read by itself.
    for sequence in sequences.keys {
      sequences[sequence]?.hasBegun = false
      sequences[sequence]?.described = []
    }
  }
}
