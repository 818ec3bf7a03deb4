import Device
import Diagnostics
import Foundation
import Kernels
import Reports
import Sweeps
import Testing
import Workloads

@testable import Baselines

/// The gate: what is caught, named and attributed.
@Suite struct CheckTests {
  @Test func nothingChanged() throws {
    let accepted = try Accepted()
    let check = try accepted.check()
    #expect(check.exitCode(strict: false) == 0)
    #expect(check.exitCode(strict: true) == 0)
    #expect(check.results.count == 3)
    #expect(check.text(strict: false) == "3 passed, 0 failed\n")
    #expect(try check.writeDifferences(to: "\(accepted.folder.path)/out", strict: false) == 0)
    #expect(!accepted.folder.names.contains("out"))
    // Accepting the same numbers changes no byte.
    let before = try accepted.folder.read("s.baseline.json")
    try check.writeBaseline(reason: "again")
    #expect(try accepted.folder.read("s.baseline.json") == before)
  }

  /// The gate can fail: one instruction more is caught, named by its engine and line.
  @Test func oneInstructionMore() throws {
    let accepted = try Accepted()
    try accepted.folder.write(
      threeSteps(extra: "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n"),
      to: "steps.trn")
    let check = try accepted.check()
    #expect(check.exitCode(strict: false) == 2)
    let result = try #require(check.results.first { $0.name == "steps" })
    #expect(result.verdict == .worse)
    #expect(result.word == "slower")
    #expect(check.count(.same) == 2)
    let counted = try #require(result.changes.first { $0.quantity == .vectorInstructions })
    #expect(counted.new == counted.old + 1)
    #expect(
      result.reasons.first?.hasPrefix("1 instruction added, first + Vector tensor_scalar") == true)
    #expect(result.place?.file.hasSuffix("steps.trn") == true && result.place?.line == 9)
    #expect(
      result.reasons.contains { $0.hasPrefix("Vector executes 3 instructions instead of 2") },
      "\(result.reasons)")
    let text = check.text(strict: false)
    #expect(text.contains("total_time_ps"))
    #expect(text.contains("2 passed, 1 failed"))
    #expect(text.contains("trnsim update"))
  }

  /// What had no room on chip is a number as well; files say it only where there is some.
  @Test func spilledBytesAreCompared() throws {
    let accepted = try Accepted()
    #expect(try !accepted.folder.read("s.baseline.json").contains("spill_save_bytes"))
    let lines = threeSteps().split(separator: "\n", omittingEmptySubsequences: false)
    let spilled =
      lines[..<2] + ["meta spill_save_bytes = 4096", "meta spill_reload_bytes = 8192"] + lines[2...]
    try accepted.folder.write(spilled.joined(separator: "\n"), to: "steps.trn")
    let check = try accepted.check()
    let result = try #require(check.results.first { $0.name == "steps" })
    #expect(result.verdict == .worse)
    #expect(
      result.changes.map(\.quantity.rawValue) == ["spill_save_bytes", "spill_reload_bytes"])
    #expect(result.changes.map(\.new) == [4096, 8192])
    try check.writeBaseline(reason: "spills")
    #expect(try accepted.folder.read("s.baseline.json").contains("\"spill_save_bytes\": 4096"))
    #expect(try Check(accepted.suite, against: accepted.baseline).exitCode(strict: true) == 2)
  }

  /// What the compiler tells of a kernel is said and judges nothing.
  @Test func notesOfTheCompilerAreShown() throws {
    let accepted = try Accepted()
    let lines = threeSteps().split(separator: "\n", omittingEmptySubsequences: false)
    let noted = lines[..<2] + ["meta row_sums_of_activations = 1"] + lines[2...]
    try accepted.folder.write(noted.joined(separator: "\n"), to: "steps.trn")
    let check = try accepted.check()
    #expect(check.exitCode(strict: true) == 0)
    #expect(check.text(strict: true).hasPrefix("note: steps\n"))
    #expect(check.text(strict: true).contains("activation with reduce_res, 1 time: "))
    #expect(check.markdown(strict: true).contains("- note: `steps`: activation with reduce_res"))
    let words = check.json(strict: true).text().split(whereSeparator: \.isWhitespace).joined()
    #expect(words.contains("\"notes\":[\"activationwithreduce_res"))
  }

  /// The way back is a speed-up, shown as loudly, and a failure where baselines must not lag.
  @Test func oneInstructionLess() throws {
    let accepted = try Accepted(
      program: threeSteps(
        extra: "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n"))
    try accepted.folder.write(threeSteps(), to: "steps.trn")
    let check = try accepted.check()
    #expect(check.exitCode(strict: false) == 4)
    #expect(check.exitCode(strict: true) == 2)
    let result = try #require(check.results.first { $0.verdict == .better })
    #expect(result.word == "faster")
    #expect(result.reasons.first?.hasPrefix("1 removed, first - Vector tensor_scalar") == true)
    #expect(check.junit(strict: true).contains("<failure"))
    #expect(!check.junit(strict: false).contains("<failure"))
    #expect(check.annotations(strict: false).contains("::notice "))
  }

  /// One constant of the hardware changed: named, with both values.
  @Test func oneConstantChanged() throws {
    let accepted = try Accepted()
    try accepted.folder.write(
      Accepted.suite + "\n    set: {dma.bytes_per_cycle: 16}\n", to: "s.yaml")
    var baseline = accepted.baseline
    // What an edited configuration file looks like: the same name, another value.
    let key = "trn2 dma.bytes_per_cycle=16"
    baseline.hardware[key] = baseline.hardware["trn2"]
    for name in baseline.entries.keys where name.hasPrefix("rmsnorm") {
      let entry = baseline.entries.removeValue(forKey: name)
      baseline.entries["\(name) dma.bytes_per_cycle=16"] = entry
      baseline.entries["\(name) dma.bytes_per_cycle=16"]?.hardware = key
    }
    let check = try Check(SuiteFile(path: accepted.suite.path, of: .builtIn), against: baseline)
    #expect(check.exitCode(strict: false) == 3)
    let moved = check.results.filter { $0.verdict == .incomparable }
    #expect(moved.count == 2)
    for result in moved {
      #expect(result.reasons.first == "hardware changed: dma.bytes_per_cycle 32 → 16")
      let time = try #require(result.changes.first { $0.quantity == .time })
      #expect(time.new > time.old)
      #expect(result.reasons.count > 1, "what it does to the time is shown as well")
    }
    // Both traces can be made: the baseline has the old value.
    let out = "\(accepted.folder.path)/out"
    #expect(try check.writeDifferences(to: out, strict: false) == 1 + 2 * 3)
  }

  @Test func otherParametersAreNotComparable() throws {
    let accepted = try Accepted()
    try accepted.folder.write(threeSteps(width: 256), to: "steps.trn")
    try accepted.folder.write(
      """
      suite: test
      entries:
        - program: steps.trn
        - {kernel: rmsnorm, name: "rmsnorm hidden=256 tokens=1", parameters: {tokens: 2, hidden: 256}}
        - {kernel: rmsnorm, name: new, parameters: {tokens: 1, hidden: 256}}
      """, to: "s.yaml")
    let check = try accepted.check()
    #expect(check.exitCode(strict: false) == 3)
    #expect(check.gone == ["rmsnorm hidden=256 tokens=8"])
    let reasons = Dictionary(
      uniqueKeysWithValues: check.results.map { ($0.name, $0.reasons.joined(separator: "\n")) })
    #expect(reasons["steps"]?.contains("input x float32 [128, 512] → float32 [128, 256]") == true)
    #expect(reasons["rmsnorm hidden=256 tokens=1"]?.contains("tokens 1 → 2") == true)
    #expect(reasons["new"] == "there is no baseline for it yet")
  }

  @Test func whatDoesNotRunFails() throws {
    let accepted = try Accepted()
    try accepted.folder.write("trnsim program 1\nkernel broken\nnonsense\n", to: "steps.trn")
    let check = try accepted.check()
    #expect(check.exitCode(strict: false) == 2)
    #expect(check.count(.failed) == 1)
    #expect(throws: DiagnosticError.self) {
      try check.writeBaseline(reason: nil)
    }
    #expect(try Baseline.read(Baseline.path(of: accepted.suite)) == accepted.baseline)
  }

  @Test func tolerancesHaveDirections() throws {
    let slower = threeSteps(
      extra: "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n")
    for (tolerance, code) in [
      ("{total_time_ps: 50 %, vector_engine_instruction_count: 1}", 0),
      ("{total_time_ps: +50 % -0, vector_engine_instruction_count: +1}", 0),
      ("{total_time_ps: -50 %, vector_engine_instruction_count: 1}", 2),
      ("{total_time_ps: 50 %}", 2),
      ("{total_time_ps: 0.01 %, vector_engine_instruction_count: 1}", 2),
    ] {
      let accepted = try Accepted("tolerance: \(tolerance)\n" + Accepted.suite)
      try accepted.folder.write(slower, to: "steps.trn")
      #expect(try accepted.check().exitCode(strict: false) == Int32(code), "\(tolerance)")
    }
  }

  @Test func updatesOfSomeEntries() throws {
    let accepted = try Accepted()
    try accepted.folder.write(
      threeSteps(extra: "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n"),
      to: "steps.trn")
    let suite = try SuiteFile(path: accepted.suite.path, of: .builtIn)
    let path = Baseline.path(of: suite)
    let others = try Check(suite, only: "rmsnorm*", against: Baseline.read(path))
    #expect(others.results.count == 2)
    try others.writeBaseline(reason: "none of these moved")
    #expect(try Baseline.read(path) == accepted.baseline)
    #expect(try accepted.check().exitCode(strict: false) == 2)
    let one = try Check(suite, only: "steps", against: Baseline.read(path))
    try one.writeBaseline(reason: "scaled twice")
    let updated = try Baseline.read(path)
    #expect(updated.entries["steps"]?.reason == "scaled twice")
    #expect(updated.entries["rmsnorm hidden=256 tokens=1"]?.reason == "first")
    #expect(try accepted.check().exitCode(strict: false) == 0)
    #expect(throws: DiagnosticError.self) {
      try Check(suite, only: "nothing", against: updated)
    }
  }

  @Test func withoutKeptPrograms() throws {
    let accepted = try Accepted("programs: none\n" + Accepted.suite)
    #expect(!accepted.folder.names.contains { $0.hasSuffix(".trn.zst") })
    try accepted.folder.write(
      threeSteps(extra: "tensor_scalar dst=b data=b op0=multiply operand0=1.0 engine=vector\n"),
      to: "steps.trn")
    let check = try accepted.check()
    let result = try #require(check.results.first { $0.verdict == .worse })
    #expect(result.reasons.first == "the instructions changed")
    #expect(result.reasons.contains { $0.hasPrefix("Vector executes 3 instructions instead of 2") })
    let out = "\(accepted.folder.path)/out"
    try check.writeDifferences(to: out, strict: false)
    #expect(try accepted.folder.read("out/steps.diff.md").contains("no trace of before"))
  }

  /// The simulator's own model changed: the same instructions, another time.
  @Test func sameInstructionsOtherTime() throws {
    let accepted = try Accepted()
    var baseline = accepted.baseline
    baseline.entries["steps"]?.measurement[.time] -= 1000
    let check = try Check(accepted.suite, against: baseline)
    #expect(check.exitCode(strict: false) == 2)
    let result = try #require(check.results.first { $0.verdict == .worse })
    #expect(
      result.reasons.first == "the instructions are the same: the simulator's own model changed")
    #expect(check.text(strict: false).contains("+0.0"))
  }

  /// What a loop executed is kept as a record, which does not run: the check says so and goes on.
  @Test func loopsHaveNoTraceOfBefore() throws {
    let looped = threeSteps(extra: "loop var=r0 stop=2 step=1\n")
      .replacingOccurrences(of: "dma_copy dst=y", with: "end_loop\ndma_copy dst=y")
    let accepted = try Accepted(program: looped)
    var baseline = accepted.baseline
    baseline.entries["steps"]?.measurement[.time] -= 1000
    let check = try Check(accepted.suite, against: baseline)
    #expect(try check.writeDifferences(to: accepted.folder.path + "/out", strict: false) == 3)
    let text = try accepted.folder.read("out/steps.diff.md")
    #expect(text.contains("There is no trace of before: what is kept of a program with loops"))
  }
}
