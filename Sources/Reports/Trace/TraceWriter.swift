import Device
internal import Diagnostics
import Hardware
import Programs
import Simulation
import Timing

/// Merges the rows of a run in the order of time and writes them as packets.
///
/// Beside the run itself it keeps four bytes for each instruction (its row's order), eight more with
/// arrows, sixteen where there are scopes, four more where an order tears those apart, and what is open at the moment.
struct TraceWriter: ~Copyable {
  let program: Program
  let scopes: RunScopes
  let device: DeviceProgram
  let timeline: Timeline
  let hardware: Hardware
  let detail: TraceOptions.Detail
  let window: Range<Picoseconds>
  let flows: TraceFlows
  let triggers: [Int32]
  let spans: TraceSpans
  var rows: TraceRows
  var heap = EventHeap()
  var out: TraceEncoder
  var counters: TraceCounters
  var texts = SliceTexts()
  var transferNames = TransferNames()
  /// Transfers in the order of their triggers.
  private let triggerOrder: [Int32]
  private var triggered = 0
  private let samples: TraceSamples
  private var sampled = 0
  private let rates: TraceRates

  /// What a trace is of.
  struct Subject {
    /// Number of the core.
    var core: Int
    /// Of the group that everything is in, which the first core describes; `nil` for the others.
    var root: (name: String, description: String)?
    /// Of the core's own group; `nil` if its rows are directly in the other one.
    var group: String?
  }

  init(
    _ run: CoreRun, _ device: DeviceProgram, _ timeline: Timeline, _ options: TraceOptions,
    _ subject: Subject, path: [CausedInterval], sink: @escaping TraceEncoder.Sink
  ) {
    program = run.program
    scopes = RunScopes(run)
    self.device = device
    self.timeline = timeline
    hardware = run.hardware
    detail = options.detail(of: device)
    window = options.window ?? (0..<Picoseconds.max)
    flows = TraceFlows(options.flows, device, timeline, path: path, core: subject.core)
    triggers = device.triggers
    spans = TraceSpans(scopes, program, device, timeline, hasLines: detail == .full)
    rows = TraceRows(device, timeline, scopes: spans.scopes.count, lines: spans.lines.count)
    samples = TraceSamples(program, device, timeline, detail: detail)
    rates = TraceRates(device, timeline, hardware, window)
    triggerOrder = device.transfers.indices
      .sorted { (timeline.transfers[$0].trigger, $0) < (timeline.transfers[$1].trigger, $1) }
      .map { Int32(truncatingIfNeeded: $0) }
    let warm = hardware.clocks.tensor
    out = TraceEncoder(
      eventNames: DeviceOpcode.allCases.map(\.name) + ["DMA"],
      annotationNames: TraceEncoder.Annotation.allCases.map(\.text), core: subject.core,
      partSize: options.partSize, sink: sink)
    if let root = subject.root { out.describeRoot(root.name, description: root.description) }
    // Behind the rows of the core that is not in a group.
    if let group = subject.group { out.beginGroup(group, rank: 1 << 16 + subject.core) }
    counters = TraceCounters(
      after: rows.rows.count, coldClock: warm / max(1, hardware.peClock.coldFactor),
      warmClock: warm)
  }

  /// Writes everything.
  mutating func run() throws(DiagnosticError) -> TraceCounts {
    for row in rows.rows.indices { pushNext(row) }
    pushTrigger()
    pushSample()
    pushStretch(0)
    while heap.count > 0 {
      let event = heap.top
      switch event.kind {
      case .spanEnd:
        heap.removeTop()
        out.endEvent(out.beginEvent(event.time, type: 2, track: UInt64(event.track)))
      case .sliceEnd:
        heap.removeTop()
        endInstruction(event)
      case .transferEnd:
        heap.removeTop()
        endTransfer(event)
      case .stretch:
        heap.removeTop()
        counters.begin(event.index, of: rates, &out, window)
        pushStretch(event.index + 1)
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
    counters.close(min(timeline.total, window.upperBound), &out)
    try out.finish()
    return out.counts
  }

  // MARK: - What comes next

  private func isShown(_ begin: Picoseconds, _ end: Picoseconds) -> Bool {
    begin < window.upperBound && (end > window.lowerBound || begin >= window.lowerBound)
  }

  private func interval(row: Int, _ index: Int) -> (begin: Picoseconds, end: Picoseconds) {
    switch rows.rows[row].contents {
    case .instructions: (timeline.instructions[index].begin, timeline.instructions[index].end)
    case .transfers: (timeline.transfers[index].firstRead, timeline.transfers[index].complete)
    case .scopes: (spans.scopes[index].begin, spans.scopes[index].end)
    case .lines: (spans.lines[index].begin, spans.lines[index].end)
    }
  }

  /// The beginning of the row's next slice, if there is one.
  ///
  /// At the same time rows begin from the top: an arrow leads from the instruction that starts a transfer to the
  /// transfer.
  @inline(__always)
  private func nextBegin(_ row: Int) -> TraceEvent? {
    let position = rows.rows[row].position
    guard position < rows.rows[row].order.count else { return nil }
    let index = Int(rows.rows[row].order[position])
    return TraceEvent(interval(row: row, index).begin, .begin, index: row)
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

  private mutating func pushStretch(_ stretch: Int) {
    guard stretch < rates.count else { return }
    heap.push(TraceEvent(rates.time(stretch), .stretch, index: stretch))
  }

  // MARK: - Slices

  private mutating func begin(row: Int) {
    let index = Int(rows.rows[row].order[rows.rows[row].position])
    rows.rows[row].position += 1
    if let event = nextBegin(row) { heap.replaceTop(event) } else { heap.removeTop() }
    let (begin, end) = interval(row: row, index)
    let contents = rows.rows[row].contents
    guard isShown(begin, end) else {
      if contents == .transfers { heap.push(TraceEvent(end, .transferEnd, index: index)) }
      return
    }
    let track = takeTrack(row, index, begin, end)
    out.counts.slices += 1
    switch contents {
    case .instructions:
      heap.push(TraceEvent(end, .sliceEnd, index: index, track: track))
      write(instruction: index, track)
    case .transfers:
      heap.push(TraceEvent(end, .transferEnd, index: index, track: track))
      write(transfer: index, track)
    case .scopes:
      // Of those that end at once the innermost goes first.
      let place = rows.rows[row].order.count - 1 - index
      heap.push(TraceEvent(end, .spanEnd, index: place, track: track))
      write(scope: spans.scopes[index], track)
    case .lines:
      heap.push(TraceEvent(end, .spanEnd, index: index, track: track))
      write(line: spans.lines[index], track)
    }
  }

  @inline(__always)
  private mutating func takeTrack(
    _ row: Int, _ index: Int, _ begin: Picoseconds, _ end: Picoseconds
  ) -> UInt64 {
    var scope: Int32 = -1
    if rows.rows[row].contents == .scopes {
      scope = spans.scopes[index].what
      let parent = scopes.scopes[Int(scope)].parent
      if let free = rows.rows[row].takeTrack(begin, end, scope: scope, in: parent) { return free }
    } else if let free = rows.rows[row].takeTrack(begin, end) {
      return free
    }
    let track = out.makeTrack(rows.rows[row].name, rank: row)
    rows.rows[row].add(track: track, until: end, scope: scope)
    return track
  }

  private mutating func write(scope span: TraceSpans.Span, _ track: UInt64) {
    let scope = scopes.scopes[Int(span.what)]
    texts.scratch.removeAll()
    texts.scratch.text(scope.name)
    let name = out.internName(texts.scratch.buffer)
    let open = out.beginEvent(span.begin, type: 1, track: track, name: name)
    out.endEvent(open)
  }

  private mutating func write(line span: TraceSpans.Span, _ track: UInt64) {
    texts.scratch.removeAll()
    texts.scratch.text(spans.places[Int(span.what)].file)
    texts.scratch.text(":")
    texts.scratch.decimal(spans.places[Int(span.what)].line)
    let name = out.internName(texts.scratch.buffer)
    let engine = out.intern(span.engine.displayName)
    let open = out.beginEvent(span.begin, type: 1, track: track, name: name)
    out.annotate(.engine, interned: engine)
    out.annotate(.instructions, Int64(span.count))
    out.endEvent(open)
  }

  @inline(__always)
  private mutating func write(instruction index: Int, _ track: UInt64) {
    let instruction = device.instructions[index]
    let timing = timeline.instructions[index]
    if detail == .full { prepareTexts(source: instruction.source) }
    let open = out.beginEvent(
      timing.begin, type: 1, track: track, name: UInt64(instruction.opcode.rawValue) + 1)
    if flows.hasWaits { writeFlows(beginning: index, instruction, timing) }
    if !flows.path.isEmpty { writePath(beginning: index) }
    out.annotate(.pc, Int64(index))
    if detail == .full { annotate(instruction, timing) }
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
    guard let producer = flows.producer(of: index, device, timeline), isShown(producer) else {
      return
    }
    out.endFlow(TraceFlows.number(consumer: index))
  }

  private func isShown(_ slice: TraceFlows.Slice) -> Bool {
    if slice >= 0 {
      return isShown(timeline.instructions[slice].begin, timeline.instructions[slice].end)
    }
    let timing = timeline.transfers[-1 - slice]
    let queue = Int(device.transfers[-1 - slice].queue)
    return device.queues.indices.contains(queue) && isShown(timing.firstRead, timing.complete)
  }

  /// The critical path's arrows that come in, and those that go out to what begins before this ends.
  private mutating func writePath(beginning slice: TraceFlows.Slice) {
    guard let step = flows.path[slice] else { return }
    out.annotate(.critical, step.time)
    for arrow in step.incoming where isShown(arrow.other) { out.endFlow(arrow.number) }
    writePath(step.fromBegin)
  }

  private mutating func writePath(ending slice: TraceFlows.Slice) {
    if let step = flows.path[slice] { writePath(step.fromEnd) }
  }

  private mutating func writePath(_ arrows: [(number: UInt64, other: TraceFlows.Slice)]) {
    for arrow in arrows where isShown(arrow.other) {
      out.flow(arrow.number)
      out.counts.flows += 1
    }
  }

  private func isLinked(toTransfer transfer: Int, _ trigger: InstructionTiming) -> Bool {
    guard timeline.transfers.indices.contains(transfer) else { return false }
    return trigger.begin <= timeline.transfers[transfer].firstRead && isShown(-1 - transfer)
      && isShown(trigger.begin, trigger.end)
  }

  private mutating func endInstruction(_ event: TraceEvent) {
    let open = out.beginEvent(event.time, type: 2, track: UInt64(event.track))
    if flows.hasWaits { writeFlows(to: flows.first(after: event.index)) }
    if !flows.path.isEmpty { writePath(ending: event.index) }
    out.endEvent(open)
  }

  private mutating func endTransfer(_ event: TraceEvent) {
    if event.track > 0 {
      let open = out.beginEvent(event.time, type: 2, track: UInt64(event.track))
      if flows.hasWaits { writeFlows(to: flows.first(afterTransfer: event.index)) }
      if !flows.path.isEmpty { writePath(ending: -1 - event.index) }
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
    let key = transferNames.key(of: source, in: program)
    let name = key.map { nameNumber($0) } ?? UInt64(DeviceOpcode.allCases.count) + 1
    let open = out.beginEvent(timing.firstRead, type: 1, track: track, name: name)
    if let key { out.color(key.direction.color) }
    if flows.hasWaits, trigger >= 0,
      isLinked(toTransfer: index, timeline.instructions[Int(trigger)])
    {
      out.endFlow(TraceFlows.number(triggered: index))
    }
    if !flows.path.isEmpty { writePath(beginning: -1 - index) }
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
    out.endEvent(open)
  }

  private mutating func nameNumber(_ key: TransferNames.Key) -> UInt64 {
    texts.scratch.removeAll()
    TransferNames.write(key, of: program, to: &texts.scratch)
    return out.internName(texts.scratch.buffer)
  }
}
