public import Hardware
public import Reports

/// The errors of all captured kernels, simulated from source, in one table.
public struct SourceTable: Sendable {
  /// One kernel's line.
  public struct Row: Sendable {
    /// The kernel and its measured spans.
    public var captured: CapturedKernel
    /// Simulated spans in µs, one per phase of the PE clock's windows.
    public var simulated: [Double]

    /// The middle of the measured spans, in µs.
    public var measuredSpan: Double { mean(captured.measured) }
    /// The middle of the simulated spans, in µs.
    public var simulatedSpan: Double { mean(simulated) }
    /// Error of the simulated span in percent of the measured one.
    public var error: Double { 100 * (simulatedSpan - measuredSpan) / measuredSpan }
  }

  /// One per kernel.
  public var rows: [Row]

  /// Simulates all captured kernels, each over eight phases of the PE clock's windows, which no source
  /// determines.
  ///
  /// - Throws: What the builder, the lowering or the timing find wrong.
  public init(on hardware: Hardware) throws {
    let phases = PhaseErrors.phases(hardware)
    rows = try parallelMap(CapturedKernel.all) { captured in
      let spans = try phases.map { phase in
        Double(try SourceRun(captured, on: hardware.shifted(to: phase)).span) / 1_000_000
      }
      return Row(captured: captured, simulated: spans)
    }
  }

  /// The middle of the errors' sizes, in percent.
  public var medianError: Double { median(rows.map { abs($0.error) }) }

  /// The largest of the errors' sizes, in percent.
  public var worstError: Double { rows.map { abs($0.error) }.max() ?? 0 }

  /// The table for people.
  public func text() -> String {
    var text = left("from source", 36) + right("span us", 12) + right("simulated", 11)
    text += right("error", 11) + right("phases us", 18) + right("repeats us", 18) + "\n"
    func extremes(_ values: [Double]) -> String {
      guard let least = values.min(), let most = values.max(), least < most else { return "" }
      return "\(fixed(least, 2))-\(fixed(most, 2))"
    }
    for row in rows {
      text += left(row.captured.name, 36) + right(fixed(row.measuredSpan, 2), 12)
      text += right(fixed(row.simulatedSpan, 2), 11) + right(fixed(row.error, 2), 11)
      text += right(extremes(row.simulated), 18) + right(extremes(row.captured.measured), 18) + "\n"
    }
    text += left("median of sizes", 59) + right(fixed(medianError, 2), 11) + "\n"
    text += left("worst", 59) + right(fixed(worstError, 2), 11) + "\n"
    return text
  }

  /// The table for machines; times in ns, errors in percent of the measured value.
  public func json() -> JSON {
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
