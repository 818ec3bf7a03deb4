import ArgumentParser
import Diagnostics
import Reports
import Storage
import Sweeps

struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "Show or export the results of a sweep.",
    discussion: help(
      """
      --csv has a column for everything that was varied; --jsonl the same as one JSON object per line,
      which table libraries read as it is and write as Parquet.

      EXAMPLES
        trnsim results tiles.sqlite
        trnsim results tiles.sqlite --by sbuf_peak_bytes_per_partition --limit 5
        trnsim results tiles.sqlite --csv tiles.csv
        trnsim results tiles.sqlite --jsonl -
        trnsim results tiles.sqlite --html tiles.html
      """))

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

  @Option(
    help: ArgumentHelp(
      "Write the results as one HTML file with charts.",
      valueName: "file.html"))
  var html: String?

  func validate() throws {
    if csv == "-" && jsonl == "-" {
      throw ValidationError("only one of --csv and --jsonl can be -")
    }
    if limit < 1 { throw ValidationError("--limit is 1 or more") }
  }

  func run() throws {
    try reporting {
      var uses = FileUses()
      uses.reads(store, as: "the store that is read")
      uses.writes(csv, as: "--csv")
      uses.writes(jsonl, as: "--jsonl")
      uses.writes(html, as: "--html")
      try uses.check()
      guard let objective = Quantity(rawValue: by) else {
        throw DiagnosticError(
          "there is no number '\(by)'",
          remedy: remedyForUnknown(by, known: Quantity.allCases.map(\.rawValue)))
      }
      let results = try Store(reading: store)
      if let csv { try write(csv) { try results.writeCSV(to: $0) } }
      if let jsonl { try write(jsonl) { try results.writeJSONLines(to: $0) } }
      if let html {
        let name = store.split(separator: "/").last.map(String.init) ?? store
        try writeAtomically(results.page(named: name, by: objective), to: html)
      }
      if csv == nil && jsonl == nil {
        let counts = try results.counts().sorted { $0.key < $1.key }
        print(counts.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        show(try results.ranking(by: objective, limit: limit))
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
