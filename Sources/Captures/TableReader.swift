import Diagnostics

/// A column that a table has.
struct BoundColumn<Value> {
  let column: TableColumn<Value>
  /// Its place among the table's columns; -1 where the table lacks it.
  let index: Int
}

/// Reads the cells of a table as what its columns hold, and keeps all that is wrong with any.
struct TableReader {
  let table: CSVTable
  private var findings: [Diagnostic] = []
  private var left = 0

  init(_ table: CSVTable) {
    self.table = table
    findings = table.findings
    left = max(0, table.raggedRows.count - findings.count)
  }

  /// Finds a column; `check` tells if the table lacks it.
  mutating func bind<Value>(_ column: TableColumn<Value>) -> BoundColumn<Value> {
    if let index = table.index(of: column.name) { return BoundColumn(column: column, index: index) }
    let near = nearestName(to: column.name, in: table.columnNames)
    report(
      Diagnostic(
        .error, "the table has no column \(column.name)",
        at: SourceLocation(file: table.file, line: 1),
        remedy: near.map { "is it called \($0)?" }))
    return BoundColumn(column: column, index: -1)
  }

  /// Finds a column that tables need not have.
  func bindOptional<Value>(_ column: TableColumn<Value>) -> BoundColumn<Value>? {
    table.index(of: column.name).map { BoundColumn(column: column, index: $0) }
  }

  /// The value of a cell; `nil` where it is none, which is told.
  mutating func value<Value>(_ row: Int, _ bound: BoundColumn<Value>) -> Value? {
    guard bound.index >= 0, !table.raggedRows.contains(row) else { return nil }
    if let value = bound.column.value(table.cell(row, bound.index)) { return value }
    report(row, bound, "is not \(bound.column.form)")
    return nil
  }

  /// Tells what is wrong with a cell: `begin_ns: '-4' is not …`.
  mutating func report<Value>(_ row: Int, _ bound: BoundColumn<Value>, _ problem: String) {
    let text = table.text(row, bound.index)
    let place = table.place(row, bound.index)
    report(
      Diagnostic(
        .error,
        "\(bound.column.name): " + (text.isEmpty ? "an empty cell " : "'\(text)' ") + problem,
        at: place.location, sourceLine: place.line, length: text.count, remedy: table.remedy))
  }

  private mutating func report(_ finding: Diagnostic) {
    if findings.count < CSVTable.mostFindings { findings.append(finding) } else { left += 1 }
  }

  /// - Throws: All that was found.
  func check() throws(DiagnosticError) {
    guard !findings.isEmpty else { return }
    var all = findings
    if left > 0 {
      all.append(
        Diagnostic(
          .error, "\(left) more cells or rows are wrong",
          at: SourceLocation(file: table.file, line: 0), remedy: table.remedy))
    }
    throw DiagnosticError(all)
  }
}
