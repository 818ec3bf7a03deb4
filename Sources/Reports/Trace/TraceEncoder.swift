internal import Diagnostics
import Storage
import Timing

/// Writes Perfetto TrackEvent packets.
///
/// Times are those of Perfetto's own clock, in ns: a clock of the sequence would be shorter, but its snapshot makes the
/// viewer show a group of the system's beside the cores, and then it unfolds none.
///
/// Field numbers: Perfetto, protos/perfetto/trace (trace_packet, track_event, track_descriptor,
/// debug_annotation, interned_data .proto).
struct TraceEncoder: ~Copyable {
  /// Takes whole packets, and whether what comes next can be read without them.
  typealias Sink = (UnsafeRawBufferPointer, _ endsPart: Bool) throws(DiagnosticError) -> Void

  /// Names of annotations; raw values are their interning ids.
  enum Annotation: UInt64, CaseIterable {
    case pc = 1
    case operands
    case location
    case scope
    case cycles
    case wait
    case stallEngineBusy
    case stallWeightLoad
    case stallSemaphore
    case stallDMA
    case stallDispatch
    case producer
    case peClock
    case bytes
    case hbmReadBytes
    case hbmWriteBytes
    case descriptors
    case descriptorGeneration
    case ringWait
    case moving
    case acknowledge
    case dge
    case update
    case critical
    case instructions
    case engine
  }

  /// A row or a group of rows.
  struct Track {
    var number: UInt64
    var parent: UInt64
    var name: String
    var rank: Int
    /// Of a counter; may be empty.
    var unit: String?
    /// What the viewer tells about it.
    var description: String?
  }

  /// Bytes after which interned strings are forgotten and all tracks described again, so that neither this writer
  /// nor a reader has to keep all, and a reader may begin there.
  static let partSize = ZstdWriter.frameSize
  /// The group that everything is in.
  static let root: UInt64 = 1
  /// The field of packets that say, where a part begins, what has begun before and has not ended (`TraceState`).
  ///
  /// The last of those that Perfetto leaves to others (trace_packet.proto, extensions 1000 to 1999); its readers pass over it.
  static let stateField: UInt64 = 1999

  var out = ProtoBuffer(capacity: 1 << 17)
  private let sink: Sink
  private var values = Interner()
  private var names = Interner()
  private var now: UInt64 = 0
  private var tracks: [Track] = []
  /// Bytes since the strings were forgotten.
  private var inPart = 0
  private let partSize: Int
  private let eventNames: [String]
  private let annotationNames: [String]
  private(set) var nextTrack: UInt64
  /// The number of the first track.
  private let firstTrack: UInt64
  /// Parts that have ended.
  private var parts: Int32 = 0
  /// By track, from the first on: the parts in which its open slices begin, outermost first.
  private var begun: [[Int32]] = []
  /// By track, from the first on: a counter's value.
  private var levels: [Double] = []
  /// Grows when the interned strings are forgotten: numbers from before are then invalid.
  private(set) var generation = 0
  var counts = TraceCounts()

  /// The group of the core's rows.
  private var group: UInt64
  /// Packets of several cores are told apart by their sequence.
  private let sequence: UInt64
  /// Added to the numbers of arrows, which all cores have in common.
  private let firstFlow: UInt64
  /// A trace, or the part of one that shows the core with the given number.
  init(
    eventNames: [String], annotationNames: [String], core: Int = 0,
    partSize: Int = TraceEncoder.partSize, sink: @escaping Sink
  ) {
    self.partSize = partSize
    sequence = UInt64(core) + 1
    group = TraceEncoder.root
    firstTrack = UInt64(core + 1) << 20
    nextTrack = firstTrack
    firstFlow = UInt64(core) << 40
    self.eventNames = eventNames
    self.annotationNames = annotationNames
    self.sink = sink
    startState()
  }

  // MARK: - Sequence

  /// Clears the incremental state, which is names, and says when it does and which tracks there are.
  private mutating func startState() {
    out.reserve(256)
    let packet = out.open(1)
    out.integer(8, now)
    out.integer(10, sequence)
    out.integer(13, 1)
    let interned = out.open(12)
    for (index, name) in eventNames.enumerated() { define(2, UInt64(index) + 1, name) }
    for (index, name) in annotationNames.enumerated() { define(3, UInt64(index) + 1, name) }
    out.close(interned)
    out.close(packet)
    for track in tracks { describe(track) }
    if parts > 0 { tellState() }
  }

  /// Says what has begun before and has not ended, so that a reader may begin here.
  private mutating func tellState() {
    out.reserve(64)
    let packet = out.open(1)
    out.integer(10, sequence)
    let state = out.open(TraceEncoder.stateField)
    for index in begun.indices where !begun[index].isEmpty || levels[index] != 0 {
      out.reserve(64 + 8 * begun[index].count)
      let track = out.open(1)
      out.integer(1, firstTrack + UInt64(index))
      for part in begun[index] { out.integer(2, UInt64(part)) }
      if levels[index] != 0 { out.fixed64(3, levels[index].bitPattern) }
      out.close(track)
    }
    out.close(state)
    out.close(packet)
  }

  private mutating func define(_ field: UInt64, _ number: UInt64, _ name: String) {
    out.reserve(64)
    let entry = out.open(field)
    out.integer(1, number)
    out.string(2, name)
    out.close(entry)
  }

  /// Hands finished packets on; call it between packets.
  @inline(__always)
  mutating func flushIfNeeded() throws(DiagnosticError) {
    if out.count >= 1 << 16 { try flush() }
  }

  mutating func flush() throws(DiagnosticError) {
    let endsPart = inPart + out.count >= partSize
    try hand(endsPart: endsPart)
    guard endsPart else { return }
    values.removeAll()
    names.removeAll()
    generation += 1
    parts += 1
    startState()
  }

  /// Hands over what is left.
  mutating func finish() throws(DiagnosticError) { try hand(endsPart: true) }

  private mutating func hand(endsPart: Bool) throws(DiagnosticError) {
    counts.bytes += out.count
    inPart = endsPart ? 0 : inPart + out.count
    try sink(out.bytes, endsPart)
    out.removeAll()
  }

  /// The id of a string value, defined in a packet of its own if it is new.
  mutating func intern(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let (number, isNew) = values.number(of: text)
    if isNew { introduce(29, number, text) }
    return number
  }

  /// The id of an event's name that is not among those known from the beginning.
  mutating func internName(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let (number, isNew) = names.number(of: text)
    let id = UInt64(eventNames.count) + number
    if isNew { introduce(2, id, text) }
    return id
  }

  private mutating func introduce(
    _ field: UInt64, _ number: UInt64, _ text: UnsafeBufferPointer<UInt8>
  ) {
    out.reserve(64)
    let packet = out.open(1)
    out.integer(10, sequence)
    out.integer(13, 2)
    let interned = out.open(12)
    let entry = out.open(field)
    out.integer(1, number)
    out.string(2, text)
    out.close(entry)
    out.close(interned)
    out.close(packet)
  }

  mutating func intern(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { intern($0) }
  }

  // MARK: - Tracks

  /// Describes the group that everything is in.
  mutating func describeRoot(_ name: String, description: String? = nil) {
    add(
      Track(
        number: TraceEncoder.root, parent: 0, name: name, rank: 0, unit: nil,
        description: description))
  }

  /// Puts the rows that follow into a group of their own.
  mutating func beginGroup(_ name: String, rank: Int, description: String? = nil) {
    group = nextTrack
    nextTrack += 1
    add(
      Track(
        number: group, parent: TraceEncoder.root, name: name, rank: rank, unit: nil,
        description: description))
  }

  /// Makes a track; tracks with the same name and rank are shown as one row.
  ///
  /// - Parameter unit: For counters only; may be empty.
  mutating func makeTrack(
    _ name: String, rank: Int, unit: String? = nil, description: String? = nil
  ) -> UInt64 {
    let number = nextTrack
    nextTrack += 1
    counts.tracks += 1
    add(
      Track(
        number: number, parent: group, name: name, rank: rank, unit: unit,
        description: description))
    return number
  }

  private mutating func add(_ track: Track) {
    tracks.append(track)
    while begun.count < Int(nextTrack - firstTrack) {
      begun.append([])
      levels.append(0)
    }
    describe(track)
  }

  private mutating func describe(_ track: Track) {
    out.reserve(64)
    let packet = out.open(1)
    out.integer(10, sequence)
    let open = out.open(60)
    out.integer(1, track.number)
    out.string(2, track.name)
    out.reserve(64)
    if track.parent > 0 { out.integer(5, track.parent) }
    if let unit = track.unit {
      let counter = out.open(8)
      // Without this message, even an empty one, Perfetto drops the samples.
      if !unit.isEmpty { out.string(6, unit) }
      out.close(counter)
    }
    out.reserve(32)
    // Explicit: a group's rows are in the order of their ranks.
    if track.number == TraceEncoder.root || track.number == group { out.integer(11, 3) }
    out.integer(12, UInt64(max(0, track.rank)))
    if let description = track.description { out.string(14, description) }
    out.reserve(64)
    out.close(open)
    out.close(packet)
  }

  // MARK: - Events

  /// A packet under construction.
  struct Open {
    var packet: Int
    var event: Int
  }

  /// Nanoseconds of a time; one rounding for all, so that touching slices still touch.
  @inline(__always)
  static func nanoseconds(_ time: Picoseconds) -> UInt64 {
    UInt64(max(0, time + 500) / 1000)
  }

  /// Begins an event whose time is not before the last one's.
  ///
  /// What most events have in common stands side by side, and so does what differs from one to the next: the order of fields
  /// makes a compressed trace a fifth smaller. An event's arrows go before its annotations for the same reason.
  ///
  /// - Parameters:
  ///   - type: 1 slice begin, 2 slice end, 4 counter.
  ///   - name: Of a slice that begins; 0 for others.
  @inline(__always)
  mutating func beginEvent(
    _ time: Picoseconds, type: UInt64, track: UInt64, name: UInt64 = 0
  ) -> Open {
    now = TraceEncoder.nanoseconds(time)
    out.reserve(1024)
    let packet = out.open(1)
    out.integer(10, sequence)
    out.integer(13, 2)
    out.integer(8, now)
    let event = out.open(11)
    if name > 0 { out.integer(10, name) }
    out.integer(11, track)
    out.integer(9, type)
    if type == 1 {
      begun[Int(track - firstTrack)].append(parts)
    } else if type == 2 {
      _ = begun[Int(track - firstTrack)].popLast()
    }
    return Open(packet: packet, event: event)
  }

  @inline(__always)
  mutating func endEvent(_ open: Open) {
    out.close(open.event)
    out.close(open.packet)
  }

  /// Events with the same text have one colour in the viewer, whatever their names.
  mutating func color(_ text: StaticString) {
    out.string(
      53, UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    out.reserve(1024)
  }

  /// An arrow that begins at this slice.
  mutating func flow(_ number: UInt64) {
    out.reserve(1024)
    out.fixed64(47, firstFlow + number)
  }

  /// An arrow that ends at this slice.
  mutating func endFlow(_ number: UInt64) { out.fixed64(48, firstFlow + number) }

  @inline(__always)
  mutating func annotate(_ name: Annotation, _ value: Int64) { annotate(name.rawValue, value) }

  /// An annotation by the number of its name.
  @inline(__always)
  mutating func annotate(_ name: UInt64, _ value: Int64) {
    let start = out.open(4)
    out.integer(1, name)
    out.integer(value < 0 ? 4 : 3, UInt64(bitPattern: value))
    out.close(start)
  }

  @inline(__always)
  mutating func annotate(_ name: Annotation, interned number: UInt64) {
    annotate(name.rawValue, interned: number)
  }

  /// An annotation by the number of its name.
  @inline(__always)
  mutating func annotate(_ name: UInt64, interned number: UInt64) {
    let start = out.open(4)
    out.integer(1, name)
    out.integer(17, number)
    out.close(start)
  }

  mutating func annotate(_ name: Annotation, text: borrowing ProtoBuffer) {
    out.reserve(text.count + 1024)
    let start = out.open(4)
    out.integer(1, name.rawValue)
    out.string(6, UnsafeBufferPointer(start: text.base, count: text.count))
    out.close(start)
    out.reserve(1024)
  }

  mutating func sample(_ time: Picoseconds, track: UInt64, _ value: Double) {
    let open = beginEvent(time, type: 4, track: track)
    out.fixed64(44, value.bitPattern)
    endEvent(open)
    levels[Int(track - firstTrack)] = value
    counts.samples += 1
  }

  mutating func sample(_ time: Picoseconds, track: UInt64, _ value: Int) {
    let open = beginEvent(time, type: 4, track: track)
    out.integer(30, UInt64(bitPattern: Int64(value)))
    endEvent(open)
    levels[Int(track - firstTrack)] = Double(value)
    counts.samples += 1
  }

  /// The time of the last event, in ns.
  var lastStamp: UInt64 { now }
}
