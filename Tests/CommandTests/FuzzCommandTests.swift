import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `trnsim fuzz`: a few cases of each target, and what is said of those that fail.
@Suite struct FuzzCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private static let targets = [
    "forms", "text", "binary", "programs", "cores", "instructions", "captures", "hardware",
    "suites", "baselines", "stores", "arrays", "traces", "sessions",
  ]

  @Test func allTargetsAreListed() async throws {
    let outcome = try await trnsim(["fuzz", "--list"], in: try Scratch())
    let names = outcome.output.split(separator: "\n").map { $0.prefix { $0 != ":" } }
    #expect(names == Self.targets.map { $0[...] })
  }

  @Test(arguments: targets)
  func casesOfEachTargetHold(_ target: String) async throws {
    let scratch = try Scratch()
    let outcome = try await trnsim(
      ["fuzz", "--target", target, "--cases", "12", "--root", Self.root], in: scratch)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("\(target): 12 cases, "), "\(outcome.output)")
    #expect(outcome.output.hasSuffix("; 0 failed\n"), "\(outcome.output)")
    #expect(outcome.files.isEmpty)
  }

  @Test func aCaseIsTheSameEachTime() async throws {
    func text(_ seed: String, _ number: String) async throws -> [UInt8]? {
      let outcome = try await trnsim(
        [
          "fuzz", "--target", "text", "--seed", seed, "--case", number, "--keep", "kept", "--root",
          Self.root,
        ], in: try Scratch())
      return outcome.files["kept/input.trn"]
    }
    let one = try await text("3", "5000")
    #expect(one?.isEmpty == false)
    #expect(try await text("3", "5000") == one)
    #expect(try await text("4", "5000") != one)
    #expect(try await text("3", "5001") != one)
  }

  @Test func aProcessThatDiesSaysItsCase() async throws {
    let running = try start(
      ["fuzz", "--target", "arrays", "--seed", "9", "--minutes", "5", "--root", Self.root],
      in: try Scratch())
    while running.process.isRunning {
      let said = String(decoding: try running.streams.read("errors"), as: UTF8.self)
      if said.hasPrefix("arrays: seed 9, cases from 0 on, commit ") { break }
      try await Task.sleep(for: .milliseconds(5))
    }
    kill(running.process.processIdentifier, SIGSEGV)
    while running.process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    let outcome = try running.outcome()
    #expect(outcome.code == -SIGSEGV)
    let line = /fuzz: this case ended the process: trnsim fuzz --target arrays --seed 9 --case \d+/
    #expect(outcome.errors.contains(line), "\(outcome.errors)")
  }

  @Test func mistakesAreTold() async throws {
    let scratch = try Scratch()
    for (arguments, message) in [
      (["--target", "txt"], "there is no target 'txt'"),
      (["--case", "3"], "a case is one of a target"),
      (["--minutes", "0"], "--minutes must be more than 0"),
    ] {
      let outcome = try await trnsim(["fuzz"] + arguments, in: scratch)
      #expect(outcome.code != 0)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
  }
}
