import ArgumentParser
import Diagnostics
import ISA

struct ISACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isa",
    abstract: "Print the reference of an operation, or the list of all.",
    discussion: help(
      """
      EXAMPLES
        trnsim isa
        trnsim isa activation
      """))

  @Argument(help: "An operation by its NKI name.")
  var operation: String?

  func run() throws {
    try reporting {
      guard let operation else {
        show(referenceIndex())
        return
      }
      guard let opcode = Opcode(name: operation) else {
        throw DiagnosticError(
          "there is no operation '\(operation)'",
          remedy: remedyForUnknown(operation, known: Opcode.names))
      }
      show(referenceText(for: opcode))
    }
  }
}
