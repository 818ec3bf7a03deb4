import Hardware
import Programs
import Simulation

//   machine   trn2, fingerprint dffd45ca1a3fc4c0, with clocks.vector=1.2
//   with      dtype=bfloat16, k=1024, m=1024, n=1024

/// What ran, and on what.
struct SetupSection: Section {
  static let name = "setup"
  static let title = "Setup"

  let core: CoreReport

  init(_ subject: Subject) { core = subject.core }

  /// The program's own words, without what compilers leave in it.
  private var parameters: [(key: String, value: String)] {
    let spills = Summary.Spills.keys
    return core.run.program.metadata.filter {
      ![spills.saved, spills.reloaded].contains($0.key) && !CoreRun.compilerKeys.contains($0.key)
    }.sorted { $0.key < $1.key }
  }

  var blocks: [Block] {
    let hardware = core.run.hardware
    var machine = "\(hardware.name), fingerprint \(core.fingerprint)"
    if !hardware.changes.isEmpty {
      machine += ", with \(hardware.changes.joined(separator: ", "))"
    }
    var facts = [Block.Fact("machine", Phrase(machine))]
    if !parameters.isEmpty {
      let texts = parameters.map { "\($0.key)=\($0.value)" }
      facts.append(Block.Fact("with", Phrase(texts.joined(separator: ", "))))
    }
    return [.facts(facts)]
  }

  var values: [String: JSON] {
    [
      "kernel": .string(core.run.program.name),
      "parameters": .object(core.run.program.metadata.mapValues { .string($0) }),
      "hardware": .object([
        "name": .string(core.run.hardware.name),
        "fingerprint": .string(core.fingerprint),
        "overrides": .array(core.run.hardware.changes.map { .string($0) }),
      ]),
    ]
  }
}
