import Device
package import Reports
package import Simulation

// kernel  form  tokens      µs  bound by         busiest       MFU %  MBU %   HBM bytes  …
// matmul  qkv      128  65.208  DMA rings  93 %  Tensor  65 %   52.3   48.8  22,806,528  …

/// The runs of a demo, one row each.
package struct DemoTable: Sendable {
  /// What one run gave.
  package struct Row: Sendable {
    /// What ran.
    package var entry: Demo.Entry
    /// The profiler's metrics.
    package var summary: Summary
    /// What limits the run.
    package var bottleneck: Bottleneck
    /// The comparisons with the reference.
    package var checks: [NumericCheck]

    /// Takes what the table shows from a report; `nil` if it has no times.
    init?(_ entry: Demo.Entry, _ report: Report) {
      guard let timed = report.timed else { return nil }
      self.entry = entry
      summary = timed.summary
      bottleneck = timed.bottleneck
      checks = report.run.checks
    }

    /// Whether there is a reference and all outputs agree with it.
    package var passed: Bool { !checks.isEmpty && checks.allSatisfy(\.passed) }
  }

  /// The rows in the order of the demo.
  package var rows: [Row] = []

  /// Whether every row's outputs agree with the reference.
  package var passed: Bool { rows.allSatisfy(\.passed) }

  /// The table with one line per run, and how many agree.
  package var blocks: [Block] {
    let failed = rows.count { !$0.passed }
    let title: Phrase =
      failed == 0
      ? "\(.count(rows.count, "run")), all agree with their references"
      : "\(.count(rows.count, "run")), \(.count(failed)) of them \("FAILED", .bad)"
    return [
      .heading(title),
      .table(
        Table(
          [
            Table.Column("kernel", .text, isKey: true), Table.Column("form", .text),
            Table.Column("tokens"), Table.Column("µs"), Table.Column("bound by", .text),
            Table.Column(""), Table.Column("busiest", .text), Table.Column(""),
            Table.Column("MFU %"), Table.Column("MBU %"), Table.Column("HBM bytes"),
            Table.Column("max diff"), Table.Column("allowed"), Table.Column("check", .text),
          ], rows.map(\.cells))),
    ]
  }
}

extension DemoTable.Row {
  /// The output that comes closest to what is allowed.
  private var closest: NumericCheck? {
    checks.max { $0.closeness < $1.closeness }
  }

  private static func difference(_ value: Double) -> String {
    value == 0 ? "0" : value < 1e-4 ? scientific(value) : fixed(value, 6)
  }

  fileprivate var cells: [Table.Cell] {
    let busiest = summary.busiest
    return [
      .text(entry.kernel), .text(entry.form), .text("\(entry.tokens)"),
      .figure(.microseconds(summary.total)), .text(bottleneck.limitName),
      .figure(.share(bottleneck.share)), .text(busiest.engine.displayName),
      .figure(.share(busiest.share)),
      summary.hardwareFLOPs > 0 ? .figure(.number(summary.mfu * 100, 1)) : "-",
      .figure(.number(summary.mbu * 100, 1)), .figure(.count(summary.hbmBytes)),
      .text(closest.map { Self.difference($0.maxAbsDifference) } ?? "-"),
      .text(closest.map { $0.tolerance > 0 ? Self.difference($0.tolerance) : "equal" } ?? "-"),
      passed ? "passed" : "\("FAILED", .bad)",
    ]
  }
}

extension NumericCheck {
  /// The difference as a share of what is allowed; what fails comes before everything else.
  fileprivate var closeness: Double {
    if !passed { return .infinity }
    return tolerance > 0 ? maxAbsDifference / tolerance : 0
  }
}
