import Device

// Notes of why things happen when they do. Nothing here changes the simulation, and without a recorder none of it runs.

extension Simulator {
  /// The sequencer takes the head of an engine's queue.
  @inline(never) mutating func noteTaken(
    _ recorder: CauseRecorder, _ engine: Int, _ index: Int, _ instruction: DeviceInstruction
  ) {
    let ledger = recorder.ledger
    let life = recorder.firstInstruction + index
    let state = recorder.engines[engine]
    let hop = instruction.waitCount > 0 ? prices.hop(of: instruction, program) : 0
    let waits = waits(recorder, instruction, hop)
    var isSoftware = false
    switch instruction.work {
    case .control, .trigger:
      let structural = instruction.waitCount > 0 ? state.controlWaiting : state.control
      if case .trigger(let transfer) = instruction.work,
        program.transfers[Int(transfer)].mode == .swdge
      {
        isSoftware = true
        noteSoftware(recorder, engine, life, structural: state.control, waits)
      } else {
        ledger.add(structural)
      }
    case .stream, .loadWeights, .matmul:
      ledger.add(state.dispatch)
      let room = state.begins[state.dispatched % state.begins.count]
      if room >= 0 { ledger.add(room, prices.dispatch[engine], .room) }
    }
    if case .loadWeights = instruction.work { recorder.lead = pe.lead(at: engines[engine].begin) }
    let generation = isSoftware ? prices.softwareGeneration : 0
    for wait in waits { ledger.add(wait.plus(generation)) }
    let taken = ledger.note(life, at: engines[engine].begin + engines[engine].lead)
    ledger.set(life, 0, state.taken)
    ledger.set(life, 1, taken)
    recorder.engines[engine].taken = taken
    if case .trigger = instruction.work { ledger.set(life, 2, taken) }
  }

  /// What lets a DMA of software begin, but for semaphores.
  private mutating func noteSoftware(
    _ recorder: CauseRecorder, _ engine: Int, _ life: Int, structural: Origin, _ waits: [Origin]
  ) {
    let ledger = recorder.ledger
    let state = recorder.engines[engine]
    var idle = structural
    if let accepted = state.accepted, ledger.time(accepted) < ledger.time(idle) { idle = accepted }
    // The software looks at the next DMA.
    ledger.add(idle.plus(prices.dispatch[engine]))
    for wait in waits { ledger.add(wait.plus(prices.dispatch[engine])) }
    let next = ledger.note(life, at: engines[engine].nextAccepted)
    recorder.engines[engine].nextAccepted = Origin(moment: next, weight: 0, kind: .generation)
    ledger.add(state.free)
    ledger.add(state.drained)
    if state.addressed >= 0 {
      ledger.add(state.addressed, prices.registerToStart, .issue)
    } else {
      ledger.add(idle.moment, idle.weight + prices.softwareGeneration, .generation)
    }
  }

  /// The updates that an instruction waits for.
  private mutating func waits(
    _ recorder: CauseRecorder, _ instruction: DeviceInstruction, _ hop: Picoseconds
  ) -> [Origin] {
    let first = Int(instruction.firstWait)
    var found: [Origin] = []
    for wait in program.waits[first..<first + Int(instruction.waitCount)] {
      let index = semaphores.reaching(wait.semaphore, wait.value)
      guard index >= 0 else { continue }
      let event = semaphores.events[Int(index)]
      let end = recorder.end(of: event.producer)
      found.append(
        Origin(
          moment: end, weight: event.time - recorder.ledger.time(end) + hop, kind: .semaphore))
      if let before = earlierUpdates(
        recorder, of: wait.semaphore, before: index, for: instruction.engine)
      {
        found.append(Origin(moment: before, weight: hop, kind: .semaphore))
      }
    }
    return found
  }

  /// When all updates had come that a semaphore counts before one; `nil` where the order of one engine says so.
  private func earlierUpdates(
    _ recorder: CauseRecorder, of semaphore: Int32, before index: Int32, for waiting: Engine
  ) -> Int32? {
    let key = Int(semaphore) * engines.count + Int(waiting.rawValue)
    func engine(_ event: Int32) -> Int {
      let producer = semaphores.events[Int(event)].producer
      return producer >= 0 ? Int(program.instructions[Int(producer)].engine.rawValue) : -1
    }
    let event = semaphores.events[Int(index)]
    var counted = recorder.counted[key] ?? CauseRecorder.CountedUpdates()
    // Who waits for less than others did begins anew.
    let isLater =
      counted.last >= 0 && counted.last != index
      && semaphores.events[Int(counted.last)].time <= event.time
    if !isLater { counted = CauseRecorder.CountedUpdates() }
    var new: [Int32] = []
    var next =
      counted.last >= 0
      ? semaphores.events[Int(counted.last)].next : semaphores.first(of: semaphore)
    while next >= 0 && next != index {
      new.append(next)
      next = semaphores.events[Int(next)].next
    }
    guard let last = new.last ?? (counted.last >= 0 ? counted.last : nil) else { return nil }
    if counted.last < 0 { counted.engine = engine(last) }
    let isOrdered =
      counted.moment < 0 && counted.engine >= 0 && engine(index) == counted.engine
      && new.allSatisfy { engine($0) == counted.engine }
    if !isOrdered && (!new.isEmpty || counted.moment < 0) {
      if counted.moment >= 0 {
        recorder.ledger.add(counted.moment, 0, .semaphore)
      } else if counted.last >= 0 {
        new.insert(counted.last, at: 0)
      }
      for update in new {
        let event = semaphores.events[Int(update)]
        let end = recorder.end(of: event.producer)
        recorder.ledger.add(end, event.time - recorder.ledger.time(end), .semaphore)
      }
      let event = semaphores.events[Int(last)]
      counted.moment = recorder.ledger.note(recorder.life(of: event.producer), at: event.time)
      counted.engine = -1
    }
    counted.last = last
    recorder.counted[key] = counted
    return counted.moment >= 0 ? counted.moment : nil
  }

  /// The course of an instruction that was taken is known.
  @inline(never) mutating func noteCourse(
    _ recorder: CauseRecorder, _ engine: Int, _ index: Int, _ instruction: DeviceInstruction,
    begin: Picoseconds, end: Picoseconds, isCold: Bool
  ) {
    let ledger = recorder.ledger
    let life = recorder.firstInstruction + index
    let taken = recorder.engines[engine].taken
    switch instruction.work {
    case .stream(let stream):
      noteStream(recorder, engine, life, stream, begin: begin, end: end)
    case .loadWeights(let work):
      noteLoad(recorder, engine, life, work, begin: begin, end: end)
    case .matmul(let work):
      noteMatmul(recorder, engine, life, work, begin: begin, end: end, isCold: isCold)
    case .control:
      let kind: Dependency
      switch instruction.opcode {
      case .eventSemaphore: kind = .event
      case .write, .addressLoad, .addressMove, .addressALU: kind = .issue
      default: kind = .control
      }
      ledger.set(life, 2, taken)
      ledger.add(taken, end - begin, kind)
      let ended = ledger.note(life, at: end)
      ledger.set(life, 4, ended)
      executed(recorder, engine, ended, kind == .issue ? .issue : .control)
      if instruction.opcode.makesAddress { recorder.engines[engine].addressed = ended }
    case .trigger(let transfer):
      ledger.add(taken, end - begin, .issue)
      let ended = ledger.note(life, at: end)
      ledger.set(life, 4, ended)
      executed(recorder, engine, ended, .issue)
      let next = Origin(moment: taken, weight: recorder.interval, kind: .generation)
      for path in [
        \CauseRecorder.EngineCauses.control, \CauseRecorder.EngineCauses.controlWaiting,
      ] where ledger.time(next) > ledger.time(recorder.engines[engine][keyPath: path]) {
        recorder.engines[engine][keyPath: path] = next
      }
      guard program.transfers[Int(transfer)].mode == .swdge else { return }
      let gone = Origin(moment: taken, weight: -engines[engine].lead, kind: .control)
      recorder.engines[engine].free = next
      recorder.engines[engine].drained = nil
      recorder.engines[engine].control = gone
      recorder.engines[engine].controlWaiting = gone
      recorder.engines[engine].dispatch = Origin(moment: ended, weight: 0, kind: .issue)
      recorder.engines[engine].accepted = recorder.engines[engine].nextAccepted
    }
  }

  private func noteStream(
    _ recorder: CauseRecorder, _ engine: Int, _ life: Int, _ stream: Stream, begin: Picoseconds,
    end: Picoseconds
  ) {
    guard let price = prices.streams[engine].price(stream) else { return }
    let ledger = recorder.ledger
    let state = recorder.engines[engine]
    let kind: Dependency = stream.streamClass == .tableLoad ? .table : .engine
    ledger.add(state.taken, 0, .dispatch)
    ledger.add(state.free)
    ledger.add(state.drained)
    let began = ledger.note(life, at: begin)
    ledger.set(life, 2, began)
    ledger.add(began, price.duration, kind == .table ? .table : .work)
    ledger.add(state.lastEnd, price.retire, .engine)
    let ended = ledger.note(life, at: end)
    ledger.set(life, 4, ended)
    recorder.engines[engine].lastEnd = ended
    recorder.engines[engine].free = Origin(moment: began, weight: price.interval, kind: kind)
    if price.beats > 0 {
      let scattered = (last: ended, before: state.scattered.last)
      recorder.engines[engine].scattered = scattered
      let anchor =
        price.beats >= prices.streams[engine].writeQueue ? scattered.last : scattered.before
      recorder.engines[engine].drained =
        anchor < 0
        ? nil
        : Origin(
          moment: anchor, weight: engines[engine].drained - ledger.time(anchor), kind: .engine)
    }
    dispatched(recorder, engine, life, began)
  }

  private mutating func noteLoad(
    _ recorder: CauseRecorder, _ engine: Int, _ life: Int, _ work: LoadWeights,
    begin: Picoseconds, end: Picoseconds
  ) {
    let ledger = recorder.ledger
    let array = recorder.array
    let taken = recorder.engines[engine].taken
    let lead = recorder.lead
    ledger.add(taken, 0, .dispatch)
    ledger.add(array.lastBegin, 0, .engine)
    if array.matmulBegin >= 0 {
      ledger.add(array.matmulBegin, pe.afterMatmulStart, .engine)
      ledger.add(array.firstColumn, -lead, .engine)
    }
    ledger.add(array.weights, -lead, .weights)
    ledger.add(array.read?.plus(-pe.stridedLead))
    let began = ledger.note(life, at: begin)
    ledger.set(life, 2, began)
    let before = max(
      begin, array.firstColumn >= 0 ? ledger.time(array.firstColumn) : 0,
      ledger.time(array.weights))
    let read = pe.weightsRead
    let isRead = read >= pe.weightsReady
    if isRead {
      ledger.add(began, read - begin, .weights)
    } else {
      let loading = pe.weightsReady - before
      ledger.add(began, loading, .weights)
      if array.firstColumn >= 0 { ledger.add(array.firstColumn, loading, .weights) }
      ledger.add(array.weights, loading, .weights)
    }
    let ready = ledger.note(life, at: pe.weightsReady)
    ledger.set(life, 3, ready)
    if end >= pe.weightsReady {
      ledger.add(ready, end - pe.weightsReady, .weights)
    } else {
      ledger.add(began, end - begin, .weights)
    }
    let ended = ledger.note(life, at: end)
    ledger.set(life, 4, ended)
    recorder.array.weights = ready
    recorder.array.read =
      read > 0 ? Origin(moment: began, weight: read - begin, kind: .weights) : nil
    recorder.array.lastBegin = began
    dispatched(recorder, engine, life, began)
  }

  private mutating func noteMatmul(
    _ recorder: CauseRecorder, _ engine: Int, _ life: Int, _ work: Matmul, begin: Picoseconds,
    end: Picoseconds, isCold: Bool
  ) {
    let ledger = recorder.ledger
    let array = recorder.array
    let taken = recorder.engines[engine].taken
    ledger.add(taken, 0, .dispatch)
    ledger.add(array.lastBegin, 0, .engine)
    ledger.add(array.free?.plus(-pe.lead(isCold: isCold)))
    let began = ledger.note(life, at: begin)
    ledger.set(life, 2, began)
    ledger.add(began, 0, .work)
    ledger.add(array.free)
    ledger.add(array.weights, isCold ? 0 : pe.weightsToStream, .weights)
    let first = ledger.note(life, at: pe.firstColumn)
    ledger.set(life, 3, first)
    // What the warm clock would not have taken comes first: the rest is work whatever follows.
    var working = first
    let streaming = end - pe.latency(isCold: isCold) - pe.firstColumn
    let slower = streaming - pe.streaming(work)
    if slower > 0 {
      ledger.add(first, slower, .clock)
      working = ledger.note(life, at: pe.firstColumn + slower)
    }
    ledger.add(working, end - ledger.time(working), .work)
    let ended = ledger.note(life, at: end)
    ledger.set(life, 4, ended)
    recorder.array.free = Origin(
      moment: working, weight: pe.arrayFree - ledger.time(working), kind: .engine)
    recorder.array.firstColumn = first
    recorder.array.matmulBegin = began
    recorder.array.lastBegin = began
    dispatched(recorder, engine, life, began)
  }

  /// As `dispatched` of the simulation.
  private func dispatched(
    _ recorder: CauseRecorder, _ engine: Int, _ life: Int, _ began: Int32
  ) {
    let ledger = recorder.ledger
    let state = recorder.engines[engine]
    recorder.engines[engine].begins[state.dispatched % state.begins.count] = began
    recorder.engines[engine].dispatched += 1
    recorder.engines[engine].addressed = -1
    var next = Origin(moment: state.taken, weight: prices.dispatch[engine], kind: .dispatch)
    if engine == 0 && engines[engine].sinceControl == 1 {
      ledger.add(next)
      ledger.add(state.dispatch.plus(prices.secondAfterControl))
      let moment = ledger.note(life, at: engines[engine].dispatch)
      next = Origin(moment: moment, weight: 0, kind: .dispatch)
    }
    recorder.engines[engine].dispatch = next
    recorder.engines[engine].control = next
    recorder.engines[engine].controlWaiting = next
  }

  /// As `executed` of the simulation.
  private func executed(
    _ recorder: CauseRecorder, _ engine: Int, _ ended: Int32, _ kind: Dependency
  ) {
    recorder.engines[engine].accepted = nil
    recorder.engines[engine].addressed = -1
    let control = Origin(moment: ended, weight: prices.gap[engine], kind: kind)
    recorder.engines[engine].control = control
    recorder.engines[engine].controlWaiting = control.plus(prices.waitGap[engine])
    recorder.engines[engine].dispatch = Origin(
      moment: ended, weight: prices.toEngine[engine], kind: .control)
  }

  // MARK: - Transfers

  /// A transfer's descriptors will reach the rings.
  @inline(never) func noteQueued(
    _ recorder: CauseRecorder, _ transfer: Int32, by index: Int, _ price: TriggerPrice,
    firstRead: Picoseconds, at queued: Picoseconds
  ) {
    let ledger = recorder.ledger
    let described = program.transfers[Int(transfer)]
    let life = recorder.firstTransfer + Int(transfer)
    let triggered = recorder.stage(2, ofInstruction: index)
    let kind: Dependency = described.mode == .none ? .issue : .generation
    recorder.interval = price.interval
    ledger.set(life, 0, triggered)
    var first = triggered
    if firstRead > 0 {
      ledger.add(triggered, firstRead, .firstRead)
      first = ledger.note(life, at: ledger.time(triggered) + firstRead)
    }
    ledger.add(first, price.firstDescriptor - firstRead, kind)
    if described.exchange < 0 {
      let before = recorder.queueArrivals[Int(described.queue)]
      if before >= 0 { ledger.add(before, 0, .queueOrder) }
    }
    let moment = ledger.note(life, at: queued)
    ledger.set(life, 1, moment)
    if described.exchange < 0 { recorder.queueArrivals[Int(described.queue)] = moment }
  }

  /// A transfer completes at a time that is given.
  func noteGiven(
    _ recorder: CauseRecorder, _ transfer: Int32, by index: Int, _ price: TriggerPrice,
    at time: Picoseconds
  ) {
    let ledger = recorder.ledger
    recorder.interval = price.interval
    let life = recorder.firstTransfer + Int(transfer)
    let triggered = recorder.stage(2, ofInstruction: index)
    ledger.set(life, 0, triggered)
    ledger.add(triggered, time - ledger.time(triggered), .given)
    ledger.set(life, 3, ledger.note(life, at: time))
  }

  /// A transfer's descriptors are at the rings.
  func noteArrival(_ recorder: CauseRecorder, _ index: Int, at time: Picoseconds) {
    let transfer = program.transfers[index]
    let stall = transfer.readsAnew ? prices.readStall : 0
    let first = Int(transfer.firstRun)
    var last = -1
    for run in first..<first + Int(transfer.runCount) {
      let ring = Int(program.runs[run].ring) % rings.count
      let lane = ring * recorder.queueArrivals.count + Int(transfer.queue)
      let offset = Picoseconds(ring) * prices.ringOffset
      let isFirst = recorder.lanes[lane].entries.isEmpty
      recorder.lanes[lane].entries.append(
        CauseRecorder.Waiting(
          run: Int32(run), stall: ring == last ? 0 : stall, offset: offset, isFirst: isFirst))
      last = ring
      if rings[ring].slice?.begin == time + offset {
        recorder.starters[ring] = Origin(
          moment: recorder.stage(1, ofTransfer: index), weight: offset, kind: .ringOrder)
      }
    }
  }

  /// A ring's slice is about to end.
  @inline(never) func noteSlice(
    _ recorder: CauseRecorder, _ ring: Int,
    _ slice: (transfer: Int32, queue: Int32, begin: Picoseconds), isDone: Bool, at now: Picoseconds
  ) {
    let ledger = recorder.ledger
    let life = recorder.firstTransfer + Int(slice.transfer)
    let index = ring * recorder.queueArrivals.count + Int(slice.queue)
    let lane = recorder.lanes[index]
    let entry = lane.entries[lane.head]
    let run = program.runs[Int(entry.run)]
    let transfer = program.transfers[Int(slice.transfer)]
    let first = Int(transfer.firstRun)
    let hbmLoad = prices.descriptors.hbmLoad(
      transfer, program.runs[first..<first + Int(transfer.runCount)])
    let kind: Dependency = prices.descriptors.priced(run, hbmLoad: hbmLoad).isAtHBM ? .hbm : .ring
    let duration = now - slice.begin
    if !lane.isUnderWay {
      let queued = recorder.stage(1, ofTransfer: Int(slice.transfer))
      if entry.stall > 0 {
        if entry.isFirst {
          ledger.add(queued, entry.offset + entry.stall, .firstRead)
        } else {
          ledger.add(lane.lastEnd, entry.stall, .firstRead)
        }
        let from = entry.isFirst ? ledger.time(queued) + entry.offset : ledger.time(lane.lastEnd)
        let read = ledger.note(life, at: from + entry.stall)
        ledger.add(read, duration, kind)
      } else if entry.isFirst {
        // A busy ring takes what comes a little later by its place as if it were there.
        let offset = min(entry.offset, slice.begin - ledger.time(queued))
        ledger.add(queued, offset + duration, kind)
      }
    }
    // An idle ring looks at all queues when something comes, also at those that were ready a little before.
    if let starter = recorder.starters[ring], ledger.time(starter) == slice.begin,
      starter.moment != recorder.stage(1, ofTransfer: Int(slice.transfer))
    {
      ledger.add(starter.plus(duration))
    }
    if recorder.ringEnds[ring] >= 0 { ledger.add(recorder.ringEnds[ring], duration, kind) }
    let ended = ledger.note(life, at: now)
    recorder.ringEnds[ring] = ended
    recorder.lanes[index].isUnderWay = !isDone
    guard isDone else { return }
    recorder.lanes[index].lastEnd = ended
    recorder.lanes[index].head += 1
    if recorder.lanes[index].head == lane.entries.count {
      recorder.lanes[index].entries.removeAll(keepingCapacity: true)
      recorder.lanes[index].head = 0
    }
    recorder.runEnds[slice.transfer, default: []].append(ended)
  }

  /// A transfer has read all.
  @inline(never) func noteComplete(
    _ recorder: CauseRecorder, _ transfer: Int32, lastRead: Picoseconds
  ) {
    let ledger = recorder.ledger
    let life = recorder.firstTransfer + Int(transfer)
    for end in recorder.runEnds.removeValue(forKey: transfer) ?? [] {
      ledger.add(end, 0, .ring)
    }
    if program.transfers[Int(transfer)].runCount == 0 {
      ledger.add(recorder.stage(1, ofTransfer: Int(transfer)), 0, .ring)
    }
    let read = ledger.note(life, at: lastRead)
    ledger.set(life, 2, read)
    ledger.add(read, prices.semaphoreVisible, .completion)
    ledger.set(life, 3, ledger.note(life, at: lastRead + prices.semaphoreVisible))
  }

  /// An exchange completes, after all have come.
  func noteExchanged(
    _ recorder: CauseRecorder, _ transfer: Int32, from begin: Picoseconds, until end: Picoseconds
  ) {
    let ledger = recorder.ledger
    let life = recorder.firstTransfer + Int(transfer)
    let own = recorder.stage(1, ofTransfer: Int(transfer))
    ledger.add(own, end - begin, .exchange)
    for other in recorder.meeting where other != own { ledger.add(other, end - begin, .exchange) }
    ledger.set(life, 3, ledger.note(life, at: end))
  }
}
