import Captures
import Device
package import Diagnostics
package import Reports
import Timing

extension Replay {
  /// Names of what a slice of the trace tells.
  private static let annotations = [
    "label", "begin_error_ps", "duration_measured_ps", "duration_predicted_ps",
  ]

  /// Writes a Perfetto trace with measured and predicted rows under each other: DMA queues, then engines.
  ///
  /// Both begin at 0 with the first user instruction.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be written.
  @discardableResult
  package func writeTrace(to path: String) throws(DiagnosticError) -> TraceCounts {
    try LaneTrace.write(
      lanes(), of: "\(capture.name): measured and predicted", annotations: Replay.annotations,
      to: path)
  }

  /// The rows of the trace.
  func lanes() -> [LaneTrace.Lane] {
    var lanes: [LaneTrace.Lane] = []
    func add(
      _ name: String, _ measured: [LaneTrace.Slice], _ predicted: [LaneTrace.Slice]
    ) {
      lanes.append(LaneTrace.Lane("\(name) measured", measured))
      lanes.append(LaneTrace.Lane("\(name) predicted", predicted))
    }
    for (queue, name) in capture.program.queues.enumerated() {
      let indices = capture.program.transfers.indices.filter {
        Int(capture.program.transfers[$0].queue) == queue
      }
      // With measured latencies nothing is known of a transfer's parts.
      let whole = dma == .measured
      add(
        name,
        indices.map { index in
          let time = capture.transfers[index]
          return transfer(index, whole ? time.trigger : time.firstRead, time.complete)
        },
        indices.map { index in
          let time = timeline.transfers[index]
          return transfer(
            index, (whole ? time.trigger : time.firstRead) - predictedOrigin,
            time.complete - predictedOrigin)
        })
    }
    for (name, engine, isMatmul) in [
      ("Sync", Engine.sync, false), ("Tensor", .tensor, false), ("TensorMatrix", .tensor, true),
      ("Vector", .vector, false), ("Scalar", .scalar, false), ("GpSimd", .gpsimd, false),
    ] {
      let indices = capture.program.instructions.indices.filter {
        let instruction = capture.program.instructions[$0]
        return instruction.engine == engine && (instruction.opcode == .matmul) == isMatmul
      }
      guard !indices.isEmpty else { continue }
      add(
        name,
        indices.map {
          instruction($0, capture.instructions[$0].begin, capture.instructions[$0].end)
        },
        indices.map {
          instruction(
            $0, timeline.instructions[$0].begin - predictedOrigin,
            timeline.instructions[$0].end - predictedOrigin)
        })
    }
    return lanes
  }

  private func instruction(
    _ index: Int, _ begin: Picoseconds, _ end: Picoseconds
  ) -> LaneTrace.Slice {
    let predicted = timeline.instructions[index]
    let measured = capture.instructions[index]
    return LaneTrace.Slice(
      capture.program.instructions[index].opcode.name, begin: begin, end: end,
      values: [
        .text(capture.labels[index]),
        .number(Int(predicted.begin - predictedOrigin - measured.begin)),
        .number(Int(measured.duration)), .number(Int(predicted.duration)),
      ])
  }

  private func transfer(
    _ index: Int, _ begin: Picoseconds, _ end: Picoseconds
  ) -> LaneTrace.Slice {
    let transfer = capture.program.transfers[index]
    let measured = capture.transfers[index]
    let predicted = timeline.transfers[index]
    return LaneTrace.Slice(
      "DMA", begin: begin, end: end,
      values: [
        .text("\(transfer.mode.name) \(transfer.bytes) B in \(transfer.descriptors) descriptors"),
        .number(Int(predicted.trigger - predictedOrigin - measured.trigger)),
        .number(Int(measured.complete - measured.trigger)),
        .number(Int(predicted.complete - predicted.trigger)),
      ])
  }
}
