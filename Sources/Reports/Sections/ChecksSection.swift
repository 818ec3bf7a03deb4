import Simulation

//   check     out: passed   error 0.17 % of the norm, largest difference 0.015055, allowed 0.021694 (…)

/// Whether the outputs agree with their references.
struct ChecksSection: Section {
  static let name = "checks"
  static let title = "Checks"

  let checks: [NumericCheck]
  let remarks: [String]
  let hasSeveralRanks: Bool

  init?(_ subject: Subject) {
    guard let report = subject.report else { return nil }
    checks = report.run.checks
    remarks = report.run.remarks
    hasSeveralRanks = report.hasSeveralCores
  }

  var blocks: [Block] {
    var facts: [Block.Fact] = []
    for (index, check) in checks.enumerated() {
      let key = "checks.\(index)"
      var text: Phrase = "\(hasSeveralRanks ? "rank \(check.rank) " : "")\(check.output): "
      text += check.passed ? "\("passed", .good)   " : "\("FAILED", .bad)   "
      if let error = check.relativeError {
        text += "error "
        text += Phrase(
          Figure("\(significant(error * 100)) %", .real(error), "\(key).relative_error"))
        text += " of the norm, "
      }
      text += "largest difference "
      text += Phrase(figure(check.maxAbsDifference, "\(key).max_abs_difference"))
      text += ", allowed "
      text += Phrase(figure(check.tolerance, "\(key).tolerance"))
      facts.append(Block.Fact("check", text + " (\(check.rule))"))
    }
    let blocks: [Block] = facts.isEmpty ? [] : [.facts(facts)]
    return blocks + (remarks.isEmpty ? [] : [.facts(remarks.map { Block.Fact("", Phrase($0)) })])
  }

  var values: [String: JSON] {
    ["checks": .array(checks.map { owned(JSON($0), rank: $0.rank, hasSeveralRanks) })]
  }

  /// A number with about four significant digits, as in `0.001234` or `1.2e-09`.
  private func figure(_ value: Double, _ key: String) -> Figure {
    guard value.isFinite else { return Figure("\(value)", .real(value), key) }
    let magnitude = abs(value)
    let text =
      value == 0
      ? "0"
      : magnitude < 1e-4 || magnitude >= 1e6
        ? scientific(value) : fixed(value, magnitude >= 1 ? 3 : 6)
    return Figure(text, .real(value), key)
  }
}

/// What belongs to a rank, with its number where there are several cores.
func owned(_ value: JSON, rank: Int, _ hasSeveralRanks: Bool) -> JSON {
  hasSeveralRanks ? value.adding("rank", .integer(rank)) : value
}

extension JSON {
  fileprivate init(_ check: NumericCheck) {
    var object: [String: JSON] = [
      "output": .string(check.output),
      "max_abs_difference": .real(check.maxAbsDifference),
      "tolerance": .real(check.tolerance),
      "rule": .string(check.rule),
      "passed": .bool(check.passed),
    ]
    if let error = check.relativeError { object["relative_error"] = .real(error) }
    self = .object(object)
  }
}
