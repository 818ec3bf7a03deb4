import Device
import Diagnostics
import Timing

//   Tensor waited 7.033 µs (17 %): dma 6.977 µs, dispatch 0.057 µs
//
//      µs  share  times  for
//   6.977   17 %     ×2  qSyncDynamicHW: dma_copy lhs_tile.0 at matmul.swift:197

/// Where the engine of the verdict waited, and for whom.
struct WaitsSection: Section {
  static let name = "waits"
  static let title = "Waits"

  /// Places that are shown; JSON has twice as many.
  private static let shown = 5

  let timed: CoreReport.Timed

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    self.timed = timed
  }

  var blocks: [Block] {
    guard let engine = timed.bottleneck.engine else { return [] }
    let stalls = timed.stalls[engine]
    guard stalls.waited > 0 else { return [] }
    let summary = timed.summary
    let key = "stalls.\(engine.name)"
    let reasons = StallReason.allCases.filter { $0 != .engineBusy && stalls[$0] > 0 }
      .sorted { (stalls[$1], $0.rawValue) < (stalls[$0], $1.rawValue) }
      .map { "\($0.displayName) \(.time(stalls[$0], "\(key).reasons.\($0.key)"))" as Phrase }
    let waited: Phrase =
      "\(engine.displayName) waited \(.time(stalls.waited, "\(key).waited")) (\(.share(summary.share(stalls.waited)))): \(reasons.joined(separator: ", "))"
    var blocks: [Block] = [.sentence(waited)]
    guard !stalls.producers.isEmpty else { return blocks }
    var table = Table([
      Table.Column("µs", isKey: true), Table.Column("share"), Table.Column("times"),
      Table.Column("for", .text),
    ])
    for (index, wait) in stalls.producers.prefix(WaitsSection.shown).enumerated() {
      let key = "\(key).producers.\(index)"
      var text = "\(wait.producerName): \(wait.text)"
      if let location = wait.location {
        // The directory is in the sentence above and in the JSON report.
        text += " at \(location.file.split(separator: "/").last ?? ""):\(location.line)"
      }
      table.rows.append([
        .figure(.microseconds(wait.time, "\(key).time")),
        .figure(.share(summary.share(wait.time))),
        .figure(Figure("×\(grouped(wait.count))", .integer(wait.count), "\(key).count")),
        .text(text),
      ])
    }
    let more = stalls.producers.count - WaitsSection.shown
    if more > 0 { table.remainder = "and \(.count(more, "more place"))" }
    blocks.append(.table(table))
    return blocks
  }

  var values: [String: JSON] {
    var engines: [String: JSON] = [:]
    for engine in Engine.allCases where timed.summary[engine].instructionCount > 0 {
      let stalls = timed.stalls[engine]
      var reasons: [String: JSON] = [:]
      for reason in StallReason.allCases { reasons[reason.key] = seconds(stalls[reason]) }
      engines[engine.name] = .object([
        "waited": seconds(stalls.waited),
        "reasons": .object(reasons),
        "producers": .array(stalls.producers.prefix(2 * WaitsSection.shown).map(JSON.init)),
      ])
    }
    return ["stalls": .object(engines)]
  }
}

extension StallReason {
  /// What texts call it.
  var displayName: String {
    switch self {
    case .engineBusy: "engine busy"
    case .weightLoad: "weight load"
    case .semaphore: "semaphore"
    case .dma: "dma"
    case .dispatch: "dispatch"
    }
  }

  /// The key in reports for machines.
  var key: String {
    switch self {
    case .engineBusy: "engine_busy"
    case .weightLoad: "weight_load"
    case .semaphore: "semaphore"
    case .dma: "dma"
    case .dispatch: "dispatch"
    }
  }
}

extension JSON {
  fileprivate init(_ wait: StallTable.ProducerWait) {
    let kind: String
    switch wait.producer {
    case .engine: kind = "engine"
    case .queue: kind = "dma_queue"
    }
    self = .object([
      "kind": .string(kind),
      "name": .string(wait.producerName),
      "instruction": .string(wait.text),
      "location": wait.location.map { .string($0.description) } ?? .null,
      "time": seconds(wait.time),
      "count": .integer(wait.count),
      "longest": seconds(wait.longest),
    ])
  }
}
