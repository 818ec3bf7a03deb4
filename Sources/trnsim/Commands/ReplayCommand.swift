package import Accuracy
import ArgumentParser
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
    discussion: help(
      """
      The argument is the instruction table of a capture: NAME.instr.csv.zst, whose .dma and .sem tables
      are found beside it, or NAME.instructions.csv.zst of the profiler's own export with its .dma table.
      It may also be what the profiler itself writes: the file of view --output-format json, or the folder of
      --output-format parquet (which needs pyarrow); a simulated run's say what each instruction asks of the
      machine, so that a replay is the run. NTFF files have no published description and are refused.
      The extensions may be left out, and the end of a name that only one capture has.

      Errors are signed percent of the measured value: negative where the prediction is shorter.
      The user span goes from the first user instruction's begin to the last one's end.

      The PE clock's windows run free on the device, and no instruction stream says where they lie. --phase
      chooses: 'mean' (the default) shows the one of eight phases whose span is nearest the mean of all
      eight, 'captured' the one that the device recorded, a number so many ns after the launch. The JSON
      has mean, bias and worst over the eight under "phases", and the captured phase's error.

      EXAMPLES
        trnsim replay traces/transpose_1024_fp32_a.instr.csv.zst
        trnsim replay profiles/attention_fused_bf16 --dma measured --json
        trnsim replay NAME --phase captured --trace NAME.pftrace.zst
        trnsim replay ntff.json
      """))

  @Argument(
    help: ArgumentHelp(
      "The capture's instruction table, its name, a directory with one capture, or an export.",
      valueName: "capture"))
  var path: String
  @Option(help: "Where DMA times come from: measured (latencies after the trigger) or predicted.")
  var dma: DMASource = .predicted
  @Option(
    help: ArgumentHelp(
      "The PE clock's windows: mean of eight phases, as captured, or ns.",
      valueName: "ns|captured|mean"))
  var phase: PhaseChoice?
  @Option(
    help: ArgumentHelp(
      "Write a Perfetto trace, measured and predicted rows under each other.",
      valueName: "file.pftrace.zst"))
  var trace: String?
  @Option(
    help: ArgumentHelp(
      "Write the comparison as one HTML file, measured and predicted rows on one time scale.",
      valueName: "file.html"))
  var html: String?
  @Option(
    help: ArgumentHelp(
      "Write the comparison as JSON to a file; without one, or '-', print it instead of the text.",
      valueName: "file|-"))
  var json: String?
  @Option(help: "Write one line per instruction and transfer as CSV to a file.")
  var csv: String?
  @OptionGroup var hardware: HardwareOptions

  func run() throws {
    try reporting {
      if CapturePaths.isParquet(path) {
        // Tables in Parquet are read in Python, which gives them back as JSON.
        let rest = CommandLine.arguments.drop { $0 != "replay" }.dropFirst()
        try PythonModule(name: "trnsim.doors", arguments: ["replay", path] + rest).replaceProcess()
      }
      let machine = try hardware.load()
      let table = try CapturePaths.resolve(path)
      var uses = FileUses()
      uses.readsCapture(CapturePaths.tables(ofCapture: table))
      hardware.note(in: &uses)
      uses.writes(csv, as: "--csv")
      uses.writes(trace, as: "--trace")
      uses.writes(json, as: "--json")
      uses.writes(html, as: "--html")
      try uses.check()
      let capture = try Capture(contentsOf: table)
      let (replay, phases) = try Replay.judged(
        capture, on: machine, dma: dma, phase: phase ?? hardware.phase(machine))
      if let csv { try writeAtomically(Array(replay.table().utf8), to: csv) }
      if let trace { try replay.writeTrace(to: trace) }
      if let html { try writeAtomically(replay.page(phases), to: html) }
      if let json, json != "-" {
        try writeAtomically(Array((replay.json(phases).text() + "\n").utf8), to: json)
      }
      if json == "-" { print(replay.json(phases).text()) } else { show(replay.blocks(phases)) }
    }
  }
}

extension DMASource: ExpressibleByArgument {}

extension PhaseChoice: ExpressibleByArgument {
  /// Reads `captured`, `mean` or a number of ns.
  package init?(argument: String) { self.init(argument) }
  /// Shown in the help.
  package var defaultValueDescription: String { "mean" }
}

extension HardwareOptions {
  /// The phase where none is chosen: what --set asks for, or the mean.
  func phase(_ machine: Hardware) -> PhaseChoice {
    let isSet = overrides.contains { $0.hasPrefix("pe_clock.phase=") }
    return isSet ? .nanoseconds(machine.peClock.phase) : .mean
  }
}
