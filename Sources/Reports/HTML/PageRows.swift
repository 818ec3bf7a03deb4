import Device
import Timing

/// The rows of engines and queues of a track, in numbers; `PageTimeline` says which.
struct PageRows {
  /// A row with its entries in the order of their begins.
  struct Row {
    var name: String
    var kind: String
    /// Indices of device instructions or of transfers.
    var order: [Int]
  }

  private let track: PageTrack
  private let triggers: [Int32]
  private(set) var rows: [Row] = []
  private var instructions: [PackedPieces.Place]
  private var transfers: [PackedPieces.Place]

  init(_ track: PageTrack) {
    self.track = track
    let device = track.device
    let timeline = track.timeline
    triggers = device.triggers
    instructions = Array(
      repeating: PackedPieces.Place(), count: device.instructions.count)
    transfers = Array(
      repeating: PackedPieces.Place(), count: device.transfers.count)
    var byEngine = Engine.allCases.map { _ in [Int]() }
    for (index, instruction) in device.instructions.enumerated() {
      byEngine[Int(instruction.engine.rawValue)].append(index)
    }
    for engine in [Engine.tensor, .vector, .scalar, .gpsimd, .sync] {
      let order = byEngine[Int(engine.rawValue)]
      guard !order.isEmpty else { continue }
      rows.append(
        Row(
          name: engine.displayName, kind: "engine",
          order: PageRows.sorted(order) { timeline.instructions[$0].begin }))
    }
    var byQueue = device.queues.map { _ in [Int]() }
    for (index, transfer) in device.transfers.enumerated()
    where byQueue.indices.contains(Int(transfer.queue)) {
      byQueue[Int(transfer.queue)].append(index)
    }
    for (name, order) in zip(device.queues, byQueue) where !order.isEmpty {
      rows.append(
        Row(
          name: name, kind: "queue",
          order: PageRows.sorted(order) { timeline.transfers[$0].firstRead }))
    }
    for (number, row) in rows.enumerated() {
      for (entry, index) in row.order.enumerated() {
        let place = PackedPieces.Place(
          row: Int32(truncatingIfNeeded: number), entry: Int32(truncatingIfNeeded: entry))
        if row.kind == "engine" { instructions[index] = place } else { transfers[index] = place }
      }
    }
  }

  private static func sorted(_ indices: [Int], _ begin: (Int) -> Picoseconds) -> [Int] {
    let isOrdered = zip(indices, indices.dropFirst()).allSatisfy { begin($0) <= begin($1) }
    return isOrdered ? indices : indices.sorted { (begin($0), $0) < (begin($1), $1) }
  }

  /// The source of the instruction that started a transfer; -1 for none.
  private func source(ofTransfer index: Int) -> Int32 {
    triggers[index] >= 0 ? track.source(Int(triggers[index])) : -1
  }

  /// A row's entries, and how many pieces they have.
  func packed(_ number: Int) -> (PackedBytes, pieces: Int) {
    let row = rows[number]
    let timeline = track.timeline
    var all = PackedEntries()
    var pieces = PackedPieces(row: number, causes: Cause.allCases.count, rows: rows.count)
    var (begin, source) = (Picoseconds(0), Int32(0))
    for (entry, index) in row.order.enumerated() {
      var packed = PackedBytes()
      let own: Int32
      if row.kind == "engine" {
        let timing = timeline.instructions[index]
        own = track.source(index)
        packed.append(timing.begin - begin)
        packed.append(timing.end - timing.begin)
        packed.append(track.device.instructions[index].opcode.rawValue)
        packed.append(signed: own - source)
        add(track.pieces.of(instruction: index), since: timing.begin, entry, &pieces, &packed)
        begin = timing.begin
      } else {
        let timing = timeline.transfers[index]
        let transfer = track.device.transfers[index]
        own = self.source(ofTransfer: index)
        packed.append(timing.firstRead - begin)
        packed.append(timing.complete - timing.firstRead)
        packed.append(transfer.hbmReadBytes > 0 ? 0 : transfer.hbmWriteBytes > 0 ? 1 : 2)
        packed.append(signed: own - source)
        packed.append(max(0, transfer.bytes))
        packed.append(max(0, transfer.descriptors))
        packed.append(max(0, timing.firstRead - timing.trigger))
        add(track.pieces.of(transfer: index), since: nil, entry, &pieces, &packed)
        begin = timing.firstRead
      }
      source = own
      all.add(packed)
    }
    return (all.packed, pieces.count)
  }

  /// Adds an entry's pieces.
  ///
  /// - Parameter begin: From when on work need not be told; `nil` if all pieces are told.
  private func add(
    _ intervals: [CausedInterval], since begin: Picoseconds?, _ entry: Int,
    _ pieces: inout PackedPieces, _ packed: inout PackedBytes
  ) {
    var told = intervals[...]
    if let last = told.last, last.cause == .work, last.begin == begin, last.causer == nil {
      told.removeLast()
    }
    pieces.add(
      told.map {
        PackedPieces.Piece(
          cause: Int($0.cause.rawValue), duration: $0.duration, causer: place(of: $0.causer))
      }, endAtBegin: told.count < intervals.count, entry: entry, to: &packed)
  }

  /// Where a causer of this core is.
  private func place(of life: Life?) -> PackedPieces.Place {
    guard let life, life.core == track.pieces.core else { return PackedPieces.Place() }
    switch life.subject {
    case .instruction(let index): return instructions[index]
    case .transfer(let index): return transfers[index]
    }
  }

  /// The pieces of the critical path.
  func criticalPath() -> PackedBytes {
    var all = PackedEntries()
    var (begin, source) = (Picoseconds(0), Int32(0))
    for piece in track.path {
      let own: Int32 =
        switch piece.causer?.subject {
        case .instruction(let index): track.source(index)
        case .transfer(let index): self.source(ofTransfer: index)
        case nil: -1
        }
      var packed = PackedBytes()
      packed.append(piece.begin - begin)
      packed.append(piece.duration)
      packed.append(piece.cause.rawValue)
      packed.append(signed: own - source)
      (begin, source) = (piece.begin, own)
      all.add(packed)
    }
    return all.packed
  }
}
