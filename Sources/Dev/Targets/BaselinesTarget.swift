import Baselines
import Diagnostics
import Kernels
import Programs
import Storage
import Sweeps

/// Baselines, changed: refused, or compared with what they were made from.
package struct BaselinesTarget: FuzzTarget {
  package static let name = "baselines"
  package static let summary = "changed baselines, compared both ways and with a run"

  private let text: [UInt8]
  private let baseline: Baseline
  private let suite: SuiteFile
  private let folder: String

  package init(_ place: FuzzPlace) throws {
    folder = place.scratch
    try writeAtomically(Array(SampleSuite.program.utf8), to: "\(folder)/program.trn")
    let path = "\(folder)/suite.yaml"
    try writeAtomically(
      Array(
        """
        suite: sample
        programs: none
        entries:
          - {kernel: silu, parameters: {tokens: 1, form: [five, one]}}
          - {name: mine, program: program.trn}

        """.utf8), to: path)
    suite = try SuiteFile(path: path, of: .builtIn)
    let check = try Check(suite, against: Baseline(), runner: ParallelRunner(width: 1))
    try check.writeBaseline(reason: "because")
    let file = Baseline.path(of: suite)
    text = try readFile(file)
    baseline = try Baseline.read(file)
  }

  package func run(_ fuzz: FuzzCase) throws {
    var mutation = TextMutation(random: SeededGenerator(seed: fuzz.seed()))
    let changed = mutation.mutate(text)
    fuzz.feed(changed, "input.json")
    let path = "\(folder)/input.json"
    try writeAtomically(changed, to: path)
    let other: Baseline
    do throws(DiagnosticError) {
      other = try Baseline.read(path)
    } catch {
      fuzz.requireTold(error, "read")
      return fuzz.reach("refused")
    }
    fuzz.reach("read")
    requireTold(Check(comparing: baseline, with: other, name: "one"), fuzz)
    requireTold(Check(comparing: other, with: baseline, name: "other"), fuzz)
    fuzz.reach("compared")
    guard fuzz.random.once(in: 4) else { return }
    let check = try Check(suite, against: other, at: path, runner: ParallelRunner(width: 1))
    requireTold(check, fuzz)
    // What is written reads back as what was meant; places in sources are not kept.
    let updated = check.updatedBaseline(reason: "again")
    try check.writeBaseline(reason: "again")
    let written = Check(comparing: updated, with: try Baseline.read(path), name: "written")
    fuzz.require(
      written.gone.isEmpty && written.results.allSatisfy { $0.verdict == .same },
      "the new baseline reads back as another one")
    fuzz.reach("checked")
  }
}
