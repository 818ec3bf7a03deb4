//   metric               value
//   dma_active_time  1.045e-05

/// The profiler's own numbers, under its names.
struct MetricsSection: Section {
  static let name = "metrics"
  static let title = "Metrics of the profiler"
  static let isOnScreen = false

  let metrics: [String: Metric]

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    metrics = timed.summary.metrics
  }

  var blocks: [Block] {
    let rows = metrics.sorted { $0.key < $1.key }.map { key, metric -> [Table.Cell] in
      let text: String
      switch metric {
      case .integer(let value): text = grouped(value)
      case .real(let value): text = "\(value)"
      }
      return [.text(key), .figure(Figure(text, JSON(metric), key))]
    }
    return [
      .sentence("Times are in seconds, shares from 0 to 1."),
      .table(Table([Table.Column("metric", .text, isKey: true), Table.Column("value")], rows)),
    ]
  }

  var values: [String: JSON] { metrics.mapValues(JSON.init) }
}
