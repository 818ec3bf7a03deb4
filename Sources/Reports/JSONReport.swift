// {
//   "bottleneck": {"engine": "tensor", "limit": "dma_rings", "sentence": "DMA-bound: …", "share": 0.93,
//                  "what_if": {"changes": {"dma.bandwidth": -0.372, …}, "part": "dma.bandwidth", …}},
//   "bounds": {"dma_rings": 1.148e-05, "tensor": 5.09e-06},
//   "doubt": {"calibrated": true, "coverage": 0.9, "parts": [{"mechanism": "order", "microseconds": 0.9, …}], …},
//   "checks": [{"max_abs_difference": 0.0012, "output": "c", "passed": true, …}],
//   "hardware": {"fingerprint": "0123456789abcdef", "name": "trn2", "overrides": []},
//   "hbm_read_bytes": 1048576,
//   "total_time": 1.2345e-05, …
//   "unwritten_outputs": [{"note": "nothing was stored to y[2:4, :] (16 of 32 elements)", …}]
// }

extension Report {
  /// Version of the report's layout; it grows when a key changes its meaning or goes.
  public static let schemaVersion = 1

  /// The report for machines: the profiler's keys at the top, and what it does not have beside them.
  ///
  /// Times are in seconds, shares are fractions 0…1. Keys are sorted; only `host` differs between
  /// two runs of the same program. Of several cores the keys at the top are of the one that completed last,
  /// all are under `cores`, by core id, and what is of a rank has its number.
  public var json: JSON { json(of: sections(details: false)) }

  /// The same with what takes a look at every instruction: opcodes, queues and lines.
  package var detailedJSON: JSON { json(of: sections(details: true)) }

  func json(of sections: [any Section]) -> JSON {
    var object: [String: JSON] = ["schema": .integer(Report.schemaVersion)]
    for section in sections { object.merge(section.values) { first, _ in first } }
    return .object(object)
  }

  /// What tools that read the profiler's `summary-json` expect: one line, the metrics alone.
  ///
  /// `nil` when nothing was timed.
  public var summaryJSON: String? {
    guard let timed else { return nil }
    let metrics = timed.summary.metrics.mapValues(JSON.init)
    return JSON.object(["n_\(slowest.fingerprint)": .object(metrics)]).text(indented: false)
  }
}
