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
      NAME.dma.csv.zst, NAME.sem.csv.zst. They are not part of this project. Captured kernels whose
      source is public are simulated from source as well, and compared with their measured spans.

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
      let sources = try SourceTable(on: machine)
      var whole = table.json()
      if case .object(var entries) = whole {
        entries["from_source"] = sources.json()
        whole = .object(entries)
      }
      if let json, json != "-" {
        try writeAtomically(Array((whole.text() + "\n").utf8), to: json)
      }
      print(json == "-" ? whole.text() : table.text() + "\n" + sources.text())
    }
  }
}
