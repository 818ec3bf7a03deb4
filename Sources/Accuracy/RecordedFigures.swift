package import Reports

/// The errors that were recorded when the captures were at hand, and where these come from.
///
/// `RECORD_GOLDENS=1 swift test --filter RecordedFigures` writes `RecordedFigures+Table.swift`,
/// `RecordedFigures+SecondTable.swift`, `RecordedFigures+SecondGenerationTable.swift` and the table of docs/accuracy.md.
package struct RecordedFigures: Sendable {
  /// One line of the recorded table.
  package struct Row: Hashable, Sendable {
    /// The capture, or `median`, `mean`, `worst`.
    package var name: String
    /// Measured user span in ns; `nil` in the last lines.
    package var userSpan: Double?
    /// By column, in percent; columns without a value are left out.
    package var errors: [String: Double]
  }

  /// The lines, one per capture, then `median`, `mean` and `worst`.
  package let rows: [Row]

  /// What was recorded with this version.
  package static let known = RecordedFigures(csv: table)

  /// The same of the second set of captures: convolutions of other authors, attention of 1024 tokens.
  package static let second = RecordedFigures(csv: secondTable)

  /// The same of the two captures of the second generation: MoE token generation.
  package static let secondGeneration = RecordedFigures(csv: secondGenerationTable)

  /// Reads what `AccuracyTable.csv()` writes.
  package init(csv: String) {
    let lines = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let keys = lines.first ?? []
    rows = lines.dropFirst().filter { $0.count == keys.count }.map { cells in
      var errors: [String: Double] = [:]
      for (key, cell) in zip(keys, cells).dropFirst(3) {
        if let value = Double(cell) { errors[key.replacing("_percent", with: "")] = value }
      }
      return Row(name: cells[0], userSpan: Double(cells[1]), errors: errors)
    }
  }

  /// Where the captures come from.
  package static let sources = """
    captures of trn2.3xlarge machines, published by Stanford CS149 students (vector_add, transpose,
    conv2d: profiles in forks of asst4-trainium2) and in allenkchau/trainium-kernel-fusion (attention)
    """

  /// The recorded table for people, and how to measure anew.
  package func blocks(missing directory: String) -> [Block] {
    let shown = [
      ("span_dma_measured", "DMA meas."), ("span", "predicted"), ("span_phases_mean", "8 ph. mean"),
      ("span_phases_worst", "worst"), ("span_phase_captured_dma_measured", "capt. + DMA"),
      ("duration_median", "dur. med"), ("duration_p95", "dur. p95"), ("noise", "noise"),
    ]
    let table = Table(
      [Table.Column("capture", .text, isKey: true), Table.Column("span us")]
        + shown.map { Table.Column($0.1) },
      rows.map { row in
        [.text(row.name), row.userSpan.map { .figure(.number($0 / 1000, 2)) } ?? ""]
          + shown.map { row.errors[$0.0].map { .figure(.number($0, 2)) } ?? "-" }
      })
    let most = CapturedKernel.all.map(\.measured.count).max() ?? 0
    let spans = Table(
      [Table.Column("kernel", .text, isKey: true)]
        + (0..<most).map { Table.Column($0 == 0 ? "spans us" : "") },
      CapturedKernel.all.map { kernel in
        [.text(kernel.name)]
          + (0..<most).map { index -> Table.Cell in
            index < kernel.measured.count ? .figure(.number(kernel.measured[index], 3)) : ""
          }
      })
    return [
      .heading("recorded with this version, from \(RecordedFigures.sources)"),
      .sentence("errors in percent of the measured value, negative where trnsim is faster"),
      .table(table),
      .heading("measured spans of the kernels that are simulated from source"), .table(spans),
      .sentence(
        "no captures: '\(directory)' is not there. Name a directory with tables NAME.instr.csv.zst, NAME.dma.csv.zst and NAME.sem.csv.zst (or the profiler's exports) to replay them."
      ),
    ]
  }

  /// The recorded table for machines.
  package var json: JSON {
    .object([
      "recorded": .bool(true), "sources": .string(RecordedFigures.sources),
      "captures": .array(
        rows.map { row in
          let errors = row.errors.map { ("\($0.key)_percent", JSON.real($0.value)) }
          return .object([
            "name": .string(row.name),
            "user_span_measured_ns": row.userSpan.map { .real($0) } ?? .null,
            "errors": .object(Dictionary(errors, uniquingKeysWith: { first, _ in first })),
          ])
        }),
    ])
  }

  /// The table of docs/accuracy.md: what a summary line says of each column.
  package func markdown() -> String {
    let shown = [
      ("span_dma_measured", "user span, DMA latencies measured"),
      ("span", "user span, all predicted"),
      ("span_phases_worst", "… worst of 8 phases of the PE clock's windows"),
      ("span_phase_captured", "… captured phase"),
      ("span_phase_captured_dma_measured", "… captured phase, DMA latencies measured"),
      ("tensor_busy", "busy time of Tensor"), ("vector_busy", "busy time of Vector"),
      ("scalar_busy", "busy time of Scalar"),
      ("duration_median", "durations of instructions, median of a capture"),
      ("duration_p95", "durations of instructions, 95th percentile"),
      ("noise", "the device's own spread between runs"),
    ]
    var text = "| sizes of errors, % | median | mean | worst |\n|---|---:|---:|---:|\n"
    for (key, title) in shown {
      let cells = ["median", "mean", "worst"].map { name in
        rows.first { $0.name == name }?.errors[key].map { fixed($0, 2) } ?? "-"
      }
      text += "| \(title) | \(cells.joined(separator: " | ")) |\n"
    }
    return text
  }
}
