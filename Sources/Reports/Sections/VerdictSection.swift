import Device
import Timing

//   the PE array is the bottleneck: twice as fast gives -31.7 % (what-if, timing only); Tensor is busy 78 % of the time; …

/// What the run is bound by, and what would be gained.
struct VerdictSection: Section {
  static let name = "verdict"
  static let title = "Verdict"

  let bottleneck: Bottleneck
  let gains: PartGains?
  /// Whether what-ifs belong here: they are of all cores together.
  let isOfAll: Bool

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    bottleneck = timed.bottleneck
    gains = subject.report?.gains
    isOfAll = subject.report != nil
  }

  var blocks: [Block] {
    [.sentence(Phrase(bottleneck.sentence, .strong))]
  }

  var values: [String: JSON] {
    let verdict = JSON.object([
      "limit": .string(bottleneck.key),
      "share": .real(bottleneck.share),
      "engine": bottleneck.engine.map { .string($0.name) } ?? .null,
      "sentence": .string(bottleneck.sentence),
      "busy": .object(
        Dictionary(
          bottleneck.busy.map { ($0.key.key, .real($0.value)) }, uniquingKeysWith: { $1 })),
    ])
    return ["bottleneck": isOfAll ? verdict.adding("what_if", gains?.json ?? .null) : verdict]
  }
}
