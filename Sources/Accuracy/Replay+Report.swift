import Captures
import Device
package import Reports
import Timing

extension Replay {
  /// Sizes of errors: the middle, the largest of the best 95 %, and the largest with its place.
  struct Spread {
    var median = 0.0
    var p95 = 0.0
    var worst = 0.0
    var place = -1

    init(_ errors: [Double]) {
      let sizes = errors.map(abs)
      median = Accuracy.median(sizes)
      p95 = percentile(sizes, 0.95)
      for (index, size) in sizes.enumerated() where size > abs(worst) || place < 0 {
        worst = errors[index]
        place = index
      }
    }
  }

  /// From the first trigger to the last completion of the transfers, measured and predicted.
  var transferSpan: (measured: Picoseconds, predicted: Picoseconds) {
    func span(_ begins: [Picoseconds], _ ends: [Picoseconds]) -> Picoseconds {
      (ends.max() ?? 0) - (begins.min() ?? 0)
    }
    return (
      span(capture.transfers.map(\.trigger), capture.transfers.map(\.complete)),
      span(timeline.transfers.map(\.trigger), timeline.transfers.map(\.complete))
    )
  }

  /// Sum over the transfers of the time from trigger to completion, measured and predicted.
  var transferTime: (measured: Picoseconds, predicted: Picoseconds) {
    (
      capture.transfers.reduce(0) { $0 + $1.complete - $1.trigger },
      timeline.transfers.reduce(0) { $0 + $1.complete - $1.trigger }
    )
  }

  /// Busy time of the rings, measured and predicted; predicted is 0 when DMA times are given.
  var ringBusy: (measured: Picoseconds, predicted: Picoseconds) {
    (capture.ringBusy.reduce(0, +), timeline.ringBusy.reduce(0, +))
  }

  /// The comparison for machines; times in ns, errors in percent of the measured value, negative where
  /// the prediction is shorter.
  package func json(_ phases: PhaseErrors) -> JSON {
    func ns(_ time: Picoseconds) -> JSON { .real(Double(time) / 1000) }
    func pair(_ values: (measured: Picoseconds, predicted: Picoseconds)) -> JSON {
      .object(["measured_ns": ns(values.measured), "predicted_ns": ns(values.predicted)])
    }
    var engines: [String: JSON] = [:]
    for engine in Engine.allCases where engine != .sync {
      let time = busy(engine)
      engines[engine.displayName] = .object([
        "busy_measured_ns": ns(time.measured), "busy_predicted_ns": ns(time.predicted),
      ])
    }
    let duration = Spread(durationErrors)
    let begin = Spread(beginErrors.map { Double($0) / 1000 })
    func place(_ spread: Spread) -> JSON {
      spread.place < 0 ? .null : .string(capture.labels[spread.place])
    }
    var object: [String: JSON] = [
      "name": .string(capture.name), "notes": .array(capture.notes.map(JSON.string)),
      "dma_source": .string(dma.rawValue),
      "instructions": .integer(capture.instructions.count),
      "transfers": .integer(capture.transfers.count),
      "user_span_measured_ns": ns(capture.userSpan), "user_span_predicted_ns": ns(userSpan),
      "user_span_error_percent": .real(userSpanError), "phases": phases.json(),
      "pe_clock_phase_ns": .real(phase), "engines": .object(engines),
      "instruction_duration_error_percent": .object([
        "median": .real(duration.median), "p95": .real(duration.p95),
        "worst": .real(duration.worst), "worst_instruction": place(duration),
      ]),
      "instruction_begin_error_ns": .object([
        "median": .real(begin.median), "p95": .real(begin.p95), "worst": .real(begin.worst),
        "worst_instruction": place(begin),
      ]),
      "dma": .object([
        "span": pair(transferSpan), "transfer_time": pair(transferTime),
        "ring_busy": pair(ringBusy),
      ]),
    ]
    if let doubt {
      object["doubt"] = doubt.json
      if let interval = doubt.interval {
        object["time_low_us"] = .real(interval.low)
        object["time_high_us"] = .real(interval.high)
      }
    }
    return .object(object)
  }

  /// The comparison for people.
  package func blocks(_ phases: PhaseErrors) -> [Block] {
    var table = Table([
      Table.Column("us", .text, isKey: true), Table.Column("measured"), Table.Column("predicted"),
      Table.Column("error"),
    ])
    func row(
      _ name: String, _ measured: Picoseconds, _ predicted: Picoseconds, _ place: String
    ) {
      let error = 100 * Double(predicted - measured) / Double(max(1, measured))
      func figure(_ time: Picoseconds, _ side: String) -> Table.Cell {
        .figure(
          Figure(microseconds(time), .real(Double(time) / 1000), "\(place)\(side)_ns"))
      }
      table.rows.append([
        .text(name), figure(measured, "measured"), figure(predicted, "predicted"),
        measured > 0 ? .figure(.number(error, 2, "%")) : "",
      ])
    }
    row("user span", capture.userSpan, userSpan, "user_span_")
    for engine in Engine.allCases where engine != .sync {
      let time = busy(engine)
      if time.measured > 0 || time.predicted > 0 {
        row(
          "\(engine.displayName) busy", time.measured, time.predicted,
          "engines.\(engine.displayName).busy_")
      }
    }
    row("DMA span", transferSpan.measured, transferSpan.predicted, "dma.span.")
    row("DMA transfer times", transferTime.measured, transferTime.predicted, "dma.transfer_time.")
    if dma == .predicted {
      row("DMA rings busy", ringBusy.measured, ringBusy.predicted, "dma.ring_busy.")
    }
    var title: Phrase = "\(capture.name): \(.time(userSpan)) predicted, \(.time(capture.userSpan)) "
    title += "measured, \(.number(userSpanError, 2, "%"))"
    var facts = [
      Block.Fact(
        "capture",
        "\(.count(capture.instructions.count, "instruction")), \(.count(capture.transfers.count, "transfer")); DMA times \(dma.rawValue)"
      )
    ]
    if let doubt { facts.append(Block.Fact("doubt", Phrase(doubt.sentence))) }
    facts += [
      Block.Fact("durations", errors(Spread(durationErrors), 2, "%")),
      Block.Fact("begins", errors(Spread(beginErrors.map { Double($0) / 1000 }), 1, "ns")),
      Block.Fact("phases", text(phases)),
    ]
    facts += capture.notes.map { Block.Fact("note", Phrase($0)) }
    return [.heading(title), .table(table), .facts(facts)]
  }

  private func errors(_ spread: Spread, _ digits: Int, _ unit: String) -> Phrase {
    var text: Phrase = "errors: median \(.number(spread.median, digits, unit))"
    text += ", p95 \(.number(spread.p95, digits, unit))"
    text += ", worst \(.number(spread.worst, digits, unit))"
    return spread.place < 0 ? text : text + " at \(capture.labels[spread.place])"
  }

  private func text(_ phases: PhaseErrors) -> Phrase {
    var text: Phrase =
      "user span over \(.count(PhaseErrors.count)) phases of the PE clock's windows: "
    text += "mean error \(.number(phases.meanSize, 2, "%")), worst \(.number(phases.worst, 2, "%"))"
    if let captured = phases.captured {
      text += "; captured phase (\(.number(captured.phase, 0, "ns"))): "
      text += Phrase(.number(captured.error, 2, "%"))
    }
    return text + "; shown: phase \(.number(phase, 0, "ns"))"
  }

  /// One line per instruction and per transfer, as CSV; times in ns.
  package func table() -> String {
    func ns(_ time: Picoseconds) -> String { fixed(Double(time) / 1000, 3) }
    var text = "kind,label,measured_begin,measured_end,predicted_begin,predicted_end,"
    text += "measured_first_read,measured_last_read,predicted_first_read,predicted_last_read,"
    text += "semaphore,queue\n"
    for (index, label) in capture.labels.enumerated() {
      let measured = capture.instructions[index]
      let predicted = timeline.instructions[index]
      text += "instruction,\"\(label)\",\(ns(measured.begin)),\(ns(measured.end)),"
      text += "\(ns(predicted.begin)),\(ns(predicted.end)),,,,,,\n"
    }
    for (index, measured) in capture.transfers.enumerated() {
      let predicted = timeline.transfers[index]
      let transfer = capture.program.transfers[index]
      text += "transfer,\(transfer.mode.name) \(transfer.bytes) B,\(ns(measured.trigger)),"
      text += "\(ns(measured.complete)),\(ns(predicted.trigger)),\(ns(predicted.complete)),"
      text += "\(ns(measured.firstRead)),\(ns(measured.lastRead)),\(ns(predicted.firstRead)),"
      text += "\(ns(predicted.lastRead)),\(transfer.completion?.semaphore ?? -1),"
      text += "\(transfer.queue)\n"
    }
    return text
  }
}
