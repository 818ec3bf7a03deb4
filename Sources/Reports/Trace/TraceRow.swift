import Device
import Timing

/// One row of the timeline: slices in the order of their beginnings, on as many tracks as overlap.
struct TraceRow {
  /// What the row shows.
  enum Contents {
    case instructions(Engine)
    case transfers
  }

  var name: String
  var contents: Contents
  /// Indices of instructions or transfers.
  var order: [Int32] = []
  /// How many of `order` have begun.
  var position = 0
  /// Tracks with the ends of their last slices.
  private var tracks: [(number: UInt64, freeFrom: Picoseconds)] = []

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
  mutating func add(track: UInt64, until end: Picoseconds) { tracks.append((track, end)) }

  /// Puts the order right where the machine did not keep it.
  mutating func sort(by begin: (Int) -> Picoseconds) {
    for index in order.indices.dropFirst()
    where begin(Int(order[index])) < begin(Int(order[index - 1])) {
      order.sort { (begin(Int($0)), $0) < (begin(Int($1)), $1) }
      return
    }
  }
}

/// The rows of the profiler's device timeline, top to bottom.
struct TraceRows {
  var rows: [TraceRow]
  /// Number of the first engine row: the queues stand above.
  let firstEngine: Int

  init(_ device: DeviceProgram, _ timeline: Timeline) {
    rows = device.queues.map { TraceRow($0, .transfers) }
    firstEngine = rows.count
    for (name, engine) in [
      ("Sync", Engine.sync), ("Tensor", .tensor), ("TensorMatrix", .tensor), ("Vector", .vector),
      ("Scalar", .scalar), ("GpSimd", .gpsimd),
    ] { rows.append(TraceRow(name, .instructions(engine))) }
    for (index, instruction) in device.instructions.enumerated() {
      let row = firstEngine + TraceRows.offset(instruction)
      rows[row].order.append(Int32(truncatingIfNeeded: index))
    }
    for (index, transfer) in device.transfers.enumerated() {
      let queue = Int(transfer.queue)
      guard queue >= 0 && queue < firstEngine else { continue }
      rows[queue].order.append(Int32(truncatingIfNeeded: index))
    }
    for row in rows.indices {
      if row < firstEngine {
        rows[row].sort { timeline.transfers[$0].firstRead }
      } else {
        rows[row].sort { timeline.instructions[$0].begin }
      }
    }
  }

  /// The row of an instruction, counted from the first engine row.
  private static func offset(_ instruction: DeviceInstruction) -> Int {
    switch instruction.engine {
    case .sync: 0
    case .tensor: instruction.opcode == .matmul ? 2 : 1
    case .vector: 3
    case .scalar: 4
    case .gpsimd: 5
    }
  }
}
