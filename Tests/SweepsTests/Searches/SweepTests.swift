import Compiler
import Diagnostics
import Foundation
import Kernels
import Testing
import Workloads

@testable import Sweeps

/// A directory that goes away with the value that holds it.
final class Folder: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "trnsim-\(UUID().uuidString)"
      ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// Sweeps: what runs, once, and is stored.
@Suite struct SweepTests {
  /// 2 × 3 × 4 variants of a small product, of which those with tile_n=1024 do not fit.
  static let grid = """
    kernel: matmul
    parameters: {m: 128, k: 128, n: 1024, tile_m: [64, 128], tile_n: [256, 512, 1024], buffers: 1..4}
    """

  static func sweep(_ text: String, _ folder: Folder, shard: Shard = .whole) throws -> Sweep {
    try Sweep(SweepSpec(path: folder.write(text, to: "s.yaml"), of: .builtIn), shard: shard)
  }

  /// All rows of a store, as text.
  static func dump(_ store: Store) throws -> String {
    var text = ""
    try store.writeCSV { text += $0 }
    try store.writeJSONLines { text += $0 }
    return text
  }

  static func store(_ sweep: Sweep, _ folder: Folder, _ name: String) throws -> Store {
    try Store("\(folder.path)/\(name)", for: sweep.identity(tool: "test"))
  }

  /// Whose order instructions have is varied, fixed by the file, or by the command.
  @Test func ordersAreSwept() throws {
    let folder = try Folder()
    let sweep = try Self.sweep("kernel: rmsnorm\nschedule: [program, compiler]\n", folder)
    let store = try Self.store(sweep, folder, "both.sqlite")
    _ = try sweep.run(into: store, runner: ParallelRunner(width: 1))
    var found: [(settings: String, time: Int)] = []
    try store.rows { row in
      found.append((row.settings.map(\.text).joined(), row.numbers[.time] ?? 0))
    }
    #expect(found.map(\.settings) == ["schedule=program", "schedule=compiler"])
    #expect(found[0].time != found[1].time)
    var spec = try SweepSpec(path: folder.write("kernel: rmsnorm\n", to: "one.yaml"), of: .builtIn)
    let identity = spec.identity
    #expect(
      Evaluator(kernels: .builtIn).evaluate(spec.space[0]).measurement?[.time] == found[0].time)
    spec.prefer(.compiler)
    #expect(spec.identity != identity)
    #expect(
      Evaluator(kernels: .builtIn).evaluate(spec.space[0]).measurement?[.time] == found[1].time)
    let fixed = try folder.write("kernel: rmsnorm\nschedule: program\n", to: "fixed.yaml")
    var said = try SweepSpec(path: fixed, of: .builtIn)
    said.prefer(.compiler)
    #expect(said.space[0].schedule == .program)
  }

  @Test func anyWidthGivesTheSame() throws {
    let folder = try Folder()
    let sweep = try Self.sweep(Self.grid, folder)
    #expect(sweep.count == 24)
    let texts = try [1, 2, 5].map { width in
      let store = try Self.store(sweep, folder, "\(width).sqlite")
      let (simulated, isComplete) = try sweep.run(
        into: store, runner: ParallelRunner(width: width))
      #expect(simulated == 24)
      #expect(isComplete)
      #expect(try store.counts() == ["measured": 16, "refused": 8])
      return try Self.dump(store)
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0] == texts[2])
    #expect(texts[0].split(separator: "\n").count == 1 + 24 + 24)
    #expect(texts[0].contains("tile_n is 1024"))
  }

  /// The numbers are those of the same variant run alone.
  @Test func numbersAreThoseOfRuns() throws {
    let folder = try Folder()
    let sweep = try Self.sweep(Self.grid, folder)
    let store = try Self.store(sweep, folder, "a.sqlite")
    _ = try sweep.run(into: store, runner: ParallelRunner(width: 2))
    try store.rows { row in
      let outcome = Evaluator(kernels: .builtIn).evaluate(sweep.spec.space[row.index])
      #expect(row.status == outcome.status)
      #expect(row.numbers[.time] == outcome.measurement?[.time])
      #expect(row.numbers[.sbufPeak] == outcome.measurement?[.sbufPeak])
    }
  }

  /// Stopped after every few variants and started again: each runs once, and the result is the same.
  @Test func stoppedSweepsGoOn() throws {
    let folder = try Folder()
    let sweep = try Self.sweep(Self.grid, folder)
    let whole = try Self.store(sweep, folder, "whole.sqlite")
    _ = try sweep.run(into: whole, runner: ParallelRunner(width: 2))
    var simulated = 0
    var rounds = 0
    while true {
      let store = try Self.store(sweep, folder, "parts.sqlite")
      var asked = 0
      let part = try sweep.run(
        into: store, runner: ParallelRunner(width: 2),
        isCancelled: {
          asked += 1
          // What is stored already is asked for as well.
          return asked > simulated + 5
        })
      simulated += part.simulated
      rounds += 1
      if part.isComplete { break }
      try #require(rounds < 100)
    }
    #expect(rounds > 3)
    #expect(simulated == 24)
    let parts = try Store(reading: "\(folder.path)/parts.sqlite")
    #expect(try Self.dump(parts) == Self.dump(whole))
  }

  @Test func shardsMakeTheWhole() throws {
    let folder = try Folder()
    let sweep = try Self.sweep(Self.grid, folder)
    let whole = try Self.store(sweep, folder, "whole.sqlite")
    _ = try sweep.run(into: whole, runner: ParallelRunner(width: 2))
    let merged = try Self.store(sweep, folder, "merged.sqlite")
    var counts = 0
    for number in 1...5 {
      let part = try Self.sweep(Self.grid, folder, shard: Shard(number: number, count: 5))
      counts += part.count
      do {
        let store = try Self.store(part, folder, "\(number).sqlite")
        let (simulated, _) = try part.run(into: store, runner: ParallelRunner(width: 1))
        #expect(simulated == part.count)
      }
      #expect(try merged.merge("\(folder.path)/\(number).sqlite") == part.count)
      #expect(
        try merged.merge("\(folder.path)/\(number).sqlite") == 0, "merging twice adds nothing")
    }
    #expect(counts == 24)
    #expect(try Self.dump(merged) == Self.dump(whole))
  }

  @Test func randomDrawsAreDifferentAndRepeat() throws {
    let folder = try Folder()
    func indices(_ search: String) throws -> [Int] {
      let sweep = try Self.sweep(Self.grid + "\nsearch: \(search)", folder)
      return Plan(spec: sweep.spec).drawn() ?? []
    }
    let ten = try indices("{random: 10, seed: 1}")
    #expect(Set(ten).count == 10)
    #expect(ten.allSatisfy { (0..<24).contains($0) })
    #expect(try indices("{random: 10, seed: 1}") == ten)
    #expect(try indices("{random: 10, seed: 2}") != ten)
    #expect(Set(try indices("{random: 1000, seed: 1}")) == Set(0..<24), "no more than there are")
    // Each of 24 is drawn about as often: 600 draws of 4 are 100 of each on average, with a standard
    // deviation of 9.1; five of these are allowed.
    var counts = Array(repeating: 0, count: 24)
    for seed in 0..<600 {
      for index in try indices("{random: 4, seed: \(seed)}") { counts[index] += 1 }
    }
    #expect(counts.allSatisfy { (55...145).contains($0) }, "\(counts)")
  }

  /// The best of each round go on, and the last round has the best of all when rounds agree.
  @Test func halvingKeepsTheBest() throws {
    let folder = try Folder()
    let text = """
      kernel: matmul
      parameters: {k: 128, n: 512, tile_m: [32, 64, 128], tile_n: [64, 128, 256, 512], buffers: 1..2}
      search: {halving: 24, keep: 4, fidelity: {m: [128, 256]}}
      """
    let sweep = try Self.sweep(text, folder)
    #expect(sweep.count == 24 + 6)
    let store = try Self.store(sweep, folder, "h.sqlite")
    let (simulated, isComplete) = try sweep.run(into: store, runner: ParallelRunner(width: 2))
    #expect(simulated == 30)
    #expect(isComplete)
    let first = try store.values(ofRung: 0, .time).sorted {
      ($0.value, $0.index) < ($1.value, $1.index)
    }
    let second = try store.values(ofRung: 1, .time)
    #expect(Set(second.map(\.index)) == Set(first.prefix(6).map(\.index)))
    // A second run has nothing to do.
    let again = try sweep.run(into: store, runner: ParallelRunner(width: 1))
    #expect(again.simulated == 0)
    #expect(again.isComplete)
    #expect(throws: DiagnosticError.self) {
      try Sweep(sweep.spec, shard: Shard(number: 1, count: 2))
    }
  }
}
