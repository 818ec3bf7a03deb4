import Diagnostics
import Reports
import Sweeps

//           entry              number            before       now   change
// slower    matmul m=128       total_time_ps  67809583  70512004   +3.99 %
//   - 8 instructions added, first + Vector tensor_copy … at matmul.swift:167
// faster    …
// 41 passed, 1 failed

extension EntryResult {
  /// The word for the verdict.
  package var word: String {
    switch verdict {
    case .same: return "same"
    case .failed: return "FAILED"
    case .incomparable: return "not comparable"
    case .better, .worse:
      guard let time = changes.first(where: { $0.quantity == .time }) else {
        return verdict == .worse ? "heavier" : "lighter"
      }
      if verdict == .better { return "faster" }
      return time.new > time.old ? "slower" : "faster, but heavier"
    }
  }
}

extension EntryResult.Change {
  /// `+3.99 %`, or `new` where nothing was.
  package var shareText: String {
    guard share.isFinite else { return "new" }
    return "\(share > 0 ? "+" : "")\(fixed(share * 100, 2)) %"
  }
}

extension Check {
  /// The results for a person; entries that stayed the same are only counted.
  ///
  /// - Parameters:
  ///   - strict: Whether better numbers count as failures.
  ///   - update: Whether these are the numbers that an update accepts.
  package func text(strict: Bool, update: Bool = false, limit: Int = 50) -> String {
    let moved = results.filter { $0.verdict != .same }
    var lines: [String] = []
    let new = moved.filter { $0.old == nil && $0.verdict == .incomparable }
    for result in moved.filter({ $0.old != nil || $0.verdict == .failed }).prefix(limit) {
      lines.append("\(result.word): \(printable(result.name))")
      lines += table(result)
      for reason in result.reasons {
        lines += folded(printable(reason), first: "  - ", next: "    ")
      }
    }
    if moved.count > limit { lines.append("and \(moved.count - limit) more entries that moved") }
    if !new.isEmpty {
      let names = new.prefix(5).map(\.name).joined(separator: ", ")
      let rest = new.count > 5 ? " and \(new.count - 5) more" : ""
      lines.append("not comparable: \(new.count) without a baseline yet")
      lines += folded(printable(names + rest), first: "  - ", next: "    ")
    }
    for name in gone.prefix(limit) {
      lines.append("not comparable: \(printable(name))")
      lines.append("  - the suite has no such entry any more, the baseline has")
    }
    if !suite.leftOut.isEmpty {
      lines.append("left out: \(suite.leftOut.count) of Python scripts, which were not run")
      let names = suite.leftOut.prefix(5).joined(separator: ", ")
      let rest = suite.leftOut.count > 5 ? " and \(suite.leftOut.count - 5) more" : ""
      lines += folded(printable(names + rest), first: "  - ", next: "    ")
    }
    if !lines.isEmpty { lines.append("") }
    let code = exitCode(strict: strict)
    lines.append(verdictLine)
    if code != 0 && !update {
      let only = moved.count == 1 && gone.isEmpty ? " --only '\(moved[0].name)'" : ""
      lines.append(
        "if this is meant: trnsim update \(suite.path)\(only) --reason \"…\", and commit the baseline"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// How many of what: the last line, which continuous integration counts.
  private var verdictLine: String {
    var parts = [
      "\(count(.same) + count(.better)) passed", "\(count(.worse) + count(.failed)) failed",
    ]
    if count(.better) > 0 { parts.append("\(count(.better)) of the passed better than before") }
    let others = count(.incomparable) + gone.count
    if others > 0 { parts.append("\(others) not comparable") }
    if !suite.leftOut.isEmpty { parts.append("\(suite.leftOut.count) left out") }
    return parts.joined(separator: ", ")
  }

  private func table(_ result: EntryResult) -> [String] {
    let rows = result.changes.map { change in
      [change.quantity.rawValue, grouped(change.old), "→", grouped(change.new), change.shareText]
    }
    guard !rows.isEmpty else { return [] }
    let head = ["name", "old", "", "new", "change"]
    return aligned([head] + rows, leftAligned: ["name"]).dropFirst().map { "  " + $0 }
  }
}
