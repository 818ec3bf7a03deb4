import Captures
package import Device
package import Hardware
package import Reports
import Timing
package import Workloads

/// Captures of trn1: their engines' rows and their totals, since the unit of their DMA stamps is unknown.
package struct EngineTable: Sendable {
  /// One capture's line.
  package struct Row: Sendable {
    /// The capture's name.
    package var name: String
    /// Measured total time in µs, launch included; `nil` if unknown.
    package var total: Double?
    /// Error of the total from source (`launch.profiler_overhead` included), in percent; `nil` where the
    /// kernel is not written here.
    package var sourceError: Double?
    /// By engine: error of the time in execution in percent.
    package var busyErrors: [(engine: Engine, percent: Double)]
    /// Sizes of the instruction durations' errors in percent.
    package var durationError: (median: Double, p95: Double)
  }

  /// One per capture, by name.
  package var rows: [Row]

  /// Compares captures with a hardware.
  ///
  /// - Throws: Diagnostics of unreadable captures, or what the timing finds wrong.
  package init(
    _ paths: [String], of kernels: KernelCatalog, on hardware: Hardware
  ) throws {
    rows = try parallelMap(paths.sorted()) { path in
      let capture = try Capture(enginesOf: path)
      let replay = try Replay(capture, on: hardware, dma: .predicted)
      let busy = [Engine.tensor, .vector, .scalar, .gpsimd].compactMap { engine in
        // Nothing says when an instruction could begin, so overlaps mean nothing: durations are added up.
        var time: (measured: Picoseconds, predicted: Picoseconds) = (0, 0)
        for (index, instruction) in capture.program.instructions.enumerated()
        where instruction.engine == engine {
          time.measured += capture.instructions[index].duration
          time.predicted += replay.timeline.instructions[index].duration
        }
        return time.measured > 0 ? (engine, AccuracyTable.percent(time)) : nil
      }
      let durations = Replay.Spread(replay.durationErrors)
      let kernel = AccuracyTable.kernel(String(capture.name.dropFirst("trn1_".count)))
      let total = capture.totalTime.map { Double($0) / 1_000_000 }
      var error: Double?
      if let total, let captured = CapturedKernel.all.first(where: { $0.name == kernel }) {
        let simulated =
          Double(try SourceRun(captured, of: kernels, on: hardware).span) / 1_000_000
          + hardware.launch.profilerOverhead / 1000
        error = 100 * (simulated - total) / total
      }
      return Row(
        name: capture.name, total: total, sourceError: error, busyErrors: busy,
        durationError: (durations.median, durations.p95))
    }
  }

  /// The table for people.
  package var blocks: [Block] {
    [
      .heading("trn1: engine rows and totals, errors in percent"),
      .table(
        Table(
          [
            Table.Column("capture", .text, isKey: true), Table.Column("total us"),
            Table.Column("from source"), Table.Column("busy"), Table.Column("dur. med"),
            Table.Column("dur. p95"),
          ],
          rows.map { row in
            [
              .text(row.name), row.total.map { .figure(.number($0, 2)) } ?? "-",
              row.sourceError.map { .figure(.number($0, 2)) } ?? "-",
              .figure(
                .number(row.busyErrors.map(\.percent).max { abs($0) < abs($1) } ?? 0, 2)),
              .figure(.number(row.durationError.median, 2)),
              .figure(.number(row.durationError.p95, 2)),
            ]
          })),
    ]
  }

  /// The table for machines.
  package func json() -> JSON {
    .array(
      rows.map { row in
        let busy = row.busyErrors.map { ($0.engine.displayName, JSON.real($0.percent)) }
        return .object([
          "name": .string(row.name),
          "total_time_measured_ns": row.total.map { .real($0 * 1000) } ?? .null,
          "from_source_error_percent": row.sourceError.map { .real($0) } ?? .null,
          "engine_busy_error_percent": .object(
            Dictionary(busy, uniquingKeysWith: { first, _ in first })),
          "instruction_duration_error_percent": .object([
            "median": .real(row.durationError.median), "p95": .real(row.durationError.p95),
          ]),
        ])
      })
  }
}
