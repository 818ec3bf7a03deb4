public import Device
import Diagnostics
public import Hardware

/// Why a device program cannot be timed.
public enum TimingError: Error, Sendable {
  /// Engines wait for each other.
  case deadlock([BlockedEngine])
  /// The hardware configuration has no price for what an engine is asked to do.
  case unsupported(instruction: Int, String)
  /// The simulated time goes beyond what can be counted, about 13 days.
  case tooLong
}

/// An engine that waits for a semaphore which nobody will set.
public struct BlockedEngine: Hashable, Sendable {
  /// The engine.
  public var engine: Engine
  /// The device instruction at the head of its queue.
  public var instruction: Int
  /// The semaphore it waits for.
  public var semaphore: Int32
  /// The value it waits for.
  public var value: Int32
  /// The value that the semaphore has reached.
  public var reached: Int32
  /// Engines whose remaining instructions would update the semaphore.
  public var updaters: [Engine]

  /// Who would still update the semaphore, in words.
  public var settersText: String {
    updaters.isEmpty
      ? "nobody is left to set it"
      : "it is set by \(updaters.map(\.displayName).joined(separator: ", "))"
  }
}

/// Prices a device program on a hardware configuration: discrete events in integer picoseconds.
///
/// Deterministic: events are taken in the order of (time, rings before arrivals before engines, index).
public enum Timing {
  /// Runs the program to its end.
  ///
  /// Complexity: O(instructions + updates + waits + descriptor runs × rings).
  public static func run(
    _ program: DeviceProgram, on hardware: Hardware, options: TimingOptions = TimingOptions()
  ) throws(TimingError) -> Timeline {
    var simulator = Simulator(program, hardware, options)
    try simulator.run()
    return simulator.finish()
  }
}

/// The state of one simulation.
struct Simulator: ~Copyable {
  let program: DeviceProgram
  let prices: EnginePrices
  var pe: PEArray
  var semaphores: SemaphoreBoard
  var rings: [Ring]
  var nextRing: Picoseconds = .max
  var arrivals: [Arrival] = []
  var timeline = Timeline()
  var meter: BoundsMeter
  let hardware: Hardware
  let options: TimingOptions
  var engines: [EngineState]
  /// Per transfer: descriptor runs that are still to be finished.
  var runsLeft: [Int32]
  /// Exchanges that this core has come to and that have not been looked at.
  var arrived: [ExchangeArrival] = []
  /// Whether nobody else runs.
  let isAlone: Bool
  /// By queue: when its last descriptors reached the rings; -1 before its first.
  var queueArrivals: [Picoseconds]
  /// Who wants to know why; usually nobody.
  let recorder: CauseRecorder?

  /// Descriptors that reach the rings at a time.
  struct Arrival {
    var time: Picoseconds
    var transfer: Int32
  }

  init(
    _ program: DeviceProgram, _ hardware: Hardware, _ options: TimingOptions, isAlone: Bool = true,
    causes: (ledger: CauseLedger, core: Int)? = nil
  ) {
    self.program = program
    self.isAlone = isAlone
    self.options = options
    self.hardware = hardware
    meter = BoundsMeter(
      instructions: program.instructions.count, transfers: program.transfers.count,
      rings: max(1, hardware.dma.rings))
    prices = EnginePrices(hardware)
    pe = PEArray(hardware)
    semaphores = SemaphoreBoard(
      count: program.semaphores, expectedUpdates: program.updates.count + program.transfers.count)
    rings = Array(repeating: Ring(), count: max(1, hardware.dma.rings))
    engines = Array(repeating: EngineState(), count: Engine.allCases.count)
    var counts = Array(repeating: 0, count: engines.count)
    for instruction in program.instructions { counts[Int(instruction.engine.rawValue)] += 1 }
    for engine in engines.indices { engines[engine].queue.reserveCapacity(counts[engine]) }
    for engine in engines.indices {
      engines[engine].begins = Array(repeating: .min / 2, count: prices.queueDepth[engine])
    }
    for (engine, time) in zip(engines.indices, options.released) {
      engines[engine].head = time
      engines[engine].dispatch = time
      engines[engine].control = time
      engines[engine].controlWaiting = time
    }
    for index in program.instructions.indices {
      engines[Int(program.instructions[index].engine.rawValue)].queue.append(Int32(index))
    }
    runsLeft = program.transfers.map(\.runCount)
    let queues = program.transfers.reduce(0) { max($0, Int($1.queue) + 1) }
    queueArrivals = Array(repeating: -1, count: queues)
    if let causes {
      recorder = CauseRecorder(
        causes.ledger, core: causes.core, released: options.released,
        queueDepth: prices.queueDepth, queues: queues, rings: rings.count)
    } else {
      recorder = nil
    }
    let never = InstructionTiming(
      head: 0, free: 0, signalled: 0, begin: 0, end: 0, producer: -1, producerTransfer: -1,
      isCold: false)
    timeline.instructions = Array(repeating: never, count: program.instructions.count)
    timeline.transfers = Array(
      repeating: TransferTiming(trigger: 0, queued: 0, firstRead: -1, lastRead: 0, complete: 0),
      count: program.transfers.count)
  }

  mutating func run() throws(TimingError) {
    prepareAll()
    while try step() {}
    try requireFinished()
  }

  /// Looks at the heads of all queues, before the first step.
  mutating func prepareAll() {
    for engine in engines.indices { prepare(engine) }
  }

  /// Takes the next event; `false` when there is none.
  @inline(__always) mutating func step() throws(TimingError) -> Bool {
    var engine = 0
    var time = engines[0].begin
    for other in 1..<engines.count where engines[other].begin < time {
      engine = other
      time = engines[other].begin
    }
    let arrival = arrivals.last?.time ?? .max
    let now = min(time, arrival, nextRing)
    if now > latestEvent && now < .max { throw .tooLong }
    if nextRing <= time && nextRing <= arrival {
      if nextRing == .max { return false }
      finishSlices()
    } else if arrival <= time {
      arrive()
    } else {
      try begin(engine)
    }
    if !arrived.isEmpty && isAlone { try finishAlone() }
    return true
  }

  /// When the next event is; `max` for none.
  var nextEvent: Picoseconds {
    var time = min(arrivals.last?.time ?? .max, nextRing)
    for engine in engines.indices { time = min(time, engines[engine].begin) }
    return time
  }

  /// The exchanges that this core has come to since it was asked last.
  mutating func takeArrivals() -> [ExchangeArrival] {
    guard !arrived.isEmpty else { return [] }
    defer { arrived.removeAll(keepingCapacity: true) }
    return arrived
  }

  /// Ends exchanges of a core that runs alone: nobody else is waited for.
  private mutating func finishAlone() throws(TimingError) {
    for arrival in takeArrivals() {
      let work = program.exchanges[Int(program.transfers[Int(arrival.transfer)].exchange)]
      guard work.participants(with: .alone)?.count == 1 else {
        throw .unsupported(
          instruction: trigger(of: arrival.transfer),
          "\(work.kind.rawValue) of ranks \(work.group.map { Int($0) }) by one program alone")
      }
      finishExchange(arrival.transfer, from: arrival.time, until: arrival.time)
    }
  }

  private func trigger(of transfer: Int32) -> Int {
    program.instructions.firstIndex {
      if case .trigger(let started) = $0.work { started == transfer } else { false }
    } ?? 0
  }

  consuming func finish() -> Timeline { result() }

  /// What has happened.
  mutating func result() -> Timeline {
    timeline.ringBusy = rings.map(\.busy)
    timeline.clockChanges = pe.clock.changes
    var total: Picoseconds = 0
    for timing in timeline.instructions { total = max(total, timing.end) }
    for timing in timeline.transfers { total = max(total, timing.complete) }
    timeline.total = total
    timeline.bounds = meter.bounds(program, hardware)
    return timeline
  }

  // MARK: - Engines

  /// Finds out when the sequencer can take the head of an engine's queue.
  mutating func prepare(_ engine: Int) {
    let position = engines[engine].position
    guard position < engines[engine].queue.count else {
      engines[engine].begin = .max
      return
    }
    let instruction = program.instructions[Int(engines[engine].queue[position])]
    var ready = Picoseconds.min
    var signalled = Picoseconds.min
    var last: Int32 = -1
    if instruction.waitCount > 0 {
      let hop = prices.hop(of: instruction, program)
      let first = Int(instruction.firstWait)
      for wait in first..<first + Int(instruction.waitCount) {
        let event = semaphores.reaching(program.waits[wait].semaphore, program.waits[wait].value)
        if event < 0 {
          engines[engine].begin = .max
          engines[engine].blockedOn = program.waits[wait].semaphore
          return
        }
        let time = semaphores.events[Int(event)].time
        if time > signalled {
          signalled = time
          ready = time + hop
          last = event
        }
      }
    }
    engines[engine].blockedOn = -1
    engines[engine].signalled = signalled
    engines[engine].event = last
    var structural: Picoseconds
    var generation: Picoseconds = 0
    engines[engine].lead = 0
    switch instruction.work {
    case .control:
      structural =
        instruction.waitCount > 0 ? engines[engine].controlWaiting : engines[engine].control
    case .trigger(let transfer):
      structural =
        instruction.waitCount > 0 ? engines[engine].controlWaiting : engines[engine].control
      if instruction.waitCount > 0 { engines[engine].softwareRow = 0 }
      if program.transfers[Int(transfer)].mode == .swdge {
        // The software makes descriptors before the instruction shows, one DMA behind the other.
        let idle = min(engines[engine].control, engines[engine].accepted)
        engines[engine].nextAccepted = max(idle, ready) + prices.dispatch[engine]
        generation = prices.softwareGeneration
        engines[engine].lead = prices.softwareLead
        let addressed = engines[engine].addressed
        structural = max(
          engines[engine].free,
          addressed > .min ? addressed + prices.registerToStart : idle + generation)
      }
    case .stream, .loadWeights, .matmul:
      let depth = engines[engine].begins.count
      let room = engines[engine].begins[engines[engine].dispatched % depth]
      structural = max(engines[engine].dispatch, room + prices.dispatch[engine])
    }
    engines[engine].structural = structural
    let begin = ready > .min ? max(structural, ready + generation) : structural
    engines[engine].begin = begin - engines[engine].lead
  }

  /// The sequencer takes the head of an engine's queue; its whole course is known then.
  mutating func begin(_ engine: Int) throws(TimingError) {
    let taken = engines[engine].begin
    let index = Int(engines[engine].queue[engines[engine].position])
    let instruction = program.instructions[index]
    // Software shows its DMA after the sequencer has gone on.
    var begin = taken + engines[engine].lead
    var free = engines[engine].free
    var end: Picoseconds
    var isCold = false
    let start = chainStart(instruction)
    if let recorder { noteTaken(recorder, engine, index, instruction) }
    switch instruction.work {
    case .loadWeights(let work):
      (begin, end, isCold) = pe.load(work, at: taken)
      free = begin
      dispatched(engine, at: taken, begin: begin)
      meter.meetLoad(index, start: start, duration: pe.shortest(work))
    case .matmul(let work):
      (begin, end, isCold) = pe.multiply(work, at: taken)
      free = begin
      dispatched(engine, at: taken, begin: begin)
      meter.meetMatmul(
        engine, index, start: start, interval: pe.shortestInterval(work),
        duration: pe.shortest(work))
    case .stream(let work):
      guard let price = prices.streams[engine].price(work) else {
        throw .unsupported(
          instruction: index,
          "\(instruction.engine.displayName) has no price for \(work.streamClass.configurationKey)")
      }
      begin = max(taken, free)
      // Pipelines retire in order.
      end = max(begin + price.duration, engines[engine].lastEnd + price.retire)
      free = begin + price.interval
      if price.beats > 0 {
        engines[engine].drained = engines[engine].writes.add(
          price, end: end, room: prices.streams[engine].writeQueue)
      }
      free = max(free, engines[engine].drained)
      dispatched(engine, at: taken, begin: begin)
      engines[engine].lastEnd = end
      meter.meet(
        engine, index, start: start, interval: price.interval, duration: price.duration)
    case .control:
      let kind: Habits.Kind = instruction.opcode == .nop ? .nop : .event
      let isRegister = instruction.opcode.makesAddress
      let duration = prices.control(instruction) + (isRegister ? 0 : extra(engine, kind))
      end = begin + duration
      executed(engine, end: end)
      if isRegister { engines[engine].addressed = end }
      meter.meetControl(index, start: start, duration: duration)
      if isRegister || instruction.opcode == .write { meter.meetStart(engine, duration) }
    case .trigger(let transfer):
      let price = try trigger(transfer, instruction, index, at: begin, chain: start)
      let described = program.transfers[Int(transfer)]
      var duration = price.duration
      if described.mode == .none {
        duration += extra(engine, described.isScratch ? .scratchWrite : .write)
      }
      end = begin + duration
      executed(engine, end: end)
      engines[engine].triggers += 1
      let next = begin + price.interval
      engines[engine].control = max(engines[engine].control, next)
      engines[engine].controlWaiting = max(engines[engine].controlWaiting, next)
      if described.mode == .swdge {
        free = next
        engines[engine].control = taken
        engines[engine].controlWaiting = taken
        engines[engine].dispatch = end
        engines[engine].accepted = engines[engine].nextAccepted
        engines[engine].softwareRow += 1
      }
      meter.meetControl(index, start: start, duration: duration)
    }
    Invariant.engineOrder.require(
      begin >= taken && end >= begin,
      "instruction \(index), taken at \(taken), is from \(begin) to \(end) ps")
    var waitedForWeights = false
    if case .loadWeights = instruction.work { waitedForWeights = pe.waitedForWeights }
    record(
      engine, index, begin: begin, end: end, isCold: isCold, waitedForWeights: waitedForWeights)
    if let recorder {
      noteCourse(recorder, engine, index, instruction, begin: begin, end: end, isCold: isCold)
    }
    engines[engine].position += 1
    engines[engine].head = begin
    engines[engine].free = free
    if instruction.updateCount > 0 {
      let time = end + prices.update[engine]
      let first = Int(instruction.firstUpdate)
      for update in first..<first + Int(instruction.updateCount) {
        signal(program.updates[update], at: time, by: Int32(index))
      }
    }
    prepare(engine)
  }

  /// The sequencer has handed an instruction to its engine.
  @inline(__always) private mutating func dispatched(
    _ engine: Int, at taken: Picoseconds, begin: Picoseconds
  ) {
    let depth = engines[engine].begins.count
    engines[engine].begins[engines[engine].dispatched % depth] = begin
    engines[engine].dispatched += 1
    engines[engine].sinceControl += 1
    engines[engine].addressed = .min
    let isSecond = engine == 0 && engines[engine].sinceControl == 1
    let next = taken + prices.dispatch[engine]
    engines[engine].dispatch =
      isSecond
      ? max(next, engines[engine].dispatch + prices.secondAfterControl) : next
    engines[engine].control = engines[engine].dispatch
    engines[engine].controlWaiting = engines[engine].dispatch
  }

  /// The sequencer has executed an instruction itself.
  private mutating func executed(_ engine: Int, end: Picoseconds) {
    engines[engine].accepted = .max
    engines[engine].addressed = .min
    engines[engine].control = end + prices.gap[engine]
    engines[engine].controlWaiting = engines[engine].control + prices.waitGap[engine]
    engines[engine].dispatch = end + prices.toEngine[engine]
    engines[engine].sinceControl = 0
  }

  /// How much longer the head takes than the sequencer is used to.
  private mutating func extra(_ engine: Int, _ kind: Habits.Kind) -> Picoseconds {
    var extra: Picoseconds = 0
    let forgotten = kind == .event ? prices.eventForgottenAfter : prices.forgottenAfter
    if engines[engine].habits.execute(
      kind, limit: prices.accustomedAfter, forgottenAfter: forgotten)
    {
      extra =
        kind == .event ? prices.unaccustomedEvent[engine] : prices.unaccustomed[engine]
    }
    let place = engines[engine].position % prices.fetchInstructions
    if place == prices.fetchInstructions - 1 { extra += prices.fetch[engine] }
    return extra
  }

  /// Earliest begin by data dependencies alone.
  private mutating func chainStart(_ instruction: DeviceInstruction) -> Picoseconds {
    guard instruction.waitCount > 0 else { return 0 }
    var start: Picoseconds = 0
    let first = Int(instruction.firstWait)
    for wait in first..<first + Int(instruction.waitCount) {
      let event = semaphores.reaching(program.waits[wait].semaphore, program.waits[wait].value)
      guard event >= 0 else { continue }
      start = max(start, meter.chain(of: semaphores.events[Int(event)].producer))
    }
    return start
  }

  private mutating func record(
    _ engine: Int, _ index: Int, begin: Picoseconds, end: Picoseconds, isCold: Bool,
    waitedForWeights: Bool
  ) {
    let state = engines[engine]
    var producer: Int32 = -1
    var transfer: Int32 = -1
    if state.event >= 0 {
      let by = semaphores.events[Int(state.event)].producer
      if by >= 0 { producer = by } else { transfer = -1 - by }
    }
    timeline.instructions[index] = InstructionTiming(
      head: min(state.head, begin),
      free: max(
        state.structural,
        begin > state.begin + state.lead && !waitedForWeights ? begin : state.free),
      signalled: max(state.signalled, 0), begin: begin, end: end, producer: producer,
      producerTransfer: transfer, isCold: isCold, waitedForWeights: waitedForWeights)
  }

  /// Updates a semaphore and looks again at the engines that it may concern.
  mutating func signal(_ update: SemaphoreUpdate, at time: Picoseconds, by producer: Int32) {
    let outOfOrder = semaphores.add(
      update.semaphore, time: time, amount: update.amount, producer: producer)
    for engine in engines.indices {
      // An update before known ones can let any waiting head go earlier.
      if engines[engine].blockedOn == update.semaphore || outOfOrder { prepare(engine) }
    }
  }

  func requireFinished() throws(TimingError) {
    var blocked: [BlockedEngine] = []
    for engine in engines.indices where engines[engine].position < engines[engine].queue.count {
      let index = Int(engines[engine].queue[engines[engine].position])
      let instruction = program.instructions[index]
      let first = Int(instruction.firstWait)
      for wait in program.waits[first..<first + Int(instruction.waitCount)]
      where semaphores.total(wait.semaphore) < wait.value {
        blocked.append(
          BlockedEngine(
            engine: instruction.engine, instruction: index, semaphore: wait.semaphore,
            value: wait.value, reached: semaphores.total(wait.semaphore),
            updaters: updaters(wait.semaphore)))
        break
      }
    }
    if !blocked.isEmpty { throw .deadlock(blocked) }
  }

  private func updaters(_ semaphore: Int32) -> [Engine] {
    Engine.allCases.filter { engine in
      let state = engines[Int(engine.rawValue)]
      return state.queue[state.position...].contains { index in
        program.allUpdates(of: program.instructions[Int(index)]).contains {
          $0.semaphore == semaphore
        }
      }
    }
  }
}
