import Captures
import Device
import Reports
import Timing

extension Replay {
  /// Apart by more of the measured span than this is a difference that is marked.
  private static let markedShare = 0.01
  /// Points of an engine's curve at most.
  private static let points = 600

  /// The comparison as a file for browsers: measured and predicted times on one scale.
  package func page(_ phases: PhaseErrors) -> [UInt8] {
    let (measured, predicted) = (measuredTrack, predictedTrack)
    let slack = Picoseconds(Double(capture.userSpan) * Replay.markedShare)
    let total = [measured, predicted].flatMap { track in
      track.timeline.instructions.map(\.end) + track.timeline.transfers.map(\.complete)
    }.max()
    let word = "begins are 1 % of the measured span apart"
    let (part, data) = PageTimeline.sideBySide(
      [measured, predicted], FirstDifference(measured, predicted, slack: slack),
      total: total ?? 0, same: "No begin is 1 % of the measured span off.", word)
    let (head, parts) = HTMLDocument.divided(blocks(phases))
    return HTMLDocument(
      title: capture.name, head: head,
      parts: [part, HTMLDocument.Part("errors", "Errors of begins", [.chart(errorChart)])] + parts,
      json: json(phases), timeline: data
    ).bytes
  }

  /// What comes before the first user instruction, as its time would be negative.
  private var lead: Picoseconds {
    let begins = capture.transfers.map { min($0.trigger, $0.firstRead) }
    let predicted = timeline.transfers.map { $0.trigger - predictedOrigin }
    return -min(0, begins.min() ?? 0, predicted.min() ?? 0)
  }

  private var measuredTrack: PageTrack {
    let lead = lead
    var found = Timeline()
    found.instructions = capture.instructions.map {
      let begin = $0.begin + lead
      return InstructionTiming(
        head: begin, free: begin, signalled: begin, begin: begin, end: $0.end + lead,
        producer: -1, producerTransfer: -1, isCold: false)
    }
    found.transfers = capture.transfers.map {
      // With measured latencies nothing is known of a transfer's parts.
      let first = (dma == .measured ? $0.trigger : $0.firstRead) + lead
      return TransferTiming(
        trigger: min($0.trigger + lead, first), queued: first, firstRead: first,
        lastRead: $0.lastRead + lead, complete: $0.complete + lead)
    }
    return PageTrack(
      name: "measured", labels: capture.labels, capture.program, found, knowsWaits: false)
  }

  private var predictedTrack: PageTrack {
    let shift = lead - predictedOrigin
    var found = timeline
    for index in found.instructions.indices {
      found.instructions[index].head += shift
      found.instructions[index].free += shift
      found.instructions[index].signalled += shift
      found.instructions[index].begin += shift
      found.instructions[index].end += shift
    }
    for index in found.transfers.indices {
      if dma == .measured { found.transfers[index].firstRead = found.transfers[index].trigger }
      found.transfers[index].trigger += shift
      found.transfers[index].queued += shift
      found.transfers[index].firstRead += shift
      found.transfers[index].lastRead += shift
      found.transfers[index].complete += shift
    }
    return PageTrack(
      name: "predicted", labels: capture.labels, capture.program, found, knowsWaits: true)
  }

  /// Predicted minus measured begins over the measured time.
  private var errorChart: Chart {
    let errors = beginErrors
    let series = Engine.allCases.enumerated().compactMap { number, engine -> Chart.Series? in
      let indices = capture.program.instructions.indices.filter {
        capture.program.instructions[$0].engine == engine
      }
      guard !indices.isEmpty else { return nil }
      let step = max(1, indices.count / Replay.points)
      return Chart.Series(
        engine.displayName, .line, tint: number,
        stride(from: 0, to: indices.count, by: step).map { place in
          let index = indices[place]
          return Chart.Point(
            Double(capture.instructions[index].begin) / 1e6, Double(errors[index]) / 1e3)
        })
    }
    return Chart(
      "How much later (above 0) or earlier each instruction is predicted to begin than it was measured",
      .plot(x: Chart.Axis("measured begin, µs"), y: Chart.Axis("predicted - measured, ns"), series))
  }
}
