import Device
import Hardware

/// What starting a DMA takes.
struct TriggerPrice {
  /// Of the trigger instruction itself.
  var duration: Picoseconds
  /// From its begin to the earliest begin of the engine's next DMA of this mode; 0 if the sequencer
  /// alone decides.
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
  private let events: [Picoseconds]
  /// NOPs, by engine.
  private let nops: [Picoseconds]
  /// From the end of a sequencer's own instruction to its next, by engine.
  let gap: [Picoseconds]
  /// How much longer that is when the next one has a wait, by engine.
  let waitGap: [Picoseconds]
  /// How much longer WRITEs and NOPs take that the sequencer has not executed lately, by engine.
  let unaccustomed: [Picoseconds]
  /// The same for EVENT_SEMAPHOREs.
  let unaccustomedEvent: [Picoseconds]
  /// How many of a kind take longer.
  let accustomedAfter: Int
  /// After how many other WRITEs WRITEs and NOPs take longer again, and EVENT_SEMAPHOREs.
  let forgottenAfter: Int
  let eventForgottenAfter: Int
  /// How much longer the last instruction of a fetched group takes, by engine.
  let fetch: [Picoseconds]
  /// Instructions of a fetched group.
  let fetchInstructions: Int
  /// From an engine instruction's dispatch to the next instruction's, by engine.
  let dispatch: [Picoseconds]
  /// From the end of a sequencer's own instruction to the dispatch of its engine's next, by engine.
  let toEngine: [Picoseconds]
  /// On PE, from that dispatch to the next.
  let secondAfterControl: Picoseconds
  /// How many dispatched instructions may wait in front of an engine, by engine.
  let queueDepth: [Int]
  /// From an instruction's end to its semaphore update, by engine.
  let update: [Picoseconds]
  /// From a ring's last read to the semaphore update.
  let semaphoreVisible: Picoseconds
  /// How long each ring stalls when a transfer begins to read HBM where nothing has read.
  let readStall: Picoseconds
  /// From a transfer's arrival at one ring to its arrival at the next.
  let ringOffset: Picoseconds
  private let waitToStart: [Picoseconds]
  /// From a semaphore's update to the begin of what a sequencer executes itself, by engine.
  let eventWaitToStart: [Picoseconds]
  private let softwareWaitToStart: Picoseconds
  /// From the end of the register instruction that makes an address to the begin of the software DMA that has it.
  let registerToStart: Picoseconds
  /// How long before the begin of a software DMA the sequencer goes on.
  let softwareLead: Picoseconds
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
          writeQueue: access.vectorWriteQueue, takesPairs: true)
      case .scalar:
        StreamPrices(
          hardware.scalar.classes, clock: clocks.scalar, access: access,
          writeQueue: access.scalarWriteQueue)
      case .gpsimd:
        StreamPrices(hardware.gpsimd.classes, clock: clocks.gpsimd, access: access)
      case .tensor, .sync:
        StreamPrices([:], clock: clocks.sync, access: access)
      }
    }
    descriptors = DescriptorPrices(hardware)
    func each(_ values: PerEngine) -> [Picoseconds] {
      [values.tensor, values.vector, values.scalar, values.gpsimd, values.sync].map(picoseconds)
    }
    let sequencer = hardware.sequencer
    events = each(sequencer.eventSemaphore)
    nops = each(sequencer.nop)
    gap = each(sequencer.gap)
    waitGap = each(sequencer.waitGap)
    unaccustomed = each(sequencer.unaccustomed)
    unaccustomedEvent = each(sequencer.unaccustomedEvent)
    accustomedAfter = sequencer.accustomedAfter
    forgottenAfter = sequencer.forgottenAfter
    eventForgottenAfter = sequencer.eventForgottenAfter
    fetch = each(sequencer.fetch)
    fetchInstructions = max(1, sequencer.fetchInstructions)
    readStall = picoseconds(hardware.dma.newReadStall)
    dispatch = each(sequencer.dispatch)
    toEngine = each(sequencer.toEngine)
    secondAfterControl = picoseconds(sequencer.secondAfterControl)
    queueDepth = each(sequencer.queueDepth).map { max(1, Int($0 / 1000)) }
    update = each(hardware.semaphores.update)
    waitToStart = each(hardware.semaphores.waitToStart)
    eventWaitToStart = each(hardware.semaphores.eventWaitToStart)
    ringOffset = picoseconds(hardware.dma.ringOffset)
    softwareWaitToStart = picoseconds(hardware.dma.swdge.waitToStart)
    registerToStart = picoseconds(hardware.dma.swdge.registerToStart)
    softwareLead = min(picoseconds(hardware.dma.swdge.lead), softwareWaitToStart, registerToStart)
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

  /// What an EVENT_SEMAPHORE takes that the sequencer is used to.
  func event(on engine: Engine) -> Picoseconds { events[Int(engine.rawValue)] }

  /// What a control instruction takes that the sequencer is used to.
  func control(_ instruction: DeviceInstruction) -> Picoseconds {
    let engine = Int(instruction.engine.rawValue)
    switch instruction.opcode {
    case .nop: return nops[engine]
    // The first of two that start one prepared DMA.
    case .write: return picoseconds(EnginePrices.value(dma.prepared.trigger, instruction.engine))
    case .addressLoad: return picoseconds(dma.swdge.registerLoad)
    case .addressMove: return picoseconds(dma.swdge.registerMove)
    case .addressALU: return picoseconds(dma.swdge.registerAddress)
    default: return events[engine]
    }
  }

  /// From the moment that a software DMA's descriptors can be made to its instruction's begin.
  var softwareGeneration: Picoseconds { softwareWaitToStart }

  /// The least time from a trigger to its descriptors in the same mode.
  func shortestFirstDescriptor(_ price: TriggerPrice, _ mode: DGEMode) -> Picoseconds {
    mode == .none
      ? min(price.firstDescriptor, picoseconds(dma.prepared.firstDescriptor))
      : price.firstDescriptor
  }

  /// What starting a transfer takes; `nil` when the engine cannot do it in the transfer's mode.
  ///
  /// `isFirstRead`: the first of its queue to read HBM, which is slow. `earlier`: triggers that the
  /// engine has executed before. `inRow`: DMAs of software right before it.
  func trigger(
    _ transfer: Transfer, _ engine: Engine, isFirstRead: Bool, earlier: Int, inRow: Int
  ) -> TriggerPrice? {
    switch transfer.mode {
    case .none:
      let usual = transfer.isScratch ? dma.prepared.triggerScratch : dma.prepared.trigger
      let extra =
        switch earlier {
        case 0: EnginePrices.value(dma.prepared.triggerInitial, engine)
        case 1: EnginePrices.value(dma.prepared.triggerSecond, engine)
        default: 0.0
        }
      return TriggerPrice(
        duration: picoseconds(EnginePrices.value(usual, engine) + extra), interval: 0,
        firstDescriptor: picoseconds(
          isFirstRead ? dma.prepared.firstDescriptorInitial : dma.prepared.firstDescriptor))
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
      let duration = dma.swdge.trigger + Double(min(2, inRow)) * dma.swdge.triggerQueued
      return TriggerPrice(
        duration: picoseconds(duration),
        interval: picoseconds(max(duration, dma.swdge.interval)),
        firstDescriptor: picoseconds(dma.swdge.firstDescriptor))
    }
  }

  /// How much longer the first descriptor of a queue's first read of HBM takes.
  func extraOfFirstRead(_ transfer: Transfer, _ isFirst: Bool) -> Picoseconds {
    guard isFirst, transfer.mode == .none else { return 0 }
    return max(
      0,
      picoseconds(dma.prepared.firstDescriptorInitial) - picoseconds(dma.prepared.firstDescriptor))
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
