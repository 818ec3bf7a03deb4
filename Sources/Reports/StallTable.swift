public import Device
public import Diagnostics
import ISA
import Machine
public import Programs
public import Timing

// Tensor waited 5.063 µs, 41 % of the time: dma 4.210, semaphore 0.800, dispatch 0.053
//   4.210 µs  ×32  queue qSyncDynamicHW  dma_copy w.3  at matmul.swift:88

/// How long each engine waited, why and for whom.
public struct StallTable: Hashable, Sendable {
  /// Who lets a waiting instruction go.
  public enum Producer: Hashable, Sendable {
    /// An instruction of this engine.
    case engine(Engine)
    /// A transfer of the queue with this index in `DeviceProgram.queues`.
    case queue(Int)
  }

  /// Waits of one engine for one place in the program.
  public struct ProducerWait: Hashable, Sendable {
    /// Who was waited for.
    public var producer: Producer
    /// Engine or queue as the profiler shows it.
    public var producerName: String
    /// The operation with the tensor that it writes, of the longest of these waits.
    public var text: String
    /// Where the operation came from.
    public var location: SourceLocation?
    /// Time waited in all.
    public var time: Picoseconds
    /// Number of waits.
    public var count: Int
    /// The longest of them.
    public var longest: Picoseconds
  }

  /// Waits of one engine.
  public struct EngineStalls: Hashable, Sendable {
    /// Time by reason, in the order of `StallReason.allCases`.
    public var byReason = Array(repeating: Picoseconds(0), count: StallReason.allCases.count)
    /// Waits for semaphores by producer, the longest first.
    public var producers: [ProducerWait] = []

    /// Time by one reason.
    public subscript(reason: StallReason) -> Picoseconds { byReason[Int(reason.rawValue)] }

    /// Time waited in all; taking in an earlier instruction is work and does not count.
    public var waited: Picoseconds {
      byReason.reduce(0, +) - self[.engineBusy]
    }

    /// The reason that took most; `nil` if the engine never waited.
    public var largest: StallReason? {
      let reasons = StallReason.allCases.filter { $0 != .engineBusy }
      let found = reasons.max { self[$0] < self[$1] }
      return found.flatMap { self[$0] > 0 ? $0 : nil }
    }
  }

  /// By engine, in the order of `Engine.allCases`.
  public internal(set) var engines = Array(
    repeating: EngineStalls(), count: Engine.allCases.count)

  /// The engine's waits.
  public subscript(engine: Engine) -> EngineStalls { engines[Int(engine.rawValue)] }

  /// Measures a timeline.
  public init(program: Program, device: DeviceProgram, timeline: Timeline) {
    let triggers = device.triggers
    var collector = Collector(program: program, device: device, triggers: triggers)
    for (index, instruction) in device.instructions.enumerated() {
      let waits = Waits(timeline.instructions[index])
      let engine = Int(instruction.engine.rawValue)
      for reason in StallReason.allCases {
        engines[engine].byReason[Int(reason.rawValue)] += waits[reason]
      }
      let signalled = waits.semaphore + waits.dma
      if signalled > 0 {
        collector.add(
          signalled, engine: instruction.engine, timing: timeline.instructions[index])
      }
    }
    for engine in Engine.allCases {
      engines[Int(engine.rawValue)].producers = collector.waits(of: engine)
    }
  }
}

/// Waits of instructions before they began, as `Timeline.stalls` cuts them, without an array.
package struct Waits: Hashable, Sendable {
  var engineBusy: Picoseconds = 0
  var weightLoad: Picoseconds = 0
  var semaphore: Picoseconds = 0
  var dma: Picoseconds = 0
  var dispatch: Picoseconds = 0

  /// None.
  init() {}

  /// Those of one instruction.
  @inline(__always)
  init(_ timing: InstructionTiming) {
    var now = timing.head
    let free = min(timing.free, timing.begin)
    if free > now {
      engineBusy = free - now
      now = free
    }
    let signalled = min(timing.signalled, timing.begin)
    if signalled > now {
      if timing.producerTransfer >= 0 { dma = signalled - now } else { semaphore = signalled - now }
      now = signalled
    }
    guard timing.begin > now else { return }
    if timing.waitedForWeights {
      weightLoad = timing.begin - now
    } else {
      dispatch = timing.begin - now
    }
  }

  /// All of them.
  var total: Picoseconds { engineBusy + weightLoad + semaphore + dma + dispatch }

  static func += (left: inout Waits, right: Waits) {
    left.engineBusy += right.engineBusy
    left.weightLoad += right.weightLoad
    left.semaphore += right.semaphore
    left.dma += right.dma
    left.dispatch += right.dispatch
  }

  subscript(reason: StallReason) -> Picoseconds {
    switch reason {
    case .engineBusy: engineBusy
    case .weightLoad: weightLoad
    case .semaphore: semaphore
    case .dma: dma
    case .dispatch: dispatch
    }
  }
}

extension DeviceProgram {
  /// The instruction that starts each transfer; -1 where there is none.
  var triggers: [Int32] {
    var triggers = Array(repeating: Int32(-1), count: transfers.count)
    for (index, instruction) in instructions.enumerated() {
      if case .trigger(let transfer) = instruction.work, triggers.indices.contains(Int(transfer)) {
        triggers[Int(transfer)] = Int32(truncatingIfNeeded: index)
      }
    }
    return triggers
  }
}

extension Program {
  /// The operation's name with the tensor that it writes, such as `dma_copy w.3`.
  func shortText(_ source: Int) -> String? {
    guard instructions.indices.contains(source) else { return nil }
    let operation = instructions[source].operation
    let name = Swift.type(of: operation).name
    let written = operation.operands.first { $0.role != .read && $0.pattern.isSet }
    guard let written, tensors.indices.contains(Int(written.pattern.tensor.index)) else {
      return name
    }
    return "\(name) \(tensors[Int(written.pattern.tensor.index)].name)"
  }
}

/// Sums waits by place; the text of a place is made once, at the end.
private struct Collector {
  struct Key: Hashable {
    var waiting: Engine
    var producer: StallTable.Producer
    var opcode: DeviceOpcode
    var location: SourceLocation?
  }

  struct Sum {
    var time: Picoseconds = 0
    var count = 0
    var longest: Picoseconds = 0
    var source: Int32 = -1
  }

  let program: Program
  let device: DeviceProgram
  let triggers: [Int32]
  var sums: [Key: Sum] = [:]

  init(program: Program, device: DeviceProgram, triggers: [Int32]) {
    self.program = program
    self.device = device
    self.triggers = triggers
  }

  mutating func add(_ time: Picoseconds, engine: Engine, timing: InstructionTiming) {
    let index: Int32
    let producer: StallTable.Producer
    if timing.producerTransfer >= 0 {
      let transfer = Int(timing.producerTransfer)
      index = triggers[transfer]
      producer = .queue(Int(device.transfers[transfer].queue))
    } else if timing.producer >= 0 {
      index = timing.producer
      producer = .engine(device.instructions[Int(index)].engine)
    } else {
      return
    }
    let instruction = index >= 0 ? device.instructions[Int(index)] : nil
    let source = instruction?.source ?? -1
    let known = program.instructions.indices.contains(Int(source))
    let key = Key(
      waiting: engine, producer: producer, opcode: instruction?.opcode ?? .dmaTrigger,
      location: known ? program.instructions[Int(source)].location : nil)
    var sum = sums[key] ?? Sum()
    sum.time += time
    sum.count += 1
    if time > sum.longest {
      sum.longest = time
      sum.source = source
    }
    sums[key] = sum
  }

  func waits(of engine: Engine) -> [StallTable.ProducerWait] {
    let found = sums.filter { $0.key.waiting == engine }.map { key, sum in
      let name =
        switch key.producer {
        case .engine(let engine): engine.displayName
        case .queue(let queue):
          device.queues.indices.contains(queue) ? device.queues[queue] : "queue \(queue)"
        }
      return StallTable.ProducerWait(
        producer: key.producer, producerName: name,
        text: program.shortText(Int(sum.source)) ?? key.opcode.name, location: key.location,
        time: sum.time, count: sum.count, longest: sum.longest)
    }
    // Ties must not depend on the order of a dictionary.
    return found.sorted {
      ($1.time, $0.producerName, $0.text, $0.location?.description ?? "")
        < ($0.time, $1.producerName, $1.text, $1.location?.description ?? "")
    }
  }
}
