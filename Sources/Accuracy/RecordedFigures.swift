package import Reports

/// The errors that were recorded when the captures were at hand, and where these come from.
///
/// `RECORD_GOLDENS=1 swift test --filter RecordedFigures` writes `RecordedFigures+Table.swift`,
/// `RecordedFigures+SecondTable.swift`, `RecordedFigures+SecondGenerationTable.swift` and the README's table.
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

  /// The recorded table for people, with what is missing to make it again.
  package func text(missing directory: String) -> String {
    var text = """
      no captures: '\(directory)' is not there. Name a directory with tables NAME.instr.csv.zst,
      NAME.dma.csv.zst and NAME.sem.csv.zst (or the profiler's exports) to replay them.
      Recorded with this version, from \(RecordedFigures.sources):


      """
    let shown = [
      ("span_dma_measured", "DMA meas."), ("span", "predicted"), ("span_phases_mean", "8 ph. mean"),
      ("span_phases_worst", "worst"), ("span_phase_captured_dma_measured", "capt. + DMA"),
      ("duration_median", "dur. med"), ("duration_p95", "dur. p95"), ("noise", "noise"),
    ]
    text += "capture".left(34) + "span us".right(10)
    text += shown.map { $0.1.right(13) }.joined() + "\n"
    for row in rows {
      text += row.name.left(34)
      text += (row.userSpan.map { fixed($0 / 1000, 2) } ?? "").right(10)
      text += shown.map { (row.errors[$0.0].map { fixed($0, 2) } ?? "-").right(13) }.joined() + "\n"
    }
    text += "errors in percent of the measured value, negative where trnsim is faster\n\n"
    text += "measured spans of the kernels that are simulated from source, in us:\n"
    for kernel in CapturedKernel.all {
      text += "  " + kernel.name.left(32)
      text += kernel.measured.map { fixed($0, 3).right(10) }.joined() + "\n"
    }
    return text
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

  /// The README's table: what a summary line says of each column.
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
