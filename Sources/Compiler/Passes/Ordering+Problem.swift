import Device
import ISA
import Machine

extension Ordering {
  /// What a draft's instructions take, whom they wait for and what they touch: the same however much of the memory work ahead may
  /// fill.
  struct Problem {
    let nodes: [Node]
    let limits: MemoryLimits
    let engines: [Engine]
    let isDMA: [Bool]
    let before: Predecessors
    let after: Predecessors
    /// By instruction: what it takes on its engine; behind them what open ones take on Scalar.
    private(set) var costs: [WorkCosts.Cost] = []
    /// By instruction: whether its engine is open, then the position of its cost on Scalar, else -1.
    private var onScalar: [Int32] = []
    /// By instruction: when it must start, so that all after it is in time.
    private(set) var latest: [Double] = []
    /// By tensor: its bytes, its memory, how many instructions touch it and which of them first (-1 for none).
    let sizes: [Int]
    let isPSUM: [Bool]
    private(set) var users: [Int32]
    private(set) var firstTouch: [Int32]
    /// By instruction: the tensors without a place that it touches, in one array.
    private(set) var touched = Predecessors()
    /// By instruction: bytes of all tensors in SBUF that it and those before it touch first, in the author's order.
    private(set) var touchedBytes: [Int] = []

    /// - Parameter isWhole: whether delays in the estimate are whole.
    init(_ draft: Draft, isWhole: Bool) {
      nodes = draft.nodes
      let limits = draft.limits
      self.limits = limits
      engines = nodes.map(\.resolvedEngine)
      isDMA = nodes.map(\.isDMA)
      before = draft.predecessors()
      after = before.reversed
      sizes = draft.tensors.map { tensor in
        roundedUp(tensor.freeBytes, tensor.space == .psum ? limits.bankBytes : limits.alignment)
      }
      isPSUM = draft.tensors.map { $0.space == .psum }
      users = [Int32](repeating: 0, count: sizes.count)
      firstTouch = [Int32](repeating: -1, count: sizes.count)
      touch(draft)
      price(draft, isWhole: isWhole)
      latest = latestStarts()
    }

    /// Whether the engine of an instruction is open: Vector, or Scalar.
    func isOpen(_ index: Int) -> Bool { onScalar[index] >= 0 }

    /// What an instruction takes on an engine, by its number.
    func cost(_ index: Int, on engine: Int) -> WorkCosts.Cost {
      engine == Int(Engine.scalar.rawValue) && isOpen(index)
        ? costs[Int(onScalar[index])] : costs[index]
    }

    private mutating func touch(_ draft: Draft) {
      touchedBytes.reserveCapacity(nodes.count)
      touched.reserveCapacity(nodes.count)
      var bytes = 0
      var own: [Int32] = []
      for (index, node) in nodes.enumerated() {
        own.removeAll(keepingCapacity: true)
        for operand in node.operands {
          let owner = draft.owner(operand.pattern)
          guard draft.tensors[owner].isOnChip, draft.tensors[owner].place == nil,
            !own.contains(Int32(owner))
          else { continue }
          own.append(Int32(owner))
          users[owner] += 1
          if firstTouch[owner] < 0 {
            firstTouch[owner] = Int32(index)
            if !isPSUM[owner] { bytes += sizes[owner] }
          }
        }
        touchedBytes.append(bytes)
        if own.count > 1 { own.sort() }
        touched.append(own)
      }
    }

    private mutating func price(_ draft: Draft, isWhole: Bool) {
      var prices = WorkCosts(draft, isWhole: isWhole)
      costs.reserveCapacity(nodes.count)
      onScalar.reserveCapacity(nodes.count)
      var open: [WorkCosts.Cost] = []
      for (index, node) in nodes.enumerated() {
        let isOpen = draft.isOpen(node)
        costs.append(prices.cost(node, on: isOpen ? .vector : engines[index]))
        onScalar.append(isOpen ? Int32(nodes.count + open.count) : -1)
        if isOpen { open.append(prices.cost(node, on: .scalar)) }
      }
      costs += open
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
        for position in after.range(index) {
          let other = Int(after.values[position])
          end = min(end, result[other] - costs[other].wait)
        }
        result[index] = end - costs[index].length
      }
      return result
    }
  }
}
