public import Device
public import Hardware

/// Why programs of several cores cannot be timed.
public enum CoresTimingError: Error, Sendable {
  /// One core alone.
  case core(Int, TimingError)
  /// Cores wait at exchanges for others that never come.
  case stuck([(core: Int, transfer: Int, absent: [Int])])
  /// Exchanges that belong together differ.
  case mismatch(core: Int, transfer: Int, other: (core: Int, transfer: Int)?, String)
}

extension Timing {
  /// Runs programs of several cores to their end, together.
  ///
  /// One loop over all cores' events, by time and then by core. The cores of a rank share the bandwidth of
  /// their HBM stack evenly, whether or not the other one moves data at the time.
  ///
  /// - Parameter programs: By core id.
  public static func run(
    _ programs: [DeviceProgram], of layout: CoreLayout, on hardware: Hardware,
    options: TimingOptions = TimingOptions()
  ) throws(CoresTimingError) -> [Timeline] {
    try run(programs, of: layout, on: hardware, options, nil)
  }

  /// Runs programs of several cores to their end, and says why everything happened when it did.
  ///
  /// It takes about twice as long as `run`, and gives the same times.
  package static func causes(
    _ programs: [DeviceProgram], of layout: CoreLayout, on hardware: Hardware,
    options: TimingOptions = TimingOptions()
  ) throws(CoresTimingError) -> (timelines: [Timeline], causes: Causes) {
    let ledger = CauseLedger(Causes(of: programs))
    let timelines = try run(programs, of: layout, on: hardware, options, ledger)
    return (timelines, ledger.causes)
  }

  private static func run(
    _ programs: [DeviceProgram], of layout: CoreLayout, on hardware: Hardware,
    _ options: TimingOptions, _ ledger: CauseLedger?
  ) throws(CoresTimingError) -> [Timeline] {
    precondition(programs.count == layout.count, "\(programs.count) of \(layout.count) programs")
    let shared = hardware.shared(by: layout)
    // One core waits for no other: what it exchanges is complete when it comes.
    if let program = programs.first, programs.count == 1 {
      do throws(TimingError) {
        var simulator = Simulator(program, shared, options, causes: ledger.map { ($0, 0) })
        try simulator.run()
        return [simulator.finish()]
      } catch {
        throw .core(0, error)
      }
    }
    let cores = programs.enumerated().map { core, program in
      RunningCore(
        Simulator(
          program, shared, options, isAlone: false, causes: ledger.map { ($0, core) }))
    }
    var board = ExchangeBoard(layout.places, shared)
    for core in cores { core.simulator.prepareAll() }
    while true {
      var next = 0
      var time = cores[0].nextEvent
      for index in cores.indices.dropFirst() where cores[index].nextEvent < time {
        next = index
        time = cores[index].nextEvent
      }
      guard time < .max else { break }
      try cores[next].advance(next)
      for arrival in cores[next].simulator.takeArrivals() {
        let transfer = programs[next].transfers[Int(arrival.transfer)]
        let exchange = programs[next].exchanges[Int(transfer.exchange)]
        guard let done = try board.arrive(core: next, exchange, arrival) else { continue }
        if ledger != nil { RunningCore.note(done, cores) }
        for part in done.parts {
          cores[part.core].simulator.finishExchange(
            part.transfer, from: done.begin, until: done.end)
          cores[part.core].look()
        }
      }
    }
    let missing = board.missing
    if !missing.isEmpty { throw .stuck(missing) }
    var timelines: [Timeline] = []
    for (index, core) in cores.enumerated() {
      do throws(TimingError) {
        try core.simulator.requireFinished()
      } catch {
        throw .core(index, error)
      }
      timelines.append(core.finish())
    }
    return timelines
  }
}

extension Hardware {
  /// The hardware as each core of a layout sees it: the cores of a rank share their stack's bandwidth.
  public func shared(by layout: CoreLayout) -> Hardware {
    var shared = self
    shared.hbm.activeCores = max(
      hbm.activeCores, min(layout.coresPerRank, hbm.coresPerStack))
    return shared
  }
}

/// A simulator that is one of several.
private final class RunningCore {
  var simulator: Simulator
  /// When its next event is; `max` when nothing is left to happen.
  private(set) var nextEvent: Picoseconds = 0

  init(_ simulator: consuming Simulator) { self.simulator = simulator }

  func advance(_ core: Int) throws(CoresTimingError) {
    do throws(TimingError) {
      _ = try simulator.step()
    } catch {
      throw .core(core, error)
    }
    look()
  }

  /// Tells those who take part in an exchange of each other.
  static func note(_ done: ExchangeBoard.Completed, _ cores: [RunningCore]) {
    let meeting = done.parts.compactMap {
      cores[$0.core].simulator.recorder?.stage(1, ofTransfer: Int($0.transfer))
    }
    for part in done.parts { cores[part.core].simulator.recorder?.meeting = meeting }
  }

  func look() { nextEvent = simulator.nextEvent }

  func finish() -> Timeline { simulator.result() }
}
