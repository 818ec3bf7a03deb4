import ArgumentParser
import Compiler
import Device
import Diagnostics
import Hardware
import Kernels
import Machine
import Programs
import Reports
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
        trnsim compile kernel.trn --json -             what each pass did, or why there is no room
        trnsim compile kernel.py --html passes.html -o /dev/null    the lines that each pass changed
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
  @Option(
    help: ArgumentHelp(
      "Write what each pass did as JSON, or why there is no program; '-' prints it instead of the text.",
      valueName: "file|-"))
  var json: String?
  @Option(
    help: ArgumentHelp(
      "Write what each pass did, with the lines that it changed, as one HTML file, or why there is no program.",
      valueName: "file.html"))
  var html: String?

  func run() throws {
    try reporting {
      var uses = FileUses()
      self.hardware.note(in: &uses)
      workload.note(in: &uses)
      uses.writes(json, as: "--json")
      uses.writes(html, as: "--html")
      try uses.check()
      try ProgramOutput.requireOwnFile(output, uses)
      let hardware = try self.hardware.load()
      let variant = try workload.variant(on: self.hardware)
      let loaded = try workload.loading {
        try Evaluator(kernels: .builtIn, compiler: compiler.changes).load(variant)
      }
      var set = try loaded.programs(on: hardware)
      var options = loaded.options.compiler
      options.keepsPrograms = verify || after != nil || html != nil
      var passes: [JSON] = []
      var pages: [CompiledPage.Core] = []
      try FailureFiles(json: json, html: html).keeping(of: workload.target) {
        for (index, place) in set.layout.places.enumerated() {
          if set.layout.count > 1 { note("\(place.description):") }
          let given = set.programs[index]
          let found = try compiled(given, on: hardware, options)
          if html != nil {
            pages.append(
              CompiledPage.Core(name: place.description, given: given, passes: found.passes))
          }
          set.programs[index] = found.program
          passes += found.passes.map { pass in
            .object([
              "core": .integer(index), "pass": .string(pass.name),
              "changes": .object(
                Dictionary(
                  pass.changes.map { ($0.what, .integer($0.count)) }, uniquingKeysWith: { $1 })),
            ])
          }
        }
      }
      if let html {
        try writeAtomically(CompiledPage(of: workload.target, pages).bytes, to: html)
      }
      if let json {
        let text = JSON.object(["schema": .integer(1), "passes": .array(passes)]).text()
        if json == "-" {
          print(text)
          if output == "-" { return }
        } else {
          try writeAtomically(Array((text + "\n").utf8), to: json)
        }
      }
      try ProgramOutput(output, of: set, "compile").write(uses)
    }
  }

  /// A core's program after the pass that was asked for, or after all, with what the passes did.
  private func compiled(
    _ program: Program, on hardware: Hardware, _ options: CompilerOptions
  ) throws -> (program: Program, passes: [PassResult]) {
    let findings = program.check(Geometry(hardware), allowsUnplaced: true)
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    let compiled = try Compiler.compile(program, on: hardware, options: options)
    for pass in compiled.passes { note(pass.summary) }
    if verify {
      let inputs = trialInputs(program.givenTensors.map(\.tensor), [], seed: seed)
      try Simulation.verify(compiled, of: program, on: hardware, inputs: inputs)
      note("every pass keeps the values")
    }
    return (
      try after.map { try state(after: $0, of: compiled) } ?? compiled.program, compiled.passes
    )
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
