import Device
import Hardware

/// What exchanges of several cores take after the last one has come.
struct ExchangePrices {
  private let exchange: Hardware.Exchange

  init(_ hardware: Hardware) { exchange = hardware.exchange }

  /// From the last arrival to the completion.
  ///
  /// Of its part a core sends (n-1)/n (reduce_scatter, all_to_all), (n-1) times all of it (all_gather),
  /// or both halves of a reduction, 2 (n-1)/n (all_reduce), as mesh algorithms do.
  func cost(_ work: Exchange, participants: Int) -> Picoseconds {
    guard participants > 1 else { return 0 }
    let bytes = Double(work.bytes)
    let others = Double(participants - 1)
    switch work.kind {
    case .barrier: return picoseconds(exchange.barrier)
    case .sendReceive:
      let bandwidth = work.byGpSimd ? exchange.gpsimdBandwidth : exchange.pairBandwidth
      return picoseconds(exchange.pairLatency + bytes / bandwidth)
    case .allReduce:
      return collective(2 * bytes * others / Double(participants), steps: 2)
    case .allGather: return collective(bytes * others, steps: 1)
    case .reduceScatter, .allToAll:
      return collective(bytes * others / Double(participants), steps: 1)
    case .permute: return collective(bytes, steps: 1)
    }
  }

  private func collective(_ bytes: Double, steps: Double) -> Picoseconds {
    picoseconds(
      exchange.collectiveLatency + steps * exchange.collectiveStep
        + bytes / exchange.collectiveBandwidth)
  }
}

/// An exchange that one core has come to.
struct ExchangeArrival {
  var transfer: Int32
  var time: Picoseconds
}

extension Simulator {
  /// Starts this core's part of an exchange; the others' decide when it completes.
  mutating func exchange(
    _ transfer: Int32, _ instruction: DeviceInstruction, _ index: Int, at begin: Picoseconds,
    chain: Picoseconds
  ) throws(TimingError) -> TriggerPrice {
    guard
      let price = prices.trigger(
        program.transfers[Int(transfer)], instruction.engine, isFirstRead: false,
        earlier: engines[Int(instruction.engine.rawValue)].triggers, inRow: 0)
    else {
      throw .unsupported(
        instruction: index, "\(instruction.engine.displayName) cannot start an exchange")
    }
    meter.meetTransfer(
      transfer, start: chain, firstDescriptor: 0, visible: 0, runs: [], price: { _ in (0, false) })
    let arrival = begin + price.duration
    timeline.transfers[Int(transfer)].trigger = begin
    timeline.transfers[Int(transfer)].queued = arrival
    if let recorder {
      var issue = price
      issue.firstDescriptor = price.duration
      noteQueued(recorder, transfer, by: index, issue, firstRead: 0, at: arrival)
    }
    arrived.append(ExchangeArrival(transfer: transfer, time: arrival))
    return price
  }

  /// All have come: the exchange begins to move data and completes later.
  mutating func finishExchange(
    _ transfer: Int32, from begin: Picoseconds, until end: Picoseconds
  ) {
    timeline.transfers[Int(transfer)].firstRead = begin
    timeline.transfers[Int(transfer)].lastRead = end
    timeline.transfers[Int(transfer)].complete = end
    if let recorder { noteExchanged(recorder, transfer, from: begin, until: end) }
    if let completion = program.transfers[Int(transfer)].completion {
      signal(completion, at: end, by: -1 - transfer)
    }
  }
}

/// Where the cores' exchanges meet: the k-th of each key belongs together.
struct ExchangeBoard {
  private struct Meeting {
    var first: (core: Int, transfer: Int32)
    var kind: ExchangeKind
    var bytes: Int
    var here: [(core: Int, transfer: Int32)]
    var last: Picoseconds
  }

  /// What is complete once a core has come.
  struct Completed {
    var parts: [(core: Int, transfer: Int32)]
    var begin: Picoseconds
    var end: Picoseconds
  }

  private var meetings: [ExchangeKey: [Int: Meeting]] = [:]
  /// By key and core: how many it has come to.
  private var counts: [ExchangeKey: [Int: Int]] = [:]
  private let places: [CorePlace]
  private let prices: ExchangePrices

  init(_ places: [CorePlace], _ hardware: Hardware) {
    self.places = places
    prices = ExchangePrices(hardware)
  }

  /// A core comes to an exchange.
  mutating func arrive(
    core: Int, _ exchange: Exchange, _ arrival: ExchangeArrival
  ) throws(CoresTimingError) -> Completed? {
    guard let participants = exchange.participants(with: places[core]) else {
      throw .mismatch(
        core: core, transfer: Int(arrival.transfer), other: nil,
        "ranks \(exchange.group.map { Int($0) }) take part, of \(places[core].layout.ranks)")
    }
    let key = ExchangeKey(participants, pipe: exchange.pipe)
    let number = counts[key]?[core] ?? 0
    counts[key, default: [:]][core] = number + 1
    var meeting =
      meetings[key]?[number]
      ?? Meeting(
        first: (core, arrival.transfer), kind: exchange.kind, bytes: exchange.bytes, here: [],
        last: 0)
    guard meeting.kind == exchange.kind, meeting.bytes == exchange.bytes else {
      throw .mismatch(
        core: core, transfer: Int(arrival.transfer),
        other: (meeting.first.core, Int(meeting.first.transfer)),
        "\(exchange.kind.rawValue) of \(exchange.bytes) B meets \(meeting.kind.rawValue) of "
          + "\(meeting.bytes) B")
    }
    meeting.here.append((core, arrival.transfer))
    meeting.last = max(meeting.last, arrival.time)
    guard meeting.here.count == participants.count else {
      meetings[key, default: [:]][number] = meeting
      return nil
    }
    meetings[key]?[number] = nil
    return Completed(
      parts: meeting.here, begin: meeting.last,
      end: meeting.last + prices.cost(exchange, participants: participants.count))
  }

  /// Exchanges that some have come to and not all: the cores that are missing.
  var missing: [(core: Int, transfer: Int, absent: [Int])] {
    var found: [(core: Int, transfer: Int, absent: [Int])] = []
    for (key, open) in meetings {
      for meeting in open.values {
        let here = meeting.here.map(\.core)
        found.append(
          (
            meeting.first.core, Int(meeting.first.transfer),
            key.participants.filter { !here.contains($0) }
          ))
      }
    }
    return found.sorted { ($0.core, $0.transfer) < ($1.core, $1.transfer) }
  }
}
