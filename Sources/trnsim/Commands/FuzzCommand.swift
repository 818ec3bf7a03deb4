import ArgumentParser
import Dev
import Diagnostics
import FoundationEssentials
import Glibc
import Host

struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "For developers: feed changed inputs of every kind to all that reads them.",
    discussion: help(
      """
      Each target changes inputs of one kind and drives them as far as they go: read, checked, executed, compiled with every
      pass, timed, reported, traced. What must hold is that nothing dies, that every refusal is a message, and that times,
      JSON, values and printed forms are what they must be. A case depends on the seed and its number alone; a process that
      dies says which case it was. Runs in the project's folder, whose programs, suites and test data are what is changed.

      EXAMPLES
        trnsim fuzz --list
        trnsim fuzz --cases 2000
        trnsim fuzz --target captures --target text --minutes 10 --seed 7
        trnsim fuzz --target text --seed 7 --case 1234 --keep out/case
      """), shouldDisplay: false)

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("What to feed; all kinds by default.", valueName: "name"))
  var target: [String] = []
  @Flag(help: "List the targets.")
  var list = false
  @Option(help: "How many cases of each target. (default: 200, without --minutes)")
  var cases: Int?
  @Option(help: "How long for each target, instead of a number of cases.")
  var minutes: Double?
  @Option(help: "Where random numbers begin.")
  var seed: UInt64 = 1
  @Option(name: .customLong("case"), help: "Run this case alone, and say what it did.")
  var number: Int?
  @Option(help: "The first case.")
  var first = 0
  @Option(help: "The project's folder.")
  var root = "."
  @Option(help: "A folder for the inputs of cases that fail, and of --case.")
  var keep: String?

  func validate() throws {
    if let minutes, !(minutes > 0) { throw ValidationError("--minutes must be more than 0") }
    if let cases, cases < 1 { throw ValidationError("--cases must be 1 or more") }
    if first < 0 || number ?? 0 < 0 { throw ValidationError("cases count from 0") }
    if number != nil && target.count != 1 {
      throw ValidationError("a case is one of a target: name it with --target")
    }
  }

  func run() throws {
    try reporting {
      // Before anything asks.
      setenv(Invariant.variable, "all", 1)
      if list {
        for type in fuzzTargets { print("\(type.name): \(type.summary)") }
        return
      }
      let types = try target.isEmpty ? fuzzTargets : target.map(FuzzCommand.type)
      // Loops without end are found early, and what is drawn and not given back is seen.
      if getenv(MemoryBudget.variable) == nil { MemoryBudget.choose(64 << 20) }
      // What files may do follows from the environment.
      unsetenv("TRNSIM_STRICT")
      if let keep {
        try FileManager.default.createDirectory(atPath: keep, withIntermediateDirectories: true)
      }
      let scratch = FileManager.default.temporaryDirectory
        .appendingPathComponent("trnsim-fuzz-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: scratch) }
      let plan = plan()
      let commit = FuzzCommand.commit
      var failed = 0
      for type in types {
        let run = try FuzzRun(type, FuzzPlace(root: root, scratch: scratch))
        let outcome = run.run(plan, commit: commit) { note($0) }
        print(outcome.description(of: type.name))
        failed += outcome.failures.count
      }
      if failed > 0 { throw ExitCode(1) }
    }
  }

  private func plan() -> FuzzRun.Plan {
    var plan = FuzzRun.Plan()
    plan.seed = seed
    plan.first = number ?? first
    plan.cases = number != nil ? 1 : cases ?? (minutes == nil ? 200 : nil)
    plan.seconds = minutes.map { $0 * 60 }
    plan.keep = keep
    return plan
  }

  private static func type(_ name: String) throws(DiagnosticError) -> any FuzzTarget.Type {
    guard let type = fuzzTargets.first(where: { $0.name == name }) else {
      throw DiagnosticError(
        "there is no target '\(name)'",
        remedy: remedyForUnknown(name, known: fuzzTargets.map { $0.name }))
    }
    return type
  }

  /// The sources in this folder, as git names them.
  private static var commit: String {
    guard let pipe = popen("git describe --always --dirty --exclude='*' 2>/dev/null", "r") else {
      return "unknown"
    }
    defer { pclose(pipe) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), pipe) != nil else { return "unknown" }
    return String(
      decoding: line.prefix { $0 > 0x20 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }
}
