import ArgumentParser
import Diagnostics
import Foundation
import Reports
import Searches
import Storage
import Sweeps

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Simulate a grid or search a space, of any size; resumable, results in SQLite.",
    discussion: """
      SPEC is a YAML file: a kernel or program, values of its parameters and of the hardware, and the
      search: grid, random, or successive halving. Results go to a store; the same command goes on
      where it was stopped, however it was stopped. docs/sweeps.md has the format and the schema.

      EXAMPLES
        trnsim sweep tiles.yaml
        trnsim sweep tiles.yaml --store tiles.sqlite --jobs 8
        trnsim sweep tiles.yaml --shard 3/16 --store shard-3.sqlite
        trnsim results tiles.sqlite --csv tiles.csv

      EXIT CODES
        0 all done · 1 bad input, or nothing ran · 64 usage · ended by the signal if interrupted
      """)

  @Argument(help: "What to simulate, a YAML file.")
  var spec: String
  @Option(help: "The store; SPEC with the ending .sqlite by default.")
  var store: String?
  @Option(help: ArgumentHelp("Run one of n parts, for several machines.", valueName: "i/n"))
  var shard: String?
  @Option(help: "Threads; one for each core by default.")
  var jobs: Int?
  @Option(help: "Rows of the table at the end.")
  var limit = 10

  func validate() throws {
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs is 1 to 1024") }
    if let shard, Shard(shard) == nil {
      throw ValidationError("--shard is i/n with i from 1 to n, such as 3/16")
    }
  }

  func run() throws {
    try reporting {
      let loaded = try SweepSpec(path: spec)
      let sweep = try Sweep(loaded, shard: shard.flatMap { Shard($0) } ?? .whole)
      let path = store ?? SweepCommand.defaultStore(spec)
      let results = try Store(path, for: sweep.identity(tool: toolVersion))
      let before = try results.count()
      Interrupts.areDeferred()
      var progress = Progress(of: sweep.count, "variants", earlier: before)
      let (simulated, isComplete) = try sweep.run(
        into: results, runner: ParallelRunner(width: jobs),
        isCancelled: { Interrupts.isRequested }, progress: { progress.show($0) })
      progress.clear()
      let counts = try results.counts()
      let rate = Double(simulated) / max(progress.seconds, 1e-3)
      let others = (counts["refused"] ?? 0) + (counts["faulted"] ?? 0)
      print(
        "\(loaded.name): \(simulated) variants simulated, \(Int(rate.rounded())) per second; "
          + "\(counts["measured"] ?? 0) results and \(others) that do not run in \(path)")
      guard isComplete else {
        note("interrupted: the same command goes on where it was")
        try finishOutput()
        Interrupts.endIfRequested()
        return
      }
      print(try results.ranking(by: loaded.objective, limit: limit), terminator: "")
      if counts["measured"] == nil && sweep.shard == .whole { throw Outcome.badInput }
    }
  }

  static func defaultStore(_ spec: String) -> String {
    for ending in [".yaml", ".yml"] where spec.hasSuffix(ending) {
      return String(spec.dropLast(ending.count)) + ".sqlite"
    }
    return spec + ".sqlite"
  }
}

struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "Show or export the results of a sweep.",
    discussion: """
      --csv has a column for everything that was varied; --jsonl the same as one JSON object per line,
      which table libraries read as it is and write as Parquet.

      EXAMPLES
        trnsim results tiles.sqlite
        trnsim results tiles.sqlite --by sbuf_peak_bytes_per_partition --limit 5
        trnsim results tiles.sqlite --csv tiles.csv
        trnsim results tiles.sqlite --jsonl -
      """)

  @Argument(help: "A store that 'trnsim sweep' made.")
  var store: String
  @Option(help: "What makes one better than another: less of it.")
  var by = Quantity.time.rawValue
  @Option(help: "Rows of the table.")
  var limit = 20
  @Option(help: ArgumentHelp("Write all results as CSV; '-' prints them.", valueName: "file|-"))
  var csv: String?
  @Option(
    help: ArgumentHelp("Write all results as JSON lines; '-' prints them.", valueName: "file|-"))
  var jsonl: String?

  func validate() throws {
    if csv == "-" && jsonl == "-" {
      throw ValidationError("only one of --csv and --jsonl can be -")
    }
    if limit < 1 { throw ValidationError("--limit is 1 or more") }
  }

  func run() throws {
    try reporting {
      guard let objective = Quantity(rawValue: by) else {
        throw DiagnosticError(
          "there is no number '\(by)'",
          remedy: remedyForUnknown(by, known: Quantity.allCases.map(\.rawValue)))
      }
      let results = try Store(reading: store)
      if let csv { try write(csv) { try results.writeCSV(to: $0) } }
      if let jsonl { try write(jsonl) { try results.writeJSONLines(to: $0) } }
      if csv == nil && jsonl == nil {
        let counts = try results.counts().sorted { $0.key < $1.key }
        print(counts.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        print(try results.ranking(by: objective, limit: limit), terminator: "")
      }
    }
  }

  /// Lines to standard output, or to a file, whole or not at all.
  private func write(_ path: String, _ body: ((String) throws -> Void) throws -> Void) throws {
    if path == "-" {
      try body { printBytes(Array($0.utf8)) }
      return
    }
    var bytes: [UInt8] = []
    try body { bytes += $0.utf8 }
    try writeAtomically(bytes, to: path)
  }
}

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the shards of a sweep into one store.",
    discussion: """
      The stores must be of the same sweep and version. A result that several have must be equal in
      them, and counts once; merging a store twice changes nothing.

      EXAMPLES
        trnsim merge tiles.sqlite shard-*.sqlite
      """)

  @Argument(help: "The store to merge into; made if it is missing.")
  var target: String
  @Argument(help: ArgumentHelp("The shards' stores.", valueName: "store"))
  var shards: [String]

  func run() throws {
    try reporting {
      // The first shard says what the store is of.
      guard let first = shards.first else { return }
      let identity = try Store(reading: first).identities()
      for other in shards.dropFirst() { _ = try Store(reading: other) }
      let results = try Store(target, for: identity)
      var added = 0
      for shard in shards { added += try results.merge(shard) }
      print("\(added) results added, \(try results.count()) in \(target)")
    }
  }
}
