public import Diagnostics
import Storage
public import Timing

/// A Perfetto trace of plain slices in named rows, for what is not a run: measured beside predicted.
public enum LaneTrace {
  /// What a slice tells.
  public enum Value: Hashable, Sendable {
    case text(String)
    case number(Int)
  }

  /// One slice.
  public struct Slice: Hashable, Sendable {
    /// Shown on it.
    public var name: String
    /// From when.
    public var begin: Picoseconds
    /// Until when.
    public var end: Picoseconds
    /// Shown when it is selected, by the names of `write`'s `annotations`; in the same order.
    public var values: [Value]

    /// Makes a slice.
    public init(_ name: String, begin: Picoseconds, end: Picoseconds, values: [Value] = []) {
      self.name = name
      self.begin = begin
      self.end = end
      self.values = values
    }
  }

  /// One row, which takes as many tracks as slices overlap.
  public struct Lane: Hashable, Sendable {
    /// Shown at its left.
    public var name: String
    /// In any order.
    public var slices: [Slice]

    /// Makes a lane.
    public init(_ name: String, _ slices: [Slice]) {
      self.name = name
      self.slices = slices
    }
  }

  /// Writes a zstd-compressed trace with the lanes in their order, whole or not at all.
  ///
  /// - Parameter annotations: The names of the slices' values.
  /// - Throws: A `DiagnosticError` if the file cannot be written.
  @discardableResult
  public static func write(
    _ lanes: [Lane], of title: String, annotations: [String], to path: String
  ) throws(DiagnosticError) -> TraceCounts {
    let file = try ZstdWriter(path: path, level: TraceOptions().level, isSeekable: true)
    let counts = try encode(lanes, of: title, annotations: annotations) {
      bytes, endsPart throws(DiagnosticError) in
      try file.append(bytes)
      if endsPart { try file.endFrame() }
    }
    try file.finish()
    return counts
  }

  /// Hands the uncompressed trace to `sink`, in pieces of whole packets.
  @discardableResult
  public static func encode(
    _ lanes: [Lane], of title: String, annotations: [String],
    to sink: @escaping (UnsafeRawBufferPointer) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) -> TraceCounts {
    try encode(lanes, of: title, annotations: annotations) {
      bytes, _ throws(DiagnosticError) in try sink(bytes)
    }
  }

  private static func encode(
    _ lanes: [Lane], of title: String, annotations: [String], to sink: @escaping TraceEncoder.Sink
  ) throws(DiagnosticError) -> TraceCounts {
    var names: [String: UInt64] = [:]
    var ordered: [String] = []
    for slice in lanes.lazy.flatMap(\.slices) where names[slice.name] == nil {
      ordered.append(slice.name)
      names[slice.name] = UInt64(ordered.count)
    }
    var out = TraceEncoder(eventNames: ordered, annotationNames: annotations, sink: sink)
    out.describeRoot(title)
    for event in events(lanes, &out) {
      var open: TraceEncoder.Open
      let time = Picoseconds(event.time) * 1000
      if let slice = event.slice {
        let texts = slice.values.map { value -> UInt64 in
          if case .text(let text) = value { out.intern(text) } else { 0 }
        }
        open = out.beginEvent(
          time, type: 1, track: event.track, name: names[slice.name] ?? 0)
        for (index, value) in slice.values.enumerated() where index < annotations.count {
          switch value {
          case .text: out.annotate(UInt64(index) + 1, interned: texts[index])
          case .number(let number): out.annotate(UInt64(index) + 1, Int64(number))
          }
        }
        out.counts.slices += 1
      } else {
        open = out.beginEvent(time, type: 2, track: event.track)
      }
      out.endEvent(open)
      try out.flushIfNeeded()
    }
    try out.finish()
    return out.counts
  }

  private struct Event {
    /// In ns, as it is written.
    var time: Int64
    var track: UInt64
    /// `nil` at a slice's end.
    var slice: Slice?
  }

  /// Begins and ends in the order of time, ends first; a slice is at least 1 ns long.
  private static func events(_ lanes: [Lane], _ out: inout TraceEncoder) -> [Event] {
    var events: [Event] = []
    for (rank, lane) in lanes.enumerated() {
      var tracks: [(number: UInt64, freeFrom: Int64)] = []
      // An empty lane is shown as well: nothing happened there.
      if lane.slices.isEmpty { _ = out.makeTrack(lane.name, rank: rank) }
      for slice in lane.slices.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
        let begin = Int64(TraceEncoder.nanoseconds(slice.begin))
        let end = max(begin + 1, Int64(TraceEncoder.nanoseconds(slice.end)))
        let place: Int
        if let free = tracks.firstIndex(where: { $0.freeFrom <= begin }) {
          place = free
        } else {
          tracks.append((out.makeTrack(lane.name, rank: rank), 0))
          place = tracks.count - 1
        }
        tracks[place].freeFrom = end
        events.append(Event(time: begin, track: tracks[place].number, slice: slice))
        events.append(Event(time: end, track: tracks[place].number))
      }
    }
    return events.enumerated().sorted { one, other in
      (one.element.time, one.element.slice == nil ? 0 : 1, one.offset)
        < (other.element.time, other.element.slice == nil ? 0 : 1, other.offset)
    }.map(\.element)
  }
}
