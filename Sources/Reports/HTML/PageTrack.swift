package import Device
import Hardware
package import Programs
package import Simulation
package import Timing

/// One run of a core as a page draws it, beside others or alone.
package struct PageTrack {
  /// What it is called beside others; empty where it is alone.
  package var name: String
  /// What ran; `nil` of a capture, whose instructions `labels` name.
  package var program: Program?
  /// The author's scopes; `nil` of a capture.
  var scopes: RunScopes?
  /// By device instruction, where there is no program.
  package var labels: [String] = []
  package var device: DeviceProgram
  package var timeline: Timeline
  var series: [PageSeries] = []
  /// What the whole time was spent on, as far as it is this core's.
  var path: [CausedInterval] = []
  var pieces: LifePieces

  /// A core of a run.
  ///
  /// - Parameters:
  ///   - core: Its id.
  ///   - causes: Why everything happened when it did; `nil` if nobody asked.
  init?(_ run: Run, core: Int, _ causes: Causes?, path: [CausedInterval], name: String) {
    let own = run.cores[core]
    guard let device = own.device, let timeline = own.timeline else { return nil }
    self.name = name
    program = own.program
    scopes = RunScopes(own)
    self.device = device
    self.timeline = timeline
    series = PageSeries.all(own, device, timeline)
    // What is no core's is the first one's.
    self.path = path.filter { ($0.causer?.core ?? 0) == core }
    pieces = LifePieces(core: core, causes: causes, timeline: timeline)
  }

  /// What a device measured, or what was predicted of it.
  ///
  /// - Parameter knowsWaits: Whether the times say what was waited for.
  package init(
    name: String, labels: [String], _ device: DeviceProgram, _ timeline: Timeline,
    knowsWaits: Bool
  ) {
    self.name = name
    self.labels = labels
    self.device = device
    self.timeline = timeline
    pieces = LifePieces(core: 0, causes: nil, timeline: knowsWaits ? timeline : nil)
  }

  /// The cores of a run side by side with others.
  ///
  /// - Parameter name: What to call the run.
  package static func tracks(of run: Run, named name: String) throws -> [PageTrack] {
    let causes = try run.causes()
    let path = causes?.criticalPath() ?? []
    return run.cores.indices.compactMap { core in
      let place = run.layout.count > 1 ? " \(run.layout.places[core].description)" : ""
      return PageTrack(run, core: core, causes, path: path, name: name + place)
    }
  }

  /// The number of what an instruction is in the list of sources; -1 for none.
  func source(_ instruction: Int) -> Int32 {
    program == nil
      ? Int32(truncatingIfNeeded: instruction) : device.instructions[instruction].source
  }
}

/// What instructions and transfers of a core waited for and were spent on, as far as it is known.
struct LifePieces {
  let core: Int
  let causes: Causes?
  /// Says who was waited for last where nobody asked for causes; `nil` where the times say nothing of that.
  let timeline: Timeline?

  /// From the release of an instruction to its end, without gaps; empty where nothing is known.
  func of(instruction index: Int) -> [CausedInterval] {
    if let causes { return causes.intervals(of: Life(core: core, .instruction(index))) }
    guard let timeline else { return [] }
    let timing = timeline.instructions[index]
    return timeline.stalls(index).map { stall in
      let isSignal = stall.reason == .semaphore || stall.reason == .dma
      let producer: Life.Subject? =
        !isSignal
        ? nil
        : timing.producerTransfer >= 0
          ? .transfer(Int(timing.producerTransfer))
          : timing.producer >= 0 ? .instruction(Int(timing.producer)) : nil
      return CausedInterval(
        begin: stall.begin, end: stall.end, cause: stall.reason.cause,
        causer: producer.map { Life(core: core, $0) })
    } + [CausedInterval(begin: timing.begin, end: timing.end, cause: .work, causer: nil)]
  }

  /// From the trigger of a transfer to its completion, without gaps; empty where nothing is known.
  func of(transfer index: Int) -> [CausedInterval] {
    causes?.intervals(of: Life(core: core, .transfer(index))) ?? []
  }
}

extension StallReason {
  /// The cause that it is, as far as reasons tell causes apart.
  fileprivate var cause: Cause {
    switch self {
    case .engineBusy: .engineBusy
    case .weightLoad: .weightLoad
    case .semaphore, .dma: .semaphore
    case .dispatch: .dispatch
    }
  }
}
