import Device
import Diagnostics
import Hardware

extension Simulator {
  /// Starts a transfer: its descriptors reach the rings later.
  mutating func trigger(
    _ transfer: Int32, _ instruction: DeviceInstruction, _ index: Int, at begin: Picoseconds,
    chain: Picoseconds
  ) throws(TimingError) -> TriggerPrice {
    let described = program.transfers[Int(transfer)]
    if described.exchange >= 0 {
      return try exchange(transfer, instruction, index, at: begin, chain: chain)
    }
    let queue = Int(described.queue)
    // Only reading HBM is slow the first time.
    let isFirst = queueArrivals[queue] < 0 && described.hbmReadBytes > 0
    guard
      let price = prices.trigger(
        described, instruction.engine, isFirstRead: isFirst,
        earlier: engines[Int(instruction.engine.rawValue)].triggers,
        inRow: engines[Int(instruction.engine.rawValue)].softwareRow)
    else {
      throw .unsupported(
        instruction: index,
        "\(instruction.engine.displayName) cannot start a DMA with dge_mode "
          + described.mode.name)
    }
    let first = Int(described.firstRun)
    let descriptors = prices.descriptors
    let runs = program.runs[first..<first + Int(described.runCount)]
    let hbmLoad = descriptors.hbmLoad(described, runs)
    meter.meetTransfer(
      transfer, start: chain,
      firstDescriptor: prices.shortestFirstDescriptor(price, described.mode),
      visible: prices.semaphoreVisible,
      runs: runs, price: { descriptors.priced($0, hbmLoad: hbmLoad) })
    meetStart(described, instruction.engine, price)
    timeline.transfers[Int(transfer)].trigger = begin
    if !options.transferLatencies.isEmpty, options.transferLatencies[Int(transfer)] >= 0 {
      let time = begin + options.transferLatencies[Int(transfer)]
      if let recorder { noteGiven(recorder, transfer, by: index, price, at: time) }
      finish(transfer, at: time)
      return price
    }
    // A queue keeps its order, so descriptors never overtake the ones before them.
    let queued = max(begin + price.firstDescriptor, queueArrivals[queue])
    queueArrivals[queue] = queued
    timeline.transfers[Int(transfer)].queued = queued
    if let recorder {
      noteQueued(
        recorder, transfer, by: index, price,
        firstRead: prices.extraOfFirstRead(described, isFirst), at: queued)
    }
    let arrival = Arrival(time: queued, transfer: transfer)
    // Latest first, so that the next one is at the end; few are under way at a time.
    var place = arrivals.count
    while place > 0, arrivals[place - 1].time <= arrival.time { place -= 1 }
    arrivals.insert(arrival, at: place)
    return price
  }

  /// Tells the bounds what starting a DMA takes of its engine, or of GpSimd's software.
  private mutating func meetStart(_ transfer: Transfer, _ engine: Engine, _ price: TriggerPrice) {
    if transfer.mode == .swdge { return meter.meetSoftware(price.interval) }
    // Engines with work of their own may start the next DMA behind it before descriptors are made.
    meter.meetStart(
      Int(engine.rawValue), engine == .sync ? max(price.duration, price.interval) : price.duration)
  }

  /// Completes a transfer at a time that is given.
  private mutating func finish(_ transfer: Int32, at time: Picoseconds) {
    timeline.transfers[Int(transfer)].firstRead = time
    timeline.transfers[Int(transfer)].lastRead = time
    timeline.transfers[Int(transfer)].complete = time
    if let completion = program.transfers[Int(transfer)].completion {
      signal(completion, at: time, by: -1 - transfer)
    }
  }

  /// Hands the next arrival's descriptors to the rings.
  mutating func arrive() {
    let arrival = arrivals.removeLast()
    let index = Int(arrival.transfer)
    let transfer = program.transfers[index]
    if transfer.runCount == 0 {
      timeline.transfers[index].firstRead = arrival.time
      complete(arrival.transfer, lastRead: arrival.time)
    }
    let first = Int(transfer.firstRun)
    let runs = program.runs[first..<first + Int(transfer.runCount)]
    let hbmLoad = prices.descriptors.hbmLoad(transfer, runs)
    // A transfer's runs are in the order of the rings.
    let stall = transfer.readsAnew ? prices.readStall : 0
    var last = -1
    for run in runs {
      let ring = Int(run.ring) % rings.count
      let time = arrival.time + Picoseconds(ring) * prices.ringOffset
      let started = rings[ring].add(
        Ring.Entry(
          transfer: arrival.transfer, queue: transfer.queue, remaining: run.count,
          bytes: run.bytes, price: prices.descriptors.price(run, hbmLoad: hbmLoad),
          stall: ring == last ? 0 : stall), at: time)
      last = ring
      if started { noteStart(arrival.transfer, at: time) }
    }
    if let recorder { noteArrival(recorder, index, at: arrival.time) }
    findNextRing()
  }

  /// Ends the slices that end next.
  mutating func finishSlices() {
    let now = nextRing
    for ring in rings.indices where rings[ring].next == now {
      let slice = recorder == nil ? nil : rings[ring].slice
      let (transfer, isDone, started, stalled) = rings[ring].finish()
      if let recorder, let slice { noteSlice(recorder, ring, slice, isDone: isDone, at: now) }
      if started >= 0 { noteStart(started, at: now) }
      if stalled >= 0 { noteStart(stalled, at: now) }
      guard isDone else { continue }
      runsLeft[Int(transfer)] -= 1
      Invariant.transferRuns.require(
        runsLeft[Int(transfer)] >= 0, "transfer \(transfer) has \(runsLeft[Int(transfer)]) left")
      if runsLeft[Int(transfer)] == 0 { complete(transfer, lastRead: now) }
    }
    findNextRing()
  }

  private mutating func noteStart(_ transfer: Int32, at time: Picoseconds) {
    let known = timeline.transfers[Int(transfer)].firstRead
    if known < 0 || time < known {
      timeline.transfers[Int(transfer)].firstRead = time
    }
  }

  private mutating func complete(_ transfer: Int32, lastRead: Picoseconds) {
    let visible = lastRead + prices.semaphoreVisible
    timeline.transfers[Int(transfer)].lastRead = lastRead
    timeline.transfers[Int(transfer)].complete = visible
    let times = timeline.transfers[Int(transfer)]
    Invariant.transferOrder.require(
      times.trigger <= times.queued && times.queued <= times.firstRead
        && times.firstRead <= lastRead && lastRead <= visible,
      "transfer \(transfer): trigger \(times.trigger), queued \(times.queued), first read "
        + "\(times.firstRead), last \(lastRead), complete \(visible) ps")
    if let recorder { noteComplete(recorder, transfer, lastRead: lastRead) }
    if let completion = program.transfers[Int(transfer)].completion {
      signal(completion, at: visible, by: -1 - transfer)
    }
  }

  private mutating func findNextRing() {
    var next = Picoseconds.max
    for ring in rings.indices { next = min(next, rings[ring].next) }
    nextRing = next
  }
}
