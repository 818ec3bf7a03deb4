package import Diagnostics
import Hardware
import Simulation
package import Sweeps

/// What a check found out about one entry.
package struct EntryResult: Sendable {
  /// The verdict.
  package enum Verdict: String, Sendable, CaseIterable {
    /// All numbers are as before, or within their tolerances.
    case same
    /// At least one number is worse.
    case worse
    /// At least one number is better and none is worse.
    case better
    /// Hardware or parameters are not those of the baseline, or there is nothing to compare with.
    case incomparable
    /// It does not run.
    case failed
  }

  /// A number that moved further than it may.
  package struct Change: Sendable, Hashable {
    /// Which.
    package var quantity: Quantity
    /// In the baseline.
    package var old: Int
    /// Now.
    package var new: Int

    /// Change as a share of the old number; infinite if that was 0.
    package var share: Double { old == 0 ? .infinity : Double(new - old) / Double(old) }
  }

  /// The entry's name.
  package var name: String
  /// The verdict.
  package var verdict: Verdict
  /// What moved, in the order of `Quantity.allCases`.
  package var changes: [Change] = []
  /// The baseline's numbers.
  package var old: Sweeps.Measurement?
  /// The numbers now.
  package var new: Sweeps.Measurement?
  /// Why: for a person, the most important first.
  package var reasons: [String] = []
  /// What the compiler tells of the kernel: no verdict depends on it.
  package var notes: [String] = []
  /// The source place of the most important reason.
  package var place: SourceLocation?
}

extension EntryResult {
  /// Compares what an entry gives now with what it gave.
  init(
    _ suite: SuiteFile.Entry, _ run: EntryRun, _ before: Baseline.Entry?,
    _ machine: Baseline.Machine?
  ) {
    name = suite.name
    old = before?.measurement
    verdict = .same
    if let failure = run.failure {
      verdict = .failed
      reasons = [failure]
      return
    }
    new = run.entry.measurement
    notes = run.notes
    guard let before else {
      verdict = .incomparable
      reasons = ["there is no baseline for it yet"]
      return
    }
    changes = EntryResult.changes(
      from: before.measurement, to: run.entry.measurement, suite.tolerances)
    let reasonsNotTo = EntryResult.incomparable(run, before, machine)
    if !reasonsNotTo.isEmpty {
      verdict = .incomparable
      reasons = reasonsNotTo
    } else if changes.contains(where: { $0.new > $0.old }) {
      verdict = .worse
    } else if !changes.isEmpty {
      verdict = .better
    }
  }

  static func changes(
    from old: Sweeps.Measurement, to new: Sweeps.Measurement, _ tolerances: [Quantity: Tolerance]
  ) -> [Change] {
    // Cycles are the time rounded to a clock: whoever allows time to move allows them as well.
    var tolerances = tolerances
    if tolerances[.cycles] == nil { tolerances[.cycles] = tolerances[.time] }
    return Quantity.allCases.compactMap { quantity in
      let tolerance = tolerances[quantity] ?? .exact
      guard !tolerance.allows(new[quantity], insteadOf: old[quantity]) else { return nil }
      return Change(quantity: quantity, old: old[quantity], new: new[quantity])
    }
  }

  /// Why an entry's numbers mean something else than those of the baseline; empty if they do not.
  private static func incomparable(
    _ run: EntryRun, _ before: Baseline.Entry, _ machine: Baseline.Machine?
  ) -> [String] {
    var found: [String] = []
    if run.entry.subject != before.subject {
      found.append("runs \(run.entry.subject) instead of \(before.subject)")
    }
    found += differences(before.parameters, run.entry.parameters).map { "parameter changed: \($0)" }
    if run.entry.schedule != before.schedule {
      let (now, then) = (run.entry.schedule ?? "(none)", before.schedule ?? "(none)")
      found.append("schedule is \(now) instead of \(then)")
    }
    if run.entry.hardware != before.hardware {
      found.append("hardware is \(run.entry.hardware) instead of \(before.hardware)")
    }
    if let machine, machine.fingerprint != run.machine.fingerprint {
      let changes = differences(machine, run.machine, in: (before.settings, run.entry.settings))
      found += changes.prefix(8).map { "hardware changed: \($0)" }
      if changes.count > 8 { found.append("and \(changes.count - 8) more hardware values") }
    }
    return found
  }

  /// The values that differ between two machines, of those that one of two runs can depend on.
  ///
  /// A value that only one of them has is of another version, in which it was no setting: it contradicts
  /// nothing, and numbers that moved with it are shown. Entries without a record depend on everything.
  private static func differences(
    _ old: Baseline.Machine, _ new: Baseline.Machine, in settings: ([String]?, [String]?)
  ) -> [String] {
    let both = Set(old.values.keys).intersection(new.values.keys)
    let read = [settings.0, settings.1].compactMap { $0 }.flatMap { $0 }
    let compared = both.filter { read.isEmpty || Hardware.covers($0, read) }
    return differences(
      old.values.filter { compared.contains($0.key) },
      new.values.filter { compared.contains($0.key) })
  }

  /// `name old → new` of all that differs, sorted.
  static func differences(_ old: [String: String], _ new: [String: String]) -> [String] {
    Set(old.keys).union(new.keys).sorted().compactMap { key in
      let (before, after) = (old[key], new[key])
      guard before != after else { return nil }
      return "\(key) \(before ?? "(none)") → \(after ?? "(none)")"
    }
  }
}
