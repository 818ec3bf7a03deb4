public import Device
public import Hardware
import Machine
public import Programs
public import Timing

// {"dma_active_time": 1.045e-05, "hfu_estimated_percent": 0.2771, "matmul_instruction_count": 64,
//  "neuroncore_cycle_count": 14814, "tensor_engine_active_time_percent": 0.412, …}

/// What the profiler's summary page says about a run, computed once.
///
/// Names and definitions are those of the Neuron Explorer profile schema 7.4.0, table `Summary`.
/// `metrics` has them in the profiler's units; the properties here are exact.
public struct Summary: Hashable, Sendable {
  /// One engine's instructions.
  public struct EngineUse: Hashable, Sendable {
    /// Sum of all durations: overlapping instructions count twice.
    public var instructionTime: Picoseconds = 0
    /// Time during which at least one instruction executed; waiting for semaphores is not part of it.
    public var activeTime: Picoseconds = 0
    /// Number of instructions.
    public var instructionCount = 0
  }

  /// Transfers of one kind.
  public struct TransferUse: Hashable, Sendable {
    /// Time during which at least one of them moved data.
    public var activeTime: Picoseconds = 0
    /// Number of transfers.
    public var count = 0
    /// Number of descriptors: what the profiler calls packets.
    public var packets = 0
    /// Payload bytes.
    public var bytes = 0
  }

  /// What ranks do together.
  public struct CollectiveUse: Hashable, Sendable {
    /// Sum of their times, from the last rank's arrival to the completion.
    public var time: Picoseconds = 0
    /// Time during which at least one was under way.
    public var activeTime: Picoseconds = 0
    /// Number of them.
    public var count = 0
  }

  /// What had no room in SBUF.
  public struct Spills: Hashable, Sendable {
    /// Bytes that went to HBM.
    public let savedBytes: Int
    /// Bytes that came back.
    public let reloadedBytes: Int

    /// The metadata that says so, by the profiler's names of it.
    static let keys = (saved: "spill_save_bytes", reloaded: "spill_reload_bytes")

    /// Reads a program's metadata; `nil` if they do not say.
    init?(_ metadata: [String: String]) {
      guard let saved = metadata[Self.keys.saved].flatMap({ Int($0) }),
        let reloaded = metadata[Self.keys.reloaded].flatMap({ Int($0) })
      else { return nil }
      savedBytes = saved
      reloadedBytes = reloaded
    }
  }

  /// From the first instruction to the completion of everything.
  public internal(set) var total: Picoseconds = 0
  /// From the first to the last instant of work, semaphore instructions left out.
  public internal(set) var executed: Picoseconds = 0
  /// Use of each engine, in the order of `Engine.allCases`.
  public internal(set) var engines = Array(
    repeating: EngineUse(), count: Engine.allCases.count)
  /// All transfers.
  public internal(set) var transfers = TransferUse()
  /// Transfers by who made their descriptors, in the order of `DGEMode.allCases`.
  public internal(set) var transfersByMode = Array(
    repeating: TransferUse(), count: DGEMode.allCases.count)
  /// Time during which a transfer moved data whose descriptors were made during execution.
  public internal(set) var dynamicActiveTime: Picoseconds = 0
  /// Sum over all transfers of the time from the first to the last read.
  public internal(set) var transferTime: Picoseconds = 0
  /// Sum of the busy times of all rings.
  public internal(set) var packetTime: Picoseconds = 0
  /// Busy time of the busiest ring.
  public internal(set) var busiestRing: Picoseconds = 0
  /// Number of DMAs that each engine starts, in the order of `Engine.allCases`.
  package internal(set) var dmaStarts = Array(repeating: 0, count: Engine.allCases.count)
  /// Number of DMA queues.
  public internal(set) var queues = 0
  /// Bytes that DMAs read from HBM.
  public internal(set) var hbmReadBytes = 0
  /// Bytes that DMAs wrote to HBM.
  public internal(set) var hbmWriteBytes = 0
  /// Bytes that instructions and DMAs read and wrote on chip.
  public internal(set) var onChip = OnChipBytes()
  /// Bytes of transfers whose descriptors are prepared.
  var dataQueueBytes = 0
  /// Collectives of the ranks.
  public internal(set) var collectives = CollectiveUse()
  /// Tiles that had no room in SBUF; `nil` if whoever placed them did not say.
  public internal(set) var spills: Spills?
  /// Floating-point operations of all MATMULs.
  public internal(set) var hardwareFLOPs = 0
  /// The part of `hardwareFLOPs` that only moved data.
  public internal(set) var transposeFLOPs = 0
  /// `hardwareFLOPs` in the time that they take, as bfloat16 operations.
  public internal(set) var adjustedFLOPs = 0.0
  /// The same of `transposeFLOPs`.
  public internal(set) var adjustedTransposeFLOPs = 0.0
  /// Number of MATMULs.
  public internal(set) var matmuls = 0
  /// Number of ACTIVATEs.
  public internal(set) var activates = 0
  /// Sum of their durations.
  public internal(set) var activateTime: Picoseconds = 0
  /// Semaphore updates by instructions and by transfers.
  public internal(set) var events = 0
  /// Bytes of all inputs.
  public internal(set) var inputBytes = 0
  /// Bytes of all outputs.
  public internal(set) var outputBytes = 0
  /// Most bytes of a partition that SBUF tensors reach.
  public internal(set) var sbufPeakBytes = 0
  /// Most bytes of a partition that PSUM tensors reach.
  public internal(set) var psumPeakBytes = 0

  /// Clock of `neuroncore_cycle_count` in GHz.
  let neuroncoreClock: Double
  /// In operations per picosecond.
  let peakTFLOPS: Double
  /// HBM bandwidth in GB/s that MBU is a share of.
  let hbmBandwidth: Double

  /// Measures a timeline.
  public init(
    program: Program, device: DeviceProgram, timeline: Timeline, hardware: Hardware
  ) {
    neuroncoreClock = hardware.clocks.neuroncore
    peakTFLOPS = hardware.peakTFLOPS
    hbmBandwidth = hardware.hbm.bandwidthPerStack
    total = timeline.total
    spills = Spills(program.metadata)
    queues = device.queues.count
    onChip = device.onChip
    let instructionSpan = measureInstructions(device, timeline, hardware)
    let transferSpan = measureTransfers(device, timeline)
    let first = min(instructionSpan.first, transferSpan.first)
    let last = max(instructionSpan.last, transferSpan.last)
    executed = first <= last ? last - first : 0
    for tensor in program.tensors {
      switch (tensor.space, tensor.role) {
      case (.hbm, .input): inputBytes += tensor.bytes
      case (.hbm, .output): outputBytes += tensor.bytes
      case (.hbm, .inout):
        inputBytes += tensor.bytes
        outputBytes += tensor.bytes
      case (.hbm, .scratch), (.hbm, .shared): break
      case (.sbuf, _), (.psum, _): break
      }
    }
    sbufPeakBytes = program.peakBytes(in: .sbuf)
    psumPeakBytes = program.peakBytes(in: .psum)
  }

  /// The engine's use.
  public subscript(engine: Engine) -> EngineUse { engines[Int(engine.rawValue)] }

  /// A time as a share of the total; 0 when nothing happened.
  public func share(_ time: Picoseconds) -> Double {
    total > 0 ? Double(time) / Double(total) : 0
  }

  /// The engine that is busy longest, and its share of the time.
  package var busiest: (engine: Engine, share: Double) {
    var found = (engine: Engine.allCases[0], share: 0.0)
    for engine in Engine.allCases {
      let share = share(self[engine].activeTime)
      if share > found.share { found = (engine, share) }
    }
    return found
  }

  /// Cycles of the clock in which profilers count.
  public var neuroncoreCycles: Int { Int((Double(total) / 1000 * neuroncoreClock).rounded()) }
}

/// The earliest begin and the latest end of something.
struct Span {
  var first = Picoseconds.max
  var last = Picoseconds.min

  mutating func cover(_ begin: Picoseconds, _ end: Picoseconds) {
    first = min(first, begin)
    last = max(last, end)
  }
}

extension Summary {
  private mutating func measureInstructions(
    _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware
  ) -> Span {
    var span = Span()
    var unions = Array(repeating: UnionTime(), count: Engine.allCases.count)
    for (index, instruction) in device.instructions.enumerated() {
      let begin = timeline.instructions[index].begin
      let end = timeline.instructions[index].end
      let engine = Int(instruction.engine.rawValue)
      engines[engine].instructionCount += 1
      engines[engine].instructionTime += end - begin
      unions[engine].add(begin, end)
      if instruction.opcode != .eventSemaphore { span.cover(begin, end) }
      if instruction.opcode == .activate {
        activates += 1
        activateTime += end - begin
      }
      events += Int(instruction.updateCount)
      switch instruction.work {
      case .matmul(let matmul): count(matmul, hardware)
      case .trigger: dmaStarts[engine] += 1
      case .stream, .loadWeights, .control: break
      }
    }
    for engine in Engine.allCases {
      let union = unions[Int(engine.rawValue)]
      engines[Int(engine.rawValue)].activeTime =
        union.isOrdered
        ? union.total
        : UnionTime.total(
          of: device.instructions.indices.filter { device.instructions[$0].engine == engine }
            .map { (timeline.instructions[$0].begin, timeline.instructions[$0].end) })
    }
    return span
  }

  /// Two operations for each multiply-add.
  ///
  /// A float32 product takes two passes, each of which counts half; `double_row` multiplies two
  /// rows of K at once, a product of MX data four. An 8-bit product at the single rate takes the time of a bfloat16 product and
  /// counts as one.
  static func operations(_ matmul: Matmul, _ hardware: Hardware) -> (count: Int, adjusted: Double) {
    let perMAC = hardware.flops.operationsPerMAC
    let product = Int(matmul.rows) * Int(matmul.columns) * Int(matmul.moving)
    let multiplier = hardware.flops.multiplier
    let operations: Int
    let adjusted: Double
    switch matmul.rate {
    case .single, .float16, .float8, .tfloat32:
      operations = perMAC * product
      adjusted = Double(operations) * multiplier.bf16
    case .float32Pass:
      let passes = matmul.transpose ? 1 : max(1, hardware.tensor.fp32Passes)
      operations = perMAC * product / passes
      adjusted = Double(operations) * multiplier.fp32
    case .doubleRow:
      operations = perMAC * product * hardware.tensor.doubleRowFactor
      adjusted = Double(operations) * multiplier.fp8
    case .mx:
      operations = perMAC * product * hardware.tensor.mxFactor
      adjusted = Double(operations) * multiplier.mx
    }
    return (operations, adjusted)
  }

  private mutating func count(_ matmul: Matmul, _ hardware: Hardware) {
    matmuls += 1
    let (operations, adjusted) = Summary.operations(matmul, hardware)
    hardwareFLOPs += operations
    adjustedFLOPs += adjusted
    if matmul.transpose {
      transposeFLOPs += operations
      adjustedTransposeFLOPs += adjusted
    }
  }

  private mutating func measureTransfers(
    _ device: DeviceProgram, _ timeline: Timeline
  ) -> Span {
    var span = Span()
    var order = Array(device.transfers.indices)
    let times = timeline.transfers
    order.sort { (times[$0].firstRead, $0) < (times[$1].firstRead, $1) }
    var all = UnionTime()
    var dynamic = UnionTime()
    var byMode = Array(repeating: UnionTime(), count: DGEMode.allCases.count)
    var together = UnionTime()
    for index in order {
      let transfer = device.transfers[index]
      let (begin, end) = (times[index].firstRead, times[index].lastRead)
      let mode = Int(transfer.mode.rawValue)
      span.cover(begin, end)
      all.add(begin, end)
      byMode[mode].add(begin, end)
      if transfer.mode != .none { dynamic.add(begin, end) }
      transferTime += end - begin
      transfers.add(transfer)
      transfersByMode[mode].add(transfer)
      hbmReadBytes += transfer.hbmReadBytes
      hbmWriteBytes += transfer.hbmWriteBytes
      if transfer.completion != nil { events += 1 }
      if transfer.exchange >= 0, device.exchanges[Int(transfer.exchange)].kind.isAmongRanks {
        collectives.count += 1
        collectives.time += end - begin
        together.add(begin, end)
      }
      if transfer.mode == .none && transfer.exchange < 0 { dataQueueBytes += transfer.bytes }
    }
    collectives.activeTime = together.total
    transfers.activeTime = all.total
    dynamicActiveTime = dynamic.total
    for mode in byMode.indices { transfersByMode[mode].activeTime = byMode[mode].total }
    packetTime = timeline.ringBusy.reduce(0, +)
    busiestRing = timeline.ringBusy.max() ?? 0
    return span
  }
}

extension Summary.TransferUse {
  fileprivate mutating func add(_ transfer: Transfer) {
    count += 1
    packets += Int(transfer.descriptors)
    bytes += transfer.bytes
  }
}
