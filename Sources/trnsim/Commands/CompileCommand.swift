import ArgumentParser
import Compiler
import Diagnostics
import Kernels
import Machine
import Programs
import Simulation
import Storage

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Print what the compiler makes of a program, and what each pass did.",
    discussion: """
      The program goes to standard output or a file, what the passes did to standard error.

      EXAMPLES
        trnsim compile kernel.trn --schedule compiler
        trnsim compile kernel.trn --schedule compiler --after merge
        trnsim compile kernel.py --after place
        trnsim compile softmax --schedule compiler -o softmax.trn
        trnsim compile kernel.trn --schedule compiler --verify -o /dev/null
      """)

  @Argument(
    help: ArgumentHelp(
      "A program file, a kernel, or a Python script, whose last NKI kernel is taken.",
      valueName: "file|kernel|script"))
  var target: String
  @Argument(help: "What a Python script gets ('--' before its options).")
  var arguments: [String] = []
  @OptionGroup var parameters: ParameterOptions
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
      uses.readsTarget(target)
      uses.writes(output, as: "--output")
      try uses.check()
      let hardware = try self.hardware.load()
      let program =
        if PythonScript.isScript(target) {
          try PythonScript(
            path: target, arguments: arguments, options: ["--hardware=\(self.hardware.hardware)"]
          ).recordedProgram()
        } else if let name = KernelName(rawValue: target) {
          try name.make(parameters.parameters).build(Geometry(hardware))
        } else {
          try ProgramFile.read(target)
        }
      let findings = program.check(Geometry(hardware), allowsUnplaced: true)
      guard findings.isEmpty else { throw DiagnosticError(findings) }
      var options = compiler.options
      options.keepsPrograms = verify || after != nil
      let compiled = try Compiler.compile(program, on: hardware, options: options)
      for pass in compiled.passes { note(pass.summary) }
      if verify {
        let inputs = trialInputs(program.givenTensors.map(\.tensor), [], seed: seed)
        try Simulation.verify(compiled, of: program, on: hardware, inputs: inputs)
        note("every pass keeps the values")
      }
      let result = try after.map { try state(after: $0, of: compiled) } ?? compiled.program
      if output == "-" {
        result.writeText { printBytes($0) }
      } else {
        try ProgramFile.write(result, to: output)
      }
    }
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
