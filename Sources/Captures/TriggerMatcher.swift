import Device

/// A trigger of the stream.
struct CapturedTrigger {
  /// Device instruction.
  var instruction: Int
  var engine: Engine
  var begin: Int64
}

/// Finds out which trigger started which transfer.
///
/// The tables do not say. An engine's triggers and a queue's transfers are both in order, each queue
/// belongs to one engine, and a transfer begins a fixed time after its trigger or when its queue has
/// finished the one before. Among all assignments that keep this order, the one that fits best is
/// taken.
struct TriggerMatcher {
  private let triggers: [[CapturedTrigger]]
  private let queues: [[CapturedTransfer]]

  /// A descriptor begins about this long after its trigger: the middle of all modes, 0.66 to 1.55 us.
  private static let latency: Int64 = 1_000_000
  /// No descriptor begins earlier than this after its trigger.
  private static let least: Int64 = 400_000
  /// About a second, more than anything waits for; sums over the rows of a table stay within 64 bits.
  private static let mostMisfit: Int64 = 1 << 40
  /// As many ways to share out the queues are tried.
  private static let mostOwners = 4096
  /// As many ways to merge an engine's queues are kept apart.
  private static let mostStates = 1 << 21

  init(_ triggers: [CapturedTrigger], _ transfers: [CapturedTransfer]) {
    self.triggers = Engine.allCases.map { engine in triggers.filter { $0.engine == engine } }
    let numbers = Set(transfers.map(\.queue)).sorted()
    queues = numbers.map { number in
      transfers.filter { $0.queue == number }.sorted { $0.order < $1.order }
    }
  }

  /// By device instruction of a trigger: its transfer; `nil` when the queues cannot be shared out.
  func match() -> [Int: CapturedTransfer]? {
    var best: (cost: Int64, pairs: [Int: CapturedTransfer])?
    for owner in owners() {
      var cost: Int64 = 0
      var pairs: [Int: CapturedTransfer] = [:]
      for engine in triggers.indices where !triggers[engine].isEmpty {
        let own = queues.indices.filter { owner[$0] == engine }
        cost += interleave(triggers[engine], own.map { queues[$0] }, into: &pairs)
      }
      if cost < best?.cost ?? .max { best = (cost, pairs) }
    }
    return best?.pairs
  }

  /// All ways to give each queue an engine so that triggers and transfers are equally many.
  private func owners() -> [[Int]] {
    var found: [[Int]] = []
    var owner: [Int] = []
    var left = triggers.map(\.count)
    // Where none was found, by the queue and what is left: looking there again finds none.
    var deadEnds: Set<[Int]> = []
    func give(_ queue: Int) {
      guard found.count < TriggerMatcher.mostOwners else { return }
      let place = [queue] + left
      guard !deadEnds.contains(place) else { return }
      let before = found.count
      defer { if found.count == before { deadEnds.insert(place) } }
      guard queue < queues.count else {
        if left.allSatisfy({ $0 == 0 }) { found.append(owner) }
        return
      }
      for engine in left.indices where left[engine] >= queues[queue].count {
        owner.append(engine)
        left[engine] -= queues[queue].count
        give(queue + 1)
        left[engine] += queues[queue].count
        owner.removeLast()
      }
    }
    give(0)
    return found
  }

  /// Gives each trigger the next transfer of one of the queues, at the least total misfit.
  private func interleave(
    _ triggers: [CapturedTrigger], _ queues: [[CapturedTransfer]],
    into pairs: inout [Int: CapturedTransfer]
  ) -> Int64 {
    // States are how many transfers of each queue are given away; the least misfit to get there and
    // the queue that was used last.
    var strides = [1]
    for queue in queues {
      let (states, overflow) = strides[strides.count - 1].multipliedReportingOverflow(
        by: queue.count + 1)
      guard !overflow && states <= TriggerMatcher.mostStates else {
        return merge(triggers, queues, into: &pairs)
      }
      strides.append(states)
    }
    var costs = Array(repeating: Int64.max, count: strides[strides.count - 1])
    var last = Array(repeating: -1, count: costs.count)
    costs[0] = 0
    for state in costs.indices where costs[state] < .max {
      let taken = queues.indices.map { state / strides[$0] % (queues[$0].count + 1) }
      let trigger = taken.reduce(0, +)
      guard trigger < triggers.count else { continue }
      for queue in queues.indices where taken[queue] < queues[queue].count {
        let transfer = queues[queue][taken[queue]]
        let before = taken[queue] > 0 ? queues[queue][taken[queue] - 1].lastRead : .min / 2
        let cost = misfit(transfer, behind: before, of: triggers[trigger])
        let next = state + strides[queue]
        if costs[state] + cost < costs[next] {
          costs[next] = costs[state] + cost
          last[next] = queue
        }
      }
    }
    var state = costs.count - 1
    let total = costs[state]
    while state > 0, last[state] >= 0 {
      let queue = last[state]
      let taken = state / strides[queue] % (queues[queue].count + 1)
      let count = queues.indices.reduce(0) {
        $0 + state / strides[$1] % (queues[$1].count + 1)
      }
      pairs[triggers[count - 1].instruction] = queues[queue][taken - 1]
      state -= strides[queue]
    }
    return total
  }

  /// The same one trigger after the other, for more transfers than there is memory for all ways.
  private func merge(
    _ triggers: [CapturedTrigger], _ queues: [[CapturedTransfer]],
    into pairs: inout [Int: CapturedTransfer]
  ) -> Int64 {
    var taken = Array(repeating: 0, count: queues.count)
    var total: Int64 = 0
    for trigger in triggers {
      var best: (cost: Int64, queue: Int)?
      for queue in queues.indices where taken[queue] < queues[queue].count {
        let before = taken[queue] > 0 ? queues[queue][taken[queue] - 1].lastRead : .min / 2
        let cost = misfit(queues[queue][taken[queue]], behind: before, of: trigger)
        if cost < best?.cost ?? .max { best = (cost, queue) }
      }
      guard let best else { break }
      pairs[trigger.instruction] = queues[best.queue][taken[best.queue]]
      taken[best.queue] += 1
      total += best.cost
    }
    return total
  }

  /// How badly a transfer fits a trigger, when the one before it on its queue was read at a time.
  private func misfit(
    _ transfer: CapturedTransfer, behind before: Int64, of trigger: CapturedTrigger
  ) -> Int64 {
    let expected = max(trigger.begin + TriggerMatcher.latency, before)
    let isTooEarly = transfer.firstRead < trigger.begin + TriggerMatcher.least
    return min(abs(transfer.firstRead - expected), TriggerMatcher.mostMisfit)
      + (isTooEarly ? TriggerMatcher.mostMisfit : 0)
  }
}
