import Diagnostics
package import Reports
import Sweeps

extension Check {
  /// One line: what moved most.
  func title(_ result: EntryResult) -> String {
    guard let change = result.changes.first, result.verdict != .incomparable else {
      return "\(result.word): \(result.reasons.first ?? "")"
    }
    return "\(result.word): \(change.quantity.rawValue) \(grouped(change.old)) → "
      + "\(grouped(change.new)) (\(change.shareText))"
  }

  func detail(_ result: EntryResult) -> [String] {
    result.changes.map {
      "\($0.quantity.rawValue) \(grouped($0.old)) → \(grouped($0.new)) (\($0.shareText))"
    } + result.reasons
  }

  // MARK: - GitHub

  /// Workflow commands that GitHub shows beside the lines of a change: errors for what is worse,
  /// warnings for what cannot be compared, notices for what is better.
  package func annotations(strict: Bool) -> String {
    var out = ""
    for result in results where result.verdict != .same {
      let kind: String
      switch result.verdict {
      case .worse, .failed: kind = "error"
      case .incomparable: kind = "warning"
      case .better, .same: kind = strict ? "error" : "notice"
      }
      var properties = "title=\(Check.property(result.name + ": " + result.word))"
      if let place = result.place, place.line > 0 {
        properties = "file=\(Check.property(place.file)),line=\(place.line)," + properties
      }
      let text = ([title(result)] + result.reasons).joined(separator: "\n")
      out += "::\(kind) \(properties)::\(Check.data(text))\n"
    }
    for name in gone {
      out += "::warning title=\(Check.property(name))::the suite has no such entry any more\n"
    }
    return out
  }

  private static func data(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }

  private static func property(_ text: String) -> String {
    data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
  }

  // MARK: - Markdown

  /// A summary for a pull request.
  package func markdown(strict: Bool, limit: Int = 100) -> String {
    func cell(_ text: String) -> String {
      printable(text).replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }
    var lines = ["### trnsim: \(cell(suite.name))", ""]
    let moved = results.filter { $0.verdict != .same }
    if !moved.isEmpty {
      lines += ["| | entry | µs before | µs now | change | why |", "|---|---|---:|---:|---:|---|"]
      for result in moved.prefix(limit) {
        let old = result.old.map { microseconds($0.time) } ?? "-"
        let new = result.new.map { microseconds($0.time) } ?? "-"
        let time = EntryResult.Change(
          quantity: .time, old: Int(result.old?.time ?? 0), new: Int(result.new?.time ?? 0))
        let others = result.changes.filter { $0.quantity != .time && $0.quantity != .cycles }
          .prefix(3).map { "\($0.quantity.rawValue) \($0.shareText)" }
        let why = (result.reasons.prefix(2) + others).map(cell).joined(separator: "<br>")
        lines.append(
          "| \(cell(result.word)) | `\(cell(result.name))` | \(old) | \(new) "
            + "| \(result.old == nil || result.new == nil ? "-" : time.shareText) | \(why) |")
      }
      if moved.count > limit { lines.append("| | and \(moved.count - limit) more | | | | |") }
      lines.append("")
    }
    for name in gone { lines.append("- `\(cell(name))`: the suite has no such entry any more") }
    for result in results {
      lines += result.notes.map { "- note: `\(cell(result.name))`: \(cell($0))" }
    }
    lines.append(
      "\(count(.same)) the same, \(count(.worse)) worse, \(count(.better)) better, "
        + "\(count(.incomparable) + gone.count) not comparable, \(count(.failed)) failed "
        + "(exit code \(exitCode(strict: strict)))")
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: - JSON

  /// The results for machines; all entries, with their numbers before and now.
  package func json(strict: Bool) -> JSON {
    var counts: [String: JSON] = [:]
    for verdict in EntryResult.Verdict.allCases {
      counts[verdict.rawValue] = .integer(count(verdict))
    }
    return .object([
      "schema": .integer(1), "suite": .string(suite.name),
      "exit_code": .integer(Int(exitCode(strict: strict))), "counts": .object(counts),
      "gone": .array(gone.map { .string($0) }),
      "left_out": .array(suite.leftOut.map { .string($0) }),
      "entries": .array(
        results.map { result in
          var object: [String: JSON] = [
            "name": .string(result.name), "verdict": .string(result.verdict.rawValue),
            "reasons": .array(result.reasons.map { .string($0) }),
            "place": result.place.map { .string("\($0)") } ?? .null,
            "notes": .array(result.notes.map { .string($0) }),
          ]
          object["changes"] = .array(
            result.changes.map {
              .object([
                "metric": .string($0.quantity.rawValue), "before": .integer($0.old),
                "now": .integer($0.new),
              ])
            })
          if let new = result.new { object["now"] = .object(new.entries) }
          if let old = result.old {
            object["before"] = .object(
              Dictionary(
                uniqueKeysWithValues: Quantity.allCases.map {
                  ($0.rawValue, JSON.integer(old[$0]))
                }))
          }
          return .object(object)
        }),
    ])
  }
}
