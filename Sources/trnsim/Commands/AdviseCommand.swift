import ArgumentParser
import Diagnostics
import Hardware
import Kernels
import Reports
import Storage
import Sweeps

struct AdviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Say which changes of a workload would make it faster, and by how much.",
    discussion: help(
      """
      Each rule changes the program, simulates it, and tells the gain, or stays silent below 1 %:
      \(Rules.all.map { "  \($0.key.left(14)) \($0.summary)" }.joined(separator: "\n"))

      EXAMPLES
        trnsim advise kernel.py:matmul
        trnsim advise matmul --param dtype=float32 --json -
        trnsim advise mine.trn --rule other_queue
      """))

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(help: ArgumentHelp("Only this rule; may be repeated.", valueName: "rule"))
  var rule: [String] = []
  @Option(
    help: ArgumentHelp("Write the advice as JSON; '-' prints it instead.", valueName: "file|-"))
  var json: String?

  func run() throws {
    try reporting {
      var uses = FileUses()
      workload.note(in: &uses)
      hardware.note(in: &uses)
      uses.writes(json, as: "--json")
      try uses.check()
      let variant = try workload.checkedVariant(on: hardware)
      let found = try Advice(
        variant, rules: Rules.named(rule),
        evaluator: Evaluator(kernels: .builtIn, compiler: compiler.changes))
      if let json, json != "-" {
        try writeAtomically(Array((found.json.text() + "\n").utf8), to: json)
      }
      if json == "-" { print(found.json.text()) } else { show(found.blocks) }
    }
  }
}
