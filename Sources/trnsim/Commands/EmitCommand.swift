import ArgumentParser
import Diagnostics
import Kernels
import Machine
import Programs
import Simulation

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
      """)

  @Argument(help: "A kernel.")
  var kernel: String
  @OptionGroup var parameters: ParameterOptions
  @OptionGroup var hardware: HardwareOptions
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
      let program = try name.make(parameters.parameters).build(Geometry(try hardware.load()))
      if output == "-" {
        print(program.text(), terminator: "")
      } else {
        try ProgramFile.write(program, to: output)
      }
    }
  }
}
