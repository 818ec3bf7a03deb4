import Device
import Diagnostics
import Reports
import Storage
package import Sweeps
import Timing
import Workloads

/// Two runs side by side: what differs, and why.
package struct TwoRuns: Sendable {
  /// One of them.
  package struct Side: Sendable {
    /// What to call it.
    package var name: String
    /// Its numbers.
    package var measurement: Sweeps.Measurement
  }

  /// Before and after.
  package var sides: (Side, Side)
  /// What differs in their instructions; `nil` if they are not known.
  package var instructions: ProgramDifference?

  /// Simulates two variants and compares them.
  package init(
    _ before: Variant, _ after: Variant, evaluator: Evaluator
  ) throws {
    func side(_ variant: Variant) throws -> Side {
      guard let found = Sweeps.Measurement(Report(try evaluator.run(variant))) else {
        throw DiagnosticError("'\(variant.key)' gives no times")
      }
      return Side(name: variant.key, measurement: found)
    }
    sides = (try side(before), try side(after))
    instructions = ProgramDifference(
      from: try evaluator.program(before), to: try evaluator.program(after))
  }

  /// Number of differing instructions shown.
  private static let shown = 10

  /// The differences for a person.
  package var text: String {
    let (old, new) = (sides.0.measurement, sides.1.measurement)
    var lines = ["A  \(printable(sides.0.name))", "B  \(printable(sides.1.name))", ""]
    var cells = [["", "A", "B", "change"]]
    func row(_ name: String, _ before: Int, _ after: Int) {
      guard before != 0 || after != 0 else { return }
      let change = EntryResult.Change(quantity: .time, old: before, new: after)
      cells.append(
        [name, grouped(before), grouped(after), before == after ? "" : change.shareText])
    }
    for quantity in Quantity.allCases { row(quantity.rawValue, old[quantity], new[quantity]) }
    for (index, engine) in Engine.allCases.enumerated() {
      row("\(engine.name)_engine_active_time_ps", Int(old.busy[index]), Int(new.busy[index]))
    }
    row("dma_active_time_ps", Int(old.dmaBusy), Int(new.dmaBusy))
    lines += aligned(cells, leftAligned: [""]).map { "  " + $0 }
    lines += ["", "A: \(printable(old.sentence))", "B: \(printable(new.sentence))"]
    if let summary = instructions?.summary {
      lines += ["", "instructions: " + printable(summary)]
      for change in (instructions?.changes ?? []).prefix(TwoRuns.shown) {
        let place = change.location.map { "  @\($0)" } ?? ""
        lines.append(
          "  \(change.isAdded ? "+" : "-") \(change.index): \(printable(change.text))\(place)")
      }
      let rest = (instructions?.changes.count ?? 0) - TwoRuns.shown
      if rest > 0 { lines.append("  and \(rest) more") }
    } else {
      lines += ["", "instructions: the same"]
    }
    let reasons = Difference(from: old, to: new).reasons
    if !reasons.isEmpty {
      lines += ["", "why B takes \(new.time < old.time ? "less" : "longer")"]
      for reason in reasons.prefix(5) {
        lines += folded(printable(reason.text), first: "  - ", next: "    ")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// 0 same time, 2 B is slower, 4 B is faster.
  package var exitCode: Int32 {
    let (old, new) = (sides.0.measurement.time, sides.1.measurement.time)
    return old == new ? 0 : new > old ? 2 : 4
  }
}

extension Check {
  /// Compares two baselines with each other, entry by entry, without running anything.
  package init(comparing before: Baseline, with after: Baseline, name: String) {
    suite = SuiteFile(name: name)
    baseline = before
    baselinePath = name
    runs = [:]
    evaluator = Evaluator(kernels: .none)
    results = after.entries.sorted { $0.key < $1.key }.map { name, entry in
      EntryResult(
        SuiteFile.Entry(name: name, variant: Variant(entry.subject), tolerances: [:]),
        EntryRun(entry, after.hardware[entry.hardware]), before.entries[name],
        before.entries[name].flatMap { before.hardware[$0.hardware] })
    }
    gone = before.entries.keys.filter { after.entries[$0] == nil }.sorted()
    for index in results.indices where !results[index].changes.isEmpty {
      guard let old = results[index].old, let new = results[index].new else { continue }
      results[index].reasons += Difference(from: old, to: new).reasons.prefix(3).map(\.text)
    }
  }
}
