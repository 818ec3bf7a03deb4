import Diagnostics

/// A comma-separated table with a header line; cells with commas are in double quotes.
///
/// A cell holds no quotes and no line ends of its own. Cells stay bytes of the file until they are asked for.
struct CSVTable {
  /// Where the table came from, for messages.
  let file: String
  private let bytes: [UInt8]
  /// First byte of each cell, row after row, and one past the end of the last.
  private var starts: [Int32] = []
  private let columns: [String: Int]
  private let width: Int
  /// Number of rows below the header.
  private(set) var count = 0
  /// Rows whose number of cells differs from the header's, and names that the header has twice.
  private(set) var findings: [Diagnostic] = []
  /// Rows whose number of cells differs from the header's.
  private(set) var raggedRows: Set<Int> = []

  /// What to do about a cell that is wrong.
  let remedy = "replay an unchanged table of a capture"

  /// Most rows that are accepted: more than eight times those of the largest capture that is known.
  private static let most = 1 << 21
  /// Findings that are kept.
  static let mostFindings = 20

  /// Splits the text of a table.
  ///
  /// - Throws: A diagnostic when it has too many rows.
  init(_ bytes: [UInt8], file: String) throws(DiagnosticError) {
    self.bytes = bytes
    self.file = file
    var end = bytes.firstIndex(of: 0x0A) ?? bytes.count
    let header = String(decoding: bytes[..<end].filter { $0 != 0x0D }, as: UTF8.self)
    let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    columns = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    width = names.count
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      findings.append(
        Diagnostic(
          .error, "the table has the column \(name) twice",
          at: SourceLocation(file: file, line: 1), remedy: remedy))
    }
    while end + 1 < bytes.count {
      var position = end + 1
      let first = starts.count
      starts.append(Int32(position))
      var quoted = false
      while position < bytes.count, bytes[position] != 0x0A {
        if bytes[position] == 0x22 { quoted.toggle() }
        if bytes[position] == 0x2C && !quoted { starts.append(Int32(position + 1)) }
        position += 1
      }
      if starts.count - first != width {
        if findings.count < CSVTable.mostFindings {
          findings.append(
            Diagnostic(
              .error,
              "the row has \(starts.count - first) cells and the header \(width)",
              at: SourceLocation(file: file, line: count + 2), remedy: remedy))
        }
        raggedRows.insert(count)
        // Such a row has no cells, but those behind it keep their lines.
        starts.removeSubrange((first + 1)...)
        starts += Array(repeating: Int32(position + 1), count: width - 1)
      }
      end = position
      count += 1
      guard count <= CSVTable.most else {
        throw DiagnosticError(
          "the table has more than \(CSVTable.most) rows", at: SourceLocation(file: file, line: 0),
          remedy: "capture a shorter run")
      }
    }
    starts.append(Int32(min(bytes.count, end) + 1))
  }

  /// Names of the columns.
  var columnNames: [String] { Array(columns.keys) }

  /// The index of a column; `nil` when the table lacks it.
  func index(of name: String) -> Int? { columns[name] }

  /// The place of a cell, for messages, and the text of its line.
  func place(_ row: Int, _ column: Int) -> (location: SourceLocation, line: String) {
    let begin = Int(starts[row * width])
    let cell = self.cell(row, column)
    let end = bytes[begin...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
    let before = String(
      decoding: bytes[begin..<max(begin, min(cell.startIndex, end))], as: UTF8.self)
    return (
      SourceLocation(file: file, line: row + 2, column: before.count + 1),
      String(decoding: bytes[begin..<end], as: UTF8.self)
    )
  }

  /// The bytes of a cell, without its quotes.
  func cell(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let index = row * width + column
    var begin = Int(starts[index])
    var end = min(Int(starts[index + 1]) - 1, bytes.count)
    guard begin < end else { return bytes[min(begin, bytes.count)..<min(begin, bytes.count)] }
    if bytes[end - 1] == 0x0D { end -= 1 }
    if end > begin + 1, bytes[begin] == 0x22, bytes[end - 1] == 0x22 {
      begin += 1
      end -= 1
    }
    return bytes[begin..<max(begin, end)]
  }

  /// The text of a cell.
  func text(_ row: Int, _ column: Int) -> String {
    String(decoding: cell(row, column), as: UTF8.self)
  }
}
