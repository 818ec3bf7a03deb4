package import Captures
package import Device
package import Diagnostics
package import Hardware
package import Reports
package import Timing

/// Where a replay takes the times of its DMAs from.
package enum DMASource: String, CaseIterable, Sendable {
  /// Each transfer takes its captured latency after its predicted trigger.
  case measured
  /// Rings and descriptors are simulated.
  case predicted
}

/// A capture simulated from its instruction stream, beside what was measured.
package struct Replay: Sendable {
  /// What was replayed.
  package var capture: Capture
  /// What was predicted.
  package var timeline: Timeline
  /// Where the DMAs' times came from.
  package var dma: DMASource
  /// How far the predicted span may be from a device's; `nil` where the DMAs' times were measured ones.
  package let doubt: Doubt?
  /// Where the PE clock's windows were, in ns after the launch.
  package let phase: Double
  /// Begin of the first predicted instruction: the time that measured times count from.
  package let predictedOrigin: Picoseconds

  /// Simulates the capture's user region.
  ///
  /// - Throws: A diagnostic where the hardware has no price for an instruction, or of engines that wait for each other.
  package init(
    _ capture: Capture, on hardware: Hardware, dma: DMASource
  ) throws(DiagnosticError) {
    self.capture = capture
    self.dma = dma
    phase = hardware.peClock.phase
    var options =
      capture.isSimulated
      ? TimingOptions() : TimingOptions(released: Timing.release(hardware))
    // Transfers whose descriptors are not known cannot be predicted.
    let areKnown = capture.program.transfers.map { $0.runCount > 0 }
    if dma == .measured || areKnown.contains(false) {
      options.transferLatencies = zip(capture.transfers, areKnown).map { transfer, isKnown in
        dma == .predicted && isKnown ? -1 : transfer.complete - transfer.trigger
      }
    }
    do throws(TimingError) {
      timeline = try Timing.run(capture.program, on: hardware, options: options)
    } catch {
      throw Replay.describe(error, capture)
    }
    let origin = timeline.instructions.map(\.begin).min() ?? 0
    predictedOrigin = origin
    doubt =
      dma == .predicted
      ? Doubt(
        givenStream: (timeline.instructions.map(\.end).max() ?? origin) - origin, on: hardware)
      : nil
  }

  /// From the first begin to the last end of the predicted instructions.
  package var userSpan: Picoseconds {
    (timeline.instructions.map(\.end).max() ?? 0) - predictedOrigin
  }

  /// The prediction's error of the user span, in percent of the measured one.
  package var userSpanError: Double {
    100 * Double(userSpan - capture.userSpan) / Double(max(1, capture.userSpan))
  }

  /// Time in which an engine had at least one of its working instructions under way.
  ///
  /// Control, triggers and the engine's waits are not work; overlapping instructions count once.
  package func busy(_ engine: Engine) -> (measured: Picoseconds, predicted: Picoseconds) {
    var measured: [(Picoseconds, Picoseconds)] = []
    var predicted: [(Picoseconds, Picoseconds)] = []
    for (index, instruction) in capture.program.instructions.enumerated()
    where instruction.engine == engine {
      switch instruction.work {
      case .control, .trigger: continue
      case .loadWeights, .matmul, .stream: break
      }
      measured.append((capture.instructions[index].begin, capture.instructions[index].end))
      predicted.append((timeline.instructions[index].begin, timeline.instructions[index].end))
    }
    return (Replay.union(measured), Replay.union(predicted))
  }

  /// Total length of the union of intervals.
  static func union(_ intervals: [(Picoseconds, Picoseconds)]) -> Picoseconds {
    var total: Picoseconds = 0
    var reached = Picoseconds.min
    for (begin, end) in intervals.sorted(by: { $0.0 < $1.0 }) where end > reached {
      total += end - max(begin, reached)
      reached = end
    }
    return total
  }

  /// By instruction: error of the duration in percent of the measured one.
  package var durationErrors: [Double] {
    capture.instructions.indices.map { index in
      let measured = capture.instructions[index].duration
      let predicted = timeline.instructions[index].end - timeline.instructions[index].begin
      return 100 * Double(predicted - measured) / Double(max(1, measured))
    }
  }

  /// By instruction: predicted minus measured begin, both counted from the first one's, in picoseconds.
  package var beginErrors: [Picoseconds] {
    capture.instructions.indices.map {
      timeline.instructions[$0].begin - predictedOrigin - capture.instructions[$0].begin
    }
  }
}
