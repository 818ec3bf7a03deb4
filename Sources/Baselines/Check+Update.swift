import Diagnostics
import Foundation
import Programs
import Storage
import Sweeps

extension Check {
  /// The baseline with the numbers of this check; entries that were not run stay as they are.
  ///
  /// Entries that are still the same, and so do not move within their tolerances unnoticed, keep their
  /// reason; `reason` is noted for those whose numbers moved.
  public func updatedBaseline(reason: String?) -> Baseline {
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
  /// The baseline is written last: whoever is interrupted has the old one, whole.
  /// - Throws: `DiagnosticError` if an entry does not run or a file cannot be written.
  public func writeBaseline(reason: String?, to path: String) throws {
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
    if suite.keepsPrograms { try writePrograms() }
    try removePrograms(keeping: suite.keepsPrograms ? Set(updated.entries.keys) : [])
    try writeAtomically(Array(updated.text.utf8), to: path)
  }

  private func writePrograms() throws {
    let directory = Baseline.programDirectory(of: suite)
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw DiagnosticError(
        "cannot make the directory '\(directory)'", remedy: "set 'programs: none' in the suite")
    }
    for entry in suite.entries {
      guard let run = runs[entry.name] else { continue }
      let path = Check.programPath(suite, entry.name)
      // One that is the same stays as it is, also its source places.
      let isSame =
        baseline.entries[entry.name]?.program == run.entry.program
        && FileManager.default.fileExists(atPath: path)
      if !isSame { try ProgramFile.write(try evaluator.program(entry.variant), to: path) }
    }
  }

  private func removePrograms(keeping names: Set<String>) throws {
    let directory = Baseline.programDirectory(of: suite)
    guard FileManager.default.fileExists(atPath: directory) else { return }
    let kept = Set(names.map { "\(Check.fileName($0)).trn.zst" })
    for file in try fileNames(in: directory)
    where file.hasSuffix(".trn.zst") && !kept.contains(file) {
      try? FileManager.default.removeItem(atPath: "\(directory)/\(file)")
    }
  }
}
