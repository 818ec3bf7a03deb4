import Device
import Diagnostics
import Hardware
import Programs
import Timing

extension TraceEncoder.Annotation {
  /// What the viewer shows; the profiler's own names where it has them.
  var text: String {
    switch self {
    case .pc: "pc"
    case .operands: "operands"
    case .location: "nki_source_location"
    case .scope: "scope"
    case .cycles: "cycles"
    case .wait: "wait"
    case .stallEngineBusy: "stall.engine_busy_ps"
    case .stallWeightLoad: "stall.weight_load_ps"
    case .stallSemaphore: "stall.semaphore_ps"
    case .stallDMA: "stall.dma_ps"
    case .stallDispatch: "stall.dispatch_ps"
    case .producer: "waited_for"
    case .peClock: "pe_clock"
    case .bytes: "transfer_size"
    case .hbmReadBytes: "hbm_read_bytes"
    case .hbmWriteBytes: "hbm_write_bytes"
    case .descriptors: "descriptors"
    case .descriptorGeneration: "phase.descriptor_generation_ps"
    case .ringWait: "phase.ring_wait_ps"
    case .moving: "phase.moving_ps"
    case .acknowledge: "phase.acknowledge_ps"
    case .dge: "dge_mode"
    case .update: "update"
    case .critical: "critical_path_ps"
    case .instructions: "instructions"
    case .engine: "engine"
    }
  }
}

/// The interned texts of one program instruction; its device instructions follow each other.
struct SliceTexts: ~Copyable {
  /// Whose texts these are; `nil` before the first.
  var source: Int32?
  /// Which interned strings the numbers belong to.
  var generation = 0
  var operands: UInt64 = 0
  var location: UInt64 = 0
  var scope: UInt64 = 0
  /// Clocks as texts, interned when first needed.
  var cold: UInt64 = 0
  /// Numbers of the operands' texts.
  var known = OperationCache<UInt64>()
  var scratch = ProtoBuffer(capacity: 1 << 12)
}

extension TraceWriter {
  /// Interns what the annotations of an instruction refer to; before its packet is opened.
  mutating func prepareTexts(source: Int32) {
    guard texts.source != source || texts.generation != out.generation else { return }
    if texts.generation != out.generation {
      texts.cold = 0
      texts.known.removeAll()
    }
    texts.source = source
    texts.generation = out.generation
    texts.operands = 0
    texts.location = 0
    texts.scope = 0
    if texts.cold == 0 { texts.cold = out.intern("cold") }
    guard program.instructions.indices.contains(Int(source)) else { return }
    if let known = texts.known.value(Int(source), in: program) {
      texts.operands = known
    } else {
      texts.scratch.removeAll()
      program.writeOperands(Int(source), to: &texts.scratch)
      texts.operands = internScratch()
      texts.known.store(texts.operands, Int(source), in: program)
    }
    if let location = program.instructions[Int(source)].location {
      texts.scratch.removeAll()
      texts.scratch.text(location.file)
      texts.scratch.text(":")
      texts.scratch.decimal(location.line)
      texts.location = internScratch()
    }
    let scope = scopes.number(of: Int(source), in: program)
    if scope >= 0 {
      texts.scratch.removeAll()
      writeScope(scope, depth: 0)
      texts.scope = internScratch()
    }
  }

  private mutating func internScratch() -> UInt64 {
    out.intern(texts.scratch.buffer)
  }

  /// `outer/inner`.
  private mutating func writeScope(_ scope: Int, depth: Int) {
    // A depth that no kernel has ends a chain of parents that is a circle.
    guard scopes.scopes.indices.contains(scope), depth < 64 else { return }
    let parent = Int(scopes.scopes[scope].parent)
    if parent >= 0 {
      writeScope(parent, depth: depth + 1)
      texts.scratch.text("/")
    }
    texts.scratch.text(scopes.scopes[scope].name)
  }

  mutating func annotateTexts() {
    if texts.operands > 0 { out.annotate(.operands, interned: texts.operands) }
    if texts.location > 0 { out.annotate(.location, interned: texts.location) }
    if texts.scope > 0 { out.annotate(.scope, interned: texts.scope) }
  }

  mutating func annotate(_ instruction: DeviceInstruction, _ timing: InstructionTiming) {
    annotateTexts()
    texts.scratch.removeAll()
    writeCycles(instruction, timing)
    out.annotate(.cycles, text: texts.scratch)
    if timing.isCold { out.annotate(.peClock, interned: texts.cold) }
    if instruction.waitCount > 0 {
      texts.scratch.removeAll()
      for wait in device.waits(of: instruction) {
        if texts.scratch.count > 0 { texts.scratch.text(" ") }
        texts.scratch.text("$S[")
        texts.scratch.decimal(Int(wait.semaphore))
        texts.scratch.text("]>=")
        texts.scratch.decimal(Int(wait.value))
      }
      out.annotate(.wait, text: texts.scratch)
    }
    if instruction.updateCount > 0 {
      texts.scratch.removeAll()
      for update in device.updates(of: instruction) {
        if texts.scratch.count > 0 { texts.scratch.text(" ") }
        texts.scratch.text("S[")
        texts.scratch.decimal(Int(update.semaphore))
        texts.scratch.text("]+=")
        texts.scratch.decimal(Int(update.amount))
        texts.scratch.text("@complete")
      }
      out.annotate(.update, text: texts.scratch)
    }
    let waits = Waits(timing)
    if waits.engineBusy > 0 { out.annotate(.stallEngineBusy, waits.engineBusy) }
    if waits.weightLoad > 0 { out.annotate(.stallWeightLoad, waits.weightLoad) }
    if waits.semaphore > 0 { out.annotate(.stallSemaphore, waits.semaphore) }
    if waits.dma > 0 { out.annotate(.stallDMA, waits.dma) }
    if waits.dispatch > 0 { out.annotate(.stallDispatch, waits.dispatch) }
    if waits.dma > 0 || waits.semaphore > 0 { annotateProducer(timing) }
  }

  /// `430 @ 2.4 GHz`: the duration in cycles of the engine's own clock.
  private mutating func writeCycles(
    _ instruction: DeviceInstruction, _ timing: InstructionTiming
  ) {
    let clocks = hardware.clocks
    let clock =
      switch instruction.engine {
      case .tensor: clocks.tensor
      case .vector: clocks.vector
      case .scalar: clocks.scalar
      case .gpsimd: clocks.gpsimd
      case .sync: clocks.sync
      }
    texts.scratch.decimal(Int((Double(timing.duration) * clock / 1000).rounded()))
    texts.scratch.text(" @ ")
    let megahertz = Int((clock * 1000).rounded())
    texts.scratch.decimal(megahertz)
    texts.scratch.text(" MHz")
  }

  private mutating func annotateProducer(_ timing: InstructionTiming) {
    texts.scratch.removeAll()
    if timing.producerTransfer >= 0 {
      let queue = Int(device.transfers[Int(timing.producerTransfer)].queue)
      if device.queues.indices.contains(queue) { texts.scratch.text(device.queues[queue]) }
      texts.scratch.text(" pc ")
      texts.scratch.decimal(Int(triggers[Int(timing.producerTransfer)]))
    } else if timing.producer >= 0 {
      texts.scratch.text(device.instructions[Int(timing.producer)].engine.displayName)
      texts.scratch.text(" pc ")
      texts.scratch.decimal(Int(timing.producer))
    }
    out.annotate(.producer, text: texts.scratch)
  }
}
