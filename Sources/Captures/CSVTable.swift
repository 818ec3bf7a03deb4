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

  /// Splits the text of a table.
  ///
  /// - Throws: A diagnostic at the first line whose number of cells differs from the header's.
  init(_ bytes: [UInt8], file: String) throws(DiagnosticError) {
    self.bytes = bytes
    self.file = file
    var end = bytes.firstIndex(of: 0x0A) ?? bytes.count
    let header = String(decoding: bytes[..<end].filter { $0 != 0x0D }, as: UTF8.self)
    let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    columns = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    width = names.count
    var line = 1
    while end + 1 < bytes.count {
      var position = end + 1
      line += 1
      let first = starts.count
      starts.append(Int32(position))
      var quoted = false
      while position < bytes.count, bytes[position] != 0x0A {
        if bytes[position] == 0x22 { quoted.toggle() }
        if bytes[position] == 0x2C && !quoted { starts.append(Int32(position + 1)) }
        position += 1
      }
      guard starts.count - first == width else {
        throw DiagnosticError(
          "the row has \(starts.count - first) cells and the header \(width)",
          at: SourceLocation(file: file, line: line),
          remedy: "replay an unchanged table of a capture")
      }
      end = position
      count += 1
    }
    starts.append(Int32(min(bytes.count, end) + 1))
  }

  /// The place of a row, for messages.
  func location(_ row: Int) -> SourceLocation { SourceLocation(file: file, line: row + 2) }

  /// The index of a column.
  ///
  /// - Throws: A diagnostic when the table lacks the column.
  func column(_ name: String) throws(DiagnosticError) -> Int {
    if let found = columns[name] { return found }
    let near = nearestName(to: name, in: Array(columns.keys))
    throw DiagnosticError(
      "the table has no column \(name)", at: SourceLocation(file: file, line: 1),
      remedy: near.map { "is it called \($0)?" })
  }

  private func cell(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let index = row * width + column
    var begin = Int(starts[index])
    var end = Int(starts[index + 1]) - 1
    if end > begin, bytes[end - 1] == 0x0D { end -= 1 }
    end = min(end, bytes.count)
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

  /// A whole number; `nil` when the cell is empty or holds something else.
  func integer(_ row: Int, _ column: Int) -> Int? {
    var value = 0
    let digits = cell(row, column)
    guard !digits.isEmpty else { return nil }
    for byte in digits {
      guard byte >= 0x30 && byte <= 0x39 && value < 1 << 50 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }

  /// A time in ns with at most three decimals, as picoseconds.
  func picoseconds(_ row: Int, _ column: Int) throws(DiagnosticError) -> Int64 {
    var value: Int64 = 0
    var decimals = -1
    var negative = false
    let digits = cell(row, column)
    var isNumber = !digits.isEmpty
    for (place, byte) in digits.enumerated() {
      switch byte {
      case 0x2D where place == 0: negative = true
      case 0x2E where decimals < 0: decimals = 0
      case 0x30...0x39 where decimals < 3 && value < 1 << 50:
        value = value * 10 + Int64(byte - 0x30)
        if decimals >= 0 { decimals += 1 }
      case 0x30...0x39 where decimals >= 3: break
      default: isNumber = false
      }
    }
    guard isNumber else {
      throw DiagnosticError(
        "\(text(row, column)) is not a time in ns", at: location(row),
        remedy: "replay an unchanged table of a capture")
    }
    for _ in max(0, decimals)..<3 { value *= 10 }
    return negative ? -value : value
  }
}
