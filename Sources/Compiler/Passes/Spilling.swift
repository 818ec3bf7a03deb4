import ISA
import Machine
import Programs

/// Tiles that SBUF has no room for are saved to HBM and loaded again, as the first generation's compiler does.
///
/// That it does so is documented (nki.compiler: automatic allocation; neuron-explorer's `spill_save_bytes` and
/// `spill_reload_bytes`), how it chooses is not. `assumed` here: whole tiles; of those in SBUF the one that is
/// needed last goes (Belady's rule, which moves the fewest tiles); it is saved after its last use, once for each of
/// its values, and loaded right before its next use. PSUM has no way to HBM and is not spilled.
struct Spilling {
  /// What went to HBM and came back.
  struct Spills: Equatable {
    var tiles = 0
    var saveBytes = 0
    var reloadBytes = 0
  }

  /// A tile of the kernel, and where its value is.
  private struct Tile {
    let tensor: Int
    let bytes: Int
    /// Instructions that touch it, and whether they replace all of it.
    var uses: [(index: Int, replaces: Bool)] = []
    /// Which use comes next.
    var at = 0
    /// The tensor in SBUF that has the value, and the one in HBM that has it or had it.
    var current: Int
    var home: Int?
    var isInside = false
    /// Whether SBUF has something that HBM has not.
    var isChanged = false
    /// Position of the last use so far; -1 before the first.
    var last = -1
    var reloads = 0

    var nextUse: Int { at < uses.count ? uses[at].index : Int.max }
    /// Whether nobody reads the value any more: the next use, if there is one, replaces it.
    var isDead: Bool { at >= uses.count || uses[at].replaces }
  }

  private var draft: Draft
  private let capacity: Int
  private var tiles: [Int: Tile] = [:]
  private var inside: [Int] = []
  private var used = 0
  private var before: [Int: [Node]] = [:]
  private var after: [Int: [Node]] = [:]
  private var spilled: Set<Int> = []
  private var spills = Spills()

  /// Adds saves and reloads, so that no more than `capacity` bytes of a partition are in use at once.
  ///
  /// - Returns: what was spilled; `nil` if one instruction's own tiles, or those that the author placed, leave no
  ///   room.
  static func run(_ draft: inout Draft, capacity: Int) -> Spills? {
    let isPlaced = draft.tensors.contains { $0.space == .sbuf && $0.place != nil }
    let hasLoops = draft.nodes.contains { $0.isBarrier }
    guard !isPlaced, !hasLoops else { return nil }
    var pass = Spilling(draft, capacity)
    guard pass.run() else { return nil }
    pass.spills.tiles = pass.spilled.count
    draft = pass.draft
    return pass.spills
  }

  private init(_ draft: Draft, _ capacity: Int) {
    self.draft = draft
    self.capacity = capacity
    for (index, node) in draft.nodes.enumerated() {
      for (tensor, replaces) in draft.touched(node, in: .sbuf) {
        tiles[
          tensor,
          default: Tile(
            tensor: tensor,
            bytes: roundedUp(draft.tensors[tensor].freeBytes, draft.limits.alignment),
            current: tensor)
        ].uses.append((index, replaces))
      }
    }
  }

  // MARK: The walk

  private mutating func run() -> Bool {
    var rewritten: [Node] = []
    let nodes = draft.nodes
    for (index, node) in nodes.enumerated() {
      guard let new = visit(index, node) else { return false }
      rewritten.append(new)
    }
    draft.nodes = rewritten.enumerated().flatMap { index, node in
      (before[index] ?? []) + [node] + (after[index] ?? [])
    }
    return true
  }

  private mutating func visit(_ index: Int, _ node: Node) -> Node? {
    let needed = draft.touched(node, in: .sbuf).map(\.tensor)
    for tensor in needed where tiles[tensor]?.isInside == false {
      guard enter(tensor, index, node, needed) else { return nil }
    }
    let written = Set(node.operands.filter(\.isWritten).map { draft.owner($0.pattern) })
    var moved: [Int: Int] = [:]
    for tensor in needed {
      guard var tile = tiles[tensor] else { continue }
      if tile.current != tensor { moved[tensor] = tile.current }
      tile.at += 1
      tile.last = index
      if written.contains(tensor) { tile.isChanged = true }
      tiles[tensor] = tile
      if tile.nextUse == Int.max { leave(tensor) }
    }
    return moved.isEmpty ? node : renamed(node, moved)
  }

  private mutating func enter(
    _ tensor: Int, _ index: Int, _ node: Node, _ needed: [Int]
  ) -> Bool {
    guard var tile = tiles[tensor] else { return true }
    while used + tile.bytes > capacity {
      var victim: Int?
      for other in inside where !needed.contains(other) {
        if victim.map({ nextUse(other) > nextUse($0) }) ?? true { victim = other }
      }
      guard let victim else { return false }
      evict(victim)
    }
    used += tile.bytes
    tile.isInside = true
    inside.append(tensor)
    if tile.last >= 0 {
      tile.reloads += 1
      let like = draft.declaration(tensor)
      tile.current = declare(tensor, "\(like.name).reload\(tile.reloads)", .sbuf)
      if !tile.isDead, let home = tile.home {
        let reload = copy(tile.current, home, near: node)
        before[index, default: []].append(reload)
        spills.reloadBytes += like.bytes
      }
    }
    tiles[tensor] = tile
    return true
  }

  private func nextUse(_ tensor: Int) -> Int { tiles[tensor]?.nextUse ?? Int.max }

  private mutating func evict(_ tensor: Int) {
    leave(tensor)
    guard var tile = tiles[tensor] else { return }
    if tile.isChanged && !tile.isDead {
      let like = draft.declaration(tensor)
      let home = tile.home ?? declare(tensor, "\(like.name).spill", .hbm)
      tile.home = home
      let save = copy(home, tile.current, near: draft.nodes[tile.last])
      after[tile.last, default: []].append(save)
      spilled.insert(tensor)
      spills.saveBytes += like.bytes
    }
    tile.isChanged = false
    tiles[tensor] = tile
  }

  private mutating func leave(_ tensor: Int) {
    tiles[tensor]?.isInside = false
    inside.removeAll { $0 == tensor }
    used -= tiles[tensor]?.bytes ?? 0
  }

  private mutating func declare(_ tensor: Int, _ name: String, _ space: MemorySpace) -> Int {
    let like = draft.declaration(tensor)
    return draft.declare(
      Tensor(
        name: name, space: space, dtype: like.dtype, shape: like.shape, place: nil,
        location: like.location))
  }

  /// A DMA of a whole tile, with descriptors that the host prepared: where tiles lie is known before the kernel
  /// runs.
  private mutating func copy(_ target: Int, _ source: Int, near node: Node) -> Node {
    let operation = DMACopy(dst: draft.whole(target), src: draft.whole(source), dgeMode: .none)
    return node.spilling(operation, &draft.forms)
  }

  /// The instruction with its tiles where they are now.
  private mutating func renamed(_ node: Node, _ moved: [Int: Int]) -> Node {
    var changed: [(field: Int, pattern: AccessPattern)] = []
    for operand in node.operands {
      guard let current = moved[draft.owner(operand.pattern)] else { continue }
      var pattern = operand.pattern
      pattern.tensor = TensorID(draft.alias(of: current, like: Int(pattern.tensor.index)))
      changed.append((operand.field, pattern))
    }
    return node.with(changed)
  }
}
