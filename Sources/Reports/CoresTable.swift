import Device
import Simulation
import Timing

//   core             µs   bound by              busiest        exchanges   waiting µs   moving µs
//   rank 0 core 0    41.203  DMA rings   80 %   Tensor  41 %           1        0.000       5.203
//   rank 0 core 1    41.203  …

/// What a core did at its exchanges.
struct Meetings {
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

extension Report {
  /// The cores in a table; empty where there is one.
  func coresTable(_ ink: Ink) -> [String] {
    guard hasSeveralCores else { return [] }
    let layout = run.layout
    var title = "\(run.name) on \(counted(layout.ranks, "rank")) of "
    title += counted(layout.coresPerRank, "core")
    guard let total = run.total else { return [ink.strong(title), ""] }
    title += ": \(microseconds(total)) µs"
    var rows = [["core", "µs", "bound by", "busiest", "", "exchanges", "waiting µs", "moving µs"]]
    for (core, place) in zip(cores, layout.places) {
      guard let timed = core.timed else { continue }
      let busiest = timed.summary.busiest
      let met = Meetings(core.run)
      rows.append([
        place.description, microseconds(timed.summary.total), timed.bottleneck.limitName,
        busiest.engine.displayName, percent(busiest.share), "\(met.count)",
        microseconds(met.waiting), microseconds(met.moving),
      ])
    }
    return [ink.strong(title), ""]
      + aligned(rows, leftAligned: ["core", "bound by", "busiest"]).map { "  \($0)" }
      + ["", "the core that completed last, \(layout.places[run.slowest].description):", ""]
  }

  /// By core id: the core's own report, with its place and what it did at its exchanges.
  var coresJSON: JSON {
    .array(
      zip(cores, run.layout.places).map { core, place in
        let met = Meetings(core.run)
        var entry = core.json
        entry["rank"] = .integer(place.rank)
        entry["core"] = .integer(place.core)
        entry["exchanges"] = .object([
          "count": .integer(met.count), "waiting_time": .real(Double(met.waiting) * 1e-12),
          "moving_time": .real(Double(met.moving) * 1e-12),
        ])
        return .object(entry)
      })
  }
}
