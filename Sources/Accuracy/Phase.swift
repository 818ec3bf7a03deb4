package import Captures
import Device
package import Diagnostics
package import Hardware
import Timing

/// Where the PE clock's windows lie: they run free on the device, and no instruction stream says where.
package enum PhaseChoice: Hashable, Sendable {
  /// The first window after the launch ends after so many ns.
  case nanoseconds(Double)
  /// As in the captured run: from the recorded changes of the clock, or else where the captured
  /// durations of the matmuls are met best.
  case captured
  /// The one of eight phases whose user span is nearest the mean of all eight: no phase is preferred.
  case mean

  /// Reads `captured`, `mean` or a number of ns.
  package init?(_ text: String) {
    switch text {
    case "captured": self = .captured
    case "mean": self = .mean
    default:
      guard let value = Double(text), value >= 0, value < 1e9 else { return nil }
      self = .nanoseconds(value)
    }
  }
}

/// The errors of the user span over phases of the PE clock's windows, in percent of the measured one.
package struct PhaseErrors: Sendable {
  /// How many phases are tried: a window is cut into so many.
  package static let count = 8

  /// Of each phase, signed.
  package var errors: [Double]
  /// With the captured phase: it, in ns, and the error; `nil` where the capture does not tell it.
  package var captured: (phase: Double, error: Double)?

  /// Mean of the sizes.
  package var meanSize: Double { Accuracy.mean(errors.map(abs)) }
  /// Signed mean: what is left when no phase is preferred.
  package var mean: Double { Accuracy.mean(errors) }
  /// The one with the largest size.
  package var worst: Double { errors.max { abs($0) < abs($1) } ?? 0 }

  /// The phases, in ns.
  package static func phases(_ hardware: Hardware) -> [Double] {
    let window = hardware.peClock.windowCycles / hardware.clocks.neuroncore
    return (0..<count).map { window * Double($0) / Double(count) }
  }
}

extension Hardware {
  /// The same hardware with other windows of the PE clock.
  func shifted(to phase: Double) -> Hardware {
    var shifted = self
    shifted.peClock.phase = phase
    return shifted
  }
}

extension Replay {
  /// Simulates the capture's user region with the chosen phase, and the errors of all phases.
  ///
  /// - Throws: What `Replay` throws.
  package static func judged(
    _ capture: Capture, on hardware: Hardware, dma: DMASource, phase: PhaseChoice
  ) throws(DiagnosticError) -> (replay: Replay, phases: PhaseErrors) {
    let phases = PhaseErrors.phases(hardware)
    var spans: [Picoseconds] = []
    var errors: [Double] = []
    for value in phases {
      let one = try Replay(capture, on: hardware.shifted(to: value), dma: dma)
      spans.append(one.userSpan)
      errors.append(one.userSpanError)
    }
    var known = try recordedPhase(capture, hardware, dma)
    if known == nil && phase == .captured { known = try fittedPhase(capture, hardware) }
    var captured: (Double, Double)?
    if let known {
      let replay = try Replay(capture, on: hardware.shifted(to: known), dma: dma)
      captured = (known, replay.userSpanError)
    }
    let chosen: Double
    switch phase {
    case .nanoseconds(let value): chosen = value
    case .captured: chosen = known ?? hardware.peClock.phase
    case .mean:
      let mean = spans.reduce(0, +) / Picoseconds(spans.count)
      let nearest = spans.indices.min { abs(spans[$0] - mean) < abs(spans[$1] - mean) } ?? 0
      chosen = phases[nearest]
    }
    return (
      try Replay(capture, on: hardware.shifted(to: chosen), dma: dma),
      PhaseErrors(errors: errors, captured: captured)
    )
  }

  /// The phase at which the device recorded changes of its clock; `nil` if it recorded none.
  private static func recordedPhase(
    _ capture: Capture, _ hardware: Hardware, _ dma: DMASource
  ) throws(DiagnosticError) -> Double? {
    guard let first = capture.clockChanges.first else { return nil }
    let window = hardware.peClock.windowCycles / hardware.clocks.neuroncore
    // The windows are those of one clock, so all changes tell the same, but for the stamps' rounding.
    let offsets = capture.clockChanges.map { change in
      let distance = Double(change.time - first.time) / 1000
      return distance - (distance / window).rounded() * window
    }
    let replay = try Replay(capture, on: hardware, dma: dma)
    let origin = Double(replay.timeline.instructions.map(\.begin).min() ?? 0) / 1000
    let time = Double(first.time) / 1000 + median(offsets) + origin
    return time - (time / window).rounded(.down) * window
  }

  /// The phase, of 64, with which the durations of the matmuls come nearest to the captured ones; `nil`
  /// if there are no matmuls.
  private static func fittedPhase(
    _ capture: Capture, _ hardware: Hardware
  ) throws(DiagnosticError) -> Double? {
    let matmuls = capture.program.instructions.indices.filter {
      if case .matmul = capture.program.instructions[$0].work { true } else { false }
    }
    guard !matmuls.isEmpty else { return nil }
    let window = hardware.peClock.windowCycles / hardware.clocks.neuroncore
    var best: (misfit: Picoseconds, phase: Double)?
    for step in 0..<64 {
      let phase = window * Double(step) / 64
      let replay = try Replay(capture, on: hardware.shifted(to: phase), dma: .measured)
      let misfit = matmuls.reduce(Picoseconds(0)) {
        $0 + abs(replay.timeline.instructions[$1].duration - capture.instructions[$1].duration)
      }
      if misfit < best?.misfit ?? .max { best = (misfit, phase) }
    }
    return best?.phase
  }
}
