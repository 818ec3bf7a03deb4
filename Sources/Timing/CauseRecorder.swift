import Device

/// An earlier moment and what follows it.
struct Origin {
  var moment: Int32
  var weight: Picoseconds
  var kind: Dependency

  /// The same, later.
  func plus(_ more: Picoseconds) -> Origin {
    Origin(moment: moment, weight: weight + more, kind: kind)
  }
}

/// Collects the causes of several cores' simulation.
final class CauseLedger {
  private(set) var causes: Causes

  init(_ causes: Causes) { self.causes = causes }

  func time(_ moment: Int32) -> Picoseconds { causes.times[Int(moment)] }

  func time(_ origin: Origin) -> Picoseconds { time(origin.moment) + origin.weight }

  /// Adds a dependency of the moment that is noted next.
  func add(_ origin: Origin?) {
    guard let origin else { return }
    add(origin.moment, origin.weight, origin.kind)
  }

  /// Adds a dependency of the moment that is noted next.
  func add(_ moment: Int32, _ weight: Picoseconds, _ kind: Dependency) {
    causes.sources.append(moment)
    causes.weights.append(weight)
    causes.kinds.append(kind)
  }

  /// Notes a moment with the dependencies that were added since the last one.
  func note(_ owner: Int, at time: Picoseconds) -> Int32 {
    let first = Int(causes.firsts[causes.times.count])
    var latest: (edge: Int, time: Picoseconds)?
    for edge in first..<causes.sources.count {
      var arrival = self.time(causes.sources[edge]) + causes.weights[edge]
      if arrival > time {
        causes.weights[edge] -= arrival - time
        arrival = time
      }
      if arrival > latest?.time ?? .min { latest = (edge, arrival) }
    }
    if latest?.time != time {
      let source = latest.map { causes.sources[$0.edge] } ?? 0
      add(source, time - self.time(source), .unexplained)
    }
    causes.times.append(time)
    causes.owners.append(Int32(truncatingIfNeeded: owner))
    causes.firsts.append(Int32(truncatingIfNeeded: causes.sources.count))
    return Int32(truncatingIfNeeded: causes.times.count - 1)
  }

  func set(_ life: Int, _ stage: Int, _ moment: Int32) {
    causes.stages[life * Causes.stageCount + stage] = moment
  }
}

/// Follows one core's simulation: for each of its states, the moment that it follows from.
///
/// It mirrors `Simulator` rule by rule and decides nothing.
final class CauseRecorder {
  /// One engine and its sequencer.
  struct EngineCauses {
    /// The instruction before was taken.
    var taken: Int32 = 0
    var dispatch: Origin
    var control: Origin
    var controlWaiting: Origin
    /// Begins of the engine's last instructions, as a ring of the queue's depth.
    var begins: [Int32]
    var dispatched = 0
    var free: Origin?
    var drained: Origin?
    var lastEnd: Int32 = 0
    /// Ends of the last two instructions that scattered.
    var scattered: (last: Int32, before: Int32) = (-1, -1)
    var accepted: Origin?
    var nextAccepted: Origin?
    var addressed: Int32 = -1
  }

  /// Descriptors that wait for a ring.
  struct Waiting {
    var run: Int32
    var stall: Picoseconds
    var offset: Picoseconds
    /// Whether none of its queue waited before.
    var isFirst: Bool
  }

  /// One queue's descriptors on one ring.
  struct Lane {
    var entries: [Waiting] = []
    var head = 0
    /// The end of the entry before the head; -1 for none.
    var lastEnd: Int32 = -1
    /// Whether the head has had a slice.
    var isUnderWay = false
  }

  /// The PE array.
  struct ArrayCauses {
    var lastBegin: Int32 = 0
    var matmulBegin: Int32 = -1
    var firstColumn: Int32 = -1
    var free: Origin?
    var weights: Int32 = 0
    var read: Origin?
  }

  /// The updates of one semaphore that one engine's waits have counted so far.
  struct CountedUpdates {
    /// The last of them, as an event of the semaphore board; -1 for none.
    var last: Int32 = -1
    /// The engine whose instructions made all of them; -1 where they are of several, or of DMAs.
    var engine: Int = -1
    /// When all of them had come; -1 while one engine makes them, whose order says so.
    var moment: Int32 = -1
  }

  let ledger: CauseLedger
  let firstInstruction: Int
  let firstTransfer: Int
  var engines: [EngineCauses]
  var array = ArrayCauses()
  /// By queue: its last descriptors reached the rings; -1 before its first.
  var queueArrivals: [Int32]
  /// By ring: the end of its last slice; -1 before its first.
  var ringEnds: [Int32]
  /// By ring: the arrival at which its slice began, where it had nothing to do before.
  var starters: [Origin?]
  /// By ring and queue.
  var lanes: [Lane]
  /// By transfer under way: ends of its descriptor runs.
  var runEnds: [Int32: [Int32]] = [:]
  /// How long before the array is free the weight load under way may begin.
  var lead: Picoseconds = 0
  /// What the trigger under way takes until the engine's next.
  var interval: Picoseconds = 0
  /// Where the exchange that completes next has been come to, by all who take part.
  var meeting: [Int32] = []
  /// By semaphore and waiting engine.
  var counted: [Int: CountedUpdates] = [:]

  init(
    _ ledger: CauseLedger, core: Int, released: [Picoseconds], queueDepth: [Int], queues: Int,
    rings: Int
  ) {
    self.ledger = ledger
    firstInstruction = ledger.causes.bases[core]
    firstTransfer = firstInstruction + ledger.causes.instructions[core]
    engines = queueDepth.indices.map { engine in
      let start = Origin(
        moment: 0, weight: released.indices.contains(engine) ? released[engine] : 0, kind: .launch)
      return EngineCauses(
        dispatch: start, control: start, controlWaiting: start,
        begins: Array(repeating: -1, count: queueDepth[engine]))
    }
    queueArrivals = Array(repeating: -1, count: queues)
    ringEnds = Array(repeating: -1, count: rings)
    starters = Array(repeating: nil, count: rings)
    lanes = Array(repeating: Lane(), count: rings * queues)
  }

  /// The life of who made an update.
  func life(of producer: Int32) -> Int {
    producer >= 0 ? firstInstruction + Int(producer) : firstTransfer + Int(-1 - producer)
  }

  func end(of producer: Int32) -> Int32 {
    let life = life(of: producer)
    let stage = producer >= 0 ? 4 : 3
    return ledger.causes.stages[life * Causes.stageCount + stage]
  }

  func stage(_ stage: Int, ofInstruction index: Int) -> Int32 {
    ledger.causes.stages[(firstInstruction + index) * Causes.stageCount + stage]
  }

  func stage(_ stage: Int, ofTransfer index: Int) -> Int32 {
    ledger.causes.stages[(firstTransfer + index) * Causes.stageCount + stage]
  }
}
