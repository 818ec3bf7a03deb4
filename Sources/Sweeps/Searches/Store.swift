import Diagnostics
import FoundationEssentials
import Reports
import Storage

/// A sweep's results in an SQLite file; docs/sweeps.md has the schema.
///
/// Each result is stored once, in a transaction of its own, so that a process that is killed loses
/// only what was being computed.
package final class Store {
  /// One result.
  package struct Row: Sendable {
    /// The round; 0 but for halving.
    package var rung: Int
    /// Number of the combination in the space.
    package var index: Int
    /// The variant's key.
    package var variant: String
    /// The values that were varied.
    package var settings: [Setting]
    /// `measured`, `refused`, `faulted` or `died`.
    package var status: String
    /// Why it did not run.
    package var reason: String
    /// The numbers by their keys; empty if it did not run.
    package var numbers: [Quantity: Int]
    /// What limits the run, and its share.
    package var limit: String
    /// The limit's share of the time.
    package var share: Double
  }

  /// The file.
  package let path: String
  let database: Database
  private var lock: StoreLock?
  /// Whether this process may write to it.
  var isLocked: Bool { lock != nil }
  /// Whether results died before this store was opened.
  private var hasDied = false

  /// Version of the schema, as `PRAGMA user_version`.
  package static let schemaVersion = 2
  /// The largest number that a result has: 13 days in ps, more than a simulation takes.
  private static let largest = 1 << 60
  /// `PRAGMA application_id`: "TRNS".
  static let applicationID = 0x5452_4e53

  /// The statements that make an empty store; for SQLite and PostgreSQL alike.
  static let schema: [String] = [
    "CREATE TABLE IF NOT EXISTS sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS result (
      rung INTEGER NOT NULL, id BIGINT NOT NULL, variant TEXT NOT NULL, settings TEXT NOT NULL,
      status TEXT NOT NULL, reason TEXT NOT NULL,
      \(Quantity.allCases.map { "\($0.rawValue) BIGINT" }.joined(separator: ", ")),
      limited_by TEXT, limit_share DOUBLE PRECISION, mfu DOUBLE PRECISION, mbu DOUBLE PRECISION,
      PRIMARY KEY (rung, id))
    """,
  ]

  /// Opens a store to write to; makes it if it is missing.
  ///
  /// - Throws: `DiagnosticError` if it cannot be opened, holds another sweep, or is in use.
  package init(_ path: String, for identity: [String: String]) throws {
    self.path = path
    try Store.requireUsable(path)
    lock = try StoreLock(path)
    database = try Database(path, create: true)
    try database.run("PRAGMA journal_mode=WAL")
    // A transaction survives the end of the process; only the end of the host may lose the last ones,
    // and those then run again.
    try database.run("PRAGMA synchronous=NORMAL")
    let version = try database.first("PRAGMA user_version")?.first?.integer ?? 0
    let tables = try database.first("SELECT count(*) FROM sqlite_master")?.first?.integer ?? 0
    if version == 0 && tables == 0 {
      try database.run("BEGIN IMMEDIATE")
      for statement in Store.schema { try database.run(statement) }
      for (key, value) in identity.sorted(by: { $0.key < $1.key }) {
        try database.run("INSERT INTO sweep VALUES (?, ?)", [.text(key), .text(value)])
      }
      try database.run("PRAGMA application_id=\(Store.applicationID)")
      try database.run("PRAGMA user_version=\(Store.schemaVersion)")
      try database.run("COMMIT")
    }
    try checkSchema()
    let known = try identities()
    let others = identity.filter { known[$0.key] != $0.value }.keys.sorted()
    guard others.isEmpty else {
      throw DiagnosticError(
        "holds results of another sweep: \(others.joined(separator: ", ")) differ",
        at: SourceLocation(file: path, line: 0),
        remedy: "name another file with --store, or repeat the command it was made with")
    }
    hasDied = try !died(limit: 1).isEmpty
  }

  /// Opens a store to read from.
  package init(reading path: String) throws {
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      throw DiagnosticError(
        "there is no such store", at: SourceLocation(file: path, line: 0),
        remedy: "make it with 'trnsim sweep SPEC --store \(path)'")
    }
    try Store.requireUsable(path)
    database = try Database(path, create: false)
    try checkSchema()
  }

  /// Refuses what is no SQLite file before SQLite makes files beside it.
  private static func requireUsable(_ path: String) throws(DiagnosticError) {
    guard let head = try? readFile(path, upTo: 16) else { return }
    guard head.isEmpty || head.starts(with: Array("SQLite format 3".utf8)) else {
      throw DiagnosticError(
        "is no SQLite file", at: SourceLocation(file: path, line: 0),
        remedy: "give a store that 'trnsim sweep' made, or the name of a new one")
    }
  }

  private func checkSchema() throws {
    let application = try database.first("PRAGMA application_id")?.first?.integer ?? 0
    let version = try database.first("PRAGMA user_version")?.first?.integer ?? 0
    guard application == Store.applicationID, version == Store.schemaVersion else {
      throw DiagnosticError(
        application == Store.applicationID
          ? "is a store of version \(version), this program knows \(Store.schemaVersion)"
          : "is no store of a sweep", at: SourceLocation(file: path, line: 0),
        remedy: "name another file")
    }
  }

  /// What the results belong to, by name.
  package func identities() throws -> [String: String] {
    var found: [String: String] = [:]
    try database.run("SELECT key, value FROM sweep") { row in
      if let key = row[0].text, let value = row[1].text { found[key] = value }
    }
    return found
  }

  /// Runs a statement: for tests of stores that somebody changed.
  package func execute(_ sql: String) throws { try database.run(sql) }

  // MARK: - Results

  /// Whether a result is stored that stays.
  ///
  /// One that died has another try, unless later rounds were chosen without it: that may have been this host's memory.
  package func contains(rung: Int, index: Int) throws -> Bool {
    try database.first(
      "SELECT 1 FROM result WHERE rung = ? AND id = ? AND (status <> 'died' OR "
        + "EXISTS (SELECT 1 FROM result WHERE rung > ?))",
      [.integer(rung), .integer(index), .integer(rung)]) != nil
  }

  /// Variants that died, with what of, in the order of the space.
  package func died(limit: Int) throws -> [(variant: String, reason: String)] {
    var found: [(variant: String, reason: String)] = []
    try database.run(
      "SELECT variant, reason FROM result WHERE status = 'died' ORDER BY rung, id LIMIT ?",
      [.integer(limit)]
    ) { found.append(($0[0].text ?? "", $0[1].text ?? "")) }
    return found
  }

  /// Number of stored results of a round.
  func count(ofRung rung: Int) throws -> Int {
    try database.first("SELECT count(*) FROM result WHERE rung = ?", [.integer(rung)])?.first?
      .integer ?? 0
  }

  /// Number of stored results.
  package func count() throws -> Int {
    try database.first("SELECT count(*) FROM result")?.first?.integer ?? 0
  }

  private static let insertion =
    "INSERT INTO result VALUES ("
    + Array(repeating: "?", count: 6 + Quantity.allCases.count + 4)
    .joined(separator: ", ") + ")"

  /// Stores a result; one that is there already is an error, because it was computed twice.
  package func add(
    rung: Int, index: Int, variant: Variant, settings: [Setting], _ outcome: VariantOutcome
  ) throws {
    Invariant.lockedStore.require(isLocked, "a result of \(variant.key) for \(path)")
    let found = outcome.measurement
    var values: [Database.Value] = [
      .integer(rung), .integer(index), .text(variant.key),
      .text(JSON(settings).text(indented: false)), .text(outcome.status), .text(outcome.reason),
    ]
    values += Quantity.allCases.map { quantity in
      found.map { .integer($0[quantity]) } ?? .null
    }
    values +=
      found.map {
        [.text($0.limit), .real($0.limitShare), .real($0.mfu), .real($0.mbu)]
      } ?? [.null, .null, .null, .null]
    if hasDied {
      try database.run(
        "DELETE FROM result WHERE rung = ? AND id = ? AND status = 'died'",
        [.integer(rung), .integer(index)])
    }
    try database.run(Store.insertion, values)
  }

  /// The objective of each measured variant of a round.
  func values(ofRung rung: Int, _ objective: Quantity) throws -> [(index: Int, value: Int)] {
    var found: [(index: Int, value: Int)] = []
    try database.run(
      "SELECT id, \(objective.rawValue) FROM result WHERE rung = ? AND status = 'measured'",
      [.integer(rung)]
    ) { row in
      if let index = row[0].integer, let value = row[1].integer { found.append((index, value)) }
    }
    return found
  }

  /// Number of results by status.
  package func counts() throws -> [String: Int] {
    var found: [String: Int] = [:]
    try database.run("SELECT status, count(*) FROM result GROUP BY status") { row in
      found[row[0].text ?? ""] = row[1].integer
    }
    return found
  }

  /// Hands out the results one by one: in the order of the space, or the best first.
  package func rows(
    best objective: Quantity? = nil, limit: Int? = nil, _ body: (Row) throws -> Void
  ) throws {
    let columns = Quantity.allCases.map(\.rawValue).joined(separator: ", ")
    var sql =
      "SELECT rung, id, variant, settings, status, reason, \(columns), limited_by, limit_share "
      + "FROM result"
    if let objective {
      sql += " WHERE status = 'measured' AND rung = (SELECT max(rung) FROM result)"
      sql += " ORDER BY \(objective.rawValue), id"
    } else {
      sql += " ORDER BY rung, id"
    }
    if let limit { sql += " LIMIT \(limit)" }
    try database.run(sql) { row in
      var numbers: [Quantity: Int] = [:]
      for (position, quantity) in Quantity.allCases.enumerated() {
        numbers[quantity] = row[6 + position].integer
      }
      let share = row[row.count - 1].number ?? 0
      func refuse(_ column: String, _ value: String, _ range: String) -> DiagnosticError {
        DiagnosticError(
          "result \(row[1].integer ?? 0) of round \(row[0].integer ?? 0) has \(column)=\(value), which is \(range)",
          at: SourceLocation(file: path, line: 0),
          remedy: "the store was changed: take it from a copy, or sweep again")
      }
      guard (0...1).contains(share) else {
        throw refuse("limit_share", "\(share)", "from 0 to 1")
      }
      for quantity in Quantity.allCases {
        guard let number = numbers[quantity], !(0...Store.largest).contains(number) else {
          continue
        }
        throw refuse(quantity.rawValue, "\(number)", "from 0 to \(Store.largest)")
      }
      try body(
        Row(
          rung: row[0].integer ?? 0, index: row[1].integer ?? 0, variant: row[2].text ?? "",
          settings: Store.settings(row[3].text ?? ""), status: row[4].text ?? "",
          reason: row[5].text ?? "", numbers: numbers,
          limit: row[row.count - 2].text ?? "", share: share))
    }
  }

  private static func settings(_ json: String) -> [Setting] {
    let object = try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))
    return (object ?? [:]).sorted { $0.key < $1.key }.map { Setting($0.key, $0.value) }
  }
}
