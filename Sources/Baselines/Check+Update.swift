import Diagnostics
import Programs
import Storage
import Sweeps

extension Check {
  /// The baseline with the numbers of this check; entries that were not run stay as they are.
  ///
  /// Entries that are still the same, and so do not move within their tolerances unnoticed, keep their
  /// reason; `reason` is noted for those whose numbers moved.
  package func updatedBaseline(reason: String?) -> Baseline {
    var updated = baseline
    for name in gone { updated.entries[name] = nil }
    for (name, run) in runs where run.failure == nil {
      var entry = run.entry
      let before = baseline.entries[name]
      entry.reason = before?.reason
      if let reason, before?.measurement != run.entry.measurement || before == nil {
        let isMoved = results.contains { $0.name == name && $0.verdict != .same }
        if isMoved { entry.reason = reason }
      }
      updated.entries[name] = entry
      updated.hardware[entry.hardware] = run.machine
    }
    let used = Set(updated.entries.values.map(\.hardware))
    updated.hardware = updated.hardware.filter { used.contains($0.key) }
    return updated
  }

  /// Writes the baseline, and the programs that it was made from if the suite keeps them.
  ///
  /// First the programs that are new, then the baseline, then those go that no baseline names any more:
  /// whoever is interrupted has the old baseline or the new one, with its programs.
  /// - Throws: `DiagnosticError` if an entry does not run or a file cannot be written.
  package func writeBaseline(reason: String?) throws {
    let failed = results.filter { $0.verdict == .failed }
    guard failed.isEmpty else {
      throw DiagnosticError(
        failed.map {
          Diagnostic(
            .error, "'\($0.name)' does not run: \($0.reasons.joined(separator: "; "))",
            remedy: "repair it, take it out of the suite, or update others with --only")
        })
    }
    let updated = updatedBaseline(reason: reason)
    let named = suite.keepsPrograms ? Set(updated.entries.values.flatMap(\.programs)) : []
    // Another update beside this one must not take these programs for nobody's.
    if suite.keepsPrograms { try kept.make() }
    let lock = DirectoryLock(kept.directory)
    defer { lock?.release() }
    if suite.keepsPrograms {
      for entry in suite.entries {
        guard let run = runs[entry.name] else { continue }
        var found: [String: Program]?
        for digest in Set(run.entry.programs).sorted() {
          try kept.keep(digest, of: entry.name) {
            let all = try found ?? programs(of: entry, run)
            found = all
            return all[digest]
          }
        }
      }
    }
    try writeAtomically(Array(updated.text.utf8), to: baselinePath)
    try kept.prune(after: (baselinePath, named))
  }
}
