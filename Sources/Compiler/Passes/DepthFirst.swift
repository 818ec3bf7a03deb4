import ISA

/// Instructions in the order of the results that leave the core, each behind all that it needs and nothing else.
///
/// Compilers go depth first along chains of accumulation: a decoded stream of the second generation runs the loop over a
/// product's summands inside the loop over products, where the source has them the other way round. So a kernel that
/// clears, sums up and stores many tiles one phase after the other has few of them at a time: a public tuning grid of the
/// tutorial's blocked matmul runs on the device in all its settings, and the author's order has no room for most of them.
///
/// `assumed`: where the author's order has room it stays (ACCURACY 70).
struct DepthFirst {
  /// Puts each instruction that writes HBM behind what it needs.
  ///
  /// - Returns: how many instructions have another place.
  static func run(_ draft: inout Draft) -> Int {
    guard !draft.hasOwnDependencies else { return 0 }
    let before = draft.predecessors()
    var isDone = [Bool](repeating: false, count: draft.nodes.count)
    var order: [Int32] = []
    order.reserveCapacity(draft.nodes.count)
    var open: [Int32] = []
    func finish(_ index: Int) {
      guard !isDone[index] else { return }
      let start = order.count
      isDone[index] = true
      open.append(Int32(index))
      while let next = open.popLast() {
        order.append(next)
        for other in before[Int(next)] where !isDone[Int(other)] {
          isDone[Int(other)] = true
          open.append(other)
        }
      }
      // What an instruction must follow is before it in the author's order.
      order[start...].sort()
    }
    for (index, node) in draft.nodes.enumerated() {
      let leaves = node.operands.contains { $0.isWritten && !draft.facts($0.pattern).isOnChip }
      if leaves || node.isBarrier { finish(index) }
    }
    for index in draft.nodes.indices { finish(index) }
    let moved = order.enumerated().count { $0.offset != Int($0.element) }
    draft.nodes = order.map { [draft] in draft.nodes[Int($0)] }
    return moved
  }
}
