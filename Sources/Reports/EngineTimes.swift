package import Device
package import Timing

/// What the whole time of each of a core's engines went to: work, waits by cause, and nothing.
package struct EngineTimes: Hashable, Sendable {
  /// What a piece of an engine's time is.
  package enum Use: Hashable, Sendable {
    /// An instruction is under way.
    case busy(Cause)
    /// None is, and the next one waits.
    case waiting(Cause)
    /// The same, for a semaphore that a DMA sets.
    case waitingForDMA
    /// Nothing is left to do.
    case idle
  }

  /// How much of an engine's time is of one use.
  package struct Share: Hashable, Sendable {
    package var use: Use
    package var time: Picoseconds
  }

  /// By engine: its uses, those of busy time first, each kind with the most first.
  package let shares: [Engine: [Share]]

  /// Looks at every instruction of a core.
  init(core: Int, _ device: DeviceProgram, _ timeline: Timeline, _ causes: Causes) {
    var byEngine: [Engine: [Int]] = [:]
    for (index, instruction) in device.instructions.enumerated() {
      byEngine[instruction.engine, default: []].append(index)
    }
    shares = byEngine.mapValues { indices in
      let order = indices.sorted {
        (timeline.instructions[$0].begin, $0) < (timeline.instructions[$1].begin, $1)
      }
      var sums: [Use: Picoseconds] = [:]
      var reached: Picoseconds = 0
      for index in order {
        let timing = timeline.instructions[index]
        guard timing.end > reached else { continue }
        for piece in causes.intervals(of: Life(core: core, .instruction(index))) {
          let wait = min(piece.end, timing.begin) - max(piece.begin, reached)
          if wait > 0 { sums[EngineTimes.wait(piece), default: 0] += wait }
          let work = min(piece.end, timing.end) - max(piece.begin, timing.begin, reached)
          if work > 0 { sums[.busy(piece.cause), default: 0] += work }
        }
        reached = timing.end
      }
      let known = sums.values.reduce(0, +)
      if timeline.total > known { sums[.idle, default: 0] += timeline.total - known }
      return sums.map { Share(use: $0.key, time: $0.value) }
        .sorted {
          ($0.use.rank, $1.time, $0.use.key) < ($1.use.rank, $0.time, $1.use.key)
        }
    }
  }

  private static func wait(_ piece: CausedInterval) -> Use {
    if piece.cause == .semaphore, case .transfer = piece.causer?.subject { return .waitingForDMA }
    return .waiting(piece.cause)
  }

  /// For machines; times are in seconds.
  var json: JSON {
    .object(
      Dictionary(
        uniqueKeysWithValues: shares.map { engine, shares in
          var groups: [String: [String: JSON]] = ["busy": [:], "waiting": [:]]
          var idle: Picoseconds = 0
          for share in shares {
            switch share.use {
            case .busy(let cause): groups["busy"]?[cause.key] = seconds(share.time)
            case .waiting(let cause): groups["waiting"]?[cause.key] = seconds(share.time)
            case .waitingForDMA: groups["waiting"]?["dma"] = seconds(share.time)
            case .idle: idle = share.time
            }
          }
          return (
            engine.name,
            .object(groups.mapValues(JSON.object)).adding("idle", seconds(idle))
          )
        }))
  }
}

extension EngineTimes.Use {
  /// What texts call it.
  var displayName: String {
    switch self {
    case .busy(let cause): cause.displayName
    case .waiting(let cause): cause.displayName
    case .waitingForDMA: "DMA"
    case .idle: "idle"
    }
  }

  /// Its place below the engine in reports for machines.
  var key: String {
    switch self {
    case .busy(let cause): "busy.\(cause.key)"
    case .waiting(let cause): "waiting.\(cause.key)"
    case .waitingForDMA: "waiting.dma"
    case .idle: "idle"
    }
  }

  /// How bars show it: what a cold clock and tables take is no work, though the engine is busy.
  var kind: Table.Cell.Part.Kind {
    switch self {
    case .busy(.work), .busy(.weightLoad), .busy(.dmaIssue), .busy(.given): .useful
    case .busy, .waiting, .waitingForDMA: .waiting
    case .idle: .idle
    }
  }

  /// Its colour's number.
  var tint: Int? {
    switch self {
    case .busy(let cause), .waiting(let cause): cause.tint
    case .waitingForDMA: 7
    case .idle: nil
    }
  }

  fileprivate var rank: Int {
    switch self {
    case .busy: kind == .useful ? 0 : 1
    case .waiting, .waitingForDMA: 2
    case .idle: 3
    }
  }
}

extension Cause {
  /// The number of the colour that pages show it in, of eight that people with colour-blindness tell apart.
  var tint: Int {
    switch self {
    case .work, .given: 0
    case .semaphore, .exchange: 1
    case .dmaIssue, .descriptorGeneration: 2
    case .dispatch, .queueOrder, .queueDepth: 3
    case .weightLoad, .ring: 4
    case .peClock, .hbm: 5
    case .tableLoad, .ringWait, .engineBusy, .spill: 6
    case .firstRead, .completion, .launch, .unexplained: 7
    }
  }
}
