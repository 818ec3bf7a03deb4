import Device
import Diagnostics
import Machine
import Programs
public import Simulation
import Timing

// parallel_matmul  on 2 ranks × 2 cores: 41.203 µs
//
//   core             µs   bound by              busiest        meets   waits for others µs
//   rank 0 core 0    41.203  DMA rings   80 %   Tensor  41 %       1                 0.000
//   rank 0 core 1    41.203  …

/// All that the views show of a run of several cores.
public struct CoresReport: Sendable {
  /// The run.
  public let run: CoresRun
  /// By core id.
  public let cores: [Report]
  /// Largest resident set of this process in bytes; `nil` if the views shall not show it.
  public let peakMemoryBytes: Int?

  /// Measures a run.
  public init(_ run: CoresRun, peakMemoryBytes: Int? = nil) {
    self.run = run
    self.peakMemoryBytes = peakMemoryBytes
    cores = run.cores.map { core in
      var core = core
      // What the cores of a rank left out together is told once.
      core.unwritten = []
      core.undefinedReads = []
      return Report(core)
    }
  }

  /// What a core did at its exchanges.
  private struct Meetings {
    var count = 0
    /// Time for which it was at an exchange and others were not.
    var waiting: Picoseconds = 0
    /// Time that exchanges took once all had come.
    var moving: Picoseconds = 0
  }

  private func meetings(_ core: Int) -> Meetings {
    var found = Meetings()
    guard let device = run.cores[core].device, let timeline = run.cores[core].timeline else {
      return found
    }
    for (transfer, timing) in zip(device.transfers, timeline.transfers)
    where transfer.exchange >= 0 {
      found.count += 1
      found.waiting += timing.firstRead - timing.queued
      found.moving += timing.complete - timing.firstRead
    }
    return found
  }

  /// The cores in a table, then the screen of the one that completed last.
  public func text(color: Bool = false) -> String {
    let layout = run.layout
    var text = "\(run.set.name) on \(layout.ranks) rank\(layout.ranks == 1 ? "" : "s") of "
    text += "\(layout.coresPerRank) core\(layout.coresPerRank == 1 ? "" : "s")"
    if let total = run.total { text += ": \(microseconds(total)) µs" }
    text += "\n\n"
    var rows = [["core", "µs", "bound by", "busiest", "", "exchanges", "waiting µs", "moving µs"]]
    for place in layout.places {
      guard let timed = cores[place.id].timed else { continue }
      let busiest = timed.summary.busiest
      let met = meetings(place.id)
      rows.append([
        place.description, microseconds(timed.summary.total), timed.bottleneck.limitName,
        busiest.engine.displayName, percent(busiest.share), "\(met.count)",
        microseconds(met.waiting), microseconds(met.moving),
      ])
    }
    if rows.count > 1 {
      let lines = aligned(rows, leftAligned: ["core", "bound by", "busiest"])
      text += lines.map { "  \($0)\n" }.joined()
    }
    for (rank, checks) in run.checks.enumerated() {
      for check in checks {
        text +=
          "  rank \(rank) \(check.output): largest difference \(fixed(check.maxAbsDifference, 6)), "
        text += "allowed \(fixed(check.tolerance, 6)): \(check.passed ? "passed" : "FAILED")\n"
      }
    }
    for (rank, regions) in run.unwritten.enumerated() {
      for region in regions { text += "  note: rank \(rank): \(printable(region.sentence))\n" }
    }
    for case (let rank, let race?) in run.races.enumerated() {
      text += "  note: rank \(rank): \(printable(race.message)): the cores take turns\n"
    }
    for (core, place) in zip(run.cores, layout.places) {
      for trap in core.undefinedReads {
        text += "  note: \(place.description): \(printable(trap.message)): NaN was used\n"
      }
    }
    guard run.total != nil else { return text }
    text += "\nthe core that completed last, \(layout.places[run.slowest].description):\n\n"
    return text + cores[run.slowest].text(color: color)
  }

  /// The report of the core that completed last, with all cores' under `cores`, by core id.
  ///
  /// `checks` are those of all ranks.
  public var json: JSON {
    guard case .object(var object) = cores[run.slowest].json else { return .null }
    object["ranks"] = .integer(run.layout.ranks)
    object["cores_per_rank"] = .integer(run.layout.coresPerRank)
    object["slowest_core"] = .integer(run.slowest)
    object["checks"] = .array(
      run.checks.enumerated().flatMap { rank, checks in
        checks.map { check -> JSON in
          guard case .object(var entry) = JSON(check) else { return .null }
          entry["rank"] = .integer(rank)
          return .object(entry)
        }
      })
    let unwritten = run.unwritten.enumerated().flatMap { rank, regions in
      regions.map { JSON($0).adding("rank", .integer(rank)) }
    }
    if !unwritten.isEmpty { object["unwritten_outputs"] = .array(unwritten) }
    let undefined = zip(run.layout.places, run.cores).flatMap { place, core in
      core.undefinedReads.map {
        JSON(noted: $0).adding("rank", .integer(place.rank)).adding(
          "core", .integer(place.core))
      }
    }
    object["undefined_reads"] = undefined.isEmpty ? nil : .array(undefined)
    let races = run.races.enumerated().compactMap { rank, race in
      race.map { JSON(noted: $0).adding("rank", .integer(rank)) }
    }
    object["core_races"] = races.isEmpty ? nil : .array(races)
    object["cores"] = .array(
      run.layout.places.map { place in
        guard case .object(var entry) = cores[place.id].json else { return .null }
        let met = meetings(place.id)
        entry["rank"] = .integer(place.rank)
        entry["core"] = .integer(place.core)
        entry["exchanges"] = .object([
          "count": .integer(met.count), "waiting_time": .real(Double(met.waiting) * 1e-12),
          "moving_time": .real(Double(met.moving) * 1e-12),
        ])
        return .object(entry)
      })
    return .object(object)
  }
}
