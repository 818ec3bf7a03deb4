import ArgumentParser
import Baselines
import Compiler
import Diagnostics
import FoundationEssentials
import Glibc
import Kernels
import Reports
import Storage
import Sweeps

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Run a suite and compare it with the numbers that were accepted before.",
    discussion: help(
      """
      A suite lists kernels and program files; its baseline, SUITE.baseline.json beside it, has their
      times, bytes, instruction counts and memory peaks. Numbers are compared exactly, unless the suite
      gives a tolerance. Nothing is written but what the options name, and on a difference the reports
      and traces in --output-dir; 'trnsim update' accepts new numbers.

      EXAMPLES
        trnsim check suite.yaml
        trnsim check suite.yaml --only 'matmul*' --junit out/junit.xml --markdown out/summary.md
        trnsim check suite.yaml --strict --github

      EXIT CODES
        0 same · 2 something is worse or fails · 3 something cannot be compared (new, gone, other
        hardware or parameters) · 4 better only (2 with --strict) · 1 bad input · 64 usage
      """))

  @Argument(help: "The suite, a YAML file.")
  var suite: String
  @Option(help: ArgumentHelp("Entries whose names match; * is any text.", valueName: "pattern"))
  var only: String?
  @Option(
    help:
      "Whose order instructions have, in entries that do not say so: program (the author's) or compiler (the vendor's compiler's, as far as it is known)."
  )
  var schedule: Schedule?
  @Option(help: "The baseline; beside the suite by default.")
  var baseline: String?
  @Flag(help: "Better numbers are failures too, so that baselines never lag behind.")
  var strict = false
  @Flag(help: "Run no Python: entries of scripts are left out, as with suites of strangers.")
  var noScripts = false
  @Option(help: ArgumentHelp("Write a JUnit file.", valueName: "file"))
  var junit: String?
  @Option(help: ArgumentHelp("Write a summary for a pull request.", valueName: "file"))
  var markdown: String?
  @Option(
    help: ArgumentHelp("Write the results as JSON; '-' prints them instead.", valueName: "file|-"))
  var json: String?
  @Flag(
    inversion: .prefixedNo,
    help: "GitHub annotations and step summary; by default if GITHUB_ACTIONS is 'true'.")
  var github: Bool?
  @Option(help: "Where reports and traces of differences go.")
  var outputDir = "out/check"
  @Option(help: "Threads; one for each core by default.")
  var jobs: Int?

  func run() throws {
    try reporting {
      var loaded = try SuiteFile(path: suite, of: .builtIn)
      if let schedule { loaded.prefer(schedule) }
      if noScripts { loaded.leaveOutScripts() }
      let path = baseline ?? Baseline.path(of: loaded)
      let before = try Baseline.read(path)
      var uses = Check.files(
        of: loaded, against: before, at: path, differences: outputDir)
      uses.reads(path, as: "the baseline")
      uses.writes(junit, as: "--junit")
      uses.writes(markdown, as: "--markdown")
      uses.writes(json, as: "--json")
      try uses.check()
      var progress = Progress(of: loaded.entries.count, "entries")
      let check = try Check(
        loaded, only: only, against: before, at: path, runner: ParallelRunner(width: jobs),
        in: .own, progress: { progress.show($0) })
      progress.clear()
      if let junit { try writeAtomically(Array(check.junit(strict: strict).utf8), to: junit) }
      if let markdown {
        try writeAtomically(Array(check.markdown(strict: strict).utf8), to: markdown)
      }
      let whole = check.json(strict: strict).text()
      if let json, json != "-" { try writeAtomically(Array((whole + "\n").utf8), to: json) }
      let files = try check.writeDifferences(to: outputDir, strict: strict)
      if json == "-" {
        print(whole)
      } else {
        let place = "reports and traces of the differences are in \(outputDir)/"
        show((files > 0 ? [.heading(Phrase(place))] : []) + check.blocks(strict: strict))
      }
      try tellGitHub(check)
      let code = check.exitCode(strict: strict)
      if code != 0 { throw ExitCode(code) }
    }
  }

  private func tellGitHub(_ check: Check) throws {
    let environment = ProcessInfo.processInfo.environment
    guard github ?? (environment["GITHUB_ACTIONS"] == "true") else { return }
    if json != "-" { print(check.annotations(strict: strict), terminator: "") }
    guard let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
    // Other steps write there as well.
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else {
      note("note: cannot write the step summary '\(printable(path))'")
      return
    }
    defer { close(descriptor) }
    writeAll(check.markdown(strict: strict), to: descriptor)
  }
}

struct UpdateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Accept a suite's numbers as its new baseline; prints what moved.",
    discussion: help(
      """
      Run it where you write code, read the difference, and commit it. It refuses to run where the
      environment says CI, because a check that accepts its own numbers checks nothing.

      EXAMPLES
        trnsim update suite.yaml --reason "loads of two tiles at a time"
        trnsim update suite.yaml --only 'matmul*'
      """))

  @Argument(help: "The suite, a YAML file.")
  var suite: String
  @Option(help: ArgumentHelp("Entries whose names match; * is any text.", valueName: "pattern"))
  var only: String?
  @Option(help: "Why the numbers moved; kept in the baseline.")
  var reason: String?
  @Option(
    help:
      "Whose order instructions have, in entries that do not say so: program (the author's) or compiler (the vendor's compiler's, as far as it is known)."
  )
  var schedule: Schedule?
  @Option(help: "The baseline; beside the suite by default.")
  var baseline: String?
  @Flag(help: "Also where the environment says CI.")
  var allowCI = false
  @Flag(help: "Run no Python: entries of scripts keep the numbers that they have.")
  var noScripts = false
  @Option(help: "Threads; one for each core by default.")
  var jobs: Int?

  func run() throws {
    try reporting {
      let environment = ProcessInfo.processInfo.environment
      if !allowCI, let ci = environment["CI"], !["", "0", "false"].contains(ci) {
        throw DiagnosticError(
          "the environment says CI, where baselines are not written",
          remedy: "run it where you write code, or pass --allow-ci")
      }
      var loaded = try SuiteFile(path: suite, of: .builtIn)
      if let schedule { loaded.prefer(schedule) }
      if noScripts { loaded.leaveOutScripts() }
      let path = baseline ?? Baseline.path(of: loaded)
      let before = try Baseline.read(path)
      var uses = Check.files(of: loaded, against: before, at: path, differences: nil)
      uses.writes(path, as: "--baseline")
      try uses.check()
      var progress = Progress(of: loaded.entries.count, "entries")
      let check = try Check(
        loaded, only: only, against: before, at: path, runner: ParallelRunner(width: jobs),
        in: .own, progress: { progress.show($0) })
      progress.clear()
      show(check.blocks(strict: false, update: true))
      try check.writeBaseline(reason: reason)
      print("\(check.results.count) entries are accepted in \(printable(path))")
    }
  }
}
