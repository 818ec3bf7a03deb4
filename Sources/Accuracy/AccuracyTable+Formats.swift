import Device
package import Reports

extension AccuracyTable {
  /// One column: its name, a short name, and a capture's value; `nil` is shown as nothing.
  struct Column: Sendable {
    var key: String
    var title: String
    var value: @Sendable (Row) -> Double?
  }

  /// The columns of errors, in percent.
  static let columns: [Column] = {
    func busy(_ engine: String) -> @Sendable (Row) -> Double? {
      { row in row.busyErrors.first { $0.engine.displayName == engine }?.percent }
    }
    return [
      Column(key: "span_dma_measured", title: "DMA meas.") { $0.spanError.measured },
      Column(key: "span", title: "predicted") { $0.spanError.predicted },
      Column(key: "span_phases_mean", title: "8 ph. mean") { $0.phases.predicted.meanSize },
      Column(key: "span_phases_worst", title: "worst") { $0.phases.predicted.worst },
      Column(key: "span_phase_captured", title: "captured") { $0.phases.predicted.captured?.error },
      Column(key: "span_phase_captured_dma_measured", title: "+ DMA") {
        $0.phases.measured.captured?.error
      },
      Column(key: "tensor_busy", title: "Tensor", value: busy("Tensor")),
      Column(key: "vector_busy", title: "Vector", value: busy("Vector")),
      Column(key: "scalar_busy", title: "Scalar", value: busy("Scalar")),
      Column(key: "gpsimd_busy", title: "GpSimd", value: busy("GpSimd")),
      Column(key: "ring_busy", title: "rings") { $0.ringError },
      Column(key: "transfer_time", title: "transfers") { $0.transferError },
      Column(key: "duration_median", title: "dur. med") { $0.durationError.median },
      Column(key: "duration_p95", title: "dur. p95") { $0.durationError.p95 },
      Column(key: "noise", title: "noise") { $0.noise },
    ]
  }()

  /// Median, mean and largest of the sizes of one kind of error.
  func summary(_ column: Column) -> (median: Double, mean: Double, worst: Double) {
    let sizes = rows.compactMap(column.value).map(abs)
    return (median(sizes), mean(sizes), sizes.max() ?? 0)
  }

  /// The table for people.
  package var blocks: [Block] {
    func cells(_ values: [Double?]) -> [Table.Cell] {
      values.map { $0.map { .figure(.number($0, 2)) } ?? "-" }
    }
    let summaries = AccuracyTable.columns.map(summary)
    var table = Table(
      [Table.Column("capture", .text, isKey: true), Table.Column("span us")]
        + AccuracyTable.columns.map { Table.Column($0.title) })
    for (name, values) in [
      ("median of sizes", summaries.map(\.median)), ("mean of sizes", summaries.map(\.mean)),
      ("worst", summaries.map(\.worst)),
    ] {
      table.rows.append([.phrase(Phrase(name, .strong)), ""] + cells(values))
    }
    for row in rows {
      table.rows.append(
        [.text(row.name), .figure(.number(Double(row.userSpan) / 1_000_000, 2))]
          + cells(AccuracyTable.columns.map { $0.value(row) }))
    }
    var blocks: [Block] = [
      .heading("captures against their replays, errors in percent of the measured value"),
      .table(table),
      .sentence(
        """
        negative where trnsim is faster: the user span with the DMAs' measured latencies and with everything predicted; \
        over 8 phases of the PE clock's windows, and in the captured phase (+ DMA: with measured latencies); busy times \
        of the engines (measured latencies) and of the DMA rings; DMA time from trigger to completion; durations of \
        instructions; noise: spread of the device's own repeats of the kernel
        """),
    ]
    if decodings.captures > 0 {
      blocks.append(
        .sentence(
          "\(.count(decodings.captures)) captures are there in the profiler's own export too: at most \(.number(decodings.apart, 2, "ns")) apart"
        ))
    }
    return blocks
  }

  /// One line per capture with all figures, as CSV; the last lines are `median`, `mean` and `worst`.
  package func csv() -> String {
    var text = "capture,user_span_measured_ns,instructions"
    text += AccuracyTable.columns.map { ",\($0.key)_percent" }.joined() + "\n"
    func cells(_ values: [Double?]) -> String {
      values.map { "," + ($0.map { fixed($0, 3) } ?? "") }.joined() + "\n"
    }
    for row in rows {
      text += "\(row.name),\(fixed(Double(row.userSpan) / 1000, 3)),\(row.instructions)"
      text += cells(AccuracyTable.columns.map { $0.value(row) })
    }
    let summaries = AccuracyTable.columns.map(summary)
    text += "median,," + cells(summaries.map(\.median))
    text += "mean,," + cells(summaries.map(\.mean))
    return text + "worst,," + cells(summaries.map(\.worst))
  }

  /// The table for machines.
  package func json() -> JSON {
    let entries: [JSON] = rows.map { row in
      let busy = row.busyErrors.map { ($0.engine.displayName, JSON.real($0.percent)) }
      return .object([
        "name": .string(row.name), "instructions": .integer(row.instructions),
        "user_span_measured_ns": .real(Double(row.userSpan) / 1000),
        "user_span_error_percent": .object([
          "dma_measured": .real(row.spanError.measured),
          "dma_predicted": .real(row.spanError.predicted),
        ]),
        "phases": .object([
          "dma_measured": row.phases.measured.json(), "dma_predicted": row.phases.predicted.json(),
        ]),
        "engine_busy_error_percent": .object(
          Dictionary(busy, uniquingKeysWith: { first, _ in first })),
        "ring_busy_error_percent": .real(row.ringError),
        "transfer_time_error_percent": .real(row.transferError),
        "instruction_duration_error_percent": .object([
          "median": .real(row.durationError.median), "p95": .real(row.durationError.p95),
        ]),
        "noise_percent": row.noise.map { .real($0) } ?? .null,
      ])
    }
    let spread = noise.map { ($0.kernel, JSON.real($0.percent)) }
    let sizes = AccuracyTable.columns.map { column in
      let all = summary(column)
      return (
        column.key,
        JSON.object([
          "median": .real(all.median), "mean": .real(all.mean), "worst": .real(all.worst),
        ])
      )
    }
    return .object([
      "captures": .array(entries),
      "noise_percent": .object(Dictionary(spread, uniquingKeysWith: { first, _ in first })),
      "sizes_of_errors_percent": .object(
        Dictionary(sizes, uniquingKeysWith: { first, _ in first })),
      "decoded_twice": .object([
        "captures": .integer(decodings.captures), "apart_ns": .real(decodings.apart),
      ]),
    ])
  }
}

extension PhaseErrors {
  /// The errors for machines, in percent: `mean` of their sizes, `bias` (the signed mean), `worst`.
  package func json() -> JSON {
    .object([
      "count": .integer(errors.count), "mean": .real(meanSize), "bias": .real(mean),
      "worst": .real(worst), "errors": .array(errors.map { .real($0) }),
      "captured": captured.map {
        .object(["phase_ns": .real($0.phase), "user_span_error_percent": .real($0.error)])
      } ?? .null,
    ])
  }
}
