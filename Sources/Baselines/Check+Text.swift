import Diagnostics
package import Reports
import Sweeps

// slower: matmul m=128
//                      before         now   change
//   total_time_ps  67,809,583  70,512,004  +3.99 %
//
//   - 8 instructions added, first + Vector tensor_copy … at matmul.swift:167
//
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
  /// The results for people; entries that stayed the same are only counted.
  ///
  /// - Parameters:
  ///   - strict: Whether better numbers count as failures.
  ///   - update: Whether these are the numbers that an update accepts.
  ///   - limit: Entries that are shown.
  package func blocks(strict: Bool, update: Bool = false, limit: Int = 50) -> [Block] {
    let moved = results.filter { $0.verdict != .same }
    var blocks: [Block] = []
    let new = moved.filter { $0.old == nil && $0.verdict == .incomparable }
    for result in moved.filter({ $0.old != nil || $0.verdict == .failed }).prefix(limit) {
      blocks.append(.heading("\(result.word): \(result.name)"))
      if !result.changes.isEmpty { blocks.append(.table(table(result))) }
      if !result.reasons.isEmpty { blocks.append(.list(result.reasons.map { Phrase($0) })) }
    }
    if moved.count > limit {
      blocks.append(.heading("and \(.count(moved.count - limit)) more entries that moved"))
    }
    if !new.isEmpty {
      blocks.append(.heading("not comparable: \(.count(new.count)) without a baseline yet"))
      blocks.append(.list([names(new.map(\.name))]))
    }
    for name in gone.prefix(limit) {
      blocks.append(.heading("not comparable: \(name)"))
      blocks.append(.list(["the suite has no such entry any more, the baseline has"]))
    }
    if !suite.leftOut.isEmpty {
      let count = Figure.count(suite.leftOut.count)
      blocks.append(.heading("left out: \(count) of Python scripts, which were not run"))
      blocks.append(.list([names(suite.leftOut)]))
    }
    let noted = results.filter { !$0.notes.isEmpty }
    for result in noted.prefix(limit) {
      blocks.append(.heading("note: \(result.name)"))
      blocks.append(.list(result.notes.map { Phrase($0) }))
    }
    let code = exitCode(strict: strict)
    blocks.append(.heading(Phrase(verdictLine)))
    if code != 0 && !update {
      let only = moved.count == 1 && gone.isEmpty ? " --only '\(moved[0].name)'" : ""
      blocks.append(
        .sentence(
          "if this is meant: trnsim update \(suite.path)\(only) --reason \"…\", and commit the baseline"
        ))
    }
    return blocks
  }

  /// The same on a page.
  package func text(
    strict: Bool, update: Bool = false, limit: Int = 50, on page: Page = Page()
  ) -> String {
    blocks(strict: strict, update: update, limit: limit).text(on: page)
  }

  /// The first of many.
  private func names(_ all: [String]) -> Phrase {
    let rest = all.count > 5 ? " and \(all.count - 5) more" : ""
    return Phrase(all.prefix(5).joined(separator: ", ") + rest)
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

  private func table(_ result: EntryResult) -> Table {
    Table(
      [
        Table.Column("", .text, isKey: true), Table.Column("before"), Table.Column("now"),
        Table.Column("change"),
      ],
      result.changes.map { change in
        [
          .text(change.quantity.rawValue), .figure(.count(change.old)),
          .figure(.count(change.new)), .text(change.shareText),
        ]
      })
  }
}
