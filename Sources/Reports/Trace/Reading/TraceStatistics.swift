package import Diagnostics
package import Storage
package import Timing

/// What is in a trace, row by row.
package struct TraceStatistics {
  /// Slices of one name.
  package struct Operation: Hashable, Sendable {
    package var name: String
    package var count: Int
    /// Of all of them, in ps.
    package var time: Picoseconds
  }

  /// A row of slices.
  package struct Row: Hashable, Sendable {
    /// Around it, outermost first.
    package var groups: [String]
    package var name: String
    package var slices: Int
    /// While at least one was there, in ps.
    package var busy: Picoseconds
    /// Most time first.
    package var operations: [Operation]
  }

  /// A row of samples.
  package struct Counter: Hashable, Sendable {
    package var groups: [String]
    package var name: String
    package var unit: String
    package var samples: Int
    package var largest: Double
    /// By time.
    package var mean: Double
  }

  /// The file.
  package let path: String
  /// Bytes of the file, and of what is in it.
  package let fileSize: Int
  package let contentSize: Int
  /// Whether it is a zstd file.
  package let isCompressed: Bool
  /// Where its frames are; `nil` without a table.
  package let seekTable: SeekTable?
  package let packets: Int
  /// The outermost groups, with what they tell about themselves.
  package let titles: [(name: String, description: String)]
  /// In the order in which a viewer shows them.
  package let rows: [Row]
  package let counters: [Counter]
  package let slices: Int
  package let samples: Int
  package let arrows: Int
  /// From the first event to the last, in ps.
  package let begin: Picoseconds
  package let end: Picoseconds
  /// What is wrong with the file; `nil` if it is whole.
  package let damage: Diagnostic?

  /// Reads a trace.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be read or is no trace.
  package init(of path: String) throws {
    var reader = TraceReader(path)
    var sums = TraceSums()
    let ending = try reader.read { reader, event in sums.add(event, reader) }
    try self.init(sums, reader, ending)
  }

  /// What came of reading a trace.
  init(
    _ sums: TraceSums, _ reader: borrowing TraceReader, _ ending: TraceReader.Ending
  ) throws(DiagnosticError) {
    var sums = sums
    path = reader.path
    (fileSize, contentSize) = (reader.fileSize, reader.bytes)
    isCompressed = reader.isCompressed
    packets = reader.packets
    seekTable = try SeekTable(of: path)
    (slices, samples, arrows) = (sums.slices, sums.samples, sums.arrows)
    begin = Picoseconds(clamping: sums.first == .max ? 0 : sums.first) * 1000
    end = Picoseconds(clamping: sums.last) * 1000
    (rows, counters) = sums.rows(reader)
    titles = reader.tracks.values.filter { $0.parent == 0 && !$0.isCounter }
      .sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
      .map { ($0.name, $0.description) }
    damage = if case .cut(let diagnostic) = ending { diagnostic } else { nil }
  }
}
