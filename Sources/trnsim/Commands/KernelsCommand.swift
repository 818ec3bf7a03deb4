import ArgumentParser
import Diagnostics
import Kernels
import Reports

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "List the kernels, or show one's parameters, inputs and outputs.",
    discussion: """
      EXAMPLES
        trnsim kernels
        trnsim kernels rope --param tokens=1
        trnsim kernels matmul --json
      """)

  @Argument(help: "A kernel; all if left out.")
  var name: String?
  @OptionGroup var parameters: ParameterOptions
  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try reporting {
      guard let name else {
        print(json ? KernelListing.json : KernelListing.text)
        return
      }
      guard let kernel = KernelName(rawValue: name) else {
        throw DiagnosticError(
          "there is no kernel '\(name)'",
          remedy: remedyForUnknown(name, known: KernelName.allCases.map(\.rawValue)))
      }
      let listing = KernelListing(try kernel.make(parameters.parameters))
      print(json ? listing.json : listing.text)
    }
  }
}
