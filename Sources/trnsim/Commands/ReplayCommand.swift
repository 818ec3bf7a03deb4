public import Accuracy
public import ArgumentParser
import Captures
import Diagnostics
import Hardware
import Reports
import Storage
import Timing

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Simulate a captured run of a real device and compare with its measured times.",
    discussion: """
      The argument is the instruction table of a capture, NAME.instr.csv.zst; its .dma and .sem
      tables are found beside it.

      EXAMPLES
        trnsim replay traces/transpose_1024_fp32_a.instr.csv.zst
        trnsim replay NAME.instr.csv.zst --dma measured --json -
      """)

  @Argument(help: "The capture's instruction table.")
  var path: String
  @Option(help: "Where DMA times come from: measured or predicted.")
  var dma: DMASource = .predicted
  @Option(help: "Write the comparison as JSON to a file, or to - for standard output.")
  var json: String?
  @Option(help: "Write one line per instruction and transfer as CSV to a file.")
  var csv: String?
  @OptionGroup var hardware: HardwareOptions

  func run() throws {
    try reporting {
      let machine = try hardware.load()
      let capture = try Capture(contentsOf: path)
      let replay = try Replay(capture, on: machine, dma: dma)
      if let csv { try writeAtomically(Array(replay.table().utf8), to: csv) }
      if let json {
        let text = replay.json().text() + "\n"
        if json == "-" {
          print(text, terminator: "")
        } else {
          try writeAtomically(Array(text.utf8), to: json)
        }
        if json == "-" { return }
      }
      print(replay.text(), terminator: "")
    }
  }
}

extension DMASource: ExpressibleByArgument {}
