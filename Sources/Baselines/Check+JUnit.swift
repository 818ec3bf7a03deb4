import Diagnostics
import Reports
import Sweeps

// <testsuites name="trnsim" tests="2" failures="1" errors="0">
//   <testsuite name="layer" tests="2" failures="1" errors="0" skipped="0">
//     <testcase classname="layer" name="rmsnorm" time="0.000012869000">
//       <failure message="slower: total_time_ps …" type="slower">…</failure>
//       <system-out>total_time_ps=12869000 …</system-out>

extension Check {
  /// The results as a JUnit file: one test case per entry, its time the simulated one in seconds, its
  /// numbers in its output.
  ///
  /// Entries that cannot be compared are errors; what is better fails only if `strict`. Elements and
  /// attributes are those that Jenkins' and Ant's schemas both know.
  package func junit(strict: Bool) -> String {
    let failures = count(.worse) + (strict ? count(.better) : 0)
    let errors = count(.failed) + count(.incomparable) + gone.count
    let total = results.count + gone.count + suite.leftOut.count
    let counts = "tests=\"\(total)\" failures=\"\(failures)\" errors=\"\(errors)\""
    let suiteName = Check.xml(suite.name)
    var out = """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="trnsim" \(counts)>
        <testsuite name="\(suiteName)" \(counts) skipped="\(suite.leftOut.count)">

      """
    for result in results { out += testCase(result, suiteName, strict) }
    for name in gone {
      let message = "the suite has no such entry any more"
      out += Check.testCase(
        name, suiteName, seconds: 0,
        ["<error message=\"\(message)\" type=\"gone\">\(message)</error>"])
    }
    for name in suite.leftOut { out += Check.testCase(name, suiteName, seconds: 0, ["<skipped/>"]) }
    return out + "  </testsuite>\n</testsuites>\n"
  }

  private func testCase(_ result: EntryResult, _ suite: String, _ strict: Bool) -> String {
    let tag: String?
    switch result.verdict {
    case .same: tag = nil
    case .better: tag = strict ? "failure" : nil
    case .worse: tag = "failure"
    case .failed, .incomparable: tag = "error"
    }
    var elements: [String] = []
    if let tag {
      elements.append(
        "<\(tag) message=\"\(Check.xml(title(result)))\" type=\"\(result.word)\">"
          + "\(Check.xml(detail(result).joined(separator: "\n")))</\(tag)>")
    }
    var output = result.verdict == .better ? [title(result)] + detail(result) : []
    if let new = result.new {
      output += Quantity.allCases.map { "\($0.rawValue)=\(new[$0])" }
    }
    if !output.isEmpty {
      elements.append("<system-out>\(Check.xml(output.joined(separator: "\n")))</system-out>")
    }
    return Check.testCase(
      result.name, suite, seconds: Double(result.new?.time ?? 0) / 1e12, elements)
  }

  private static func testCase(
    _ name: String, _ suite: String, seconds: Double, _ elements: [String]
  ) -> String {
    let attributes =
      "classname=\"\(suite)\" name=\"\(xml(name))\" time=\"\(fixed(seconds, 12))\""
    return "    <testcase \(attributes)>\n" + elements.map { "      \($0)\n" }.joined()
      + "    </testcase>\n"
  }

  /// Text for XML; each line without control characters.
  private static func xml(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { escapedForMarkup(printable(String($0))) }.joined(separator: "\n")
  }
}
