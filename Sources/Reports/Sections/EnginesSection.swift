import Device
import Timing

//   engine  busy µs  share  instructions  largest wait         █ busy ▒ waiting ░ idle
//   Tensor   31.513   75 %           260  dma 6.977 µs (17 %)  ███████████████▒▒▒▒░░░░

/// How long each engine was busy.
struct EnginesSection: Section {
  static let name = "engines"
  static let title = "Engines"

  let timed: CoreReport.Timed

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    self.timed = timed
  }

  var blocks: [Block] {
    let summary = timed.summary
    var table = Table([
      Table.Column("engine", .text, isKey: true), Table.Column("busy µs"), Table.Column("share"),
      Table.Column("instructions"), Table.Column("largest wait", .text),
      Table.Column("█ busy ▒ waiting ░ idle", .bar),
    ])
    for engine in [Engine.tensor, .vector, .scalar, .gpsimd, .sync] {
      let use = summary[engine]
      guard use.instructionCount > 0 else { continue }
      let key = "\(engine.name)_engine_"
      table.rows.append([
        .text(engine.displayName),
        .figure(.microseconds(use.activeTime, key + "active_time")),
        .figure(.share(summary.share(use.activeTime), key + "active_time_percent")),
        .figure(.count(use.instructionCount, nil, key + "instruction_count")),
        .phrase(largestWait(engine)), .parts(parts(engine)),
      ])
    }
    let transfers = summary.transfers
    if transfers.count > 0 {
      let ring = summary.busiestRing
      table.rows.append([
        "DMA", .figure(.microseconds(transfers.activeTime, "dma_active_time")),
        .figure(.share(summary.share(transfers.activeTime), "dma_active_time_percent")),
        .figure(.count(transfers.count, nil, "dma_transfer_count")),
        "busiest ring \(.time(ring)) (\(.share(summary.share(ring))))",
        .parts([Table.Cell.Part(.useful, "moving data", summary.share(transfers.activeTime))]),
      ])
    }
    return [.table(table)]
  }

  /// What the engine's time went to: work, waits by their reasons, and nothing.
  private func parts(_ engine: Engine) -> [Table.Cell.Part] {
    let summary = timed.summary
    let stalls = timed.stalls[engine]
    let busy = summary.share(summary[engine].activeTime)
    let waits = StallReason.allCases.filter { $0 != .engineBusy && stalls[$0] > 0 }.map {
      Table.Cell.Part(.waiting, "waiting: \($0.displayName)", summary.share(stalls[$0]))
    }
    return [Table.Cell.Part(.useful, "busy", busy)] + waits
      + [Table.Cell.Part(.idle, "idle", max(0, 1 - busy - summary.share(stalls.waited)))]
  }

  private func largestWait(_ engine: Engine) -> Phrase {
    let stalls = timed.stalls[engine]
    guard let reason = stalls.largest else { return "none" }
    let time = stalls[reason]
    let key = "stalls.\(engine.name).reasons.\(reason.key)"
    return
      "\(reason.displayName) \(.time(time, key)) (\(.share(timed.summary.share(time))))"
  }
}
