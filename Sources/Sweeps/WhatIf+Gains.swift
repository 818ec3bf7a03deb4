import Device
import Hardware
import Programs
package import Reports
package import Simulation
import Timing

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
  /// Most device instructions of a run for which `trnsim run` asks what faster parts would give,
  /// unless it is told to: lowering and timing it for each part then take a few milliseconds.
  package static let quickLimit = 2000

  /// Whether a run is as small as that.
  package static func isQuick(_ run: Run) -> Bool {
    run.cores.reduce(0) { $0 + ($1.device?.instructions.count ?? 0) } <= quickLimit
  }

  /// What each part that a run uses, twice as fast, would give it.
  ///
  /// The run's own instructions are lowered and timed again, its values are not computed.
  /// - Returns: `nil` if the run was not timed.
  package static func gains(
    of run: Run, runner: ParallelRunner = ParallelRunner()
  ) throws -> PartGains? {
    guard let base = run.total else { return nil }
    let (set, hardware, devices) = (run.set, run.hardware, run.cores.compactMap(\.device))
    var targets = candidates.filter { $0.parts.contains { $0.isUsed(devices) } }[...]
    var gains: [PartGains.Gain] = []
    try runner.run(
      next: { targets.popFirst() },
      work: { target in
        Swift.Result { try WhatIf.time(set, faster: target, on: hardware) }
      },
      deliver: { target, time in
        // A machine that its own limits forbid says nothing about the part.
        guard let time = try? time.get(), base > 0 else { return }
        gains.append(target.gain(Double(time - base) / Double(base)))
      })
    return PartGains(gains)
  }

  private static func time(
    _ set: ProgramSet, faster target: ScaledTarget, on hardware: Hardware
  ) throws -> Picoseconds {
    let changes = target.overrides(Double(PartGains.factor), on: hardware)
    var options = Simulation.Options()
    options.mode = .timingOnly
    return try Simulation.run(
      set, on: hardware.overridden(by: changes.map(\.text)), options: options
    ).total ?? 0
  }
}
