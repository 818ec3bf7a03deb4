import Device
import ISA
import Machine
import Programs

/// PSUM holds a tile per bank, whatever its size: tiles that find no bank wait in SBUF, all their values.
///
/// Decoded streams of two second-generation MoE kernels declare twenty tiles of 128 float32 before their loop over eight experts.
/// On the device two or three of them keep a bank. Of the others every value is copied out by Scalar once it is whole
/// (`SpillTensorCopy`), its readers read the copy, and before the next value begins the old one is copied back
/// (`ReloadTensorCopy`), although a MEMSET replaces it. That is a register allocator's spilling of whole tiles: 290 and 332 copies
/// there (64 of 262 µs, 74 of 990 µs), 270 here. Where other tiles come between that MEMSET and the first product the zeros make the
/// same trip on the device, and not here. What is kept free for the values that pass through is `assumed` from there: as many
/// banks as tiles are summed up at a time, and two.
struct BankSaves {
  /// What was copied.
  struct Saves: Equatable {
    var tiles = 0
    var saved = 0
    var reloaded = 0
  }

  /// Banks for values on their way, beside those that are summed up.
  private static let passing = 2

  /// One value of a tile: a tensor of its own.
  private struct Value {
    var tensor: Int
    /// Instructions that touch it, in order; the first that writes it, and the last.
    var uses: [Int] = []
    var firstWrite = Int.max
    var lastWrite = -1
    /// What its writes have together, if that has no holes.
    var written: Rectangle?

    mutating func note(_ index: Int, _ operand: Node.Operand) {
      if uses.last != index { uses.append(index) }
      guard operand.isWritten else { return }
      firstWrite = min(firstWrite, index)
      lastWrite = index
    }
  }

  /// A declared tile, with its values in order.
  private struct Tile {
    let banks: Int
    var values: [Value] = []
    var first: Int { values.first?.uses.first ?? 0 }
    var last: Int { values.last?.uses.last ?? 0 }
  }

  private var draft: Draft
  private let capacity: Int
  private var tiles: [Tile] = []
  private var before: [Int: [Node]] = [:]
  private var after: [Int: [Node]] = [:]
  /// By tensor: positions of uses from which on it is another one.
  private var moves: [Int: [(from: Int, tensor: Int)]] = [:]
  private var saves = Saves()

  /// Adds saves and reloads where more tiles are in use at once than PSUM has banks.
  ///
  /// - Returns: what was saved; `nil` where nothing was, or the author's places or loops leave no choice.
  static func run(_ draft: inout Draft) -> Saves? {
    let isPlaced = draft.tensors.contains {
      $0.space == .psum && ($0.place != nil || $0.hasAliases)
    }
    guard !isPlaced, !draft.nodes.contains(where: \.isBarrier) else { return nil }
    var pass = BankSaves(draft)
    pass.collect()
    for tile in pass.victims() { pass.spill(tile) }
    guard pass.saves.saved > 0 else { return nil }
    pass.rewrite()
    draft = pass.draft
    return pass.saves
  }

  private init(_ draft: Draft) {
    self.draft = draft
    capacity = draft.limits.psumBytes / draft.limits.bankBytes
  }

  // MARK: Tiles

  private mutating func collect() {
    var positions: [Int: (tile: Int, value: Int)] = [:]
    var numbers: [Int: Int] = [:]
    for (index, node) in draft.nodes.enumerated() {
      for operand in node.operands {
        let tensor = draft.owner(operand.pattern)
        let facts = draft.tensors[tensor]
        guard facts.space == .psum else { continue }
        let number = numbers[facts.tile] ?? tiles.count
        if number == tiles.count {
          numbers[facts.tile] = number
          tiles.append(
            Tile(banks: roundedUp(facts.freeBytes, draft.limits.bankBytes) / draft.limits.bankBytes)
          )
        }
        let position = positions[tensor] ?? (number, tiles[number].values.count)
        if positions[tensor] == nil {
          positions[tensor] = position
          tiles[number].values.append(Value(tensor: tensor))
        }
        tiles[number].values[position.value].note(index, operand)
      }
    }
    for tile in tiles.indices {
      for (position, value) in tiles[tile].values.enumerated() {
        tiles[tile].values[position].written = draft.filled(value.tensor, by: value.uses)
      }
    }
  }

  /// The tiles that keep no bank: of those in use where there are too many, those that are needed longest.
  private func victims() -> [Int] {
    let order = tiles.indices.sorted { (tiles[$0].first, $0) < (tiles[$1].first, $1) }
    let free = min(capacity, mostWritten() + Self.passing)
    var kept: [Int] = []
    var spilled: [Int] = []
    // The last use of any tile that was spilled.
    var until = -1
    for tile in order {
      let now = tiles[tile].first
      kept.removeAll { tiles[$0].last < now }
      kept.append(tile)
      func taken() -> Int {
        kept.reduce(0) { $0 + tiles[$1].banks } + (until >= now ? free : 0)
      }
      while taken() > capacity {
        var victim: Int?
        for other in kept where isWhole(other) {
          if victim.map({ tiles[other].last > tiles[$0].last }) ?? true { victim = other }
        }
        guard let victim else { break }
        kept.removeAll { $0 == victim }
        spilled.append(victim)
        until = max(until, tiles[victim].last)
      }
    }
    return spilled.sorted()
  }

  /// Whether all values of a tile can be copied.
  private func isWhole(_ tile: Int) -> Bool {
    tiles[tile].values.allSatisfy { value in
      value.written != nil
        && value.uses.allSatisfy {
          $0 <= value.lastWrite || readsOnly(draft.nodes[$0], value.tensor)
        }
    }
  }

  /// Banks of the values that are being written at once, at most.
  private func mostWritten() -> Int {
    var changes: [(at: Int, by: Int)] = []
    for tile in tiles {
      for value in tile.values where value.lastWrite >= 0 {
        changes.append((value.firstWrite, tile.banks))
        changes.append((value.lastWrite + 1, -tile.banks))
      }
    }
    changes.sort { ($0.at, $0.by) < ($1.at, $1.by) }
    var now = 0
    var most = 0
    for change in changes {
      now += change.by
      most = max(most, now)
    }
    return most
  }

  /// Whether an instruction reads a tile through an engine that reads SBUF as well.
  private func readsOnly(_ node: Node, _ tensor: Int) -> Bool {
    node.operands.allSatisfy { $0.role == .read || draft.owner($0.pattern) != tensor }
  }

  // MARK: Copies

  private mutating func spill(_ tile: Int) {
    var home: (tensor: Int, box: Rectangle)?
    saves.tiles += 1
    for value in tiles[tile].values {
      draft.separate(value.tensor)
      guard let box = value.written, let first = value.uses.first else { continue }
      if let old = home {
        copy(value.tensor, old.tensor, old.box, before: first)
        saves.reloaded += 1
      }
      home = nil
      guard value.uses.contains(where: { $0 > value.lastWrite }) else { continue }
      let saved = save(value.tensor, box, after: value.lastWrite)
      moves[value.tensor, default: []].append((value.lastWrite + 1, saved))
      home = (saved, box)
    }
  }

  private mutating func save(_ source: Int, _ box: Rectangle, after index: Int) -> Int {
    let home = declare(source, "\(draft.declaration(source).name).save", .sbuf)
    let node = copying(home, source, box, near: draft.nodes[index])
    after[index, default: []].append(node)
    saves.saved += 1
    return home
  }

  private mutating func copy(_ target: Int, _ source: Int, _ box: Rectangle, before index: Int) {
    let node = copying(target, source, box, near: draft.nodes[index])
    before[index, default: []].append(node)
  }

  private mutating func copying(
    _ target: Int, _ source: Int, _ box: Rectangle, near node: Node
  ) -> Node {
    let operation = TensorCopy(
      dst: draft.part(target, box), src: draft.part(source, box),
      restores: draft.tensors[target].space == .psum)
    return node.spilling(operation, &draft.forms).on(.scalar)
  }

  private mutating func declare(_ tensor: Int, _ name: String, _ space: MemorySpace) -> Int {
    let like = draft.declaration(tensor)
    return draft.declare(
      Tensor(
        name: name, space: space, dtype: like.dtype, shape: like.shape, place: nil,
        location: like.location))
  }

  /// Puts the copies in, and each use of a tile where its value is.
  private mutating func rewrite() {
    var rewritten: [Node] = []
    rewritten.reserveCapacity(draft.nodes.count + saves.saved + saves.reloaded)
    for (index, node) in draft.nodes.enumerated() {
      rewritten += before[index] ?? []
      rewritten.append(
        node.changing { pattern in
          guard let found = moves[Int(pattern.tensor.index)]?.last(where: { $0.from <= index })
          else {
            return false
          }
          pattern.tensor = TensorID(found.tensor)
          return true
        })
      rewritten += after[index] ?? []
    }
    draft.nodes = rewritten
  }
}
