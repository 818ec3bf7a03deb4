import Device
internal import Diagnostics
import Hardware
import Programs
import Timing

/// Merges the rows of a run in the order of time and writes them as packets.
///
/// Beside the run itself it keeps four bytes for each instruction (its row's order), eight more with
/// arrows, and what is open at the moment.
struct TraceWriter: ~Copyable {
  let program: Program
  let device: DeviceProgram
  let timeline: Timeline
  let hardware: Hardware
  let detail: TraceOptions.Detail
  let window: Range<Picoseconds>
  let flows: TraceFlows
  let triggers: [Int32]
  var rows: TraceRows
  var heap = EventHeap()
  var out: TraceEncoder
  var counters: TraceCounters
  var texts = SliceTexts()
  /// Transfers in the order of their triggers.
  private let triggerOrder: [Int32]
  private var triggered = 0
  private let samples: TraceSamples
  private var sampled = 0

  init(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware,
    _ options: TraceOptions, core: (id: Int, name: String)? = nil,
    sink: @escaping TraceEncoder.Sink
  ) {
    self.program = program
    self.device = device
    self.timeline = timeline
    self.hardware = hardware
    let isLarge = device.instructions.count > TraceOptions.fullDetailLimit
    let detail = options.detail ?? (isLarge ? .lean : .full)
    self.detail = detail
    window = options.window ?? (0..<Picoseconds.max)
    flows = options.flows == .cross ? TraceFlows(device, timeline) : TraceFlows()
    triggers = device.triggers
    rows = TraceRows(device, timeline)
    samples = TraceSamples(program, device, timeline, detail: detail)
    triggerOrder = device.transfers.indices
      .sorted { (timeline.transfers[$0].trigger, $0) < (timeline.transfers[$1].trigger, $1) }
      .map { Int32(truncatingIfNeeded: $0) }
    let warm = hardware.clocks.tensor
    out = TraceEncoder(
      eventNames: DeviceOpcode.allCases.map(\.name) + ["DMA"],
      annotationNames: TraceEncoder.Annotation.allCases.map(\.text), core: core?.id ?? 0,
      sink: sink)
    out.describeCore(
      core.map { "NeuronCore \($0.id), \($0.name) (\(hardware.name), simulated)" }
        ?? "NeuronCore 0 (\(hardware.name), simulated)", process: core.map { $0.id + 1 })
    counters = TraceCounters(
      after: rows.rows.count, hasMemories: detail == .full,
      coldClock: warm / max(1, hardware.peClock.coldFactor), warmClock: warm)
  }

  /// Writes everything.
  mutating func run() throws(DiagnosticError) -> TraceCounts {
    for row in rows.rows.indices { pushNext(row) }
    pushTrigger()
    pushSample()
    while heap.count > 0 {
      let event = heap.top
      switch event.kind {
      case .sliceEnd:
        heap.removeTop()
        endInstruction(event)
      case .transferEnd:
        heap.removeTop()
        endTransfer(event)
      case .readEnd:
        heap.removeTop()
        counters.endRead(event.time, rates(event.index), &out, window)
      case .trigger:
        heap.removeTop()
        counters.addPending(event.time, 1, &out, window)
        pushTrigger()
      case .sample:
        heap.removeTop()
        counters.apply(samples.changes[event.index], &out, window)
        pushSample()
      case .begin:
        begin(row: event.index)
      case nil:
        heap.removeTop()
      }
      try out.flushIfNeeded()
    }
    counters.close(timeline.total, &out)
    try out.flush()
    return out.counts
  }

  // MARK: - What comes next

  private func isShown(_ begin: Picoseconds, _ end: Picoseconds) -> Bool {
    begin < window.upperBound && (end > window.lowerBound || begin >= window.lowerBound)
  }

  private func interval(row: Int, _ index: Int) -> (begin: Picoseconds, end: Picoseconds) {
    if row < rows.firstEngine {
      let timing = timeline.transfers[index]
      return (timing.firstRead, timing.complete)
    }
    let timing = timeline.instructions[index]
    return (timing.begin, timing.end)
  }

  /// The beginning of the row's next slice, if there is one.
  @inline(__always)
  private func nextBegin(_ row: Int) -> TraceEvent? {
    let position = rows.rows[row].position
    guard position < rows.rows[row].order.count else { return nil }
    let index = Int(rows.rows[row].order[position])
    let time =
      row < rows.firstEngine
      ? timeline.transfers[index].firstRead : timeline.instructions[index].begin
    // Instructions go before transfers that begin at the same time: an arrow leads from the
    // instruction that starts a transfer to the transfer.
    let rank = row < rows.firstEngine ? row + rows.rows.count : row
    return TraceEvent(time, .begin, index: rank)
  }

  private mutating func pushNext(_ row: Int) {
    if let event = nextBegin(row) { heap.push(event) }
  }

  private mutating func pushTrigger() {
    guard triggered < triggerOrder.count else { return }
    let time = timeline.transfers[Int(triggerOrder[triggered])].trigger
    heap.push(TraceEvent(time, .trigger, index: 0))
    triggered += 1
  }

  private mutating func pushSample() {
    guard sampled < samples.changes.count else { return }
    heap.push(TraceEvent(samples.changes[sampled].time, .sample, index: sampled))
    sampled += 1
  }

  // MARK: - Slices

  private mutating func begin(row rank: Int) {
    let row = rank >= rows.rows.count ? rank - rows.rows.count : rank
    let index = Int(rows.rows[row].order[rows.rows[row].position])
    rows.rows[row].position += 1
    if let event = nextBegin(row) { heap.replaceTop(event) } else { heap.removeTop() }
    let (begin, end) = interval(row: row, index)
    let isTransfer = row < rows.firstEngine
    if isTransfer {
      counters.beginRead(begin, rates(index), &out, window)
      heap.push(TraceEvent(timeline.transfers[index].lastRead, .readEnd, index: index))
    }
    guard isShown(begin, end) else {
      if isTransfer { heap.push(TraceEvent(end, .transferEnd, index: index)) }
      return
    }
    let track: UInt64
    if let free = rows.rows[row].takeTrack(begin, end) {
      track = free
    } else {
      track = out.makeTrack(rows.rows[row].name, rank: row)
      rows.rows[row].add(track: track, until: end)
    }
    heap.push(TraceEvent(end, isTransfer ? .transferEnd : .sliceEnd, index: index, track: track))
    out.counts.slices += 1
    if isTransfer { write(transfer: index, track) } else { write(instruction: index, track) }
  }

  @inline(__always)
  private mutating func write(instruction index: Int, _ track: UInt64) {
    let instruction = device.instructions[index]
    let timing = timeline.instructions[index]
    if detail == .full { prepareTexts(source: instruction.source) }
    let open = out.beginEvent(timing.begin, type: 1, track: track)
    out.name(UInt64(instruction.opcode.rawValue) + 1)
    out.annotate(.pc, Int64(index))
    if detail == .full { annotate(instruction, timing) }
    if !flows.isEmpty { writeFlows(beginning: index, instruction, timing) }
    out.endEvent(open)
  }

  /// The arrow that ends here, and the one to the transfer that this instruction starts.
  private mutating func writeFlows(
    beginning index: Int, _ instruction: DeviceInstruction, _ timing: InstructionTiming
  ) {
    if case .trigger(let transfer) = instruction.work, isLinked(toTransfer: Int(transfer), timing) {
      out.flow(TraceFlows.number(triggered: Int(transfer)))
      out.counts.flows += 1
    }
    if timing.producerTransfer >= 0 {
      let producer = timeline.transfers[Int(timing.producerTransfer)]
      guard producer.complete <= timing.begin, isShown(producer.firstRead, producer.complete)
      else { return }
    } else if timing.producer >= 0 {
      let producer = timeline.instructions[Int(timing.producer)]
      guard producer.end <= timing.begin, isShown(producer.begin, producer.end),
        device.instructions[Int(timing.producer)].engine != instruction.engine
      else { return }
    } else {
      return
    }
    out.endFlow(TraceFlows.number(consumer: index))
  }

  private func isLinked(toTransfer transfer: Int, _ trigger: InstructionTiming) -> Bool {
    guard timeline.transfers.indices.contains(transfer) else { return false }
    let queue = Int(device.transfers[transfer].queue)
    guard queue >= 0 && queue < rows.firstEngine else { return false }
    let timing = timeline.transfers[transfer]
    return trigger.begin <= timing.firstRead && isShown(timing.firstRead, timing.complete)
      && isShown(trigger.begin, trigger.end)
  }

  private mutating func endInstruction(_ event: TraceEvent) {
    let open = out.beginEvent(event.time, type: 2, track: UInt64(event.track))
    if !flows.isEmpty { writeFlows(to: flows.first(after: event.index)) }
    out.endEvent(open)
  }

  private mutating func endTransfer(_ event: TraceEvent) {
    if event.track > 0 {
      let open = out.beginEvent(event.time, type: 2, track: UInt64(event.track))
      if !flows.isEmpty { writeFlows(to: flows.first(afterTransfer: event.index)) }
      out.endEvent(open)
    }
    counters.addPending(event.time, -1, &out, window)
  }

  /// Arrows from here to a list of instructions.
  private mutating func writeFlows(to first: Int32) {
    var consumer = first
    while consumer >= 0 {
      let timing = timeline.instructions[Int(consumer)]
      if isShown(timing.begin, timing.end) {
        out.flow(TraceFlows.number(consumer: Int(consumer)))
        out.counts.flows += 1
      }
      consumer = flows.next(consumer)
    }
  }

  private mutating func write(transfer index: Int, _ track: UInt64) {
    let transfer = device.transfers[index]
    let timing = timeline.transfers[index]
    let trigger = triggers[index]
    let source = trigger >= 0 ? device.instructions[Int(trigger)].source : -1
    if detail == .full { prepareTexts(source: source) }
    let dge = detail == .full ? out.intern(transfer.mode.name) : 0
    let open = out.beginEvent(timing.firstRead, type: 1, track: track)
    out.name(UInt64(DeviceOpcode.allCases.count) + 1)
    out.annotate(.pc, Int64(trigger))
    out.annotate(.bytes, Int64(transfer.bytes))
    if detail == .full {
      annotateTexts()
      out.annotate(.dge, interned: dge)
      out.annotate(.hbmReadBytes, Int64(transfer.hbmReadBytes))
      out.annotate(.hbmWriteBytes, Int64(transfer.hbmWriteBytes))
      out.annotate(.descriptors, Int64(transfer.descriptors))
      out.annotate(.descriptorGeneration, timing.queued - timing.trigger)
      out.annotate(.ringWait, timing.firstRead - timing.queued)
      out.annotate(.moving, timing.lastRead - timing.firstRead)
      out.annotate(.acknowledge, timing.complete - timing.lastRead)
    }
    if !flows.isEmpty, trigger >= 0,
      isLinked(toTransfer: index, timeline.instructions[Int(trigger)])
    {
      out.endFlow(TraceFlows.number(triggered: index))
    }
    out.endEvent(open)
  }

  /// Bytes per second while the transfer moves data: HBM traffic, and payload.
  private func rates(_ index: Int) -> TraceCounters.Rates {
    TraceCounters.Rates(device.transfers[index], timeline.transfers[index])
  }
}
