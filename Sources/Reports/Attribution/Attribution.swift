import Device
import Simulation
import Timing

/// Shares out what cores did among parts of their programs.
struct Attribution {
  /// By number of the part.
  private(set) var parts: [PartFigures]
  /// What is no part's.
  private(set) var rest = PartFigures()

  /// - Parameters:
  ///   - cores: The cores with their ids.
  ///   - path: What the whole time was spent on; empty if nobody asked.
  ///   - numbers: By core as in `cores` and by device instruction the number of its part; -1 for none.
  ///   - count: Number of parts.
  init(
    _ cores: [(id: Int, run: CoreRun)], path: [CausedInterval], numbers: [[Int32]], count: Int
  ) {
    parts = Array(repeating: PartFigures(), count: count)
    for ((_, run), numbers) in zip(cores, numbers) {
      guard let device = run.device, let timeline = run.timeline else { continue }
      add(device, timeline, numbers)
    }
    guard !path.isEmpty else { return }
    let triggers = cores.map { $0.run.device?.triggers ?? [] }
    for piece in path {
      guard let causer = piece.causer else {
        rest.causes[piece.cause, default: 0] += piece.duration
        continue
      }
      guard let core = cores.firstIndex(where: { $0.id == causer.core }) else { continue }
      let index =
        switch causer.subject {
        case .instruction(let index): index
        case .transfer(let index): Int(triggers[core][index])
        }
      change(index >= 0 ? numbers[core][index] : -1) {
        $0.causes[piece.cause, default: 0] += piece.duration
      }
    }
  }

  /// All parts and what is no part's.
  var total: PartFigures { parts.reduce(into: rest) { $0 += $1 } }

  private mutating func change(_ part: Int32, _ body: (inout PartFigures) -> Void) {
    if part >= 0 { body(&parts[Int(part)]) } else { body(&rest) }
  }

  private mutating func add(
    _ device: DeviceProgram, _ timeline: Timeline, _ numbers: [Int32]
  ) {
    let active = timeline.activeTimes(of: device)
    for (index, instruction) in device.instructions.enumerated() {
      let timing = timeline.instructions[index]
      change(numbers[index]) { part in
        part.instructions += 1
        part.active += active[index]
        part.duration += timing.duration
        part.waits += Waits(timing)
        if case .trigger(let transfer) = instruction.work {
          let transfer = device.transfers[Int(transfer)]
          part.transfers += 1
          part.bytes += transfer.bytes
          part.readBytes += transfer.hbmReadBytes
          part.writtenBytes += transfer.hbmWriteBytes
        }
      }
    }
  }
}

extension Timeline {
  /// By device instruction: its part of the time in which its engine was active.
  ///
  /// Each moment is that of the instruction that began first.
  func activeTimes(of device: DeviceProgram) -> [Picoseconds] {
    var active = Array(repeating: Picoseconds(0), count: device.instructions.count)
    for engine in Engine.allCases {
      var order = device.instructions.indices.filter { device.instructions[$0].engine == engine }
      let isOrdered = zip(order, order.dropFirst()).allSatisfy {
        instructions[$0].begin <= instructions[$1].begin
      }
      if !isOrdered {
        order.sort { (instructions[$0].begin, $0) < (instructions[$1].begin, $1) }
      }
      var covered = Picoseconds.min
      for index in order {
        let (begin, end) = (instructions[index].begin, instructions[index].end)
        active[index] = max(0, end - max(begin, covered))
        covered = max(covered, end)
      }
    }
    return active
  }
}
