import Device
import Timing

//   engine  busy µs  share  instructions  largest wait         █ busy ▒ waiting ░ idle
//   Tensor   31.513   75 %           260  dma 6.977 µs (17 %)  ███████████████▒▒▒▒░░░░

/// How long each engine was busy.
struct EnginesSection: Section {
  static let name = "engines"
  static let title = "Engines"

  let timed: CoreReport.Timed
  /// `nil` if nobody asked.
  let times: EngineTimes?

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    self.timed = timed
    times = subject.report?.engineTimes
  }

  var blocks: [Block] {
    [.table(table(waits: "largest wait", bars: "█ busy ▒ waiting ░ idle", largestWait, parts))]
  }

  /// With what each engine waited for, by cause, where that is known.
  var pageBlocks: [Block] {
    guard let times else { return blocks }
    let table = table(
      waits: "waits", bars: "time",
      { engine in waits(of: engine, times) },
      { engine in
        (times.shares[engine] ?? []).map { share in
          Table.Cell.Part(
            share.use.kind, share.use.displayName, timed.summary.share(share.time),
            tint: share.use.tint)
        }
      })
    return [.table(table)]
  }

  var values: [String: JSON] { times.map { ["engine_times": $0.json] } ?? [:] }

  private func table(
    waits: String, bars: String, _ wait: (Engine) -> Phrase,
    _ parts: (Engine) -> [Table.Cell.Part]
  ) -> Table {
    let summary = timed.summary
    var table = Table([
      Table.Column("engine", .text, isKey: true), Table.Column("busy µs"), Table.Column("share"),
      Table.Column("instructions"), Table.Column(waits, .text), Table.Column(bars, .bar),
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
        .phrase(wait(engine)), .parts(parts(engine)),
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
    return table
  }

  /// The causes of 1 % of the time or more for which an engine was not at work.
  private func waits(of engine: Engine, _ times: EngineTimes) -> Phrase {
    let found = (times.shares[engine] ?? []).filter {
      $0.use.kind == .waiting && timed.summary.share($0.time) >= 0.01
    }
    if found.isEmpty { return "none" }
    return found.map { share -> Phrase in
      "\(share.use.displayName) \(.time(share.time, "engine_times.\(engine.name).\(share.use.key)")) (\(.share(timed.summary.share(share.time))))"
    }.joined(separator: ", ")
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
