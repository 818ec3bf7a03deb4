import Accuracy
import ArgumentParser
import Hardware
import Reports
import Storage

struct AccuracyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accuracy",
    abstract: "Replay all captured runs of a directory and print how far off the model is.",
    discussion: """
      The directory holds captures of real trn2 devices, three tables each: NAME.instr.csv.zst,
      NAME.dma.csv.zst, NAME.sem.csv.zst. They are not part of this project.

      EXAMPLES
        trnsim accuracy traces
        trnsim accuracy traces --json accuracy.json --set hbm.read_bandwidth_per_core=400
      """)

  @Argument(help: "The directory with the captures.")
  var directory = "../shared/validation/traces"
  @Option(help: "Write the table as JSON to a file, or to - for standard output.")
  var json: String?
  @OptionGroup var hardware: HardwareOptions

  func run() throws {
    try reporting {
      let machine = try hardware.load()
      let paths = try AccuracyTable.captures(in: directory)
      let table = try AccuracyTable(paths, on: machine)
      if let json, json != "-" {
        try writeAtomically(Array((table.json().text() + "\n").utf8), to: json)
      }
      print(json == "-" ? table.json().text() : table.text())
    }
  }
}
