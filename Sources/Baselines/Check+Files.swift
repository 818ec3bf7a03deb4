import Device
import Diagnostics
import FoundationEssentials
import Hardware
import Machine
import Programs
import Reports
import Simulation
package import Storage
import Sweeps
import Workloads

extension Check {
  /// Entries whose differences are written at most; the worst come first.
  package static let fileLimit = 20

  /// Writes what shows the differences: `report.md`, and of each entry that moved `NAME.diff.md` and the
  /// traces `NAME.before.pftrace.zst` and `NAME.after.pftrace.zst`.
  ///
  /// The trace before is that of the kept program on the baseline's hardware. Without a kept program it
  /// is left out, unless only the hardware changed; the report says so.
  /// - Returns: Number of files; 0 if nothing moved.
  @discardableResult
  package func writeDifferences(to directory: String, strict: Bool) throws -> Int {
    let moved = results.filter { $0.verdict != .same && $0.new != nil && $0.old != nil }
      .sorted { (weight($1), $0.name) < (weight($0), $1.name) }
    guard !moved.isEmpty else { return 0 }
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw DiagnosticError(
        "cannot make the directory '\(directory)'", remedy: "choose another --output-dir")
    }
    var files = 1
    try writeAtomically(
      Array(markdown(strict: strict).utf8), to: "\(directory)/report.md")
    for result in moved.prefix(Check.fileLimit) {
      guard let entry = suite.entries.first(where: { $0.name == result.name }) else { continue }
      let stem = "\(directory)/\(Check.fileName(result.name))"
      let after = try evaluator.run(entry.variant)
      let before = try runBefore(entry, now: after)
      var lines = ["# \(printable(result.name))", "", "\(result.word)", ""]
      lines += differenceTable(result)
      lines += [""] + result.reasons.map { "- \(printable($0))" }
      if let before {
        lines +=
          ["", "## Instructions", ""]
          + instructionLines(
            before.slowestCore.program, after.slowestCore.program)
        try PerfettoTrace.write(before, to: stem + ".before.pftrace.zst")
        files += 1
      } else {
        lines += ["", "There is no trace of before: \(printable(reasonForNoTrace(entry, after)))."]
      }
      try PerfettoTrace.write(after, to: stem + ".after.pftrace.zst")
      try writeAtomically(
        Array((lines.joined(separator: "\n") + "\n").utf8), to: stem + ".diff.md")
      files += 2
    }
    return files
  }

  private func reasonForNoTrace(_ entry: SuiteFile.Entry, _ now: Run) -> String {
    guard suite.keepsPrograms, let before = baseline.entries[entry.name] else {
      return "the suite keeps no programs (`programs: none`)"
    }
    guard before.programs.count == now.layout.count else {
      return
        "the baseline has the programs of \(before.programs.count) of \(now.layout.count) cores"
    }
    for digest in before.programs {
      switch kept.program(digest, of: entry.name) {
      case .nothing(let problem): return problem
      case .program(let program) where program.hasControlFlow:
        return "what is kept of a program with loops is what it executed, which does not run"
      case .program: continue
      }
    }
    return "it cannot be run"
  }

  /// What the check reads and writes.
  ///
  /// - Parameter directory: Where differences go.
  package static func files(
    of suite: SuiteFile, against baseline: Baseline, at path: String, differences directory: String?
  ) -> FileUses {
    var uses = FileUses()
    uses.reads(suite.path, as: "the suite")
    let kept = KeptPrograms(of: suite, baseline: path)
    for entry in suite.entries {
      let what = entry.variant.isScript ? "a script of the suite" : "a program of the suite"
      for path in Workload(entry.variant.subject, of: suite.kernels, beside: suite.path).files {
        uses.reads(pathBeside(suite.path, path), as: what)
      }
      if !Hardware.builtinNames.contains(entry.variant.hardware) {
        uses.reads(entry.variant.hardware, as: "the hardware's configuration")
      }
      if let before = baseline.entries[entry.name] {
        for file in before.programs.flatMap({ kept.paths($0, of: entry.name) }) {
          uses.reads(file, as: "a program that the baseline names")
        }
      }
    }
    guard let directory else { return uses }
    uses.writes("\(directory)/report.md", as: "--output-dir")
    for entry in suite.entries {
      let stem = "\(directory)/\(Check.fileName(entry.name))"
      for ending in [".diff.md", ".before.pftrace.zst", ".after.pftrace.zst"] {
        uses.writes(stem + ending, as: "--output-dir")
      }
    }
    return uses
  }

  private func weight(_ result: EntryResult) -> Double {
    result.changes.map { abs($0.share.isFinite ? $0.share : 1) }.max() ?? 0
  }

  /// The run that the baseline was made from, as far as it can be made again.
  private func runBefore(_ entry: SuiteFile.Entry, now: Run) throws -> Run? {
    guard let before = baseline.entries[entry.name] else { return nil }
    let set: ProgramSet
    if runs[entry.name]?.entry.hasSamePrograms(as: before) == true {
      set = now.set
    } else {
      guard suite.keepsPrograms, before.programs.count == now.layout.count else { return nil }
      let found = before.programs.compactMap { digest in
        if case .program(let program) = kept.program(digest, of: entry.name) {
          program
        } else {
          nil
        }
      }
      guard found.count == now.layout.count else { return nil }
      set = ProgramSet(layout: now.layout, programs: found)
    }
    // What loops executed is a record of them, with their ends, and runs no more.
    if set.programs.contains(where: \.hasControlFlow) { return nil }
    var hardware = now.hardware
    if let machine = baseline.hardware[before.hardware] {
      let changed = machine.values.filter { hardware.value(of: $0.key) != $0.value }
      // Values that only one of the two has cannot be set; the rest is as near as it gets.
      let known = changed.filter { hardware.value(of: $0.key) != nil }
      hardware = try hardware.overridden(
        by: known.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    }
    var options = Simulation.Options()
    options.mode = .timingOnly
    return try Simulation.run(set, on: hardware, options: options)
  }

  private func differenceTable(_ result: EntryResult) -> [String] {
    guard let old = result.old, let new = result.new else { return [] }
    return ["| | before | now | change |", "|---|---:|---:|---:|"]
      + Quantity.allCases.filter { old[$0] != 0 || new[$0] != 0 }.map { quantity in
        let change = EntryResult.Change(
          quantity: quantity, old: old[quantity], new: new[quantity])
        let text = change.old == change.new ? "" : change.shareText
        return
          "| \(quantity.rawValue) | \(grouped(change.old)) | \(grouped(change.new)) | \(text) |"
      }
  }

  private func instructionLines(_ before: Program, _ after: Program) -> [String] {
    let difference = ProgramDifference(from: before, to: after)
    guard let first = difference.firstDifference else { return ["The same."] }
    var lines = [
      "\(difference.added) added, \(difference.removed) removed; the first difference is at "
        + "instruction \(first).", "", "```diff",
    ]
    for change in difference.changes.prefix(200) {
      let place = change.location.map { "  @\($0)" } ?? ""
      lines.append(
        "\(change.isAdded ? "+" : "-") \(change.index): \(printable(change.text))\(place)")
    }
    if difference.changes.count > 200 {
      lines.append("… and \(difference.changes.count - 200) more")
    }
    return lines + ["```"]
  }
}
