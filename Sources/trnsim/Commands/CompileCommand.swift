import ArgumentParser
import Compiler
import Device
import Diagnostics
import Hardware
import Kernels
import Machine
import Programs
import Simulation
import Storage
import Sweeps

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Print what the compiler makes of a workload, and what each pass did.",
    discussion: help(
      """
      The program goes to standard output or a file, what the passes did to standard error.

      EXAMPLES
        trnsim compile kernel.trn --schedule compiler
        trnsim compile kernel.trn --schedule compiler --after merge
        trnsim compile kernel.py --after place         the last kernel that the script runs
        trnsim compile kernel.py:matmul --input 'x=bfloat16[128, 512]'
        trnsim compile softmax --schedule compiler -o softmax.trn
        trnsim compile kernel.trn --schedule compiler --verify -o /dev/null
      """))

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Flag(
    help: "Run the program after each pass on trial inputs, and compare the values bit for bit.")
  var verify = false
  @Option(help: "Seed of the trial inputs of --verify.")
  var seed: UInt64 = 0
  @Option(help: ArgumentHelp("Print the program after this pass.", valueName: "pass"))
  var after: String?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file; '-' prints the text.", valueName: "file|-"))
  var output = "-"

  func run() throws {
    try reporting {
      var uses = FileUses()
      self.hardware.note(in: &uses)
      workload.note(in: &uses)
      try ProgramOutput.requireOwnFile(output, uses)
      let hardware = try self.hardware.load()
      let variant = try workload.variant(on: self.hardware)
      let loaded = try workload.loading {
        try Evaluator(kernels: .builtIn, compiler: compiler.changes).load(variant)
      }
      var set = try loaded.programs(on: hardware)
      var options = loaded.options.compiler
      options.keepsPrograms = verify || after != nil
      for (index, place) in set.layout.places.enumerated() {
        if set.layout.count > 1 { note("\(place.description):") }
        set.programs[index] = try compiled(set.programs[index], on: hardware, options)
      }
      try ProgramOutput(output, of: set, "compile").write(uses)
    }
  }

  /// A core's program after the pass that was asked for, or after all.
  private func compiled(
    _ program: Program, on hardware: Hardware, _ options: CompilerOptions
  ) throws -> Program {
    let findings = program.check(Geometry(hardware), allowsUnplaced: true)
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    let compiled = try Compiler.compile(program, on: hardware, options: options)
    for pass in compiled.passes { note(pass.summary) }
    if verify {
      let inputs = trialInputs(program.givenTensors.map(\.tensor), [], seed: seed)
      try Simulation.verify(compiled, of: program, on: hardware, inputs: inputs)
      note("every pass keeps the values")
    }
    return try after.map { try state(after: $0, of: compiled) } ?? compiled.program
  }

  private func state(after name: String, of compiled: Compiled) throws -> Program {
    guard let found = compiled.passes.last(where: { $0.name == name })?.program else {
      throw DiagnosticError(
        "there was no pass '\(name)'",
        remedy: compiled.passes.isEmpty
          ? "the program keeps its order and has its addresses: no pass ran; try --schedule compiler"
          : remedyForUnknown(name, known: compiled.passes.map(\.name)))
    }
    return found
  }
}
