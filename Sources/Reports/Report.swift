import Device
public import Simulation
package import Timing

/// All that the views show of one run, of any number of cores.
///
/// What they show of one core is that of the core that completed last.
public struct Report: Sendable {
  /// The run.
  public let run: Run
  /// The core that completed last.
  public let slowest: CoreReport
  /// What faster parts of the machine would give; `nil` if nobody tried.
  public let gains: PartGains?
  /// What the whole time was spent on; `nil` if nobody asked.
  package let path: CriticalPath?
  /// Why everything happened when it did; `nil` if nobody asked.
  let causes: Causes?
  /// What each engine's time went to, of the core that completed last; `nil` if nobody asked.
  package let engineTimes: EngineTimes?
  /// Largest resident set of this process in bytes; `nil` if the views shall not show it.
  public let peakMemoryBytes: Int?

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
    self.init(
      run, peakMemoryBytes: peakMemoryBytes, gains: gains, causes: nil, fingerprint: fingerprint)
  }

  /// Measures a run, and what its time was spent on.
  ///
  /// - Parameter causes: Why everything happened when it did; `nil` if nobody asked.
  package init(
    _ run: Run, peakMemoryBytes: Int? = nil, gains: PartGains? = nil, causes: Causes?,
    fingerprint: String? = nil
  ) {
    self.run = run
    self.gains = gains
    self.peakMemoryBytes = peakMemoryBytes
    self.causes = causes
    path = causes.map { CriticalPath(run, $0) }
    if let causes, let device = run.slowestCore.device, let timeline = run.slowestCore.timeline {
      engineTimes = EngineTimes(core: run.slowest, device, timeline, causes)
    } else {
      engineTimes = nil
    }
    // Cores that share a stack are on hardware of their own.
    let isWhole = run.layout.coresPerRank == 1
    slowest = CoreReport(
      run.slowestCore, fingerprint: isWhole ? fingerprint : nil, gains: gains, path: path)
  }

  /// Whether there are several cores, so that views tell them apart.
  var hasSeveralCores: Bool { run.layout.count > 1 }

  /// By core id; each but the slowest is measured now.
  ///
  /// What faster parts give, they give all of them.
  var cores: [CoreReport] {
    let slowest = run.slowest
    return run.cores.indices.map {
      $0 == slowest ? self.slowest : CoreReport(run.cores[$0], gains: gains, path: path)
    }
  }

  /// What is known of the time; `nil` when only values were asked for.
  public var timed: CoreReport.Timed? { slowest.timed }

  /// How far the time may be from a device's; `nil` if nothing was timed.
  public var doubt: Doubt? { slowest.doubt }

  /// The share of the time that each mechanism has work for, 0…1; `nil` if nothing was timed.
  public var mechanismShares: [Mechanism: Double]? { slowest.mechanismShares }

  /// Device instructions of all cores; `nil` when nothing was lowered.
  var deviceInstructions: Int? {
    let counts = run.cores.compactMap { $0.device?.instructions.count }
    return counts.count == run.cores.count ? counts.reduce(0, +) : nil
  }

  /// Device instructions per second of the timing phase; `nil` when nothing was timed.
  var deviceInstructionsPerSecond: Double? {
    guard let deviceInstructions, run.total != nil, run.host.timing > 0 else { return nil }
    return Double(deviceInstructions) / run.host.timing
  }
}
