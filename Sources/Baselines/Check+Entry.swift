import Diagnostics
import Storage
package import Sweeps

extension Check {
  /// Compares one variant, whose programs are given, with what a baseline has under a name.
  ///
  /// - Parameters:
  ///   - name: The name in the baseline.
  ///   - tolerances: Lines `total_time_ps=+2 %`.
  ///   - path: The baseline's file; one that does not exist has nothing.
  ///   - given: By `Variant.recordingKey`.
  /// - Throws: `DiagnosticError` for tolerances and baselines that cannot be read.
  package init(
    of name: String, _ variant: Variant, tolerances: String, against path: String,
    given: [String: Evaluator.Given]
  ) throws {
    var allowed: [Quantity: Tolerance] = [:]
    for line in tolerances.split(separator: "\n") {
      let words = line.split(separator: "=", maxSplits: 1).map(String.init)
      guard words.count == 2, let quantity = Quantity(rawValue: words[0]) else {
        throw DiagnosticError(
          "there is no number '\(words.first ?? "")'",
          remedy: remedyForUnknown(words.first ?? "", known: Quantity.allCases.map(\.rawValue)))
      }
      allowed[quantity] = try Tolerance(words[1])
    }
    var suite = SuiteFile(name: name)
    suite.path = path
    suite.keepsPrograms = false
    suite.entries = [SuiteFile.Entry(name: name, variant: variant, tolerances: allowed)]
    // With a pattern other entries of the baseline are none that are gone.
    try self.init(
      suite, only: "*", against: Baseline.read(path), at: path, runner: ParallelRunner(width: 1),
      given: given)
  }

  /// Accepts the numbers; programs are not kept.
  ///
  /// - Throws: `DiagnosticError` if the file cannot be written.
  package func accept() throws {
    try writeAtomically(Array(updatedBaseline(reason: nil).text.utf8), to: baselinePath)
  }
}
