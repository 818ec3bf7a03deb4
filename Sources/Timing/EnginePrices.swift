import Device
import Hardware

/// What an instruction takes that only the sequencer executes.
struct ControlPrice {
  /// From its begin to its end.
  var duration: Picoseconds
  /// From its begin to the begin of the next such instruction.
  var interval: Picoseconds
}

/// What starting a DMA takes.
struct TriggerPrice {
  /// Of the trigger instruction itself.
  var duration: Picoseconds
  /// From its begin to the earliest begin of the engine's next instruction.
  var interval: Picoseconds
  /// From its begin to its descriptors' arrival at the rings.
  var firstDescriptor: Picoseconds
}

/// The hardware configuration in picoseconds and arrays, for the inner loop.
struct EnginePrices {
  /// By engine.
  let streams: [StreamPrices]
  let descriptors: DescriptorPrices
  /// EVENT_SEMAPHOREs, by engine.
  private let events: [ControlPrice]
  /// NOPs, by engine.
  private let nops: [ControlPrice]
  /// From an engine instruction's dispatch to the next instruction's, by engine.
  let dispatch: [Picoseconds]
  /// From a sequencer's own instruction to the dispatch of its engine's next, by engine.
  let toEngine: [Picoseconds]
  /// On PE, from that dispatch to the next.
  let secondAfterControl: Picoseconds
  /// How many dispatched instructions may wait in front of an engine, by engine.
  let queueDepth: [Int]
  /// From an instruction's end to its semaphore update, by engine.
  let update: [Picoseconds]
  /// From a ring's last read to the semaphore update.
  let semaphoreVisible: Picoseconds
  /// From a transfer's arrival at one ring to its arrival at the next.
  let ringOffset: Picoseconds
  private let waitToStart: [Picoseconds]
  private let eventWaitToStart: [Picoseconds]
  private let softwareWaitToStart: Picoseconds
  private let dma: Hardware.DMA

  init(_ hardware: Hardware) {
    dma = hardware.dma
    let access = hardware.access
    let clocks = hardware.clocks
    streams = Engine.allCases.map { engine in
      switch engine {
      case .vector:
        StreamPrices(
          hardware.vector.classes, clock: clocks.vector, access: access,
          scatteredWriteCycles: access.vectorScatteredWriteCycles)
      case .scalar:
        StreamPrices(
          hardware.scalar.classes, clock: clocks.scalar, access: access,
          scatteredWriteCycles: access.scalarScatteredWriteCycles)
      case .gpsimd:
        StreamPrices(
          hardware.gpsimd.classes, clock: clocks.gpsimd, access: access, scatteredWriteCycles: 0)
      case .tensor, .sync:
        StreamPrices([:], clock: clocks.sync, access: access, scatteredWriteCycles: 0)
      }
    }
    descriptors = DescriptorPrices(hardware)
    func each(_ values: PerEngine) -> [Picoseconds] {
      [values.tensor, values.vector, values.scalar, values.gpsimd, values.sync].map(picoseconds)
    }
    let sequencer = hardware.sequencer
    events = zip(each(sequencer.eventSemaphore), each(sequencer.eventInterval)).map(
      ControlPrice.init)
    nops = zip(each(sequencer.nop), each(sequencer.nopInterval)).map(ControlPrice.init)
    dispatch = each(sequencer.dispatch)
    toEngine = each(sequencer.toEngine)
    secondAfterControl = picoseconds(sequencer.secondAfterControl)
    queueDepth = each(sequencer.queueDepth).map { max(1, Int($0 / 1000)) }
    update = each(hardware.semaphores.update)
    waitToStart = each(hardware.semaphores.waitToStart)
    eventWaitToStart = each(hardware.semaphores.eventWaitToStart)
    ringOffset = picoseconds(hardware.dma.ringOffset)
    softwareWaitToStart = picoseconds(hardware.dma.swdge.waitToStart)
    semaphoreVisible = picoseconds(hardware.dma.semaphoreVisible)
  }

  /// From a semaphore's update to the begin of an instruction that waits for it.
  func hop(of instruction: DeviceInstruction, _ program: DeviceProgram) -> Picoseconds {
    let engine = Int(instruction.engine.rawValue)
    switch instruction.work {
    case .control: return eventWaitToStart[engine]
    case .trigger: return eventWaitToStart[engine]
    case .loadWeights, .matmul, .stream: return waitToStart[engine]
    }
  }

  /// What a control instruction takes.
  func control(_ instruction: DeviceInstruction) -> ControlPrice {
    let engine = Int(instruction.engine.rawValue)
    return instruction.opcode == .nop ? nops[engine] : events[engine]
  }

  /// From the moment that a software DMA's descriptors can be made to its instruction's begin.
  var softwareGeneration: Picoseconds { softwareWaitToStart }

  /// The least time from a trigger to its descriptors in the same mode.
  func shortestFirstDescriptor(_ price: TriggerPrice, _ mode: DGEMode) -> Picoseconds {
    mode == .none
      ? min(price.firstDescriptor, picoseconds(dma.prepared.firstDescriptor))
      : max(0, price.firstDescriptor - picoseconds(dma.firstReadStall))
  }

  /// What starting a DMA takes; `nil` when the engine cannot do it in this mode.
  ///
  /// Reading HBM is slow the first time (`isFirstRead`); an engine's first trigger is, too.
  func trigger(
    _ mode: DGEMode, _ engine: Engine, isFirstRead: Bool, isFirstOfEngine: Bool
  ) -> TriggerPrice? {
    let stall = picoseconds(isFirstRead ? dma.firstReadStall : 0)

    switch mode {
    case .none:
      let usual = EnginePrices.value(dma.prepared.trigger, engine)
      let extra = isFirstOfEngine ? dma.prepared.triggerInitial : 0
      return TriggerPrice(
        duration: picoseconds(usual + extra),
        interval: picoseconds(
          max(usual, EnginePrices.value(dma.prepared.interval, engine)) + extra),
        firstDescriptor: picoseconds(
          isFirstRead ? dma.prepared.firstDescriptorInitial : dma.prepared.firstDescriptor))
    case .hwdge:
      guard let hwdge = dma.hwdge, engine == .sync || engine == .scalar else { return nil }
      let isSync = engine == .sync
      let duration = isSync ? hwdge.triggerSync : hwdge.triggerScalar
      return TriggerPrice(
        duration: picoseconds(duration), interval: picoseconds(max(duration, hwdge.interval)),
        firstDescriptor: picoseconds(
          isSync ? hwdge.firstDescriptorSync : hwdge.firstDescriptorScalar) + stall)
    case .swdge:
      guard engine == .gpsimd else { return nil }
      return TriggerPrice(
        duration: picoseconds(dma.swdge.trigger),
        interval: picoseconds(max(dma.swdge.trigger, dma.swdge.interval)),
        firstDescriptor: picoseconds(dma.swdge.firstDescriptor) + stall)
    }
  }

  private static func value(_ values: PerEngine, _ engine: Engine) -> Double {
    switch engine {
    case .tensor: values.tensor
    case .vector: values.vector
    case .scalar: values.scalar
    case .gpsimd: values.gpsimd
    case .sync: values.sync
    }
  }
}
