import Device
import Simulation
import Timing

/// The dependencies that are drawn as arrows: who ends an instruction's wait, and the critical path.
struct TraceFlows {
  /// A slice: an instruction from 0 on, or a transfer as -1 - its index.
  typealias Slice = Int

  /// First instruction that each instruction lets go; -1 for none.
  private var afterInstruction: [Int32] = []
  /// First instruction that each transfer lets go; -1 for none.
  private var afterTransfer: [Int32] = []
  /// The next instruction that the same producer lets go; -1 for none.
  private var next: [Int32] = []
  /// Whether those of one engine are among them.
  private var hasOwn = false
  /// By slice on the critical path.
  private(set) var path: [Slice: PathStep] = [:]

  /// A slice's part in the critical path.
  struct PathStep {
    /// How much of the path is its time.
    var time: Picoseconds = 0
    /// Arrows that go out when it begins, that go out when it ends, and that come in: their numbers, and the slices at
    /// their other ends.
    var fromBegin: [(number: UInt64, other: Slice)] = []
    var fromEnd: [(number: UInt64, other: Slice)] = []
    var incoming: [(number: UInt64, other: Slice)] = []
  }

  /// No arrows.
  init() {}

  /// - Parameters:
  ///   - kinds: Which arrows.
  ///   - path: What the run's time was spent on, for those of the critical path.
  ///   - core: Whose; of the path only this core's part is drawn.
  init(
    _ kinds: TraceOptions.Flows, _ device: DeviceProgram, _ timeline: Timeline,
    path: [CausedInterval], core: Int
  ) {
    if kinds == .cross || kinds == .all {
      hasOwn = kinds == .all
      addWaits(device, timeline)
    }
    if kinds == .critical || kinds == .all { addPath(path, core, timeline) }
  }

  private mutating func addWaits(_ device: DeviceProgram, _ timeline: Timeline) {
    afterInstruction = Array(repeating: -1, count: device.instructions.count)
    afterTransfer = Array(repeating: -1, count: device.transfers.count)
    next = Array(repeating: -1, count: device.instructions.count)
    for index in device.instructions.indices.reversed() {
      guard let producer = producer(of: index, device, timeline) else { continue }
      let consumer = Int32(truncatingIfNeeded: index)
      if producer < 0 {
        next[index] = afterTransfer[-1 - producer]
        afterTransfer[-1 - producer] = consumer
      } else {
        next[index] = afterInstruction[producer]
        afterInstruction[producer] = consumer
      }
    }
  }

  /// Whose end an instruction waited for, if that is an arrow: it must not point back in time, or Perfetto drops it.
  @inline(__always)
  func producer(of index: Int, _ device: DeviceProgram, _ timeline: Timeline) -> Slice? {
    let timing = timeline.instructions[index]
    if timing.producerTransfer >= 0 {
      let transfer = Int(timing.producerTransfer)
      return timeline.transfers[transfer].complete <= timing.begin ? -1 - transfer : nil
    }
    guard timing.producer >= 0 else { return nil }
    let producer = Int(timing.producer)
    let isOther = device.instructions[producer].engine != device.instructions[index].engine
    return (isOther || hasOwn) && timeline.instructions[producer].end <= timing.begin
      ? producer : nil
  }

  /// Arrows from each slice of the path to the next one.
  private mutating func addPath(_ intervals: [CausedInterval], _ core: Int, _ timeline: Timeline) {
    func times(_ slice: Slice) -> (begin: Picoseconds, end: Picoseconds) {
      if slice >= 0 {
        return (timeline.instructions[slice].begin, timeline.instructions[slice].end)
      }
      let timing = timeline.transfers[-1 - slice]
      return (timing.firstRead, timing.complete)
    }
    var before: Slice?
    var number: UInt64 = 0
    for interval in intervals {
      guard let life = interval.causer else { continue }
      guard life.core == core else {
        before = nil
        continue
      }
      let slice: Slice =
        switch life.subject {
        case .instruction(let index): index
        case .transfer(let index): -1 - index
        }
      path[slice, default: PathStep()].time += interval.duration
      defer { before = slice }
      guard let before, before != slice else { continue }
      let (from, to) = (times(before), times(slice))
      guard from.begin < to.begin else { continue }
      let id = TraceFlows.pathNumbers + number
      number += 1
      if from.end <= to.begin {
        path[before]?.fromEnd.append((id, slice))
      } else {
        path[before]?.fromBegin.append((id, slice))
      }
      path[slice]?.incoming.append((id, before))
    }
  }

  /// Whether arrows for waits and triggers are drawn.
  var hasWaits: Bool { !next.isEmpty }

  /// First instruction that waits for this one; -1 for none.
  @inline(__always)
  func first(after instruction: Int) -> Int32 { afterInstruction[instruction] }

  /// First instruction that waits for this transfer; -1 for none.
  @inline(__always)
  func first(afterTransfer transfer: Int) -> Int32 { afterTransfer[transfer] }

  /// The next one that waits for the same.
  @inline(__always)
  func next(_ consumer: Int32) -> Int32 { next[Int(consumer)] }

  /// Numbers are different for each arrow: one ends at each consumer, one at each transfer.
  static func number(consumer: Int) -> UInt64 { UInt64(consumer) * 2 + 1 }

  static func number(triggered transfer: Int) -> UInt64 { UInt64(transfer) * 2 + 2 }

  /// Where the numbers of the critical path's arrows begin.
  private static let pathNumbers: UInt64 = 1 << 36
}
