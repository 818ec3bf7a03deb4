public import Device
public import Hardware

/// What the work of one instruction takes by itself, one piece after the other, in ns.
public struct WorkPrice: Hashable, Sendable {
  /// From its begin to the earliest begin of the engine's next instruction.
  public var busy = 0.0
  /// What the PE array needs to take in the weights of the next matmul.
  var weights = 0.0

  /// Nothing.
  public init() {}
}

/// What a DMA takes by itself, in ns.
public struct TransferPrice: Hashable, Sendable {
  /// From its instruction's begin to the earliest begin of the engine's next.
  public var busy: Double
  /// From its instruction's begin to its descriptors' arrival at the rings.
  public var arrival: Double
  /// What its descriptors take of all rings together.
  public var share: Double
  /// What the ring with most of them takes.
  public var longest: Double
  /// From the last descriptor's end to the update that says that it is there.
  public var visible: Double
}

/// The prices of `Timing` for work by itself, for whoever orders it before anything is timed.
///
/// The PE array is at its full clock, sequencers are used to what they execute, and nothing is the first of its queue.
public struct WorkPrices: Sendable {
  private let prices: EnginePrices
  private let array: PEArray
  private let rings: Double

  /// The prices of a machine.
  public init(_ hardware: Hardware) {
    prices = EnginePrices(hardware)
    array = PEArray(hardware)
    rings = Double(max(1, hardware.dma.rings))
  }

  /// Adds what an engine's work takes; nothing where the engine has no price for it, which `Timing` refuses.
  public func add(_ work: Work, on engine: Engine, to total: inout WorkPrice) {
    switch work {
    case .stream(let stream):
      guard let price = prices.streams[Int(engine.rawValue)].price(stream) else { return }
      total.busy += nanoseconds(price.interval)
    case .loadWeights(let load):
      // They go in behind the matmul before.
      total.weights = nanoseconds(array.usual(load))
    case .matmul(let matmul):
      total.busy += max(nanoseconds(array.usual(matmul)), total.weights)
      total.weights = 0
    case .control: total.busy += nanoseconds(prices.event(on: engine))
    case .trigger: break
    }
  }

  /// What a DMA takes; `nil` where the engine cannot start it in its mode, which `Timing` refuses.
  public func price(
    _ transfer: Transfer, _ runs: some Collection<DescriptorRun>, on engine: Engine
  ) -> TransferPrice? {
    guard
      let trigger = prices.trigger(transfer, engine, isFirstRead: false, earlier: 2, inRow: 0)
    else { return nil }
    let hbmLoad = prices.descriptors.hbmLoad(transfer, runs)
    var sum = 0.0
    var longest = 0.0
    for run in runs {
      let time = nanoseconds(
        picoseconds(run.count, times: prices.descriptors.price(run, hbmLoad: hbmLoad)))
      sum += time
      longest = max(longest, time)
    }
    return TransferPrice(
      busy: nanoseconds(max(trigger.duration, trigger.interval)),
      arrival: nanoseconds(trigger.firstDescriptor), share: sum / rings, longest: longest,
      visible: nanoseconds(prices.semaphoreVisible))
  }

  /// What one descriptor of a run takes of its ring, in ps.
  ///
  /// - Parameter hbmLoad: HBM bytes for each byte of its transfer's descriptors.
  package func descriptor(_ run: DescriptorRun, hbmLoad: Double) -> Picoseconds {
    prices.descriptors.price(run, hbmLoad: hbmLoad)
  }

  /// HBM bytes for each byte of a transfer's descriptors.
  package func hbmLoad(_ transfer: Transfer, _ runs: some Collection<DescriptorRun>) -> Double {
    prices.descriptors.hbmLoad(transfer, runs)
  }

  /// What a register instruction of a DMA's address takes, until the sequencer executes the next.
  public func address(_ opcode: DeviceOpcode) -> Double {
    let step = DeviceInstruction(engine: .gpsimd, opcode: opcode, work: .control, source: -1)
    let gap = opcode == .addressALU ? 0 : prices.gap[Int(Engine.gpsimd.rawValue)]
    return nanoseconds(prices.control(step) + gap)
  }

  /// From the end of a DMA's address to the next DMA's first register instruction.
  public var addressToNext: Double { nanoseconds(prices.registerToStart - prices.softwareLead) }

  /// From a semaphore's update to the begin of a DMA's instruction that waits for it.
  public func wait(_ mode: DGEMode, on engine: Engine) -> Double {
    let generation = mode == .swdge ? prices.softwareGeneration : 0
    return nanoseconds(prices.eventWaitToStart[Int(engine.rawValue)] + generation)
  }

  private func nanoseconds(_ time: Picoseconds) -> Double { Double(time) / 1000 }
}
