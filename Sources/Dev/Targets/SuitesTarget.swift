import Baselines
import Diagnostics
import Kernels
import Programs
import Reports
import Storage
import Sweeps
import Workloads

/// Suites and sweeps, changed: refused with their places, or run.
package struct SuitesTarget: FuzzTarget {
  package static let name = "suites"
  package static let summary = "changed suites and sweeps, checked and run"

  private let suites: [[UInt8]]
  private let sweeps: [[UInt8]]
  private let lines: [[UInt8]]
  private let folder: String

  /// Entries that run in a case.
  private static let most = 3

  package init(_ place: FuzzPlace) throws {
    folder = place.scratch
    try writeAtomically(Array(SampleSuite.program.utf8), to: "\(folder)/program.trn")
    suites = [Array(SampleSuite.text.utf8)]
    sweeps = SampleSuite.sweeps.map { Array($0.utf8) }
    lines = (suites + sweeps).flatMap { $0.split(separator: 0x0A).map(Array.init) }
  }

  package func run(_ fuzz: FuzzCase) throws {
    let isSuite = fuzz.random.once(in: 2)
    var mutation = TextMutation(random: SeededGenerator(seed: fuzz.seed()), lines: lines)
    let text = mutation.mutate(fuzz.random.pick(isSuite ? suites : sweeps))
    fuzz.feed(text, "input.yaml")
    let path = "\(folder)/input.yaml"
    try writeAtomically(text, to: path)
    if isSuite { try check(path, fuzz) } else { try sweep(path, fuzz) }
  }

  private func check(_ path: String, _ fuzz: FuzzCase) throws {
    var suite: SuiteFile
    do {
      suite = try SuiteFile(path: path, of: .builtIn)
    } catch {
      fuzz.requireTold(error, "read")
      return fuzz.reach("refused")
    }
    fuzz.reach("read")
    suite.leaveOutScripts()
    let start = fuzz.random.pick(0...max(0, suite.entries.count - 1))
    suite.entries = Array(
      suite.entries[min(start, suite.entries.count)...].prefix(SuitesTarget.most))
    let check = try Check(suite, against: Baseline(), runner: ParallelRunner(width: 1))
    fuzz.reach("checked")
    requireTold(check, fuzz)
    // What is accepted is the same at the next check.
    let accepted = check.updatedBaseline(reason: "because")
    let again = try Check(suite, against: accepted, runner: ParallelRunner(width: 1))
    fuzz.require(
      again.results.allSatisfy { $0.verdict == .same || $0.verdict == .failed },
      "accepted numbers differ at the next check")
    requireTold(again, fuzz)
  }

  private func sweep(_ path: String, _ fuzz: FuzzCase) throws {
    let sweep: Sweep
    do {
      sweep = try Sweep(SweepSpec(path: path, of: .builtIn))
    } catch {
      fuzz.requireTold(error, "read")
      return fuzz.reach("refused")
    }
    fuzz.reach("read")
    guard
      sweep.spec.workloads.allSatisfy({ workload in
        if case .script = workload { return false }
        return true
      })
    else { return }
    let storePath = "\(folder)/sweep.sqlite"
    for end in ["", "-wal", "-shm", ".lock"] { removeFile(storePath + end) }
    do {
      let store = try Store(storePath, for: sweep.identity(tool: "fuzz"))
      var left = SuitesTarget.most
      _ = try sweep.run(
        into: store, runner: ParallelRunner(width: 1),
        isCancelled: {
          left -= 1
          return left < 0
        })
      fuzz.reach("swept")
      try requireTold(store, fuzz)
    } catch {
      fuzz.requireTold(error, "sweep")
      fuzz.reach("not swept")
    }
  }
}

/// Every view of a check.
func requireTold(_ check: Check, _ fuzz: FuzzCase) {
  let isStrict = fuzz.random.once(in: 2)
  fuzz.requireJSON(check.json(strict: isStrict), "the check")
  fuzz.requirePrintable(check.blocks(strict: isStrict).text(on: Page(width: 80)), "the check")
  let junit = check.junit(strict: isStrict)
  fuzz.require(junit.hasPrefix("<?xml") && !junit.contains("\u{0}"), "the JUnit file is none")
  _ = (check.markdown(strict: isStrict), check.annotations(strict: isStrict))
  _ = check.exitCode(strict: isStrict)
}

/// Every view of a store.
func requireTold(_ store: Store, _ fuzz: FuzzCase) throws {
  let objective = fuzz.random.pick(Quantity.allCases)
  _ = (try store.counts(), try store.count(), try store.identities())
  _ = try store.ranking(by: objective, limit: 5).text(on: Page(width: 80))
  var csv = ""
  try store.writeCSV { csv += $0 }
  var json = ""
  try store.writeJSONLines { json += $0 }
  fuzz.requireJSONLines(json, "the store's lines")
  if fuzz.random.once(in: 8) { _ = try store.page(named: "name", by: objective) }
}

/// What cases of suites, sweeps, baselines and stores begin with.
enum SampleSuite {
  /// A suite with an entry of each kind.
  static let text = """
    suite: sample
    hardware: trn2
    programs: none
    tolerance: {total_time_ps: +1 %}
    entries:
      - {name: product, kernel: matmul, parameters: {m: 128, k: 128, n: [128, 256], tile_n: 128}}
      - {kernel: [softmax, rope], parameters: {tokens: [1, 4]}}
      - {kernel: silu, parameters: {tokens: 1, form: [five, one]}, hardware: [trn1, trn3]}
      - name: mine
        program: program.trn
        set: {clocks.tensor: [1.2, 2.4]}
        schedule: [program, compiler]
        tolerance: {total_time_ps: 0.5 us, hbm_read_bytes: 0}
      - {kernel: argmax, parameters: {vocabulary: 1024, lanes: [128, 1]}}
      - {script: kernels.py, kernel: rmsnorm, inputs: {x: "bfloat16 [tokens, 64]"}, sizes: {tokens: 4}}
    """

  /// Sweeps of every search.
  static let sweeps = [
    """
    kernel: matmul
    parameters: {m: 128, k: 128, n: 256, tile_m: [64, 128], tile_n: [128, 256, 1024], buffers: 1..4}
    """,
    """
    name: random
    kernel: softmax
    hardware: [trn2, trn3]
    parameters: {tokens: [1, 2, 4, 8]}
    set: {clocks.vector: [0.5, 0.96]}
    scale: {dma.bandwidth: [1, 2]}
    search: {random: 3, seed: 7}
    objective: hbm_read_bytes
    """,
    """
    kernel: matmul
    parameters: {k: 128, n: 256, tile_m: [64, 128], buffers: [1, 2]}
    search: {halving: 4, keep: 2, seed: 1, fidelity: {m: [128, 256]}}
    """,
    """
    program: program.trn
    together: ["clocks.tensor=1.2,2.4"]
    schedule: [program, compiler]
    search: grid
    """,
  ]

  /// A program of three engines.
  static let program = """
    trnsim program 1
    kernel three_steps
    tensor x: hbm input float32 [128, 64]
    tensor y: hbm output float32 [128, 64]
    tensor a: sbuf float32 [128, 64] at byte 0
    tensor b: sbuf float32 [128, 64] at byte 256
    dma_copy dst=a src=x engine=sync
    activation dst=b data=a op=square
    tensor_tensor dst=a data1=b data2=b op=add engine=vector
    dma_copy dst=y src=a engine=sync

    """
}
