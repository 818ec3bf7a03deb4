import Foundation
import Reports
import Sweeps
import Testing

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

  @Test func junitIsWellFormed() throws {
    let (_, check) = try slower()
    let text = check.junit(strict: false)
    let xml = try XMLElements(text)
    #expect(xml.names.prefix(2) == ["testsuites", "testsuite"])
    #expect(xml.names.filter { $0 == "testcase" }.count == 3)
    #expect(xml.names.filter { $0 == "failure" }.count == 1)
    #expect(text.contains("tests=\"3\" failures=\"1\" errors=\"0\""))
    #expect(text.contains("classname=\"test\" name=\"steps\""))
    #expect(text.contains("slower: total_time_ps"))
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
      Variant("add_rmsnorm", [Setting("tokens", "8"), Setting("form", "fused")]))
    #expect(both.exitCode == 4)
    #expect(both.text.contains("why B takes less"))
    #expect(both.text.contains("hbm_write_bytes"))
    let same = try TwoRuns(Variant("softmax"), Variant("softmax"))
    #expect(same.exitCode == 0)
    #expect(same.text.contains("instructions: the same"))
  }
}

/// The elements of a well-formed XML text, in the order of their beginnings.
struct XMLElements {
  struct Malformed: Error { var at: String }
  private(set) var names: [String] = []

  init(_ text: String) throws {
    var open: [String] = []
    for piece in text.split(separator: "<") {
      guard let end = piece.firstIndex(of: ">") else { throw Malformed(at: String(piece)) }
      let tag = piece[..<end]
      if tag.hasPrefix("?") { continue }
      if tag.hasPrefix("/") {
        guard open.popLast() == String(tag.dropFirst()) else { throw Malformed(at: String(tag)) }
        continue
      }
      let name = String(tag.prefix { $0 != " " && $0 != "/" })
      names.append(name)
      guard tag.filter({ $0 == "\"" }).count.isMultiple(of: 2) else {
        throw Malformed(at: String(tag))
      }
      if !tag.hasSuffix("/") { open.append(name) }
    }
    guard open.isEmpty else { throw Malformed(at: open.joined(separator: " ")) }
  }
}
