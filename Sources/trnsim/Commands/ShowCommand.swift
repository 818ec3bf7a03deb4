import ArgumentParser
import Device
import Kernels
import Programs
import Sweeps

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a workload's program as text, as its author wrote it.",
    discussion: help(
      """
      A program file is printed whatever its form, a kernel as it is built or recorded, before any
      compiler; 'trnsim compile' prints what the compiler makes of it.

      EXAMPLES
        trnsim show rope.trn.zst
        trnsim show rope.trn --summary
        trnsim show softmax --param tokens=1
        trnsim show k.py:matmul --input 'x=bfloat16[128, 512]' --summary
      """))

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @Flag(help: "Print what is in it instead: tensors, memory, counts of operations.")
  var summary = false

  func run() throws {
    try reporting {
      let variant = try workload.variant(on: hardware)
      let set = try workload.loading { try Evaluator(kernels: .builtIn).load(variant) }
        .programs(on: hardware.load())
      for (place, program) in zip(set.layout.places, set.programs) {
        if set.layout.count > 1 { note("\(place.description):") }
        if summary {
          trnsim.show(program.summaryText())
        } else {
          program.writeText { printBytes($0) }
        }
      }
    }
  }
}
