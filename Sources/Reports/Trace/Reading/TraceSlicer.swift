package import Diagnostics
import Storage
package import Timing

/// Cuts a part out of a trace: a trace of what overlaps a window, of all rows or of some.
package struct TraceSlicer {
  /// What became of it.
  package struct Outcome {
    package var slices = 0
    package var samples = 0
    package var arrows = 0
    /// Bytes of packets that were read.
    package var read = 0
    /// When the last event that was read happened, in ps.
    package var end: Picoseconds = 0
    /// What is wrong with the file; `nil` if all that was asked for is there.
    package var damage: Diagnostic?
  }

  private let path: String
  private let from: UInt64
  private let to: UInt64
  private let rows: [String]

  /// - Parameters:
  ///   - window: In ps.
  ///   - rows: Names of rows; `tensor` is both of the PE array's. All if empty.
  package init(_ path: String, window: Range<Picoseconds>?, rows: [String]) {
    self.path = path
    from = TraceEncoder.nanoseconds(window?.lowerBound ?? 0)
    to =
      window.map { $0.upperBound == .max ? .max : TraceEncoder.nanoseconds($0.upperBound) } ?? .max
    self.rows = rows.map { $0.lowercased() }
  }

  /// Writes the part as a trace of its own; the file appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be read, is no trace, has none of the rows, or if the part cannot be
  ///   written.
  package func write(to target: String) throws -> Outcome {
    // An arrow needs both its ends: which those are is known only after all of the part has been read.
    let first = TracePart(from: from, to: to, rows: rows)
    var reader = TraceReader(path)
    _ = try read(&reader, into: first)
    try requireRows(reader)
    let file = try ZstdWriter(path: target, level: TraceOptions().level, isSeekable: true)
    let second = TracePart(
      from: from, to: to, rows: rows,
      out: TracePartWriter(file, arrows: first.begun.intersection(first.ended)))
    reader = TraceReader(path)
    let ending = try read(&reader, into: second)
    try second.finish(reader)
    var outcome = second.outcome
    outcome.read = reader.bytes
    outcome.end = Picoseconds(clamping: second.last) * 1000
    if case .cut(let diagnostic) = ending, second.last < to { outcome.damage = diagnostic }
    try file.finish()
    return outcome
  }

  private func read(
    _ reader: inout TraceReader, into part: TracePart
  ) throws -> TraceReader.Ending {
    try reader.read(
      from: from, wants: part.wants, resume: { reader, state in part.resume(state, reader) },
      until: part.isDone
    ) { reader, event in try part.take(event, reader) }
  }

  private func requireRows(_ reader: TraceReader) throws(DiagnosticError) {
    let groups = Set(reader.tracks.values.map(\.parent))
    let known = Set(reader.tracks.values.filter { !groups.contains($0.number) }.map(\.name))
    for row in rows where !known.contains(where: { TraceSlicer.matches($0, row) }) {
      throw DiagnosticError(
        "has no row '\(printable(row))'", at: SourceLocation(file: path, line: 0),
        remedy: remedyForUnknown(row, known: known.sorted()))
    }
  }

  /// Whether a row is meant: by its name, and the PE array's by the engine's.
  static func matches(_ name: String, _ wanted: String) -> Bool {
    let name = name.lowercased()
    return name == wanted || (wanted == "tensor" && name == "tensormatrix")
  }
}
