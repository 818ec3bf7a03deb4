import ArgumentParser
import Diagnostics

struct DoorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doors",
    abstract: "Put commands by the vendor's names into a folder: scripts that drive its tools run.",
    discussion: help(
      """
      Writes neuron-profile, neuron-explorer and neuron-ls into the folder, and a folder python in which nki and
      neuronxcc are this simulator's. Nothing of the user's scripts changes: PATH and PYTHONPATH do it, and what is
      printed sets both. docs/doors.md says what the commands take and what their files hold.

      EXAMPLES
        trnsim doors out/doors
        eval "$(trnsim doors out/doors)"
        neuron-profile view -n k.neff -s k.ntff --output-format summary-json
      """))

  @Argument(help: ArgumentHelp("The folder; it is made.", valueName: "dir"), completion: .directory)
  var directory: String

  func run() throws {
    try reporting {
      try PythonModule(name: "trnsim.doors", arguments: ["write", directory]).replaceProcess()
    }
  }
}
