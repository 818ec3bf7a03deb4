import ArgumentParser
import Baselines
import Diagnostics
import Glibc
import Hardware
import Kernels
import Models
import Reports
import Storage

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run every kernel of Qwen3-30B-A3B's MoE layer; one table.",
    discussion: help(
      """
      Each kernel runs at the model's shapes, values and time, and is compared with a float64 reference.
      The output directory gets a JSON report and a Perfetto trace of each.

      EXAMPLES
        trnsim demo
        trnsim demo --tokens 512 --output-dir prefill --set hbm.bandwidth_per_stack=1000
      """))

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Rows of the activations.", valueName: "count"))
  var tokens = [128, 1]
  @Option(help: "Where reports and traces go; it is made if it is missing.")
  var outputDir = "out"
  @OptionGroup var hardware: HardwareOptions

  func run() throws {
    try reporting {
      let demo = Demo.qwen3Layer(tokens: tokens)
      var uses = FileUses()
      hardware.note(in: &uses)
      for entry in demo.entries {
        uses.writes("\(outputDir)/\(entry.fileName).json", as: "--output-dir")
        uses.writes("\(outputDir)/\(entry.fileName).pftrace.zst", as: "--output-dir")
      }
      try uses.check()
      try makeDirectory(outputDir)
      let machine = try hardware.load()
      let isTerminal = isatty(STDERR_FILENO) == 1
      let table = try demo.run(.builtIn, on: machine, writingTo: outputDir) { index in
        let step = "\(index + 1) of \(demo.entries.count): \(demo.entries[index].fileName)"
        if isTerminal { showProgress(step) } else { note(step) }
      }
      if isTerminal { showProgress("") }
      let place =
        "reports (.json) and traces (.pftrace.zst, for ui.perfetto.dev) are in \(outputDir)/"
      show(
        table.blocks + (table.fusion + [place]).map { .sentence(Phrase($0)) })
      if !table.passed { throw Outcome.checkFailed }
    }
  }
}
