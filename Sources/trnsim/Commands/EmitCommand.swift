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

struct EmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit",
    abstract: "Write a kernel's instruction stream as a program file.",
    discussion: """
      The file's name decides its form: .trn is text, .trn.zst is compressed.

      EXAMPLES
        trnsim emit rmsnorm --param tokens=1 -o rmsnorm.trn
        trnsim emit matmul --param m=512 -o matmul.trn.zst
        trnsim emit softmax -o -
        trnsim emit parallel_matmul --param tp=2 -o pm.trn     one file a core: pm.0.trn, pm.1.trn
      """)

  @Argument(help: "A kernel.")
  var kernel: String
  @OptionGroup var parameters: ParameterOptions
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file; '-' prints the text.", valueName: "file|-"))
  var output: String

  func run() throws {
    try reporting {
      guard let name = KernelName(rawValue: kernel) else {
        throw DiagnosticError(
          "there is no kernel '\(kernel)'",
          remedy: remedyForUnknown(kernel, known: KernelName.allCases.map(\.rawValue)))
      }
      try requireOwnFiles([output])
      let kernel = try name.make(parameters.parameters)
      let hardware = try hardware.load()
      let geometry = Geometry(hardware)
      if let several = kernel as? any MultiCoreKernel, several.layout.count > 1 {
        return try write(compiled(several.buildAll(geometry), on: hardware))
      }
      let program = try Simulation.compiled(
        kernel.build(geometry), on: hardware, options: compiler.options
      ).program
      if output == "-" {
        print(program.text(), terminator: "")
      } else {
        try ProgramFile.write(program, to: output)
      }
    }
  }

  /// Fails if a file is one that the command reads.
  private func requireOwnFiles(_ paths: [String]) throws {
    var uses = FileUses()
    hardware.note(in: &uses)
    for path in paths { uses.writes(path, as: "--output") }
    try uses.check()
  }

  private func compiled(_ set: ProgramSet, on hardware: Hardware) throws -> ProgramSet {
    var result = set
    for index in set.programs.indices {
      result.programs[index] = try Simulation.compiled(
        set.programs[index], on: hardware, options: compiler.options
      ).program
    }
    return result
  }

  /// Writes a file for each core, numbered before the name's extension.
  private func write(_ set: ProgramSet) throws {
    guard output != "-" else {
      throw DiagnosticError(
        "'\(kernel)' is \(set.programs.count) programs, one for each core",
        remedy: "give a file's name with -o: NAME.trn becomes NAME.0.trn and so on")
    }
    let slash = output.lastIndex(of: "/").map { output.index(after: $0) } ?? output.startIndex
    let dot = output[slash...].firstIndex(of: ".") ?? output.endIndex
    let digits = String(set.programs.count - 1).count
    let paths = set.programs.indices.map { core in
      let number = String(core)
      let padded = String(repeating: "0", count: digits - number.count) + number
      return "\(output[..<dot]).\(padded)\(output[dot...])"
    }
    try requireOwnFiles(paths)
    for (path, program) in zip(paths, set.programs) { try ProgramFile.write(program, to: path) }
  }
}
