import Accuracy
import ArgumentParser
import Captures
import Diagnostics
import FoundationEssentials
import Glibc
import Hardware
import Kernels
import Reports
import Storage

struct AccuracyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accuracy",
    abstract: "Replay all captured runs of a directory and print how far off the model is.",
    discussion: help(
      """
      The directory holds captures of real trn2 devices, three tables each (NAME.instr.csv.zst,
      NAME.dma.csv.zst, NAME.sem.csv.zst), or exports of the profiler (NAME.instructions.csv.zst,
      NAME.dma.csv.zst), or directories 'traces' and 'profiles' with such. They are not part of this
      project. Without an argument ../shared/validation is looked for; where there is none, the figures
      that were recorded with it are printed. Captures named trn1_… have no DMA times: their engines' rows
      and totals are compared with trn1's configuration. There is no capture of trn3: its configuration is
      from documents only.

      Captured kernels whose source is public are simulated from source as well.

      --source runs public kernels from clones of their repositories (--checkouts), unchanged, and compares times
      and counters with measured records (--records); docs/validation.md says which and how. Without --checkouts
      the figures that were recorded are printed. With --streams and a directory of captures instructions and
      their order are compared instead, for captures whose instruction words are decoded (NAME.words.csv.zst).

      Errors are signed percent of the measured value: negative where trnsim is faster.

      EXAMPLES
        trnsim accuracy traces
        trnsim accuracy --csv accuracy.csv --json accuracy.json
        trnsim accuracy traces --set hbm.read_bandwidth_per_core=400
        trnsim accuracy traces --sensitivity          each constant 10 % smaller and larger
        trnsim accuracy --source
        trnsim accuracy --source --checkouts clones --records kernels.json second.json --json source.json

      EXIT CODES
        0 the table, or the recorded figures where no directory is named and none is found
        1 a directory was named and holds no captures, or a capture cannot be read; with --source, a family of
          kernels is worse than recorded, or an argument is at fault
      """))

  @Argument(help: "The directory with the captures, or the one above it.")
  var directory: String?
  @Option(
    help: ArgumentHelp(
      "The PE clock's windows: mean of eight phases, as captured, or ns.",
      valueName: "ns|captured|mean"))
  var phase: PhaseChoice?
  @Flag(help: "Print what each constant of the hardware does to the errors.")
  var sensitivity = false
  @Option(
    help: ArgumentHelp(
      "Write JSON to a file; without one, or '-', print it instead of the tables.",
      valueName: "file|-"))
  var json: String?
  @Option(help: ArgumentHelp("Write the captures' table as CSV.", valueName: "file"))
  var csv: String?
  @Flag(help: "Public kernels from their sources, against measured records.")
  var source = false
  @OptionGroup(title: "With --source") var sources: SourceOptions
  @OptionGroup var hardware: HardwareOptions

  /// Where captures are looked for when none are named.
  static let usual = "../shared/validation"

  func run() throws {
    try reporting {
      if source {
        try runSources()
      }
      if let first = sources.arguments.first ?? (sources.streams ? "--streams" : nil) {
        throw DiagnosticError(
          "'\(first)' is an option of kernels from their sources",
          remedy: "give --source as well")
      }
      let machine = try hardware.load()
      guard directory != nil || FileManager.default.fileExists(atPath: Self.usual) else {
        let known = RecordedFigures.known
        if json == "-" {
          print(known.json.text())
        } else {
          trnsim.show(known.blocks(missing: Self.usual))
        }
        return
      }
      let paths = try AccuracyTable.captures(in: directory ?? Self.usual)
      var uses = FileUses()
      for table in paths.trn2 + paths.trn1 {
        uses.readsCapture(CapturePaths.tables(ofCapture: table))
      }
      hardware.note(in: &uses)
      uses.writes(csv, as: "--csv")
      uses.writes(json, as: "--json")
      try uses.check()
      if sensitivity {
        try show(
          Sensitivity(
            paths.trn2, hardware: hardware.hardware, overrides: hardware.overrides,
            progress: progress("constants")))
      } else {
        try showTables(paths, machine)
      }
    }
  }

  /// Becomes the runner of the Python package; returns only on failure.
  private func runSources() throws -> Never {
    let other: [(given: Bool, name: String)] = [
      (directory != nil && !sources.streams, "a directory of captures"), (phase != nil, "--phase"),
      (sensitivity, "--sensitivity"), (hardware.hardware != "trn2", "--hardware"),
    ]
    if let first = other.first(where: \.given) {
      throw DiagnosticError(
        "\(first.name) has no meaning with --source",
        remedy: "the table of kernels says which machine each was measured on")
    }
    var uses = FileUses()
    for file in sources.records { uses.reads(file, as: "--records") }
    uses.writes(csv, as: "--csv")
    uses.writes(json, as: "--json")
    try uses.check()
    var arguments = sources.arguments
    for (name, value) in [("--json", json), ("--csv", csv)] {
      if let value { arguments += [name, value] }
    }
    for override in hardware.overrides { arguments += ["--set", override] }
    // Behind everything else, so that the directory is its own.
    if sources.streams { arguments += ["--streams"] + (directory.map { [$0] } ?? []) }
    try PythonModule(name: "trnsim.validation", arguments: arguments).replaceProcess()
  }

  private func show(_ table: Sensitivity) throws {
    endProgress()
    if let json, json != "-" {
      try writeAtomically(Array((table.json().text() + "\n").utf8), to: json)
    }
    if json == "-" { print(table.json().text()) } else { trnsim.show(table.blocks) }
  }

  private func showTables(_ paths: (trn2: [String], trn1: [String]), _ machine: Hardware) throws {
    let count = paths.trn2.count
    let show = progress("captures")
    let table = try AccuracyTable(
      paths.trn2, on: machine, phase: phase ?? hardware.phase(machine),
      progress: { show?($0, count) })
    let sources = try SourceTable(of: .builtIn, on: machine)
    let engines =
      paths.trn1.isEmpty
      ? nil : try EngineTable(paths.trn1, of: .builtIn, on: Hardware.load("trn1"))
    endProgress()
    if let csv { try writeAtomically(Array(table.csv().utf8), to: csv) }
    var whole = table.json()
    if case .object(var entries) = whole {
      entries["from_source"] = sources.json()
      entries["trn1"] = engines?.json() ?? .null
      whole = .object(entries)
    }
    if let json, json != "-" {
      try writeAtomically(Array((whole.text() + "\n").utf8), to: json)
    }
    guard json != "-" else {
      print(whole.text())
      return
    }
    var blocks = sources.blocks + table.blocks
    if let engines { blocks += engines.blocks }
    blocks.append(.heading("trn3: from documents only; there is no capture of it"))
    trnsim.show(blocks)
  }

  /// Shows what is done, on a terminal only.
  private func progress(_ what: String) -> (@Sendable (Int, Int) -> Void)? {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    return { done, all in showProgress("\(done) of \(all) \(what)") }
  }

  private func endProgress() {
    if isatty(STDERR_FILENO) == 1 { showProgress("") }
  }
}
