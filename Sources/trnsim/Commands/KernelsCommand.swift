import ArgumentParser
import Diagnostics
import Kernels
import Reports
import Storage
import Workloads

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "List the kernels, or show one's parameters, inputs and outputs.",
    discussion: help(
      """
      EXAMPLES
        trnsim kernels
        trnsim kernels rope --param tokens=1
        trnsim kernels matmul --json
      """))

  @Argument(
    help: "A kernel; all if left out.",
    completion: Completions.kind { _, _ in KernelCatalog.builtIn.names })
  var name: String?
  @OptionGroup var parameters: ParameterOptions
  @Option(
    help: ArgumentHelp(
      "Write JSON to a file; without one, or '-', print it instead of the text.",
      valueName: "file|-"))
  var json: String?

  func run() throws {
    try reporting {
      guard let name else {
        try show(KernelListing.blocks(of: .builtIn), KernelListing.json(of: .builtIn))
        return
      }
      guard let kernel = KernelName(rawValue: name) else {
        throw DiagnosticError(
          "there is no kernel '\(name)'",
          remedy: remedyForUnknown(name, known: KernelName.allCases.map(\.rawValue)))
      }
      let listing = KernelListing(try kernel.make(parameters.parameters))
      try show(listing.blocks, listing.json)
    }
  }

  private func show(_ blocks: [Block], _ listing: String) throws {
    if let json, json != "-" { try writeAtomically(Array((listing + "\n").utf8), to: json) }
    if json == "-" { print(listing) } else { trnsim.show(blocks) }
  }
}
