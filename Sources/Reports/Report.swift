import Device
import Hardware
public import Simulation
public import Timing

/// All that the views show of one run, computed once.
public struct Report: Sendable {
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

  /// The run.
  public let run: Run
  /// What is known of its time; `nil` when only values were asked for.
  public let timed: Timed?
  /// What faster parts of the machine would give; `nil` if nobody tried.
  public let gains: PartGains?
  /// Largest resident set of this process in bytes; `nil` if the views shall not show it.
  public let peakMemoryBytes: Int?
  /// The hardware's fingerprint, where it was known before.
  private let knownFingerprint: String?

  /// Measures a run.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - peakMemoryBytes: What the host needed.
  ///   - gains: What faster parts of the machine would give this run.
  ///   - fingerprint: The hardware's, for those who report many runs on one: making it costs as much as
  ///     all else of a short report.
  public init(
    _ run: Run, peakMemoryBytes: Int? = nil, gains: PartGains? = nil, fingerprint: String? = nil
  ) {
    self.run = run
    knownFingerprint = fingerprint
    self.gains = gains
    self.peakMemoryBytes = peakMemoryBytes
    guard let device = run.device, let timeline = run.timeline else {
      timed = nil
      return
    }
    let summary = Summary(
      program: run.program, device: device, timeline: timeline, hardware: run.hardware)
    let stalls = StallTable(program: run.program, device: device, timeline: timeline)
    timed = Timed(
      summary: summary, stalls: stalls, bounds: timeline.bounds,
      bottleneck: Bottleneck(summary: summary, stalls: stalls, bounds: timeline.bounds))
  }
  /// The hardware's fingerprint.
  var fingerprint: String { knownFingerprint ?? run.hardware.fingerprint }
}
