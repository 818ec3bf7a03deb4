import Device
import Timing

/// One row of the timeline: slices in the order of their beginnings, on as many tracks as overlap.
struct TraceRow {
  /// What the row shows.
  enum Contents {
    case instructions
    case transfers
    /// Scopes: nested in each other.
    case scopes
    /// Source lines.
    case lines
  }

  var name: String
  var contents: Contents
  /// Indices of instructions, transfers or spans.
  var order: [Int32] = []
  /// How many of `order` have begun.
  var position = 0
  /// Tracks with the ends of their last slices.
  private var tracks: [(number: UInt64, freeFrom: Picoseconds)] = []
  /// By track of scopes: those that are open, outermost first.
  private var open: [[(scope: Int32, end: Picoseconds)]] = []

  init(_ name: String, _ contents: Contents) {
    self.name = name
    self.contents = contents
  }

  /// The first track that is free for a slice, which then takes it; `nil` if a new one is needed.
  @inline(__always)
  mutating func takeTrack(_ begin: Picoseconds, _ end: Picoseconds) -> UInt64? {
    for index in tracks.indices where tracks[index].freeFrom <= begin {
      tracks[index].freeFrom = end
      return tracks[index].number
    }
    return nil
  }

  /// Gives a new track to a slice.
  mutating func add(track: UInt64, until end: Picoseconds, scope: Int32 = -1) {
    tracks.append((track, end))
    open.append([(scope, end)])
  }

  /// The track where a scope's parent is open, or one where none is; `nil` if a new one is needed.
  mutating func takeTrack(
    _ begin: Picoseconds, _ end: Picoseconds, scope: Int32, in parent: Int32
  ) -> UInt64? {
    var empty: Int?
    for index in tracks.indices {
      while let last = open[index].last, last.end <= begin { open[index].removeLast() }
      guard let last = open[index].last else {
        empty = empty ?? index
        continue
      }
      if last.scope == parent && end <= last.end {
        open[index].append((scope, end))
        return tracks[index].number
      }
    }
    guard let empty else { return nil }
    open[empty].append((scope, end))
    return tracks[empty].number
  }

  /// Puts the order right where the machine did not keep it.
  mutating func sort(by begin: (Int) -> Picoseconds) {
    for index in order.indices.dropFirst()
    where begin(Int(order[index])) < begin(Int(order[index - 1])) {
      order.sort { (begin(Int($0)), $0) < (begin(Int($1)), $1) }
      return
    }
  }
}

/// The rows of a core, top to bottom: engines, DMA queues, scopes, source lines.
struct TraceRows {
  var rows: [TraceRow]
  /// Numbers of the rows of DMA queues.
  let queues: Range<Int>

  /// The engines' rows as the profiler calls them, the PE array's first: its weight loads run behind its products.
  private static let engines: [(name: String, engine: Engine)] = [
    ("Tensor", .tensor), ("TensorMatrix", .tensor), ("Vector", .vector), ("Scalar", .scalar),
    ("GpSimd", .gpsimd), ("Sync", .sync),
  ]

  init(_ device: DeviceProgram, _ timeline: Timeline, scopes: Int, lines: Int) {
    rows = TraceRows.engines.map { TraceRow($0.name, .instructions) }
    queues = rows.count..<rows.count + device.queues.count
    rows += device.queues.map { TraceRow($0, .transfers) }
    for (index, instruction) in device.instructions.enumerated() {
      rows[TraceRows.number(of: instruction)].order.append(Int32(truncatingIfNeeded: index))
    }
    for (index, transfer) in device.transfers.enumerated() {
      let queue = Int(transfer.queue)
      guard queue >= 0 && queue < device.queues.count else { continue }
      rows[queues.lowerBound + queue].order.append(Int32(truncatingIfNeeded: index))
    }
    for row in rows.indices {
      if queues.contains(row) {
        rows[row].sort { timeline.transfers[$0].firstRead }
      } else {
        rows[row].sort { timeline.instructions[$0].begin }
      }
    }
    for (name, contents, count) in [
      ("scopes", TraceRow.Contents.scopes, scopes), ("source lines", .lines, lines),
    ] where count > 0 {
      var row = TraceRow(name, contents)
      row.order = (0..<count).map { Int32(truncatingIfNeeded: $0) }
      rows.append(row)
    }
  }

  private static func number(of instruction: DeviceInstruction) -> Int {
    switch instruction.engine {
    case .tensor: instruction.opcode == .matmul ? 1 : 0
    case .vector: 2
    case .scalar: 3
    case .gpsimd: 4
    case .sync: 5
    }
  }
}
