import Device
import ISA
import Machine
import Programs

/// Tiles that PSUM has no bank for wait in SBUF, sums that go on included: what is left where no order has room.
///
/// `assumed`, in both generations: that such kernels run on the device is known of the second (`BankSaves`), and which tile goes
/// (the one that is needed last, as for SBUF) of neither. Scalar copies, as decoded streams of the second show.
struct BankSpilling {
  /// What was copied.
  struct Spills: Equatable {
    var tiles = 0
    var saved = 0
    var reloaded = 0
  }

  /// A tile of the kernel, and where its value is.
  private struct Tile {
    let banks: Int
    /// Instructions that touch it, and whether they replace all of it.
    var uses: [(index: Int, replaces: Bool)] = []
    /// Which use comes next.
    var at = 0
    /// The tensor in PSUM that has the value, and the one in SBUF that has it or had it.
    var current: Int
    var home: Int?
    var isInside = false
    /// Whether PSUM has something that SBUF has not.
    var isChanged = false
    /// Instructions that have touched it so far.
    var past: [Int] = []
    var last: Int { past.last ?? -1 }
    /// The part that was copied out.
    var box: Rectangle?

    var nextUse: Int { at < uses.count ? uses[at].index : Int.max }
    /// Whether nobody reads the value any more.
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

  /// Adds saves and reloads so that no more tiles are in PSUM at once than it has banks for.
  ///
  /// - Returns: what was saved; `nil` where nothing was, or the author's places or loops leave no choice.
  static func run(_ draft: inout Draft) -> Spills? {
    let isPlaced = draft.tensors.contains {
      $0.space == .psum && ($0.place != nil || $0.hasAliases)
    }
    guard !isPlaced, !draft.nodes.contains(where: \.isBarrier) else { return nil }
    var pass = BankSpilling(draft)
    guard pass.run(), pass.spills.saved > 0 else { return nil }
    pass.spills.tiles = pass.spilled.count
    draft = pass.draft
    return pass.spills
  }

  private init(_ draft: Draft) {
    self.draft = draft
    let bank = draft.limits.bankBytes
    capacity = draft.limits.psumBytes / bank
    for (index, node) in draft.nodes.enumerated() {
      for (tensor, replaces) in draft.touched(node, in: .psum) {
        let banks = (draft.tensors[tensor].freeBytes + bank - 1) / bank
        tiles[tensor, default: Tile(banks: banks, current: tensor)].uses.append((index, replaces))
      }
    }
  }

  // MARK: The walk

  private mutating func run() -> Bool {
    var rewritten: [Node] = []
    for (index, node) in draft.nodes.enumerated() {
      guard let new = visit(index, node) else { return false }
      rewritten.append(new)
    }
    draft.nodes = rewritten.enumerated().flatMap { index, node in
      (before[index] ?? []) + [node] + (after[index] ?? [])
    }
    return true
  }

  private mutating func visit(_ index: Int, _ node: Node) -> Node? {
    let needed = draft.touched(node, in: .psum).map(\.tensor)
    guard !needed.isEmpty else { return node }
    var moved: [Int: Int] = [:]
    for tensor in needed where tiles[tensor]?.isInside == false {
      if let home = tiles[tensor]?.home, readsOnly(node, tensor), tiles[tensor]?.isDead == false {
        moved[tensor] = home
        continue
      }
      guard enter(tensor, index, node, needed) else { return nil }
    }
    for tensor in needed {
      guard var tile = tiles[tensor] else { continue }
      if moved[tensor] == nil && tile.current != tensor { moved[tensor] = tile.current }
      tile.at += 1
      tile.past.append(index)
      if node.operands.contains(where: { $0.isWritten && draft.owner($0.pattern) == tensor }) {
        tile.isChanged = true
      }
      tiles[tensor] = tile
      // A bank is free as soon as nobody reads the value any more.
      if tile.isInside && tile.isDead { leave(tensor) }
    }
    return moved.isEmpty ? node : renamed(node, moved)
  }

  /// Whether an instruction reads a tile through an engine that reads SBUF as well.
  private func readsOnly(_ node: Node, _ tensor: Int) -> Bool {
    node.resolvedEngine != .tensor
      && node.operands.allSatisfy { $0.role == .read || draft.owner($0.pattern) != tensor }
  }

  private mutating func enter(_ tensor: Int, _ index: Int, _ node: Node, _ needed: [Int]) -> Bool {
    guard var tile = tiles[tensor] else { return true }
    while used + tile.banks > capacity {
      var victim: Int?
      for other in inside where !needed.contains(other) && canLeave(other) {
        if victim.map({ nextUse(other) > nextUse($0) }) ?? true { victim = other }
      }
      guard let victim else { return false }
      evict(victim)
    }
    used += tile.banks
    tile.isInside = true
    inside.append(tensor)
    // What comes back, and each further value, has a bank of its own.
    if tile.last >= 0 {
      tile.current = declare(tensor, draft.declaration(tensor).name, .psum)
    }
    if !tile.isDead, let home = tile.home, let box = tile.box {
      before[index, default: []].append(copy(tile.current, home, box, near: node))
      spills.reloaded += 1
    }
    tiles[tensor] = tile
    return true
  }

  /// Whether what a tile has so far can be copied.
  private func canLeave(_ tensor: Int) -> Bool {
    guard let tile = tiles[tensor] else { return false }
    return tile.isDead || !tile.isChanged || draft.filled(tensor, by: tile.past) != nil
  }

  private func nextUse(_ tensor: Int) -> Int { tiles[tensor]?.nextUse ?? Int.max }

  private mutating func evict(_ tensor: Int) {
    leave(tensor)
    guard var tile = tiles[tensor] else { return }
    if tile.isChanged && !tile.isDead, let box = draft.filled(tensor, by: tile.past) {
      tile.box = box
      let home = declare(tensor, "\(draft.declaration(tensor).name).save", .sbuf)
      tile.home = home
      after[tile.last, default: []].append(
        copy(home, tile.current, box, near: draft.nodes[tile.last]))
      spilled.insert(tensor)
      spills.saved += 1
    }
    tile.isChanged = false
    tiles[tensor] = tile
  }

  private mutating func leave(_ tensor: Int) {
    tiles[tensor]?.isInside = false
    inside.removeAll { $0 == tensor }
    used -= tiles[tensor]?.banks ?? 0
  }

  private mutating func declare(_ tensor: Int, _ name: String, _ space: MemorySpace) -> Int {
    let like = draft.declaration(tensor)
    return draft.declare(
      Tensor(
        name: name, space: space, dtype: like.dtype, shape: like.shape, place: nil,
        location: like.location))
  }

  private mutating func copy(_ target: Int, _ source: Int, _ box: Rectangle, near node: Node)
    -> Node
  {
    let operation = TensorCopy(
      dst: draft.part(target, box), src: draft.part(source, box),
      restores: draft.tensors[target].space == .psum)
    return node.spilling(operation, &draft.forms).on(.scalar)
  }

  /// The instruction with its tiles where they are now.
  private func renamed(_ node: Node, _ moved: [Int: Int]) -> Node {
    var changed: [(field: Int, pattern: AccessPattern)] = []
    for operand in node.operands {
      guard let current = moved[draft.owner(operand.pattern)] else { continue }
      var pattern = operand.pattern
      pattern.tensor = TensorID(current)
      changed.append((operand.field, pattern))
    }
    return node.with(changed)
  }
}
