import Diagnostics
import Foundation
import Kernels
import Programs
import Sweeps
import Testing
import Workloads

@testable import Baselines

/// The programs beside baselines: which are kept, and what is said with and without them.
@Suite struct KeptProgramsTests {
  private static let extra = "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n"

  private func kept(_ folder: Folder) -> Set<String> {
    Set(folder.names.filter { $0.hasPrefix("s.baseline/") }.map { String($0.dropFirst(11)) })
  }

  private func digests(_ baseline: Baseline) -> Set<String> {
    Set(baseline.entries.values.map { "\($0.program).trn.zst" })
  }

  private func update(_ accepted: Accepted, at name: String) throws {
    let path = "\(accepted.folder.path)/\(name)"
    let suite = try SuiteFile(path: accepted.suite.path, of: .builtIn)
    try Check(suite, against: Baseline.read(path), at: path).writeBaseline(reason: nil)
  }

  @Test func programsHaveTheNamesOfTheirContents() throws {
    let accepted = try Accepted()
    #expect(kept(accepted.folder) == digests(accepted.baseline))
    for name in kept(accepted.folder) {
      let program = try ProgramFile.read("\(accepted.folder.path)/s.baseline/\(name)")
      #expect("\(EntryRun.digest(program)).trn.zst" == name)
    }
    // Two entries of one program keep it once.
    try accepted.folder.write(
      "entries:\n  - {program: steps.trn, name: a}\n  - {program: steps.trn, name: b}\n",
      to: "s.yaml")
    try update(accepted, at: "s.baseline.json")
    #expect(kept(accepted.folder).count == 1)
  }

  @Test func allBaselinesBesideAreHeeded() throws {
    let accepted = try Accepted()
    try accepted.folder.write(threeSteps(extra: Self.extra), to: "steps.trn")
    try update(accepted, at: "other.json")
    let other = try Baseline.read("\(accepted.folder.path)/other.json")
    #expect(other.entries["steps"]?.program != accepted.baseline.entries["steps"]?.program)
    #expect(kept(accepted.folder) == digests(accepted.baseline).union(digests(other)))
    // Both are explained by their own.
    #expect(
      try accepted.check().results.contains {
        $0.reasons.first?.hasPrefix("1 instruction added") == true
      })
    // A baseline with a merge's conflicts still names what it needs.
    let text = try accepted.folder.read("other.json")
    try accepted.folder.write(
      text.replacing("\"schema\"", with: "<<<<<<< ours\n>>>>>>> theirs\n\"schema\""),
      to: "other.json")
    try update(accepted, at: "s.baseline.json")
    #expect(digests(other).isSubset(of: kept(accepted.folder)))
    try FileManager.default.removeItem(atPath: "\(accepted.folder.path)/other.json")
    try accepted.folder.write("not a baseline", to: "notes.txt")
    try accepted.folder.write(threeSteps(), to: "steps.trn")
    try update(accepted, at: "s.baseline.json")
    #expect(kept(accepted.folder) == digests(accepted.baseline))
  }

  @Test func aSuiteThatKeepsNoneTakesNoneFromOthers() throws {
    let accepted = try Accepted()
    try accepted.folder.write("programs: none\n" + Accepted.suite, to: "s.yaml")
    try update(accepted, at: "other.json")
    #expect(kept(accepted.folder) == digests(accepted.baseline))
    try update(accepted, at: "s.baseline.json")
    // The other one, of the same programs, has none either, but names them.
    try FileManager.default.removeItem(atPath: "\(accepted.folder.path)/other.json")
    try update(accepted, at: "s.baseline.json")
    #expect(kept(accepted.folder).isEmpty)
  }

  /// This repository's own baselines have all their programs, and no others.
  @Test(arguments: ["kernels", "nki"]) func ofThisRepository(_ name: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let stem = root.appendingPathComponent("suites/\(name).baseline").path
    let baseline = try Baseline.read("\(stem).json")
    #expect(!baseline.entries.isEmpty)
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: stem)) == digests(baseline))
  }

  /// Interrupted before the baseline is in place, the old one has its programs.
  @Test func theOldBaselineKeepsItsProgramsUntilThereIsANewOne() throws {
    let accepted = try Accepted()
    try accepted.folder.write(threeSteps(extra: Self.extra), to: "steps.trn")
    let path = "\(accepted.folder.path)/s.baseline.json"
    // A directory in the baseline's place cannot be replaced.
    let check = try accepted.check()
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(throws: DiagnosticError.self) { try check.writeBaseline(reason: nil) }
    #expect(digests(accepted.baseline).isSubset(of: kept(accepted.folder)))
    #expect(kept(accepted.folder).count == accepted.baseline.entries.count + 1)
  }

  @Test func programsNamedByTheirEntries() throws {
    let accepted = try Accepted()
    let folder = accepted.folder
    let manager = FileManager.default
    for (name, entry) in accepted.baseline.entries {
      try manager.moveItem(
        atPath: "\(folder.path)/s.baseline/\(entry.program).trn.zst",
        toPath: "\(folder.path)/s.baseline/\(Check.fileName(name)).trn.zst")
    }
    try folder.write(threeSteps(extra: Self.extra), to: "steps.trn")
    let check = try accepted.check()
    #expect(check.results.contains { $0.reasons.first?.hasPrefix("1 instruction added") == true })
    // Another baseline is written: those that this one names get the names of their contents.
    try update(accepted, at: "other.json")
    #expect(digests(accepted.baseline).isSubset(of: kept(folder)))
    #expect(kept(folder).allSatisfy { $0.count == 16 + ".trn.zst".count })
    #expect(
      try accepted.check().results.contains {
        $0.reasons.first?.hasPrefix("1 instruction added") == true
      })
  }

  @Test func aProgramThatIsMissing() throws {
    let accepted = try Accepted()
    let digest = try #require(accepted.baseline.entries["steps"]?.program)
    let path = "\(accepted.folder.path)/s.baseline/\(digest).trn.zst"
    try FileManager.default.removeItem(atPath: path)
    #expect(try accepted.check().exitCode(strict: true) == 0)
    try accepted.folder.write(threeSteps(extra: Self.extra), to: "steps.trn")
    let check = try accepted.check()
    let result = try #require(check.results.first { $0.verdict == .worse })
    #expect(
      result.reasons.first == "the instructions changed; which cannot be told: "
        + "\(path), the program that the baseline names, is missing")
    try check.writeDifferences(to: "\(accepted.folder.path)/out", strict: false)
    #expect(try accepted.folder.read("out/steps.diff.md").contains("is missing"))
  }

  @Test(arguments: ["another", "damaged"]) func aProgramThatIsNotTheBaselines(_ how: String) throws
  {
    let accepted = try Accepted()
    let digest = try #require(accepted.baseline.entries["steps"]?.program)
    let path = "\(accepted.folder.path)/s.baseline/\(digest).trn.zst"
    try accepted.folder.write(threeSteps(extra: Self.extra), to: "steps.trn")
    if how == "another" {
      try ProgramFile.write(ProgramFile.read("\(accepted.folder.path)/steps.trn"), to: path)
    } else {
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    }
    let result = try #require(try accepted.check().results.first { $0.verdict == .worse })
    let what = how == "another" ? "is not the program that the baseline names" : "cannot be read"
    #expect(
      result.reasons.first == "the instructions changed; which cannot be told: \(path) \(what)")
    // The next update of the same program repairs it.
    try accepted.folder.write(threeSteps(), to: "steps.trn")
    try update(accepted, at: "s.baseline.json")
    #expect(EntryRun.digest(try ProgramFile.read(path)) == digest)
  }
}
