import Diagnostics
import Hardware
import Programs
import Simulation
package import Sweeps
import Timing
import Workloads

/// A suite run and compared with its baseline.
package struct Check: Sendable {
  /// The suite.
  package var suite: SuiteFile
  /// The results, sorted by name.
  package var results: [EntryResult]
  /// Names of baseline entries that the suite no longer has.
  package var gone: [String]
  /// What was run, by name: what a new baseline is made of.
  var runs: [String: EntryRun]
  /// What was compared with.
  package var baseline: Baseline
  /// Where that is, or will be.
  package var baselinePath: String
  /// What the entries were run with; knows the programs of scripts.
  let evaluator: Evaluator

  /// Runs the entries on several threads and compares them.
  ///
  /// - Parameters:
  ///   - suite: The suite.
  ///   - only: A pattern of names; all entries without one.
  ///   - baseline: What to compare with.
  ///   - path: Where it is, if not beside the suite.
  ///   - given: Programs that are recorded already, by `Variant.recordingKey`.
  ///   - workers: How processes start that entries run in; `nil` for threads of this one.
  ///   - progress: Told the number of entries done.
  /// - Throws: `DiagnosticError` if the pattern matches nothing, or if there are scripts and no Python.
  package init(
    _ suite: SuiteFile, only pattern: String? = nil, against baseline: Baseline,
    at path: String? = nil, runner: ParallelRunner = ParallelRunner(),
    given: [String: Evaluator.Given] = [:], in workers: WorkerCommand? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws {
    self.suite = suite
    self.baseline = baseline
    baselinePath = path ?? Baseline.path(of: suite)
    let entries = try suite.entries(matching: pattern)
    let evaluator = Evaluator(kernels: suite.kernels, beside: suite.path, given: given)
    self.evaluator = evaluator
    let machines = MachineTable()
    var found: [String: EntryRun] = [:]
    var next = 0
    try runner.run(
      .entry, with: evaluator, in: workers, opening: entries.map(\.variant),
      next: {
        guard next < entries.count else { return nil as SuiteFile.Entry? }
        defer { next += 1 }
        return entries[next]
      }, variant: \.variant,
      deliver: { entry, run in
        found[entry.name] = run.onMachine(of: entry.variant, evaluator, machines)
        progress(found.count)
      })
    runs = found
    results = entries.compactMap { entry in
      found[entry.name].map { run in
        let before = baseline.entries[entry.name]
        return EntryResult(
          entry, run, before, before.flatMap { baseline.hardware[$0.hardware] })
      }
    }
    let names = Set(suite.entries.map(\.name) + suite.leftOut)
    gone = pattern == nil ? baseline.entries.keys.filter { !names.contains($0) }.sorted() : []
    for index in results.indices { explain(&results[index]) }
  }

  /// Number of entries with a verdict.
  package func count(_ verdict: EntryResult.Verdict) -> Int {
    results.count { $0.verdict == verdict }
  }

  /// The exit code: 2 if anything is worse or fails, else 3 if anything cannot be compared, else 4 if
  /// anything is better (2 if that is a failure too), else 0.
  package func exitCode(strict: Bool) -> Int32 {
    if count(.worse) + count(.failed) > 0 { return 2 }
    if count(.incomparable) > 0 || !gone.isEmpty { return 3 }
    if count(.better) > 0 { return strict ? 2 : 4 }
    return 0
  }

  // MARK: - Reasons

  /// Adds why the numbers moved: instructions that came or went, the model, engines and waits.
  private func explain(_ result: inout EntryResult) {
    guard let old = result.old, let new = result.new, !result.changes.isEmpty,
      let entry = suite.entries.first(where: { $0.name == result.name })
    else { return }
    var reasons: [String] = []
    if let before = baseline.entries[result.name], let after = runs[result.name]?.entry {
      if !before.hasSamePrograms(as: after) {
        explainInstructions(&result, &reasons, entry, before)
      } else if result.verdict != .incomparable {
        reasons.append("the instructions are the same: the simulator's own model changed")
      }
    }
    let difference = Difference(from: old, to: new)
    for reason in difference.reasons.prefix(3) {
      reasons.append(reason.text)
      result.place = result.place ?? reason.place
    }
    result.reasons += reasons
  }

  /// Adds which instructions came or went, or why that is not known.
  private func explainInstructions(
    _ result: inout EntryResult, _ reasons: inout [String], _ entry: SuiteFile.Entry,
    _ before: Baseline.Entry
  ) {
    guard suite.keepsPrograms else {
      // With other parameters they are expected to.
      if result.verdict != .incomparable { reasons.append("the instructions changed") }
      return
    }
    guard let run = runs[entry.name], let after = try? programs(of: entry, run) else { return }
    var isTold = false
    for (core, pair) in zip(before.programs, run.entry.programs).enumerated()
    where pair.0 != pair.1 || before.programs.count != run.entry.programs.count {
      guard let now = after[pair.1] else { continue }
      switch kept.program(pair.0, of: result.name) {
      case .nothing(let problem):
        reasons.append("the instructions changed; which cannot be told: \(problem)")
      case .program(let program):
        let difference = ProgramDifference(from: program, to: now)
        guard let summary = difference.summary else { continue }
        reasons.append(before.programs.count > 1 ? "core \(core): \(summary)" : summary)
        result.place = result.place ?? difference.changes.first { $0.isAdded }?.location
      }
      isTold = true
      // One core's change is that of all, as a rule.
      break
    }
    if !isTold && result.verdict != .incomparable {
      reasons.append("the instructions are the same: the program's name or tensors changed")
    }
  }

  /// The programs that an entry ran, by their digests; those of several cores take a run to find.
  func programs(of entry: SuiteFile.Entry, _ run: EntryRun) throws -> [String: Program] {
    let program = try evaluator.program(entry.variant)
    if run.entry.cores == nil, EntryRun.digest(program) == run.entry.program {
      return [run.entry.program: program]
    }
    let programs = try evaluator.run(entry.variant).cores.map(\.program)
    return Dictionary(programs.map { (EntryRun.digest($0), $0) }, uniquingKeysWith: { $1 })
  }

  /// The programs that the baseline was made from.
  var kept: KeptPrograms { KeptPrograms(of: suite, baseline: baselinePath) }

  /// An entry's name as the name of a file.
  static func fileName(_ name: String) -> String {
    var text = ""
    var isPlain = true
    for character in name {
      let keeps =
        character.isASCII && (character.isLetter || character.isNumber)
        || "._=-".contains(character)
      if !keeps && character != " " { isPlain = false }
      text.append(keeps ? character : "-")
    }
    text = String(text.prefix(120))
    guard !isPlain || name.count > 120 || text.hasPrefix(".") else { return text }
    // Names that differ only in what was replaced keep apart.
    var hash: UInt32 = 0x811c_9dc5
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return "e-\(text)-\(String(hash, radix: 16))"
  }
}
