import Compiler
import Diagnostics
import Foundation
import Kernels
import Sweeps
import Testing
import Workloads

@testable import Baselines

/// Suites and baselines as files.
@Suite struct SuiteFileTests {
  @Test func listsBecomeEntries() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/p", withIntermediateDirectories: true)
    for name in ["a.trn", "b.trn", "c.txt"] { try folder.write(threeSteps(), to: "p/\(name)") }
    let path = try folder.write(
      """
      suite: mine
      hardware: trn2
      tolerance: {total_time_ps: 1 %}
      entries:
        - kernel: matmul
          name: qkv
          parameters: {m: [128, 1], k: 2048, n: 256..512*2}
          hardware: [trn1, trn2]
        - kernel: [silu, softmax]
          set: {dma.rings: 8}
          tolerance: {total_time_ps: "+0 -5 %", hbm_read_bytes: 64}
        - program: p/*.trn
      """, to: "s.yaml")
    let suite = try SuiteFile(path: path, of: .builtIn)
    #expect(suite.name == "mine")
    let names = suite.entries.map(\.name)
    #expect(names.count == 8 + 2 + 2)
    #expect(names == names.sorted())
    #expect(
      names.contains("qkv hardware=trn1 m=128 n=512")
        || names.contains("qkv m=128 n=512 hardware=trn1"))
    #expect(names.contains("silu dma.rings=8"))
    #expect(names.contains("a") && names.contains("b"))
    let silu = try #require(suite.entries.first { $0.name == "silu dma.rings=8" })
    #expect(silu.tolerances[.hbmRead]?.allows(64, insteadOf: 0) == true)
    #expect(silu.tolerances[.time]?.allows(101, insteadOf: 100) == false)
    #expect(silu.tolerances[.time]?.allows(95, insteadOf: 100) == true)
    #expect(suite.entries.first { $0.name == "a" }?.tolerances[.time] == (try Tolerance("1 %")))
  }

  /// All mistakes of a file at once, each with its line.
  @Test func mistakesHavePlaces() throws {
    let folder = try Folder()
    let path = try folder.write(
      """
      suite: [a]
      tolerances: {}
      programs: some
      entries:
        - kernel: matmull
        - kernel: matmul
          parameters: {tile_q: 1, m: 0}
        - {parameters: {m: 1}}
        - kernel: silu
          tolerance: {total_time_ps: fast, time: 1}
        - program: none.trn
        - program: nothing/*.trn
        - kernel: silu
          parameters: [1]
      """, to: "s.yaml")
    let error = #expect(throws: DiagnosticError.self) { try SuiteFile(path: path, of: .builtIn) }
    let text = error?.description ?? ""
    for part in [
      ":1:8: error: suite must be a text", ":2:1: error: a suite has no 'tolerances'",
      "did you mean 'tolerance'", ":3:11: error: 'programs' is 'keep' or 'none'",
      "there is no kernel 'matmull'", "did you mean 'matmul'", "there is no parameter 'tile_q'",
      "parameter 'm' is 0", "an entry needs a 'kernel' or a 'program'", "'fast' is no tolerance",
      "a tolerance has no 'time'", "there is no file", "no file matches",
      "'parameters' is not a mapping",
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    for bad in [
      "", "[1, 2]", "entries: []", "entries: x", "a: &b 1", "entries:\n  - kernel: [", "x: {",
    ] {
      let path = try folder.write(bad, to: "bad.yaml")
      #expect(throws: DiagnosticError.self, "\(bad)") { try SuiteFile(path: path, of: .builtIn) }
    }
    let twice = try folder.write("entries: [{kernel: silu}, {kernel: silu}]", to: "twice.yaml")
    let repeated = #expect(throws: DiagnosticError.self) {
      try SuiteFile(path: twice, of: .builtIn)
    }
    #expect(repeated?.description.contains("the entry 'silu' is there twice") == true)
  }

  /// Kernels of Python scripts: shapes with sizes, other arguments, a name for each.
  @Test func scriptsBecomeCalls() throws {
    let folder = try Folder()
    try folder.write("", to: "k.py")
    let path = try folder.write(
      """
      entries:
        - script: k.py
          kernel: [f, g]
          inputs:
            x: bfloat16 [n, 2, n]
            w: "fp32 [8]"
          sizes: {n: [4, 1]}
          parameters: {eps: 1e-6}
          hardware: trn1
      """, to: "s.yaml")
    let suite = try SuiteFile(path: path, of: .builtIn)
    #expect(
      suite.entries.map(\.name) == [
        "f eps=1e-6 n=1 on trn1", "f eps=1e-6 n=4 on trn1", "g eps=1e-6 n=1 on trn1",
        "g eps=1e-6 n=4 on trn1",
      ])
    let call = try #require(try suite.entries[1].variant.call(beside: path))
    #expect(call.script == "\(folder.path)/k.py" && call.function == "f" && call.hardware == "trn1")
    #expect(
      call.inputs?.sorted { $0.name < $1.name } == [
        .init(name: "w", dtype: "float32", shape: [8]),
        .init(name: "x", dtype: "bfloat16", shape: [4, 2, 4]),
      ])
    #expect(call.arguments == ["eps": "1e-6"])
    #expect(suite.entries[1].variant.subject == "k.py:f")
    // Entries that differ in a shape alone are recorded apart; the machine's values are none of Python's business.
    #expect(Set(try suite.entries.map { try $0.variant.call(beside: path) }).count == 4)
    let other = try folder.write(
      """
      entries:
        - {name: a, script: k.py, kernel: f, inputs: {x: "float32 [8]"}}
        - {name: b, script: k.py, kernel: f, inputs: {x: "float32 [16]"}}
        - {name: c, script: k.py, kernel: f, inputs: {x: "float32 [16]"}, set: {dma.rings: 8}}
      """, to: "other.yaml")
    let calls = try SuiteFile(path: other, of: .builtIn).entries.map {
      try $0.variant.call(beside: other)
    }
    #expect(calls[0] != calls[1])
    #expect(calls[1] == calls[2])
  }

  /// Whose order instructions have: an entry's own word comes before the command's.
  @Test func entriesSayWhoseOrder() throws {
    let folder = try Folder()
    try folder.write("", to: "k.py")
    let path = try folder.write(
      """
      entries:
        - {kernel: softmax, schedule: [program, compiler]}
        - {kernel: silu}
        - {script: k.py, kernel: f, inputs: {x: "float32 [8]"}}
        - {script: k.py, kernel: g, inputs: {x: "float32 [8]"}, schedule: program}
      """, to: "s.yaml")
    var suite = try SuiteFile(path: path, of: .builtIn)
    let said = ["f", "g schedule=program", "silu", "softmax schedule=compiler"]
    #expect(suite.entries.map(\.name) == said + ["softmax schedule=program"])
    #expect(suite.entries.map(\.variant.schedule) == [nil, .program, nil, .compiler, .program])
    let keys = Set(suite.entries.map(\.variant.key))
    #expect(keys.count == 5)
    suite.prefer(.compiler)
    #expect(suite.entries.map(\.name) == said + ["softmax schedule=program"])
    #expect(
      suite.entries.map(\.variant.schedule)
        == [.compiler, .program, .compiler, .compiler, .program])
    #expect(suite.entries[0].variant.key.contains("schedule=compiler"))
  }

  /// Numbers of another order are no news about the kernel.
  @Test func anotherOrderIsIncomparable() throws {
    let folder = try Folder()
    let path = try folder.write("entries: [{kernel: rmsnorm}]", to: "s.yaml")
    var suite = try SuiteFile(path: path, of: .builtIn)
    let before = try Check(suite, against: Baseline())
    try before.writeBaseline(reason: nil)
    suite.prefer(.compiler)
    let baseline = try Baseline.read(Baseline.path(of: suite))
    let after = try Check(suite, against: baseline)
    #expect(after.exitCode(strict: false) == 3)
    #expect(after.results[0].reasons.contains("schedule is compiler instead of (none)"))
    #expect(after.results[0].new?.time != before.results[0].new?.time)
    try after.writeBaseline(reason: nil)
    let accepted = try Baseline.read(Baseline.path(of: suite))
    #expect(accepted.entries["rmsnorm"]?.schedule == "compiler")
    #expect(try Check(suite, against: accepted).exitCode(strict: true) == 0)
  }

  /// A baseline is the same from wherever the suite is named.
  @Test func subjectsStartAtTheSuite() throws {
    let accepted = try Accepted()
    #expect(accepted.baseline.entries["steps"]?.subject == "steps.trn")
    let suite = try SuiteFile(path: "\(accepted.folder.path)/./s.yaml", of: .builtIn)
    #expect(try Check(suite, against: accepted.baseline).exitCode(strict: true) == 0)
  }

  @Test(arguments: ["fast", "", "+", "1 2", "1 % 2 % 3 %", "-1x", "2000 %", "+-1", "nan%"])
  func badTolerances(_ text: String) {
    #expect(throws: DiagnosticError.self) { try Tolerance(text) }
  }

  @Test func patterns() {
    #expect(matches("matmul m=128", pattern: "matmul*"))
    #expect(matches("matmul m=128", pattern: "*m=12*"))
    #expect(matches("matmul m=128", pattern: "mul"))
    #expect(matches("matmul m=128", pattern: "m*m*8"))
    #expect(!matches("matmul m=128", pattern: "m*9"))
    #expect(!matches("matmul", pattern: "matmul*matmul"))
    #expect(matches("matmul", pattern: "*"))
  }

  @Test func baselinesReadBack() throws {
    let accepted = try Accepted()
    let text = try accepted.folder.read("s.baseline.json")
    #expect(text == accepted.baseline.text)
    // One number per line, sorted: what version control can show and merge.
    #expect(text.split(separator: "\n").allSatisfy { $0.count < 400 })
    #expect(text.contains("\"total_time_ps\": "))
    let entry = try #require(accepted.baseline.entries["steps"])
    let run = EntryRun(
      try #require(accepted.suite.entries.first { $0.name == "steps" }).variant,
      Evaluator(kernels: .builtIn, beside: accepted.suite.path))
    for quantity in Quantity.allCases {
      #expect(entry.measurement[quantity] == run.entry.measurement[quantity], "\(quantity)")
    }
    #expect(entry.measurement.busy == run.entry.measurement.busy)
    #expect(entry.measurement.engine == run.entry.measurement.engine)
    #expect(!entry.measurement.waits.isEmpty)
    // What a worker sends of it arrives as it was, also places.
    var unpacker = Unpacker(run.packed)
    let arrived = try EntryRun(from: &unpacker)
    #expect(arrived.entry == run.entry)
    #expect(arrived.notes == run.notes && arrived.failure == nil)
    #expect(entry.program.count == 16)
  }

  @Test(arguments: [
    "", "{", "[]", "{\"schema\": 1}", "{\"schema\": 9, \"entries\": {}, \"hardware\": {}}",
  ])
  func damagedBaselines(_ text: String) throws {
    let folder = try Folder()
    let path = try folder.write(text, to: "b.json")
    let error = #expect(throws: DiagnosticError.self) { try Baseline.read(path) }
    #expect(error?.description.contains("b.json") == true)
    #expect(error?.description.contains("trnsim update") == true)
  }
}
