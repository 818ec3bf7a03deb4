import Device
import Hardware

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
  /// Duration of a control instruction, by engine.
  let control: [Picoseconds]
  /// From an instruction's end to its semaphore update, by engine.
  let update: [Picoseconds]
  /// From a ring's last read to the semaphore update.
  let semaphoreVisible: Picoseconds
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
    control = each(hardware.sequencer.eventSemaphore)
    update = each(hardware.semaphores.update)
    waitToStart = each(hardware.semaphores.waitToStart)
    eventWaitToStart = each(hardware.semaphores.eventWaitToStart)
    softwareWaitToStart = picoseconds(hardware.dma.swdge.waitToStart)
    semaphoreVisible = picoseconds(hardware.dma.semaphoreVisible)
  }

  /// From a semaphore's update to the begin of an instruction that waits for it.
  func hop(of instruction: DeviceInstruction, _ program: DeviceProgram) -> Picoseconds {
    let engine = Int(instruction.engine.rawValue)
    switch instruction.work {
    case .control: return eventWaitToStart[engine]
    case .trigger(let transfer):
      return program.transfers[Int(transfer)].mode == .swdge
        ? softwareWaitToStart : waitToStart[engine]
    case .loadWeights, .matmul, .stream: return waitToStart[engine]
    }
  }

  /// The least time from a trigger to its descriptors in the same mode.
  func shortestFirstDescriptor(_ price: TriggerPrice, _ mode: DGEMode) -> Picoseconds {
    mode == .none
      ? min(price.firstDescriptor, picoseconds(dma.prepared.firstDescriptor))
      : price.firstDescriptor
  }

  /// What starting a DMA takes; `nil` when the engine cannot do it in this mode.
  func trigger(_ mode: DGEMode, _ engine: Engine, isFirstOfQueue: Bool) -> TriggerPrice? {
    switch mode {
    case .none:
      let triggers = dma.prepared.trigger
      let duration =
        switch engine {
        case .tensor: triggers.tensor
        case .vector: triggers.vector
        case .scalar: triggers.scalar
        case .gpsimd: triggers.gpsimd
        case .sync: triggers.sync
        }
      return TriggerPrice(
        duration: picoseconds(duration),
        interval: picoseconds(max(duration, dma.prepared.interval)),
        firstDescriptor: picoseconds(
          isFirstOfQueue ? dma.prepared.firstDescriptorInitial : dma.prepared.firstDescriptor))
    case .hwdge:
      guard let hwdge = dma.hwdge, engine == .sync || engine == .scalar else { return nil }
      let isSync = engine == .sync
      let duration = isSync ? hwdge.triggerSync : hwdge.triggerScalar
      return TriggerPrice(
        duration: picoseconds(duration), interval: picoseconds(max(duration, hwdge.interval)),
        firstDescriptor: picoseconds(
          isSync ? hwdge.firstDescriptorSync : hwdge.firstDescriptorScalar))
    case .swdge:
      guard engine == .gpsimd else { return nil }
      return TriggerPrice(
        duration: picoseconds(dma.swdge.trigger),
        interval: picoseconds(max(dma.swdge.trigger, dma.swdge.interval)),
        firstDescriptor: picoseconds(dma.swdge.firstDescriptor))
    }
  }
}
