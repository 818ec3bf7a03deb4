internal import Diagnostics
import Timing

/// Writes Perfetto TrackEvent packets.
///
/// Field numbers: Perfetto, protos/perfetto/trace (trace_packet, track_event, track_descriptor,
/// debug_annotation, interned_data, clock_snapshot .proto).
struct TraceEncoder: ~Copyable {
  typealias Sink = (UnsafeRawBufferPointer) throws(DiagnosticError) -> Void

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
  }

  /// Texts and bytes of them after which the interned strings are forgotten and start again, so that
  /// neither this writer nor a reader has to keep all.
  static let internedLimit = (texts: 1 << 18, bytes: 1 << 25)

  var out = ProtoBuffer(capacity: 1 << 17)
  private let sink: Sink
  private var values = Interner()
  private var now: UInt64 = 0
  private let eventNames: [String]
  private let annotationNames: [String]
  private(set) var nextTrack: UInt64
  /// Grows when the interned strings are forgotten: numbers from before are then invalid.
  private(set) var generation = 0
  var counts = TraceCounts()

  /// The track of the core, which is the parent of all others.
  let coreTrack: UInt64
  /// Packets of several cores are told apart by their sequence.
  private let sequence: UInt64
  /// Added to the numbers of arrows, which all cores have in common.
  private let firstFlow: UInt64
  private static let boottimeClock: UInt64 = 6
  /// A clock of this sequence alone, whose stamps are differences.
  private static let deltaClock: UInt64 = 64

  /// A trace, or the part of one that shows the core with the given number.
  init(
    eventNames: [String], annotationNames: [String], core: Int = 0, sink: @escaping Sink
  ) {
    sequence = UInt64(core) + 1
    coreTrack = UInt64(core) << 20 | 1
    nextTrack = UInt64(core) << 20 | 2
    firstFlow = UInt64(core) << 40
    self.eventNames = eventNames
    self.annotationNames = annotationNames
    self.sink = sink
    startState()
  }

  // MARK: - Sequence

  /// Clears the incremental state: clock, defaults, names.
  private mutating func startState() {
    out.reserve(256)
    let packet = out.open(1)
    out.integer(10, sequence)
    out.integer(13, 1)
    let snapshot = out.open(6)
    for clock in [TraceEncoder.boottimeClock, TraceEncoder.deltaClock] {
      let entry = out.open(1)
      out.integer(1, clock)
      out.integer(2, now)
      if clock == TraceEncoder.deltaClock { out.integer(3, 1) }
      out.close(entry)
    }
    out.close(snapshot)
    let defaults = out.open(59)
    out.integer(58, TraceEncoder.deltaClock)
    out.close(defaults)
    let interned = out.open(12)
    for (index, name) in eventNames.enumerated() { define(2, UInt64(index) + 1, name) }
    for (index, name) in annotationNames.enumerated() { define(3, UInt64(index) + 1, name) }
    out.close(interned)
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
    counts.bytes += out.count
    try sink(out.bytes)
    out.removeAll()
    if values.count > TraceEncoder.internedLimit.texts
      || values.byteCount > TraceEncoder.internedLimit.bytes
    {
      values.removeAll()
      generation += 1
      startState()
    }
  }

  /// The id of a string value, defined in a packet of its own if it is new.
  mutating func intern(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let (number, isNew) = values.number(of: text)
    guard isNew else { return number }
    out.reserve(64)
    let packet = out.open(1)
    out.integer(10, sequence)
    out.integer(13, 2)
    let interned = out.open(12)
    let entry = out.open(29)
    out.integer(1, number)
    out.string(2, text)
    out.close(entry)
    out.close(interned)
    out.close(packet)
    return number
  }

  mutating func intern(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { intern($0) }
  }

  // MARK: - Tracks

  /// Describes the parent of all tracks, whose children are ordered by rank.
  ///
  /// - Parameter process: Number of the process that it is shown as; `nil` for a track.
  mutating func describeCore(_ name: String, process: Int? = nil) {
    out.reserve(64)
    let packet = out.open(1)
    out.integer(10, sequence)
    let track = out.open(60)
    out.integer(1, coreTrack)
    out.string(2, name)
    out.reserve(32)
    out.integer(11, 3)
    if let process {
      out.reserve(64 + name.utf8.count)
      let described = out.open(3)
      out.integer(1, UInt64(process))
      out.string(6, name)
      out.close(described)
    }
    out.close(track)
    out.close(packet)
  }

  /// Makes a track; tracks with the same name and rank are shown as one row.
  ///
  /// - Parameter unit: For counters only; may be empty.
  mutating func makeTrack(_ name: String, rank: Int, unit: String? = nil) -> UInt64 {
    let number = nextTrack
    nextTrack += 1
    counts.tracks += 1
    out.reserve(64)
    let packet = out.open(1)
    out.integer(10, sequence)
    let track = out.open(60)
    out.integer(1, number)
    out.string(2, name)
    out.reserve(64)
    out.integer(5, coreTrack)
    if let unit {
      let counter = out.open(8)
      // Without this message, even an empty one, Perfetto drops the samples.
      if !unit.isEmpty { out.string(6, unit) }
      out.close(counter)
    }
    out.reserve(32)
    out.integer(12, UInt64(max(0, rank)))
    out.close(track)
    out.close(packet)
    return number
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
  /// - Parameter type: 1 slice begin, 2 slice end, 4 counter.
  @inline(__always)
  mutating func beginEvent(_ time: Picoseconds, type: UInt64, track: UInt64) -> Open {
    let stamp = TraceEncoder.nanoseconds(time)
    out.reserve(1024)
    let packet = out.open(1)
    out.integer(8, stamp &- now)
    now = stamp
    out.integer(10, sequence)
    out.integer(13, 2)
    let event = out.open(11)
    out.integer(9, type)
    out.integer(11, track)
    return Open(packet: packet, event: event)
  }

  @inline(__always)
  mutating func endEvent(_ open: Open) {
    out.close(open.event)
    out.close(open.packet)
  }

  @inline(__always)
  mutating func name(_ number: UInt64) { out.integer(10, number) }

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
    counts.samples += 1
  }

  mutating func sample(_ time: Picoseconds, track: UInt64, _ value: Int) {
    let open = beginEvent(time, type: 4, track: track)
    out.integer(30, UInt64(bitPattern: Int64(value)))
    endEvent(open)
    counts.samples += 1
  }

  /// The time of the last event, in ns.
  var lastStamp: UInt64 { now }
}
