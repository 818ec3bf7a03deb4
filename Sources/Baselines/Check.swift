import Diagnostics
import Foundation
import Hardware
import Programs
public import Sweeps
import Timing

/// A suite run and compared with its baseline.
public struct Check: Sendable {
  /// The suite.
  public var suite: SuiteFile
  /// The results, sorted by name.
  public var results: [EntryResult]
  /// Names of baseline entries that the suite no longer has.
  public var gone: [String]
  /// What was run, by name: what a new baseline is made of.
  var runs: [String: EntryRun]
  /// What was compared with.
  public var baseline: Baseline
  /// What the entries were run with; knows the programs of scripts.
  let evaluator: Evaluator

  /// Runs the entries on several threads and compares them.
  ///
  /// - Parameters:
  ///   - suite: The suite.
  ///   - only: A pattern of names; all entries without one.
  ///   - baseline: What to compare with.
  ///   - progress: Told the number of entries done.
  /// - Throws: `DiagnosticError` if the pattern matches nothing, or if there are scripts and no Python.
  public init(
    _ suite: SuiteFile, only pattern: String? = nil, against baseline: Baseline,
    runner: ParallelRunner = ParallelRunner(), progress: (Int) -> Void = { _ in }
  ) throws {
    self.suite = suite
    self.baseline = baseline
    let entries = try suite.entries(matching: pattern)
    let evaluator = Evaluator(beside: suite.path, traced: try SuiteFile.traced(entries))
    self.evaluator = evaluator
    let machines = MachineTable()
    var found: [String: EntryRun] = [:]
    var next = 0
    try runner.run(
      next: {
        guard next < entries.count else { return nil as SuiteFile.Entry? }
        defer { next += 1 }
        return entries[next]
      }, work: { EntryRun($0.variant, evaluator, machines: machines) },
      deliver: { entry, run in
        found[entry.name] = run
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
    let names = Set(suite.entries.map(\.name))
    gone = pattern == nil ? baseline.entries.keys.filter { !names.contains($0) }.sorted() : []
    for index in results.indices { explain(&results[index]) }
  }

  /// Number of entries with a verdict.
  public func count(_ verdict: EntryResult.Verdict) -> Int {
    results.count { $0.verdict == verdict }
  }

  /// The exit code: 2 if anything is worse or fails, else 3 if anything cannot be compared, else 4 if
  /// anything is better (2 if that is a failure too), else 0.
  public func exitCode(strict: Bool) -> Int32 {
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
    if let before = keptProgram(result.name),
      let after = try? evaluator.program(entry.variant)
    {
      let difference = ProgramDifference(from: before, to: after)
      if let summary = difference.summary {
        reasons.append(summary)
        result.place = difference.changes.first { $0.isAdded }?.location
      } else if result.verdict != .incomparable {
        reasons.append("the instructions are the same: the simulator's own model changed")
      }
    } else if let before = baseline.entries[result.name],
      let after = runs[result.name]?.entry, result.verdict != .incomparable
    {
      reasons.append(
        before.program == after.program
          ? "the instructions are the same: the simulator's own model changed"
          : "the instructions changed")
    }
    let difference = Difference(from: old, to: new)
    for reason in difference.reasons.prefix(3) {
      reasons.append(reason.text)
      result.place = result.place ?? reason.place
    }
    result.reasons += reasons
  }

  /// The program that an entry's baseline was made from, if it was kept.
  func keptProgram(_ name: String) -> Program? {
    try? ProgramFile.read(Check.programPath(suite, name))
  }

  static func programPath(_ suite: SuiteFile, _ name: String) -> String {
    "\(Baseline.programDirectory(of: suite))/\(fileName(name)).trn.zst"
  }

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
