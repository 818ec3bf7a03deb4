import Device
import Hardware
public import Simulation
public import Timing

/// All that the views show of one core, computed once.
public struct CoreReport: Sendable {
  /// What is known when a run was timed.
  public struct Timed: Sendable {
    /// The profiler's metrics.
    public let summary: Summary
    /// Who waited for whom.
    public let stalls: StallTable
    /// What each resource alone would have needed.
    public let bounds: Bounds
    /// The verdict.
    public let bottleneck: Bottleneck
  }

  /// The core's run.
  public let run: CoreRun
  /// What is known of its time; `nil` if only values were asked for.
  public let timed: Timed?
  /// The hardware's fingerprint, where it was known before.
  private let knownFingerprint: String?

  /// Measures a core.
  ///
  /// - Parameters:
  ///   - gains: What faster parts of the machine would give the run.
  ///   - path: What the run's time was spent on.
  init(
    _ run: CoreRun, fingerprint: String? = nil, gains: PartGains? = nil,
    path: CriticalPath? = nil
  ) {
    self.run = run
    knownFingerprint = fingerprint
    guard let device = run.device, let timeline = run.timeline else {
      timed = nil
      return
    }
    let summary = Summary(
      program: run.program, device: device, timeline: timeline, hardware: run.hardware)
    let stalls = StallTable(program: run.program, device: device, timeline: timeline)
    timed = Timed(
      summary: summary, stalls: stalls, bounds: timeline.bounds,
      bottleneck: Bottleneck(
        summary: summary, stalls: stalls, bounds: timeline.bounds, gains: gains, path: path))
  }

  /// The hardware's fingerprint.
  var fingerprint: String { knownFingerprint ?? run.hardware.fingerprint }
}
