import Device
import Diagnostics
import HeapModule
import ISA
import Machine

/// List scheduling: each engine takes the ready instruction that has to start first.
///
/// The vendor's backend schedules instructions after it has unrolled the loops; its heuristic is not published.
/// Captures of the attention kernels fit a list scheduler that puts first what has most work behind it: transposes
/// of the next tile go between the products of one accumulation, and copies of PSUM go to Scalar or Vector by who
/// ends first in an estimated timeline, in which the first generation's products are short (`WorkCosts`).
///
/// A tensor takes memory from its first write until its last use. Loads that could start long before they are
/// needed wait while memory is short, and nothing starts more than a window ahead of the oldest instruction that
/// has not started; both bounds are assumed.
///
/// Nor does a result get memory that results before it will need: captures show that the memory goes around, so what is
/// made ahead is at most all of it behind what is done. Loads of later passes would otherwise take what the pass at hand
/// needs for its own results, and its engines run in turn: published times of an update of AdamW and of a SiLU on trn2
/// are those of Vector alone (2610 and 2045 us, where in turn they take 3540 and 2100).
struct Ordering {
  /// Instructions ahead of the oldest one that waits.
  static let window = 512
  /// Ready instructions of an engine that are looked at when the first has no room for its result.
  private static let alternatives = 8
  /// An instruction by when it must start.
  private struct Due: Comparable {
    var time: Double
    var index: Int
    static func < (a: Due, b: Due) -> Bool { (a.time, a.index) < (b.time, b.index) }
  }

  /// What happens at a time: an instruction's inputs are there, or (-1) an engine or memory is free again.
  private typealias Event = Due

  private let problem: Problem
  private var waiting: [Int32]
  /// By memory (0 SBUF, 1 PSUM): what work ahead may fill, and what is taken.
  private let ahead: [Int]
  private var used = [0, 0]
  /// Per tensor: instructions that still use it, the end of its last use, and whether it has memory.
  private var users: [Int32]
  private var ends: [Double]
  private var isAllocated: [Bool]
  /// Bytes of the tensors in SBUF that have or had memory before the oldest instruction has reached them.
  private var early = 0
  /// Per engine, and one more for what is open: ready instructions.
  private var ready: [Heap<Due>]
  private var free = [Double](repeating: 0, count: Engine.allCases.count)
  /// Engines whose ready instructions have no room, until something changes.
  private var isStuck: [Bool]
  /// When all rings have moved what was started so far.
  private var rings = 0.0
  private var arrival: [Double]
  private var events = Heap<Event>()
  /// Ready, but too far ahead.
  private var far = Heap<Int>()
  /// Memory that comes back, by tensor.
  private var returns = Heap<Due>()
  private var isDone: [Bool]
  private var oldest = 0
  private var order: [Node] = []
  /// By instruction: its place in the new order.
  private var places: [Int32] = []
  /// Ready instructions that have no room, and the lists that they come from.
  private var skipped: [(list: Int, due: Due)] = []
  private static let openList = Engine.allCases.count
  /// Which passes of loops each engine is in; `nil` where loops do not matter.
  private var turns: PassTurns?

  /// Puts the instructions into the order in which their engines start them.
  ///
  /// - Parameters:
  ///   - problem: the draft's.
  ///   - share: of SBUF, what results may fill that nothing waits for yet.
  ///   - room: what says which passes of loops are one, where engines go through the others one by one.
  /// - Returns: how many instructions that follow one another on an engine in the author's order do not in the new one, by
  ///   engine.
  @discardableResult
  static func run(
    _ draft: inout Draft, _ problem: Problem, share: Double, room: LoopRoom? = nil
  ) -> [(engine: Engine, pairs: Int)] {
    var pass = Ordering(problem, share: share)
    if let room {
      pass.turns = PassTurns(draft, room, lists: openList + 1) { index in
        problem.isDMA[index]
          ? nil : problem.isOpen(index) ? openList : Int(problem.engines[index].rawValue)
      }
    }
    pass.run()
    Self.requireOrder(pass.order.count, pass.places, problem.before)
    draft.nodes = pass.order
    return pass.inverted()
  }

  /// Whether an order is one of all instructions, each behind those that it depends on.
  ///
  /// - Parameters:
  ///   - count: of instructions in it.
  ///   - places: by instruction: where it is.
  ///   - before: by instruction: those that it depends on.
  static func requireOrder(_ count: Int, _ places: [Int32], _ before: Predecessors) {
    Invariant.everyInstructionOnce.require(
      count == places.count, "\(count) instructions of \(places.count)")
    Invariant.everyInstructionOnce.requireIfThorough(
      {
        var isTaken = [Bool](repeating: false, count: count)
        for place in places {
          guard isTaken.indices.contains(Int(place)), !isTaken[Int(place)] else { return false }
          isTaken[Int(place)] = true
        }
        return true
      }, "two have one place")
    guard Invariant.areThorough else { return }
    for index in places.indices {
      for other in before[index] {
        Invariant.dependenciesKept.require(
          places[Int(other)] < places[index],
          "instruction \(index) is at \(places[index]), \(other) at \(places[Int(other)])")
      }
    }
  }

  private func inverted() -> [(engine: Engine, pairs: Int)] {
    var last = [Int32](repeating: -1, count: Engine.allCases.count)
    var pairs = [Int](repeating: 0, count: Engine.allCases.count)
    for index in places.indices where !problem.isOpen(index) {
      let engine = Int(problem.engines[index].rawValue)
      if places[index] < last[engine] { pairs[engine] += 1 }
      last[engine] = places[index]
    }
    return Engine.allCases.map { ($0, pairs[Int($0.rawValue)]) }
  }

  private init(_ problem: Problem, share: Double) {
    self.problem = problem
    let count = problem.nodes.count
    let tensors = problem.sizes.count
    let limits = problem.limits
    waiting = (0..<count).map { Int32(problem.before.range($0).count) }
    ahead = [Int(Double(limits.sbufBytes) * share), limits.psumBytes - limits.bankBytes]
    users = problem.users
    ends = [Double](repeating: 0, count: tensors)
    isAllocated = [Bool](repeating: false, count: tensors)
    ready = Array(repeating: Heap(), count: Self.openList + 1)
    isStuck = [Bool](repeating: false, count: Engine.allCases.count)
    arrival = [Double](repeating: 0, count: count)
    isDone = [Bool](repeating: false, count: count)
    places = [Int32](repeating: 0, count: count)
    order.reserveCapacity(count)
  }

  // MARK: Time

  private mutating func run() {
    for index in waiting.indices where waiting[index] == 0 {
      events.insert(Event(time: 0, index: index))
    }
    var now = 0.0
    while order.count < waiting.count {
      if let next = events.min {
        now = max(now, next.time)
        while let event = events.min, event.time <= now {
          events.removeMin()
          if event.index >= 0 { enter(event.index) }
        }
        freeMemory(until: now)
        while startSome(now) {}
        continue
      }
      // Nothing will happen by itself: memory is full of what waits for memory.
      freeMemory(until: .infinity)
      now = max(now, free.min() ?? 0)
      if !startSome(now) { force(now) }
    }
  }

  /// A ready instruction joins its engine's list, or waits until the window reaches it.
  private mutating func enter(_ index: Int) {
    if isDone[index] { return }
    if turns?.holds(index) == true { return }
    if index >= oldest + Self.window {
      far.insert(index)
      return
    }
    let due = Due(time: problem.latest[index], index: index)
    if problem.isOpen(index) {
      ready[Self.openList].insert(due)
      isStuck[Self.scalar] = false
      isStuck[Self.vector] = false
    } else {
      let engine = Int(problem.engines[index].rawValue)
      ready[engine].insert(due)
      isStuck[engine] = false
    }
  }

  /// Starts what the free engines have, in their order; whether anything started.
  private mutating func startSome(_ now: Double) -> Bool {
    var hasStarted = false
    for engine in free.indices where free[engine] <= now && !isStuck[engine] {
      guard let index = choose(engine, now) else { continue }
      start(index, on: engine, at: max(now, arrival[index]))
      hasStarted = true
    }
    return hasStarted
  }

  /// The engines of an operation whose engine is open; Scalar if both end at the same time.
  private static let scalar = Int(Engine.scalar.rawValue)
  private static let vector = Int(Engine.vector.rawValue)

  /// The instruction that an engine takes next.
  private mutating func choose(_ engine: Int, _ now: Double) -> Int? {
    let usesOpen =
      (engine == Self.vector || engine == Self.scalar) && !ready[Self.openList].isEmpty
      && isBetter(engine, now)
    guard usesOpen || !ready[engine].isEmpty else { return nil }
    skipped.removeAll(keepingCapacity: true)
    var chosen: Int?
    while skipped.count < Self.alternatives {
      var list = engine
      if usesOpen, let open = ready[Self.openList].min,
        ready[engine].min.map({ open < $0 }) ?? true
      {
        list = Self.openList
      }
      guard let due = ready[list].popMin() else { break }
      if isDone[due.index] { continue }
      if hasRoom(due.index) {
        chosen = due.index
        break
      }
      skipped.append((list, due))
    }
    for (list, due) in skipped { ready[list].insert(due) }
    if chosen == nil && !skipped.isEmpty { isStuck[engine] = true }
    return chosen
  }

  /// Whether the first open instruction ends on this engine no later than on the other.
  private func isBetter(_ engine: Int, _ now: Double) -> Bool {
    guard let first = ready[Self.openList].min else { return false }
    func end(_ engine: Int) -> Double {
      max(now, free[engine]) + problem.cost(first.index, on: engine).length
    }
    return (end(Self.vector) < end(Self.scalar) ? Self.vector : Self.scalar) == engine
  }

  // MARK: Memory

  private func hasRoom(_ index: Int) -> Bool {
    var sbuf = 0
    var psum = 0
    for position in problem.touched.range(index) {
      let tensor = Int(problem.touched.values[position])
      if isAllocated[tensor] { continue }
      if problem.isPSUM[tensor] {
        psum += problem.sizes[tensor]
      } else {
        sbuf += problem.sizes[tensor]
      }
    }
    let isOldest = index == oldest
    if sbuf > 0 {
      let most = problem.limits.sbufBytes
      if !isOldest, reach(index) > most { return false }
      if used[0] + sbuf > (isOldest ? most : ahead[0]) { return false }
    }
    return psum == 0 || used[1] + psum <= (isOldest ? problem.limits.psumBytes : ahead[1])
  }

  /// Bytes of SBUF that are taken once an instruction and all before it have their results.
  private func reach(_ index: Int) -> Int {
    let passed = oldest > 0 ? problem.touchedBytes[oldest - 1] : 0
    return used[0] - early + problem.touchedBytes[index] - passed
  }

  private mutating func freeMemory(until now: Double) {
    while let next = returns.min, next.time <= now {
      returns.removeMin()
      used[problem.isPSUM[next.index] ? 1 : 0] -= problem.sizes[next.index]
      for engine in isStuck.indices { isStuck[engine] = false }
    }
  }

  /// Starts the oldest instruction whether there is room or not: all that it waits for has started.
  private mutating func force(_ now: Double) {
    let engine = Int(problem.engines[oldest].rawValue)
    start(oldest, on: engine, at: max(now, free[engine], arrival[oldest]))
  }

  // MARK: Starting

  private mutating func start(_ index: Int, on engine: Int, at start: Double) {
    let cost = problem.cost(index, on: engine)
    var end = start + cost.result
    if problem.isDMA[index] {
      rings = max(rings, start + cost.arrival) + cost.share
      end = rings + cost.result
    }
    free[engine] = start + cost.busy
    events.insert(Event(time: start + cost.busy, index: -1))
    isDone[index] = true
    places[index] = Int32(order.count)
    let node = problem.nodes[index]
    order.append(engine == Self.scalar && problem.isOpen(index) ? node.on(.scalar) : node)
    for position in problem.touched.range(index) {
      use(Int(problem.touched.values[position]), until: end)
    }
    for position in problem.after.range(index) {
      let other = Int(problem.after.values[position])
      waiting[other] -= 1
      arrival[other] = max(arrival[other], end + problem.costs[other].wait)
      if waiting[other] == 0 { events.insert(Event(time: arrival[other], index: other)) }
    }
    if turns != nil {
      for other in turns?.start(index) ?? [] where !isDone[other] {
        events.insert(Event(time: max(start, arrival[other]), index: other))
      }
    }
    if index == oldest {
      for engine in isStuck.indices { isStuck[engine] = false }
      while oldest < isDone.count && isDone[oldest] {
        pass(oldest)
        oldest += 1
      }
    }
    while let next = far.min, next < oldest + Self.window {
      far.removeMin()
      events.insert(Event(time: start, index: next))
    }
  }

  /// The oldest instruction is done: what it touches first is no longer early.
  private mutating func pass(_ index: Int) {
    for position in problem.touched.range(index) {
      let tensor = Int(problem.touched.values[position])
      guard problem.firstTouch[tensor] == Int32(index), !problem.isPSUM[tensor] else { continue }
      early -= problem.sizes[tensor]
    }
  }

  private mutating func use(_ tensor: Int, until end: Double) {
    if !isAllocated[tensor] {
      isAllocated[tensor] = true
      used[problem.isPSUM[tensor] ? 1 : 0] += problem.sizes[tensor]
      if !problem.isPSUM[tensor] { early += problem.sizes[tensor] }
    }
    users[tensor] -= 1
    ends[tensor] = max(ends[tensor], end)
    if users[tensor] == 0 {
      returns.insert(Due(time: ends[tensor], index: tensor))
      events.insert(Event(time: ends[tensor], index: -1))
    }
  }
}
