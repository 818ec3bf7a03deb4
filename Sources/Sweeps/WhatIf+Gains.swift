import Device
package import Hardware
package import Reports
package import Simulation
import Synchronization
import Timing

/// A machine with a part of it twice as fast, each made when it is first asked for.
///
/// Whoever reports many runs on one machine keeps it: to make them takes as long as to time some thousand instructions.
package final class FasterMachines: Sendable {
  private let hardware: Hardware
  private let known = Mutex<[ScaledTarget: Hardware]>([:])

  /// - Parameter hardware: The machine as it is.
  package init(_ hardware: Hardware) { self.hardware = hardware }

  /// The machine with a part twice as fast.
  ///
  /// - Throws: `DiagnosticError` if its own limits forbid it.
  func machine(faster target: ScaledTarget) throws -> Hardware {
    if let found = known.withLock({ $0[target] }) { return found }
    let changes = target.overrides(Double(PartGains.factor), on: hardware)
    let made = try hardware.overridden(by: changes.map(\.text))
    known.withLock { $0[target] = made }
    return made
  }
}

extension MachinePart {
  /// Whether making it faster can change a run with these instructions.
  fileprivate func isUsed(_ devices: [DeviceProgram]) -> Bool {
    func works(_ engine: Engine) -> Bool {
      devices.contains { $0.instructions.contains { $0.engine == engine } }
    }
    switch self {
    case .tensor: return works(.tensor)
    case .vector: return works(.vector)
    case .scalar: return works(.scalar)
    case .gpsimd: return works(.gpsimd)
    case .dmaBandwidth, .dmaStarts, .dmaLatency, .hbmBandwidth:
      return devices.contains { !$0.transfers.isEmpty }
    case .synchronisation: return true
    }
  }
}

extension WhatIf {
  /// Most device instructions of a run for which reports ask what faster parts would give, unless they are told to:
  /// timing it for each part then takes some tens of milliseconds, as much as checking and lowering it did.
  package static let quickLimit = 20_000
  /// Most of them for which the calling thread does it alone: threads would not make it quicker.
  private static let serialLimit = 2000

  private static func count(_ run: Run) -> Int {
    run.cores.reduce(0) { $0 + ($1.device?.instructions.count ?? 0) }
  }

  /// Whether a run is as small as that.
  package static func isQuick(_ run: Run) -> Bool { count(run) <= quickLimit }

  /// What each part that a run uses, twice as fast, would give it.
  ///
  /// What the cores executed is timed again: nothing of it depends on how fast parts are.
  /// - Parameters:
  ///   - machines: Of the run's machine, where somebody keeps them.
  ///   - runner: By default all threads of this host, or for short runs the calling one alone.
  /// - Returns: `nil` if the run was not timed.
  package static func gains(
    of run: Run, machines: FasterMachines? = nil, runner: ParallelRunner? = nil
  ) throws -> PartGains? {
    let devices = run.cores.compactMap(\.device)
    guard let base = run.total, devices.count == run.cores.count else { return nil }
    let (layout, machines) = (run.layout, machines ?? FasterMachines(run.hardware))
    var targets = candidates.filter { $0.parts.contains { $0.isUsed(devices) } }[...]
    var gains: [PartGains.Gain] = []
    let time = { @Sendable (target: ScaledTarget) -> Picoseconds? in
      // A machine that its own limits forbid says nothing about the part.
      try? Timing.run(devices, of: layout, on: machines.machine(faster: target))
        .map(\.total).max()
    }
    func add(_ target: ScaledTarget, _ time: Picoseconds?) {
      guard let time, base > 0 else { return }
      gains.append(target.gain(Double(time - base) / Double(base)))
    }
    if runner == nil && count(run) <= serialLimit {
      for target in targets { add(target, time(target)) }
    } else {
      try (runner ?? ParallelRunner())
        .run(next: { targets.popFirst() }, work: time, deliver: add)
    }
    return PartGains(gains)
  }
}

extension Report {
  /// A run's report with the verdict that all who report the run give: confirmed by what faster parts give, and with
  /// what the time was spent on, where both take no time to speak of.
  ///
  /// - Parameters:
  ///   - whatIf: Whether to ask what faster parts give; `nil` for quick runs.
  ///   - path: Whether to ask what the time was spent on; `nil` for quick runs.
  ///   - machines: Of the run's machine, where somebody keeps them.
  ///   - fingerprint: The machine's, where somebody keeps it.
  package init(
    judging run: Run, whatIf: Bool? = nil, path: Bool? = nil, peakMemoryBytes: Int? = nil,
    machines: FasterMachines? = nil, fingerprint: String? = nil
  ) throws {
    let isQuick = WhatIf.isQuick(run)
    self.init(
      run, peakMemoryBytes: peakMemoryBytes,
      gains: whatIf ?? isQuick ? try WhatIf.gains(of: run, machines: machines) : nil,
      causes: path ?? isQuick ? try run.causes() : nil, fingerprint: fingerprint)
  }
}
