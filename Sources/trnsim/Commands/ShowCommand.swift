import ArgumentParser
import Programs

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a program file as text, whatever its form.",
    discussion: """
      EXAMPLES
        trnsim show rope.trn.zst
        trnsim show rope.trn --summary
      """)

  @Argument(help: "A program file.")
  var file: String
  @Flag(help: "Print what is in it instead: tensors, memory, counts of operations.")
  var summary = false

  func run() throws {
    try reporting {
      let program = try ProgramFile.read(file)
      if summary {
        print(program.summaryText(), terminator: "")
      } else {
        program.writeText { printBytes($0) }
      }
    }
  }
}
