import Diagnostics
import Foundation
import Kernels
import Reports
import Sweeps
import Testing
import Workloads

@testable import Baselines

/// What a check writes for other programs.
@Suite struct CheckReportTests {
  private func slower() throws -> (Accepted, Check) {
    let accepted = try Accepted()
    try accepted.folder.write(
      threeSteps(extra: "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n"),
      to: "steps.trn")
    return (accepted, try accepted.check())
  }

  @Test func junitIsValid() throws {
    let (_, check) = try slower()
    let file = try JUnitFile(check.junit(strict: false))
    #expect(file.cases.count == 3)
    #expect(file.failures == 1 && file.errors == 0)
    let steps = try #require(file.cases.first { $0.name == "steps" })
    #expect(steps.problem == "failure")
    #expect(steps.message.hasPrefix("slower: total_time_ps"))
    let time = try #require(check.results.first { $0.name == "steps" }?.new?.time)
    #expect(steps.seconds == Double(time) / 1e12)
    for entry in file.cases {
      let lines = entry.output.split(separator: "\n")
      #expect(lines.count == Quantity.allCases.count, "every number is there")
      #expect(lines.contains("total_time_ps=\(Int((entry.seconds * 1e12).rounded()))"))
    }
  }

  /// Each verdict has its element, and names with anything in them stay text.
  @Test func junitOfEveryVerdict() throws {
    let accepted = try Accepted()
    let odd = "a <b> & \"c\" ]]> 'd' \u{1} ü"
    var baseline = accepted.baseline
    baseline.entries[odd] = baseline.entries["steps"]
    let base = "rmsnorm hidden=256 tokens="
    // One was slower, one had other parameters, one has none, one is gone.
    baseline.entries["\(base)1"]?.measurement[.time] += 1
    baseline.entries["\(base)8"]?.parameters["eps"] = "2"
    baseline.entries["steps"] = nil
    var check = try Check(accepted.suite, against: baseline)
    var failed = check.results[0]
    failed.name = "fails"
    failed.verdict = .failed
    failed.new = nil
    failed.reasons = [odd, "second\nline"]
    check.results.append(failed)
    let found = try JUnitFile(check.junit(strict: false))
    #expect(
      found.cases.map(\.problem) == [nil, "error", "error", "error", "error"],
      "better, other parameters, new, failed, gone")
    #expect(found.cases[0].output.hasPrefix("faster: total_time_ps"))
    #expect(found.cases.last?.name == odd.replacing("\u{1}", with: printable("\u{1}")))
    #expect(try JUnitFile(check.junit(strict: true)).failures == 1)
  }

  /// The reader above does find what is wrong.
  @Test(arguments: [
    (" failures=\"1\"", " failures=\"2\""), ("<failure", "<failures"), ("</failure>", ""),
    (" type=\"slower\"", ""), (" name=\"steps\"", ""), (" name=\"steps\"", " nom=\"steps\""),
    (" name=\"steps\"", " name=\"st<eps\""), ("total_time_ps=", "total & time="),
    ("<system-out>", "<properties/><system-out>"), ("</testsuites>", "</testsuites><a/>"),
    (" time=\"0", " time=\"x"), ("<?xml", "<?xml2"), ("<system-out>", "<system-out>\u{2}"),
  ])
  func invalidFilesAreFound(_ good: String, _ bad: String) throws {
    let text = try slower().1.junit(strict: false)
    #expect(text.contains(good))
    #expect(throws: JUnitFile.Invalid.self) {
      try JUnitFile(text.replacing(good, with: bad, maxReplacements: 1))
    }
  }

  @Test func annotationsNameTheLine() throws {
    let (accepted, check) = try slower()
    let lines = check.annotations(strict: false).split(separator: "\n")
    #expect(lines.count == 1)
    #expect(
      lines.first?.hasPrefix("::error file=\(accepted.folder.path)/steps.trn,line=9") == true,
      "\(lines)")
    #expect(lines.first?.contains("%0A") == true)
  }

  @Test func markdownHasARowPerMove() throws {
    let (_, check) = try slower()
    let text = check.markdown(strict: false)
    #expect(text.contains("| slower | `steps` |"))
    #expect(
      text.contains("2 the same, 1 worse, 0 better, 0 not comparable, 0 failed (exit code 2)"))
  }

  @Test func jsonHasAllNumbers() throws {
    let (_, check) = try slower()
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(check.json(strict: false).text().utf8))
        as? [String: Any])
    #expect(object["exit_code"] as? Int == 2)
    let entries = try #require(object["entries"] as? [[String: Any]])
    #expect(entries.count == 3)
    let steps = try #require(entries.first { $0["name"] as? String == "steps" })
    #expect(steps["verdict"] as? String == "worse")
    let now = try #require((steps["now"] as? [String: Any])?["total_time_ps"] as? Int)
    let before = try #require((steps["before"] as? [String: Any])?["total_time_ps"] as? Int)
    #expect(now > before)
  }

  /// Both traces and what differs, in files.
  @Test func differencesAreWritten() throws {
    let (accepted, check) = try slower()
    let files = try check.writeDifferences(to: "\(accepted.folder.path)/out", strict: false)
    #expect(files == 4)
    let names = accepted.folder.names.filter { $0.hasPrefix("out/") }
    #expect(
      names == [
        "out/report.md", "out/steps.after.pftrace.zst", "out/steps.before.pftrace.zst",
        "out/steps.diff.md",
      ])
    let report = try accepted.folder.read("out/steps.diff.md")
    #expect(report.contains("1 added, 0 removed; the first difference is at instruction 2."))
    #expect(report.contains("+ 2: Vector tensor_scalar"))
  }

  @Test func fileNamesAreSafeAndApart() {
    #expect(Check.fileName("matmul m=128") == "matmul-m=128")
    let names = ["a/b", "a:b", "../x", ".hidden", String(repeating: "n", count: 300), "å"]
    let made = names.map { Check.fileName($0) }
    #expect(Set(made).count == names.count)
    for name in made {
      #expect(!name.contains("/") && !name.hasPrefix("."))
      #expect(name.utf8.count < 160)
    }
  }

  @Test func twoBaselinesAreCompared() throws {
    let (accepted, check) = try slower()
    let after = check.updatedBaseline(reason: nil)
    let both = Check(comparing: accepted.baseline, with: after, name: "b")
    #expect(both.exitCode(strict: false) == 2)
    #expect(both.count(.same) == 2)
    let back = Check(comparing: after, with: accepted.baseline, name: "a")
    #expect(back.exitCode(strict: false) == 4)
    let same = Check(comparing: after, with: after, name: "same")
    #expect(same.exitCode(strict: false) == 0)
  }

  @Test func twoRunsAreCompared() throws {
    let both = try TwoRuns(
      Variant("add_rmsnorm", [Setting("tokens", "8"), Setting("form", "separate")]),
      Variant("add_rmsnorm", [Setting("tokens", "8"), Setting("form", "fused")]),
      evaluator: Evaluator(kernels: .builtIn))
    #expect(both.exitCode == 4)
    #expect(both.text().contains("why B takes less"))
    #expect(both.text().contains("hbm_write_bytes"))
    let same = try TwoRuns(
      Variant("softmax"), Variant("softmax"), evaluator: Evaluator(kernels: .builtIn))
    #expect(same.exitCode == 0)
    #expect(same.text().contains("instructions: the same"))
  }
}
