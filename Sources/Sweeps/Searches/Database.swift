internal import CSQLite
import Diagnostics

/// A connection to an SQLite file, with as much of its interface as stores need.
final class Database {
  /// A value of a column.
  enum Value: Hashable {
    case null
    case integer(Int)
    case real(Double)
    case text(String)
  }

  private var connection: OpaquePointer?
  private var statements: [String: OpaquePointer] = [:]
  private let path: String

  /// Opens a file, which is made if `create` and it is missing.
  init(_ path: String, create: Bool) throws(DiagnosticError) {
    self.path = path
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0)
    let code = sqlite3_open_v2(path, &connection, flags, nil)
    guard code == SQLITE_OK else { throw failure("cannot open", code) }
    sqlite3_busy_timeout(connection, 10_000)
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(connection)
  }

  private func failure(_ doing: String, _ code: Int32) -> DiagnosticError {
    let reason = connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
    let remedy: String? =
      switch code & 0xff {
      case SQLITE_CANTOPEN: "check the path and its directory"
      case SQLITE_NOTADB, SQLITE_CORRUPT: "give a store that 'trnsim sweep' made"
      case SQLITE_FULL: "free some space, and run the same command again: it goes on where it was"
      case SQLITE_READONLY: "give write permission to the file and its directory"
      case SQLITE_BUSY, SQLITE_LOCKED: "wait for the program that uses it"
      default: nil
      }
    return DiagnosticError(
      "\(doing): \(reason ?? "SQLite error \(code)")", at: SourceLocation(file: path, line: 0),
      remedy: remedy)
  }

  /// Runs a statement with values for its question marks; `row` takes each row of the result.
  func run(
    _ sql: String, _ values: [Value] = [], row: ([Value]) throws -> Void = { _ in }
  ) throws {
    let statement = try prepared(sql)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() { try bind(value, statement, Int32(index + 1)) }
    while true {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else { throw failure("cannot use the store", code) }
      try row((0..<sqlite3_column_count(statement)).map { Database.column(statement, $0) })
    }
  }

  /// The first row of a result; `nil` if there is none.
  func first(_ sql: String, _ values: [Value] = []) throws -> [Value]? {
    var found: [Value]?
    try run(sql, values) { if found == nil { found = $0 } }
    return found
  }

  private func prepared(_ sql: String) throws(DiagnosticError) -> OpaquePointer? {
    if let known = statements[sql] { return known }
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(
      connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw failure("cannot use the store", code) }
    statements[sql] = statement
    return statement
  }

  private func bind(
    _ value: Value, _ statement: OpaquePointer?, _ index: Int32
  ) throws(DiagnosticError) {
    let code: Int32
    switch value {
    case .null: code = sqlite3_bind_null(statement, index)
    case .integer(let number): code = sqlite3_bind_int64(statement, index, Int64(number))
    case .real(let number): code = sqlite3_bind_double(statement, index, number)
    case .text(let text):
      // SQLITE_TRANSIENT: SQLite copies the bytes.
      code = sqlite3_bind_text(
        statement, index, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }
    guard code == SQLITE_OK else { throw failure("cannot store a value", code) }
  }

  private static func column(_ statement: OpaquePointer?, _ index: Int32) -> Value {
    switch sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER: return .integer(Int(sqlite3_column_int64(statement, index)))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
    case SQLITE_NULL: return .null
    default:
      let text = sqlite3_column_text(statement, index)
      return .text(text.map { String(cString: $0) } ?? "")
    }
  }
}

extension Database.Value {
  /// The number, if it is a whole one.
  var integer: Int? { if case .integer(let number) = self { number } else { nil } }

  /// The text, if it is one.
  var text: String? { if case .text(let text) = self { text } else { nil } }

  /// The number as a floating-point one, if it is one.
  var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .real(let number): number
    case .null, .text: nil
    }
  }
}
