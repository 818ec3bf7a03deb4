import Device
import Hardware
import Programs
public import Reports
public import Simulation
import Timing

extension MachinePart {
  /// Whether making it faster can change a run with these instructions.
  fileprivate func isUsed(_ device: DeviceProgram) -> Bool {
    func works(_ engine: Engine) -> Bool {
      device.instructions.contains { $0.engine == engine }
    }
    switch self {
    case .tensor: return works(.tensor)
    case .vector: return works(.vector)
    case .scalar: return works(.scalar)
    case .gpsimd: return works(.gpsimd)
    case .dmaBandwidth, .dmaLatency, .hbmBandwidth: return !device.transfers.isEmpty
    case .synchronisation: return true
    }
  }
}

extension WhatIf {
  /// Most device instructions of a program for which `trnsim run` asks what faster parts would give,
  /// unless it is told to: lowering and timing it for each part then take a few milliseconds.
  public static let quickLimit = 2000

  /// What each part that a run uses, twice as fast, would give it.
  ///
  /// The run's own instructions are lowered and timed again, its values are not computed.
  /// - Returns: `nil` if the run was not timed.
  public static func gains(
    of run: Run, runner: ParallelRunner = ParallelRunner()
  ) throws -> PartGains? {
    guard let device = run.device, let timeline = run.timeline else { return nil }
    let (program, hardware, base) = (run.program, run.hardware, timeline.total)
    var targets = candidates.filter { $0.parts.contains { $0.isUsed(device) } }[...]
    var gains: [PartGains.Gain] = []
    try runner.run(
      next: { targets.popFirst() },
      work: { target in
        Swift.Result { try WhatIf.time(program, faster: target, on: hardware) }
      },
      deliver: { target, time in
        // A machine that its own limits forbid says nothing about the part.
        guard let time = try? time.get(), base > 0 else { return }
        gains.append(target.gain(Double(time - base) / Double(base)))
      })
    return PartGains(gains)
  }

  private static func time(
    _ program: Program, faster target: ScaledTarget, on hardware: Hardware
  ) throws -> Picoseconds {
    let changes = target.overrides(Double(PartGains.factor), on: hardware)
    var options = Simulation.Options()
    options.mode = .timingOnly
    let run = try Simulation.run(
      program, on: hardware.overridden(by: changes.map(\.text)), options: options)
    return run.timeline?.total ?? 0
  }
}
