import ArgumentParser
import Baselines
import Compiler
import Diagnostics
import Kernels
import Reports
import Storage
import Sweeps

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract:
      "Compare your device's times with predicted ones, and say what would explain the errors.",
    discussion: help(
      """
      The file has a row for each workload: a kernel with its parameters, a program file, or an entry of --suite
      (kernels of Python scripts are such), and what your device took in microseconds:

        workload,measured_us
        matmul m=1024 n=1024 k=1024,51.3
        rope.trn,12.9

      or in YAML a list 'times' of {workload: …, measured_us: …}. 'hardware' may be given as well. Paths start at the
      file's folder. Nothing is changed: neither values of the machine nor files.

      EXAMPLES
        trnsim calibrate times.csv
        trnsim calibrate times.yaml --suite suite.yaml --json -
      """))

  @Argument(help: ArgumentHelp("The measured times.", valueName: "times.csv|yaml"))
  var times: String
  @Option(help: ArgumentHelp("A suite whose entries workloads may name.", valueName: "file"))
  var suite: String?
  @Option(
    help:
      "Whose order instructions have, in workloads that do not say so: program (the author's) or compiler (the vendor's compiler's, as far as it is known)."
  )
  var schedule: Schedule?
  @Option(
    help: ArgumentHelp("Write the results as JSON; '-' prints them instead.", valueName: "file|-"))
  var json: String?
  @Option(help: "Threads; one for each core by default.")
  var jobs: Int?

  func validate() throws {
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs is 1 to 1024") }
  }

  func run() throws {
    try reporting {
      var uses = FileUses()
      uses.reads(times, as: "the measured times")
      if let suite { uses.reads(suite, as: "--suite") }
      uses.writes(json, as: "--json")
      try uses.check()
      let loaded = try suite.map { try SuiteFile(path: $0, of: .builtIn) }
      var measured = try DeviceTimes(path: times, of: .builtIn, suite: loaded)
      if let schedule { measured.prefer(schedule) }
      var progress = Progress(of: measured.rows.count, "workloads")
      let found = try Calibration(
        measured, suite: loaded, runner: ParallelRunner(width: jobs),
        progress: { progress.show($0) })
      progress.clear()
      if let json, json != "-" {
        try writeAtomically(Array((found.json.text() + "\n").utf8), to: json)
      }
      if json == "-" { print(found.json.text()) } else { show(found.blocks) }
    }
  }
}
