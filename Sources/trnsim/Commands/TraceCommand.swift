import ArgumentParser
import Diagnostics
import Reports
import Storage

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Say what is in a trace, or cut a part out of it.",
    discussion: help(
      """
      A trace is what 'trnsim run --trace' writes, compressed or not (docs/traces.md). One that is cut off or
      damaged is read as far as it goes; it is said, and the exit code is 1.

      EXAMPLES
        trnsim run matmul --trace out/matmul.pftrace.zst
        trnsim trace info out/matmul.pftrace.zst
        trnsim trace stats out/matmul.pftrace.zst --top 3
        trnsim trace slice out/matmul.pftrace.zst --window 10us..15us --row tensor -o out/part.pftrace.zst
        trnsim open out/part.pftrace.zst
      """),
    subcommands: [Info.self, Slice.self, Stats.self])

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what a trace is of, its time, its size and its rows.",
      discussion: help(
        """
        EXAMPLES
          trnsim trace info out/matmul.pftrace.zst
          trnsim trace info out/matmul.pftrace.zst --json
        """))
    @OptionGroup var file: TraceFile
    @Option(
      help: ArgumentHelp(
        "Write it as JSON to a file; without one, or '-', print it instead of the text.",
        valueName: "file|-"))
    var json: String?

    func run() throws {
      try reporting { try file.show(json) { $0.infoBlocks } }
    }
  }

  struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what each row has: slices, time and what takes most of it.",
      discussion: help(
        """
        A row is busy while at least one of its slices is there.

        EXAMPLES
          trnsim trace stats out/matmul.pftrace.zst
          trnsim trace stats out/matmul.pftrace.zst --top 0
          trnsim trace stats out/matmul.pftrace.zst --json stats.json
        """))
    @OptionGroup var file: TraceFile
    @Option(help: ArgumentHelp("Operations of each row (5).", valueName: "n"))
    var top = 5
    @Option(
      help: ArgumentHelp(
        "Write it as JSON to a file; without one, or '-', print it instead of the tables.",
        valueName: "file|-"))
    var json: String?

    func validate() throws {
      if top < 0 { throw ValidationError("--top is a number from 0 on") }
    }

    func run() throws {
      try reporting { try file.show(json) { $0.tables(operations: top) } }
    }
  }

  struct Slice: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write what overlaps a window, of all rows or of some, as a trace of its own.",
      discussion: help(
        """
        Without --window and --row it copies the trace: of one that is cut off what is there.

        EXAMPLES
          trnsim trace slice out/matmul.pftrace.zst --window 10us..15us -o out/part.pftrace.zst
          trnsim trace slice out/matmul.pftrace.zst --row tensor --row vector -o out/engines.pftrace.zst
        """))
    @OptionGroup var file: TraceFile
    @Option(
      help: ArgumentHelp(
        "The time, such as 12us..18us, 12..18us, ..500ns or 2ms..; without a unit, µs.",
        valueName: "from..to"))
    var window: TraceWindow?
    @Option(
      parsing: .singleValue,
      help: ArgumentHelp(
        "A row by its name: an engine (tensor has both of its rows), a DMA queue, scopes, a counter. Repeat for several.",
        valueName: "name"))
    var row: [String] = []
    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("Where the part goes.", valueName: "file.pftrace.zst"))
    var output: String

    func run() throws {
      try reporting {
        var uses = FileUses()
        uses.reads(file.path, as: "the trace that is read")
        uses.writes(output, as: "--output")
        try uses.check()
        let outcome = try TraceSlicer(file.path, window: window?.range, rows: row)
          .write(to: output)
        print(
          "\(counted(outcome.slices, "slice")), \(counted(outcome.samples, "sample")), "
            + "\(counted(outcome.arrows, "arrow")) in \(output)")
        if let damage = outcome.damage { try TraceFile.report(damage, until: outcome.end) }
      }
    }
  }
}

/// The trace that a command reads.
struct TraceFile: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A trace.", valueName: "file.pftrace.zst"),
    completion: Completions.kind { Completions.traces($1) })
  var path: String

  /// Prints or writes what is in it.
  func show(_ json: String?, _ blocks: (TraceStatistics) -> [Block]) throws {
    if let json, json != "-" {
      var uses = FileUses()
      uses.reads(path, as: "the trace that is read")
      uses.writes(json, as: "--json")
      try uses.check()
    }
    let statistics = try TraceStatistics(of: path)
    switch json {
    case nil: trnsim.show(blocks(statistics))
    case "-": print(statistics.json.text())
    case let json?: try writeAtomically(Array(statistics.json.text().utf8), to: json)
    }
    if let damage = statistics.damage { try TraceFile.report(damage, until: statistics.end) }
  }

  /// Says what is wrong with a trace that could be read in part.
  static func report(_ damage: Diagnostic, until end: Int64) throws -> Never {
    var damage = damage
    damage.message += "; what is before \(microseconds(end)) µs was read"
    throw DiagnosticError([damage])
  }
}
