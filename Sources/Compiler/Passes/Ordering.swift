import Device
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
  /// The engines of an operation whose engine is open; the first if both end at the same time.
  private static let open: [Engine] = [.scalar, .vector]

  /// An instruction by when it must start.
  private struct Due: Comparable {
    var time: Double
    var index: Int
    static func < (a: Due, b: Due) -> Bool { (a.time, a.index) < (b.time, b.index) }
  }

  /// What happens at a time: an instruction's inputs are there, or (-1) an engine or memory is free again.
  private typealias Event = Due

  private let draft: Draft
  /// By instruction: what it takes on its engine; behind them what open ones take on Scalar.
  private var costs: [WorkCosts.Cost] = []
  /// By instruction: whether its engine is open, then the position of its cost on Scalar, else -1.
  private var onScalar: [Int32] = []
  private let engines: [Engine]
  private let isDMA: [Bool]
  private let nodes: [Node]
  private let before: Predecessors
  private let after: Predecessors
  private var waiting: [Int32]
  private var latest: [Double] = []
  /// By memory (0 SBUF, 1 PSUM): its size, what work ahead may fill, and what is taken.
  private let capacity: [Int]
  private let ahead: [Int]
  private var used = [0, 0]
  /// Per tensor: instructions that still use it, its bytes, the end of its last use, and whether it has memory.
  private var users: [Int32]
  private var sizes: [Int]
  private var ends: [Double]
  private var isAllocated: [Bool]
  /// Per instruction: the tensors without a place that it touches, in one array.
  private var touched = Predecessors()
  /// Per instruction: bytes of all tensors in SBUF that it and those before it touch first, in the author's order.
  private var touchedBytes: [Int] = []
  /// Per tensor: the instruction that touches it first, or -1.
  private var firstTouch: [Int32]
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
  private static let openList = Engine.allCases.count
  /// Whether delays in the estimate are whole.
  private let isWhole: Bool
  /// Which passes of loops each engine is in; `nil` where loops do not matter.
  private var turns: PassTurns?

  /// Puts the instructions into the order in which their engines start them.
  ///
  /// - Parameters:
  ///   - share: of SBUF, what results may fill that nothing waits for yet.
  ///   - isWhole: whether delays in the estimate are whole.
  ///   - room: what says which passes of loops are one, where engines go through the others one by one.
  /// - Returns: how many instructions that follow one another on an engine in the author's order do not in the new one, by
  ///   engine.
  @discardableResult
  static func run(
    _ draft: inout Draft, share: Double, isWhole: Bool = false, room: LoopRoom? = nil
  ) -> [(engine: Engine, pairs: Int)] {
    var pass = Ordering(draft, share: share, isWhole: isWhole)
    if let room {
      pass.turns = PassTurns(draft, room, lists: Self.openList + 1) { [pass] index in
        pass.isDMA[index]
          ? nil : pass.isOpen(index) ? Self.openList : Int(pass.engines[index].rawValue)
      }
    }
    pass.run()
    draft.nodes = pass.order
    return pass.inverted()
  }

  private func inverted() -> [(engine: Engine, pairs: Int)] {
    var last = [Int32](repeating: -1, count: Engine.allCases.count)
    var pairs = [Int](repeating: 0, count: Engine.allCases.count)
    for index in nodes.indices where !isOpen(index) {
      let engine = Int(engines[index].rawValue)
      if places[index] < last[engine] { pairs[engine] += 1 }
      last[engine] = places[index]
    }
    return Engine.allCases.map { ($0, pairs[Int($0.rawValue)]) }
  }

  private init(_ draft: Draft, share: Double, isWhole: Bool) {
    self.draft = draft
    self.isWhole = isWhole
    nodes = draft.nodes
    engines = nodes.map(\.resolvedEngine)
    isDMA = nodes.map(\.isDMA)
    before = draft.predecessors()
    after = before.reversed
    waiting = (0..<before.count).map { [before] in Int32(before[$0].count) }
    let limits = draft.limits
    capacity = [limits.sbufBytes, limits.psumBytes]
    ahead = [Int(Double(limits.sbufBytes) * share), limits.psumBytes - limits.bankBytes]
    let tensors = draft.tensors
    users = [Int32](repeating: 0, count: tensors.count)
    ends = [Double](repeating: 0, count: tensors.count)
    isAllocated = [Bool](repeating: false, count: tensors.count)
    sizes = tensors.map { tensor in
      let unit = tensor.space == .psum ? limits.bankBytes : limits.alignment
      return (tensor.freeBytes + unit - 1) / unit * unit
    }
    ready = Array(repeating: Heap(), count: Engine.allCases.count + 1)
    isStuck = [Bool](repeating: false, count: Engine.allCases.count)
    arrival = [Double](repeating: 0, count: nodes.count)
    isDone = [Bool](repeating: false, count: nodes.count)
    places = [Int32](repeating: 0, count: nodes.count)
    order.reserveCapacity(nodes.count)
    firstTouch = [Int32](repeating: -1, count: tensors.count)
    touchedBytes.reserveCapacity(nodes.count)
    var bytes = 0
    var own: [Int32] = []
    for (index, node) in nodes.enumerated() {
      own.removeAll(keepingCapacity: true)
      for operand in node.operands {
        let owner = draft.owner(operand.pattern)
        guard tensors[owner].isOnChip, tensors[owner].place == nil, !own.contains(Int32(owner))
        else { continue }
        own.append(Int32(owner))
        users[owner] += 1
        if firstTouch[owner] < 0 {
          firstTouch[owner] = Int32(index)
          if tensors[owner].space == .sbuf { bytes += sizes[owner] }
        }
      }
      touchedBytes.append(bytes)
      if own.count > 1 { own.sort() }
      touched.append(own)
    }
    price()
    latest = latestStarts()
  }

  private mutating func price() {
    var prices = WorkCosts(draft, isWhole: isWhole)
    costs.reserveCapacity(nodes.count)
    var open: [WorkCosts.Cost] = []
    for (index, node) in nodes.enumerated() {
      let isOpen = draft.isOpen(node)
      costs.append(prices.cost(node, on: isOpen ? .vector : engines[index]))
      onScalar.append(isOpen ? Int32(nodes.count + open.count) : -1)
      if isOpen { open.append(prices.cost(node, on: .scalar)) }
    }
    costs += open
  }

  private func isOpen(_ index: Int) -> Bool { onScalar[index] >= 0 }

  private func cost(_ index: Int, on engine: Engine) -> WorkCosts.Cost {
    engine == .scalar && isOpen(index) ? costs[Int(onScalar[index])] : costs[index]
  }

  /// When each instruction must start, so that all after it is in time.
  ///
  /// An instruction is due when the busiest resource has done all work up to there, in the kernel's order: so
  /// passes of a loop follow one another, as captures of fused attention with 1024 tokens show for the two groups
  /// of merged passes, and within reach of each other what has most work behind it goes first.
  private func latestStarts() -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(nodes.count)
    var loads = [Double](repeating: 0, count: Engine.allCases.count)
    var ringLoad = 0.0
    var busiest = 0.0
    for index in nodes.indices {
      let cost = costs[index]
      let engine = Int(engines[index].rawValue)
      loads[engine] += cost.busy
      busiest = max(busiest, loads[engine])
      if isDMA[index] {
        ringLoad += cost.share
        busiest = max(busiest, ringLoad)
      }
      result.append(busiest)
    }
    for index in nodes.indices.reversed() {
      var end = result[index]
      for other in after[index] { end = min(end, result[Int(other)] - costs[Int(other)].wait) }
      result[index] = end - costs[index].length
    }
    return result
  }

  // MARK: Time

  private mutating func run() {
    for index in nodes.indices where waiting[index] == 0 {
      events.insert(Event(time: 0, index: index))
    }
    var now = 0.0
    while order.count < nodes.count {
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
    let due = Due(time: latest[index], index: index)
    if isOpen(index) {
      ready[Self.openList].insert(due)
      for engine in Self.open { isStuck[Int(engine.rawValue)] = false }
    } else {
      let engine = Int(engines[index].rawValue)
      ready[engine].insert(due)
      isStuck[engine] = false
    }
  }

  /// Starts what the free engines have; whether anything started.
  private mutating func startSome(_ now: Double) -> Bool {
    var hasStarted = false
    for engine in Self.turns {
      let number = Int(engine.rawValue)
      guard free[number] <= now, !isStuck[number], let index = choose(engine, now) else { continue }
      start(index, on: engine, at: max(now, arrival[index]))
      hasStarted = true
    }
    return hasStarted
  }

  /// The order in which engines that are free at one time take their instructions.
  private static let turns: [Engine] = [.tensor, .vector, .scalar, .gpsimd, .sync]

  /// The instruction that an engine takes next.
  private mutating func choose(_ engine: Engine, _ now: Double) -> Int? {
    let own = Int(engine.rawValue)
    let usesOpen = Self.open.contains(engine) && isBetter(engine, now)
    var skipped: [(list: Int, due: Due)] = []
    var chosen: Int?
    while skipped.count < Self.alternatives {
      var list = own
      if usesOpen, let open = ready[Self.openList].min,
        ready[own].min.map({ open < $0 }) ?? true
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
    if chosen == nil && !skipped.isEmpty { isStuck[own] = true }
    return chosen
  }

  /// Whether the first open instruction ends on this engine no later than on the other.
  private func isBetter(_ engine: Engine, _ now: Double) -> Bool {
    guard let first = ready[Self.openList].min else { return false }
    func end(_ engine: Engine) -> Double {
      max(now, free[Int(engine.rawValue)]) + cost(first.index, on: engine).length
    }
    return (end(.vector) < end(.scalar) ? .vector : .scalar) == engine
  }

  // MARK: Memory

  private func memory(_ tensor: Int32) -> Int { draft.tensors[Int(tensor)].space == .psum ? 1 : 0 }

  private func hasRoom(_ index: Int) -> Bool {
    let limits = index == oldest ? capacity : ahead
    var needed = (sbuf: 0, psum: 0)
    for tensor in touched[index] where !isAllocated[Int(tensor)] {
      if memory(tensor) == 0 {
        needed.sbuf += sizes[Int(tensor)]
      } else {
        needed.psum += sizes[Int(tensor)]
      }
    }
    if needed.sbuf > 0, index != oldest, reach(index) > capacity[0] { return false }
    return (needed.sbuf == 0 || used[0] + needed.sbuf <= limits[0])
      && (needed.psum == 0 || used[1] + needed.psum <= limits[1])
  }

  /// Bytes of SBUF that are taken once an instruction and all before it have their results.
  private func reach(_ index: Int) -> Int {
    let passed = oldest > 0 ? touchedBytes[oldest - 1] : 0
    return used[0] - early + touchedBytes[index] - passed
  }

  private mutating func freeMemory(until now: Double) {
    while let next = returns.min, next.time <= now {
      returns.removeMin()
      used[memory(Int32(next.index))] -= sizes[next.index]
      for engine in isStuck.indices { isStuck[engine] = false }
    }
  }

  /// Starts the oldest instruction whether there is room or not: all that it waits for has started.
  private mutating func force(_ now: Double) {
    let engine = engines[oldest]
    start(
      oldest, on: engine, at: max(now, free[Int(engine.rawValue)], arrival[oldest]))
  }

  // MARK: Starting

  private mutating func start(_ index: Int, on engine: Engine, at start: Double) {
    let node = nodes[index]
    let cost = cost(index, on: engine)
    var end = start + cost.result
    if isDMA[index] {
      rings = max(rings, start + cost.arrival) + cost.share
      end = rings + cost.result
    }
    free[Int(engine.rawValue)] = start + cost.busy
    events.insert(Event(time: start + cost.busy, index: -1))
    isDone[index] = true
    places[index] = Int32(order.count)
    order.append(isOpen(index) && engine != .vector ? node.on(engine) : node)
    for tensor in touched[index] { use(Int(tensor), until: end) }
    for other in after[index] {
      let other = Int(other)
      waiting[other] -= 1
      arrival[other] = max(arrival[other], end + costs[other].wait)
      if waiting[other] == 0 { events.insert(Event(time: arrival[other], index: other)) }
    }
    for other in turns?.start(index) ?? [] where !isDone[other] {
      events.insert(Event(time: max(start, arrival[other]), index: other))
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
    for tensor in touched[index]
    where firstTouch[Int(tensor)] == Int32(index) && memory(tensor) == 0 {
      early -= sizes[Int(tensor)]
    }
  }

  private mutating func use(_ tensor: Int, until end: Double) {
    if !isAllocated[tensor] {
      isAllocated[tensor] = true
      used[memory(Int32(tensor))] += sizes[tensor]
      if memory(Int32(tensor)) == 0 { early += sizes[tensor] }
    }
    users[tensor] -= 1
    ends[tensor] = max(ends[tensor], end)
    if users[tensor] == 0 {
      returns.insert(Due(time: ends[tensor], index: tensor))
      events.insert(Event(time: ends[tensor], index: -1))
    }
  }
}
