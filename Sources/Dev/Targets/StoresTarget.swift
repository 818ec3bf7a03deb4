import Diagnostics
import Kernels
import Programs
import Storage
import Sweeps

/// Stores of sweeps, of which bytes or values were changed: refused, or told.
package struct StoresTarget: FuzzTarget {
  package static let name = "stores"
  package static let summary =
    "changed stores of sweeps: read, ranked, exported, merged, gone on with"

  private let bytes: [UInt8]
  private let sweep: Sweep
  private let identity: [String: String]
  private let folder: String

  package init(_ place: FuzzPlace) throws {
    folder = place.scratch
    let spec = "\(folder)/stored.yaml"
    try writeAtomically(
      Array("kernel: silu\nparameters: {tokens: [1, 2, 3, 4], form: [five, one]}\n".utf8), to: spec)
    sweep = try Sweep(SweepSpec(path: spec, of: .builtIn))
    identity = try sweep.identity(tool: "fuzz")
    let path = "\(folder)/whole.sqlite"
    try StoresTarget.remove(path)
    do {
      let store = try Store(path, for: identity)
      var left = 6
      _ = try sweep.run(
        into: store, runner: ParallelRunner(width: 1),
        isCancelled: {
          left -= 1
          return left < 0
        })
      try store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
      try store.execute("PRAGMA journal_mode=DELETE")
    }
    bytes = try readFile(path)
  }

  private static func remove(_ path: String) throws {
    for end in ["", "-wal", "-shm", "-journal", ".lock"] { removeFile(path + end) }
  }

  private static let columns =
    ["rung", "id", "variant", "settings", "status", "reason", "limited_by", "limit_share"]
    + Quantity.allCases.map(\.rawValue)
  private static let values = [
    "NULL", "-1", "0", "9223372036854775807", "-9223372036854775808", "1e308", "9e999", "-9e999",
    "''",
    "'measured'", "'refused'", "'faulted'", "'x'", "x'00ff'", "'{}'", "'{\"a\": 1}'",
    "'{\"a\": \"1\"}'",
    "'{\"m\": \"nan\", \"n\": \"1e999\"}'", "'[1]'", "char(27)", "'a' || char(0) || 'b'",
    "'a,\"b\n'",
  ]
  private static let statements = [
    "DELETE FROM result", "DROP TABLE result", "DROP TABLE sweep", "DELETE FROM sweep",
    "PRAGMA user_version=3", "PRAGMA application_id=1", "ALTER TABLE result DROP COLUMN mfu",
    "ALTER TABLE result ADD COLUMN more", "UPDATE sweep SET value = value || 'x'",
    "INSERT INTO sweep VALUES ('more', 'x')", "CREATE VIEW v AS SELECT * FROM result",
    "UPDATE result SET rung = rung + 1", "UPDATE result SET id = -id",
  ]

  package func run(_ fuzz: FuzzCase) throws {
    let path = "\(folder)/changed.sqlite"
    try StoresTarget.remove(path)
    if fuzz.random.once(in: 2) {
      var changed = bytes
      if fuzz.random.once(in: 3) {
        var mutation = Mutation(random: SeededGenerator(seed: fuzz.seed()))
        changed = mutation.mutate(bytes, isText: false)
      } else {
        for _ in 0..<fuzz.random.pick([1, 1, 2, 4, 8]) {
          changed[fuzz.random.pick(0...changed.count - 1)] = UInt8(fuzz.random.pick(0...255))
        }
      }
      fuzz.feed(changed, "input.sqlite")
      try writeAtomically(changed, to: path)
    } else {
      try writeAtomically(bytes, to: path)
      try change(path, fuzz)
      fuzz.feed(try readFile(path), "input.sqlite")
    }
    do {
      let store = try Store(reading: path)
      fuzz.reach("opened")
      try requireTold(store, fuzz)
      fuzz.reach("told")
    } catch {
      fuzz.requireTold(error, "read")
      fuzz.reach("refused")
    }
    guard fuzz.random.once(in: 4) else { return }
    do {
      let store = try Store(path, for: identity)
      _ = try store.merge("\(folder)/whole.sqlite")
      fuzz.reach("merged")
      var left = 3
      _ = try sweep.run(
        into: store, runner: ParallelRunner(width: 1),
        isCancelled: {
          left -= 1
          return left < 0
        })
      fuzz.reach("gone on with")
    } catch {
      fuzz.requireTold(error, "write")
      fuzz.reach("not gone on with")
    }
  }

  /// Changes values by SQL, as people with a shell do.
  private func change(_ path: String, _ fuzz: FuzzCase) throws {
    let store = try Store(reading: path)
    for _ in 0..<fuzz.random.pick(1...3) {
      let statement: String
      if fuzz.random.once(in: 4) {
        statement = fuzz.random.pick(StoresTarget.statements)
      } else {
        let column = fuzz.random.pick(StoresTarget.columns)
        statement =
          "UPDATE result SET \(column) = \(fuzz.random.pick(StoresTarget.values)) "
          + "WHERE id % \(fuzz.random.pick(1...4)) = 0"
      }
      // Some contradict what the tables allow.
      try? store.execute(statement)
    }
  }
}
