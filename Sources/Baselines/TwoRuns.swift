import Device
import Diagnostics
package import Reports
import Simulation
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
  /// The runs themselves.
  let runs: (Run, Run)
  /// What differs in their instructions; `nil` if they are not known.
  package var instructions: ProgramDifference?

  /// Simulates two variants and compares them.
  package init(
    _ before: Variant, _ after: Variant, evaluator: Evaluator
  ) throws {
    func side(_ variant: Variant, _ run: Run) throws -> Side {
      guard let found = try Sweeps.Measurement(told: run) else {
        throw DiagnosticError("'\(variant.key)' gives no times")
      }
      return Side(name: variant.key, measurement: found)
    }
    runs = (try evaluator.run(before), try evaluator.run(after))
    sides = (try side(before, runs.0), try side(after, runs.1))
    instructions = ProgramDifference(
      from: try evaluator.program(before), to: try evaluator.program(after))
  }

  /// Number of differing instructions shown.
  private static let shown = 10

  /// The differences for people.
  package var blocks: [Block] {
    let (old, new) = (sides.0.measurement, sides.1.measurement)
    var blocks: [Block] = [
      .heading(verdict(old.time, new.time)),
      .facts([
        Block.Fact("A", Phrase(sides.0.name)), Block.Fact("", Phrase(old.sentence)),
        Block.Fact("B", Phrase(sides.1.name)), Block.Fact("", Phrase(new.sentence)),
      ]),
    ]
    let reasons = Difference(from: old, to: new).reasons
    if !reasons.isEmpty {
      blocks += [
        .heading("why B takes \(new.time < old.time ? "less" : "longer")"),
        .list(reasons.prefix(5).map { Phrase($0.text) }),
      ]
    }
    blocks.append(.heading("numbers"))
    blocks.append(.table(table(old, new)))
    guard let instructions, let summary = instructions.summary else {
      return blocks + [.heading("instructions: the same")]
    }
    var items = instructions.changes.prefix(TwoRuns.shown).map { change -> Phrase in
      let place = change.location.map { "  @\($0)" } ?? ""
      return "\(change.isAdded ? "+" : "-") \("\(change.index)"): \(change.text)\(place)"
    }
    let rest = instructions.changes.count - TwoRuns.shown
    if rest > 0 { items.append("and \(.count(rest)) more") }
    return blocks + [.heading("instructions: \(summary)")] + items.map { .sentence($0) }
  }

  /// The same on a page.
  package func text(on page: Page = Page()) -> String { blocks.text(on: page) }

  private func verdict(_ old: Picoseconds, _ new: Picoseconds) -> Phrase {
    func time(_ time: Picoseconds, _ side: String) -> Figure {
      .picoseconds(time, unit: "µs", "\(side).\(Quantity.time.rawValue)")
    }
    guard old != new else { return "A and B take \(time(old, "before"))" }
    let change = EntryResult.Change(quantity: .time, old: Int(old), new: Int(new))
    return
      "B is \(new < old ? "faster" : "slower"): \(time(new, "after")) instead of \(time(old, "before")), \(change.shareText)"
  }

  private func table(_ old: Sweeps.Measurement, _ new: Sweeps.Measurement) -> Table {
    var table = Table([
      Table.Column("", .text, isKey: true), Table.Column("A"), Table.Column("B"),
      Table.Column("change"),
    ])
    func row(_ name: String, _ before: Int, _ after: Int) {
      guard before != 0 || after != 0 else { return }
      let change = EntryResult.Change(quantity: .time, old: before, new: after)
      table.rows.append([
        .text(name), .figure(.count(before, nil, "before.\(name)")),
        .figure(.count(after, nil, "after.\(name)")),
        .text(before == after ? "" : change.shareText),
      ])
    }
    for quantity in Quantity.allCases { row(quantity.rawValue, old[quantity], new[quantity]) }
    for (before, after) in zip(TwoRuns.busyTimes(old), TwoRuns.busyTimes(new)) {
      row(before.name, Int(before.time), Int(after.time))
    }
    return table
  }

  /// How long engines and DMAs were at work, by their keys.
  static func busyTimes(
    _ found: Sweeps.Measurement
  ) -> [(name: String, time: Picoseconds)] {
    Engine.allCases.enumerated().map { ("\($1.name)_engine_active_time_ps", found.busy[$0]) }
      + [("dma_active_time_ps", found.dmaBusy)]
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
