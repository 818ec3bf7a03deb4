import ArgumentParser
import Diagnostics
import Hardware
import Kernels
import Reports
import Storage
import Sweeps

struct WhatIfCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whatif",
    abstract: "Say what a faster or slower part of the machine would give.",
    discussion: help(
      """
      The table has each part of the machine twice as fast, and all of them. --scale takes a part
      (\(MachinePart.allCases.map(\.rawValue).joined(separator: ", ")),
      memory: rings, DMA latency and HBM together)
      or a value of the configuration, and factors: a list, or a range in steps of the square root
      of 2.

      EXAMPLES
        trnsim whatif matmul
        trnsim whatif rmsnorm --param tokens=512 --scale dma.bandwidth=0.5..4
        trnsim whatif k.py:matmul --input 'x=bfloat16[128, 512]'
        trnsim whatif mine.trn --scale dma.rings=0.5,1,2 --json -
      """))

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A part or value, and by how much.", valueName: "name=0.5..4"),
    completion: Completions.kind { _, _ in Completions.parts.map { "\($0)=" } })
  var scale: [String] = []
  @Option(
    help: ArgumentHelp("Write the tables as JSON; '-' prints them instead.", valueName: "file|-"))
  var json: String?

  func run() throws {
    try reporting {
      var uses = FileUses()
      workload.note(in: &uses)
      hardware.note(in: &uses)
      uses.writes(json, as: "--json")
      try uses.check()
      let variant = try workload.checkedVariant(on: hardware)
      let machine = try hardware.load()
      let scales = try allOrErrors(try settings(scale, of: "--scale")) { setting in
        (
          target: try ScaledTarget(setting.name, on: machine),
          factors: try WhatIf.factors(setting.value)
        )
      }
      let evaluator = Evaluator(kernels: .builtIn, compiler: compiler.changes)
      let axes = scales.map { Axis(.scale($0.target.key), $0.factors.map { "\($0)" }) }
      for text in try evaluator.limitNotes(variant, axes) { note("note: \(text)") }
      let found = try working("simulating") {
        try WhatIf(variant, scales: scales, evaluator: evaluator)
      }
      if let json, json != "-" {
        try writeAtomically(Array((found.json.text() + "\n").utf8), to: json)
      }
      if json == "-" { print(found.json.text()) } else { show(found.blocks) }
    }
  }
}
