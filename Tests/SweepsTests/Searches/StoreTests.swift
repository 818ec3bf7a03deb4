import Diagnostics
import Foundation
import Kernels
import Reports
import Testing
import Workloads

@testable import Sweeps

/// Specs and stores that are not what they should be.
@Suite struct StoreTests {
  @Test func otherSweepsAreRefused() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    do { _ = try SweepTests.store(sweep, folder, "a.sqlite") }
    let other = try SweepTests.sweep(
      SweepTests.grid.replacing("[64, 128]", with: "[32, 128]"), folder)
    let error = #expect(throws: DiagnosticError.self) {
      try SweepTests.store(other, folder, "a.sqlite")
    }
    #expect(error?.description.contains("holds results of another sweep: sweep differ") == true)
    let version = #expect(throws: DiagnosticError.self) {
      try Store("\(folder.path)/a.sqlite", for: sweep.identity(tool: "other"))
    }
    #expect(version?.description.contains("tool differ") == true)
    // A comment or the order of keys does not matter.
    let same = try SweepTests.sweep("# as before\n" + SweepTests.grid, folder)
    _ = try SweepTests.store(same, folder, "a.sqlite")
  }

  @Test func oneWriterAtATime() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    do {
      let first = try SweepTests.store(sweep, folder, "a.sqlite")
      let error = #expect(throws: DiagnosticError.self) {
        try SweepTests.store(sweep, folder, "a.sqlite")
      }
      #expect(error?.description.contains("another sweep writes to this store") == true)
      // Readers need not wait.
      #expect(try Store(reading: "\(folder.path)/a.sqlite").count() == 0)
      #expect(try first.count() == 0)
    }
    _ = try SweepTests.store(sweep, folder, "a.sqlite")
    #expect(folder.names == ["a.sqlite", "s.yaml"], "nothing is left beside it")
  }

  @Test func resultsAreStoredOnce() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    let store = try SweepTests.store(sweep, folder, "a.sqlite")
    let outcome = VariantOutcome.refused(["no"])
    try store.add(rung: 0, index: 1, variant: Variant("matmul"), settings: [], outcome)
    #expect(throws: DiagnosticError.self) {
      try store.add(rung: 0, index: 1, variant: Variant("matmul"), settings: [], outcome)
    }
    #expect(try store.count() == 1)
  }

  @Test func otherFilesAreRefused() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    for (name, text) in [("text", "hello, I am a text"), ("short", "x")] {
      let path = try folder.write(text, to: name)
      for open in [
        { _ = try Store(path, for: try sweep.identity(tool: "test")) },
        { _ = try Store(reading: path) },
      ] {
        let error = #expect(throws: DiagnosticError.self) { try open() }
        #expect(error?.description.contains(path) == true)
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
    #expect(throws: DiagnosticError.self) { try Store(reading: "\(folder.path)/none") }
    #expect(throws: DiagnosticError.self) {
      try Store("\(folder.path)/none/a.sqlite", for: ["sweep": ""])
    }
  }

  @Test func contradictionsAreFound() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    let a = try SweepTests.store(sweep, folder, "a.sqlite")
    do {
      let b = try SweepTests.store(sweep, folder, "b.sqlite")
      try a.add(rung: 0, index: 1, variant: Variant("matmul"), settings: [], .refused(["one"]))
      try b.add(rung: 0, index: 1, variant: Variant("matmul"), settings: [], .refused(["two"]))
    }
    let error = #expect(throws: DiagnosticError.self) { try a.merge("\(folder.path)/b.sqlite") }
    #expect(error?.description.contains("has another result for 'matmul | trn2'") == true)
  }

  /// All mistakes of a file at once.
  @Test func badSpecs() throws {
    let folder = try Folder()
    func message(_ text: String) throws -> String {
      let path = try folder.write(text, to: "bad.yaml")
      return #expect(throws: DiagnosticError.self) { try SweepSpec(path: path, of: .builtIn) }?
        .description ?? ""
    }
    let text = try message(
      """
      kernel: [matmul, soft]
      objective: speed
      search: {halving: 0, keep: 1}
      sets: 1
      program: none.trn
      """)
    for part in [
      "there is no kernel 'soft'", "there is no objective 'speed'",
      "halving must be a whole number",
      "keep must be a whole number", "halving needs 'fidelity'", "a sweep has no 'sets'",
      "there is no file",
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    #expect(
      try message("parameters: {m: 1}").contains(
        "a sweep needs a 'kernel', a 'program' or a 'script'"))
    #expect(try message("kernel: silu\nsearch: best").contains("a search is 'grid'"))
    #expect(
      try message("kernel: silu\nparameters: {rows: 1}").contains("there is no parameter 'rows'"))
    #expect(
      try message(
        "kernel: silu\nsearch: {halving: 4, fidelity: {tokens: [1, 2], width: [256]}}"
      ).contains("same length"))
    #expect(
      try message(
        "kernel: silu\nparameters: {tokens: 1}\nsearch: {halving: 4, fidelity: {tokens: [1, 2]}}"
      ).contains("both fixed and varied"))
  }

  @Test func shards() {
    #expect(Shard("3/16") == Shard(number: 3, count: 16))
    for bad in ["0/2", "3/2", "1", "1/2/3", "a/b", "", "/", "-1/2", "1/0"] {
      #expect(Shard(bad) == nil, "\(bad)")
    }
    for total in [0, 1, 7, 24] {
      let sizes = (1...5).map { Shard(number: $0, count: 5).size(of: total) }
      #expect(sizes.reduce(0, +) == total)
      for (index, size) in sizes.enumerated() {
        let shard = Shard(number: index + 1, count: 5)
        #expect((0..<total).filter { shard.contains($0) }.count == size)
      }
    }
  }
}

/// Stores of which somebody changed values.
@Suite struct ChangedStoreTests {
  private func store(_ statement: String) throws -> (Store, Folder) {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    let store = try SweepTests.store(sweep, folder, "a.sqlite")
    var left = 6
    _ = try sweep.run(
      into: store, runner: ParallelRunner(width: 1),
      isCancelled: {
        left -= 1
        return left < 0
      })
    try store.execute(statement)
    return (store, folder)
  }

  @Test func resultsWithOtherSettingsHaveTheirColumns() throws {
    let (store, folder) = try store("UPDATE result SET settings = '{\"x\": \"1\"}' WHERE id = 1")
    let text = try store.ranking(by: .time, limit: 9).text(on: .init(width: 120))
    #expect(text.contains("tile_m") && text.contains("x "))
    withExtendedLifetime(folder) {}
    let (empty, other) = try self.store("UPDATE result SET settings = '{}' WHERE id = 0")
    #expect(try empty.ranking(by: .time, limit: 9).text(on: .init(width: 120)).contains("tile_m"))
    withExtendedLifetime(other) {}
  }

  @Test(arguments: [
    ("limit_share", "9e999"), ("limit_share", "-9e999"), ("limit_share", "-0.5"),
    ("limit_share", "1e300"), ("total_time_ps", "-1"), ("total_time_ps", "9223372036854775807"),
    ("sbuf_peak_bytes_per_partition", "-9223372036854775808"),
  ])
  func numbersBeyondAllResultsAreRefused(_ column: String, _ value: String) throws {
    let (store, folder) = try store("UPDATE result SET \(column) = \(value)")
    let error = #expect(throws: DiagnosticError.self) { try store.ranking(by: .time, limit: 9) }
    #expect(error?.description.contains(" has \(column)=") == true)
    #expect(throws: DiagnosticError.self) { try store.page(named: "s", by: .time) }
    withExtendedLifetime(folder) {}
  }
}
