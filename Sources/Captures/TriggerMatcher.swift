import Device
import Diagnostics

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

  init(_ triggers: [CapturedTrigger], _ transfers: [CapturedTransfer]) {
    self.triggers = Engine.allCases.map { engine in triggers.filter { $0.engine == engine } }
    let numbers = Set(transfers.map(\.queue)).sorted()
    queues = numbers.map { number in
      transfers.filter { $0.queue == number }.sorted { $0.order < $1.order }
    }
  }

  /// By device instruction of a trigger: its transfer.
  func match(file: String) throws(DiagnosticError) -> [Int: CapturedTransfer] {
    var best: (cost: Int64, pairs: [Int: CapturedTransfer])?
    var owner = Array(repeating: 0, count: queues.count)
    let engines = triggers.count
    let combinations = queues.reduce(1) { product, _ in product * engines }
    for combination in 0..<combinations {
      var rest = combination
      for queue in queues.indices {
        owner[queue] = rest % engines
        rest /= engines
      }
      let fits = triggers.indices.allSatisfy { engine in
        triggers[engine].count
          == queues.indices.reduce(0) { $0 + (owner[$1] == engine ? queues[$1].count : 0) }
      }
      guard fits else { continue }
      var cost: Int64 = 0
      var pairs: [Int: CapturedTransfer] = [:]
      for engine in triggers.indices where !triggers[engine].isEmpty {
        let own = queues.indices.filter { owner[$0] == engine }
        cost += interleave(triggers[engine], own.map { queues[$0] }, into: &pairs)
      }
      if cost < best?.cost ?? .max { best = (cost, pairs) }
    }
    guard let best else {
      throw DiagnosticError(
        "the transfers of the DMA queues cannot be shared out among the triggers of the engines",
        at: SourceLocation(file: file, line: 0),
        remedy: "both tables must be of the same run, and whole")
    }
    return best.pairs
  }

  /// Gives each trigger the next transfer of one of the queues, at the least total misfit.
  private func interleave(
    _ triggers: [CapturedTrigger], _ queues: [[CapturedTransfer]],
    into pairs: inout [Int: CapturedTransfer]
  ) -> Int64 {
    // States are how many transfers of each queue are given away; the least misfit to get there and
    // the queue that was used last.
    var strides = [1]
    for queue in queues { strides.append(strides[strides.count - 1] * (queue.count + 1)) }
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
        let expected = max(triggers[trigger].begin + TriggerMatcher.latency, before)
        var cost = abs(transfer.firstRead - expected)
        if transfer.firstRead < triggers[trigger].begin + TriggerMatcher.least {
          cost += 1_000_000_000_000
        }
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
}
