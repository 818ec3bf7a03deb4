import ArgumentParser
import Compiler
import Kernels
import Programs
import Simulation
import Storage
import Sweeps

struct EmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit",
    abstract: "Write a workload's instruction stream as a program file.",
    discussion: help(
      """
      The file's name decides its form: .trn is text, .trn.zst is compressed.

      EXAMPLES
        trnsim emit rmsnorm --param tokens=1 -o rmsnorm.trn
        trnsim emit matmul --param m=512 -o matmul.trn.zst
        trnsim emit softmax -o -
        trnsim emit k.py:matmul --input 'x=bfloat16[128, 512]' -o matmul.trn
        trnsim emit parallel_matmul --param tp=2 -o pm.trn     one file a core: pm.0.trn, pm.1.trn
      """))

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file; '-' prints the text.", valueName: "file|-"))
  var output: String

  func run() throws {
    try reporting {
      var uses = FileUses()
      workload.note(in: &uses)
      hardware.note(in: &uses)
      try ProgramOutput.requireOwnFile(output, uses)
      let hardware = try self.hardware.load()
      let variant = try workload.variant(on: self.hardware)
      let loaded = try workload.loading {
        try Evaluator(kernels: .builtIn, compiler: compiler.changes).load(variant)
      }
      var set = try loaded.programs(on: hardware)
      for index in set.programs.indices {
        set.programs[index] = try Simulation.compiled(
          set.programs[index], on: hardware, options: loaded.options.compiler
        ).program
      }
      try ProgramOutput(output, of: set, "emit").write(uses)
    }
  }
}
