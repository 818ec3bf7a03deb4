import Device
import Simulation
import Timing

// parallel_matmul on 2 ranks of 1 core: 92.718 µs
//
//   core        µs  bound by       busiest        exchanges  waiting µs  moving µs
//   rank 0  92.718  nothing alone  Tensor   36 %          1       0.000     13.692

/// The cores in a table, where there are several.
struct CoresSection: Section {
  static let name = "cores"
  static let title = "Cores"

  let run: Run
  let cores: [CoreReport]

  init?(_ subject: Subject) {
    guard let report = subject.report, report.hasSeveralCores else { return nil }
    run = report.run
    cores = report.cores
  }

  var blocks: [Block] {
    let layout = run.layout
    let ranks = Figure.count(layout.ranks, "rank", "ranks")
    let each = Figure.count(layout.coresPerRank, "core", "cores_per_rank")
    var title: Phrase = "\(run.name) on \(ranks) of \(each)"
    guard let total = run.total else { return [.heading(title)] }
    title += ": \(.time(total, "total_time"))"
    var table = Table([
      Table.Column("core", .text, isKey: true), Table.Column("µs"),
      Table.Column("bound by", .text), Table.Column("busiest", .text), Table.Column(""),
      Table.Column("exchanges"), Table.Column("waiting µs"), Table.Column("moving µs"),
    ])
    for (index, (core, place)) in zip(cores, layout.places).enumerated() {
      guard let timed = core.timed else { continue }
      let busiest = timed.summary.busiest
      let met = Meetings(core.run)
      let key = "cores.\(index)"
      table.rows.append([
        .text(place.description),
        .figure(.microseconds(timed.summary.total, "\(key).total_time")),
        .text(timed.bottleneck.limitName), .text(busiest.engine.displayName),
        .figure(.share(busiest.share)),
        .figure(.count(met.count, nil, "\(key).exchanges.count")),
        .figure(.microseconds(met.waiting, "\(key).exchanges.waiting_time")),
        .figure(.microseconds(met.moving, "\(key).exchanges.moving_time")),
      ])
    }
    return [.heading(title), .table(table)]
  }

  /// By core id: the core's own report, with its place and what it did at its exchanges.
  var values: [String: JSON] {
    let entries = zip(cores, run.layout.places).map { core, place in
      let met = Meetings(core.run)
      var entry = core.json
      entry["rank"] = .integer(place.rank)
      entry["core"] = .integer(place.core)
      entry["exchanges"] = .object([
        "count": .integer(met.count), "waiting_time": seconds(met.waiting),
        "moving_time": seconds(met.moving),
      ])
      return JSON.object(entry)
    }
    return [
      "ranks": .integer(run.layout.ranks), "cores_per_rank": .integer(run.layout.coresPerRank),
      "slowest_core": .integer(run.slowest), "cores": .array(entries),
    ]
  }
}

/// What a core did at its exchanges.
private struct Meetings {
  /// Exchanges that it took part in.
  var count = 0
  /// Time for which it was at an exchange and others were not.
  var waiting: Picoseconds = 0
  /// Time that exchanges took once all had come.
  var moving: Picoseconds = 0

  /// Measures a core.
  init(_ run: CoreRun) {
    guard let device = run.device, let timeline = run.timeline else { return }
    for (transfer, timing) in zip(device.transfers, timeline.transfers)
    where transfer.exchange >= 0 {
      count += 1
      waiting += timing.firstRead - timing.queued
      moving += timing.complete - timing.firstRead
    }
  }
}
