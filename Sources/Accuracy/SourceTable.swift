package import Hardware
package import Reports
package import Workloads

/// The errors of all captured kernels, simulated from source, in one table.
package struct SourceTable: Sendable {
  /// One kernel's line.
  package struct Row: Sendable {
    /// The kernel and its measured spans.
    package var captured: CapturedKernel
    /// Simulated spans in µs, one per phase of the PE clock's windows.
    package var simulated: [Double]

    /// The middle of the measured spans, in µs.
    package var measuredSpan: Double { mean(captured.measured) }
    /// The middle of the simulated spans, in µs.
    package var simulatedSpan: Double { mean(simulated) }
    /// Error of the simulated span in percent of the measured one.
    package var error: Double { 100 * (simulatedSpan - measuredSpan) / measuredSpan }
  }

  /// One per kernel.
  package var rows: [Row]

  /// Simulates all captured kernels, each over eight phases of the PE clock's windows, which no source
  /// determines.
  ///
  /// - Throws: What the builder, the lowering or the timing find wrong.
  package init(of kernels: KernelCatalog, on hardware: Hardware) throws {
    let phases = PhaseErrors.phases(hardware)
    rows = try parallelMap(CapturedKernel.all) { captured in
      let spans = try phases.map { phase in
        Double(try SourceRun(captured, of: kernels, on: hardware.shifted(to: phase)).span)
          / 1_000_000
      }
      return Row(captured: captured, simulated: spans)
    }
  }

  /// The middle of the errors' sizes, in percent.
  package var medianError: Double { median(rows.map { abs($0.error) }) }

  /// The largest of the errors' sizes, in percent.
  package var worstError: Double { rows.map { abs($0.error) }.max() ?? 0 }

  /// The table for people.
  package var blocks: [Block] {
    func extremes(_ values: [Double]) -> Table.Cell {
      guard let least = values.min(), let most = values.max(), least < most else { return "" }
      return .text("\(fixed(least, 2))-\(fixed(most, 2))")
    }
    return [
      .heading(
        "captured kernels from source: median error \(.number(medianError, 2, "%")), worst \(.number(worstError, 2, "%"))"
      ),
      .table(
        Table(
          [
            Table.Column("kernel", .text, isKey: true), Table.Column("span us"),
            Table.Column("simulated"), Table.Column("error %"), Table.Column("phases us"),
            Table.Column("repeats us"),
          ],
          rows.map { row in
            [
              .text(row.captured.name), .figure(.number(row.measuredSpan, 2)),
              .figure(.number(row.simulatedSpan, 2)), .figure(.number(row.error, 2)),
              extremes(row.simulated), extremes(row.captured.measured),
            ]
          })),
    ]
  }

  /// The table for machines; times in ns, errors in percent of the measured value.
  package func json() -> JSON {
    .object([
      "kernels": .array(
        rows.map { row in
          .object([
            "name": .string(row.captured.name),
            "user_span_measured_ns": .real(row.measuredSpan * 1000),
            "user_span_predicted_ns": .real(row.simulatedSpan * 1000),
            "user_span_error_percent": .real(row.error),
          ])
        }),
      "median_error_percent": .real(medianError), "worst_error_percent": .real(worstError),
    ])
  }
}
