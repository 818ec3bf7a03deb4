import Diagnostics

extension Store {
  /// Takes over the results of another store of the same sweep; equal ones that both have count once, and one that
  /// died gives way to one that did not.
  ///
  /// - Returns: Number of results that were new.
  /// - Throws: `DiagnosticError` if the stores are of different sweeps or contradict each other.
  @discardableResult
  package func merge(_ other: String) throws -> Int {
    Invariant.lockedStore.require(isLocked, "\(other) into \(path)")
    // Its own checks, with its own name in messages.
    let theirs = try Store(reading: other)
    try requireSameSweep(theirs)
    try database.run("ATTACH DATABASE ? AS other", [.text(other)])
    defer { try? database.run("DETACH DATABASE other") }
    let columns =
      ["status", "reason", "variant"] + Quantity.allCases.map(\.rawValue)
    let differs = columns.map { "a.\($0) IS NOT b.\($0)" }.joined(separator: " OR ")
    let contradiction = try database.first(
      "SELECT b.variant FROM main.result a JOIN other.result b ON a.rung = b.rung AND a.id = b.id "
        + "WHERE a.status <> 'died' AND b.status <> 'died' AND (\(differs)) "
        + "ORDER BY b.rung, b.id LIMIT 1")
    if let variant = contradiction?.first?.text {
      throw DiagnosticError(
        "has another result for '\(variant)'", at: SourceLocation(file: other, line: 0),
        remedy: "one of the two was made by another version; run it again")
    }
    let before = try count()
    try database.run("BEGIN IMMEDIATE")
    do {
      try database.run(
        "DELETE FROM main.result WHERE status = 'died' AND EXISTS (SELECT 1 FROM other.result b "
          + "WHERE b.rung = main.result.rung AND b.id = main.result.id AND b.status <> 'died')")
      try database.run("INSERT OR IGNORE INTO main.result SELECT * FROM other.result")
      try database.run("COMMIT")
    } catch {
      try? database.run("ROLLBACK")
      throw error
    }
    return try count() - before
  }

  /// Refuses a store whose results belong to something else.
  package func requireSameSweep(_ other: Store) throws {
    let (known, found) = (try identities(), try other.identities())
    let different = Set(known.keys).union(found.keys).filter { known[$0] != found[$0] }.sorted()
    guard different.isEmpty else {
      throw DiagnosticError(
        "is of another sweep: \(different.joined(separator: ", ")) differ",
        at: SourceLocation(file: other.path, line: 0),
        remedy: "give a store of the same spec and version")
    }
  }
}
