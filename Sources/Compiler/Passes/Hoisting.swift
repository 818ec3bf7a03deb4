import Device
import Formats
import ISA
import Machine
import Programs

/// Work that every pass of a loop does alike is done once, before the loop.
///
/// The vendor's compiler has such a pass (`NeuronLICM` in the logs of public issues, aws-neuron-sdk 803 and 948).
/// A kernel's trace has the passes one after the other, so the first one's result serves the others: the same
/// line, in the same pass of all loops around the innermost, with operands that nothing has written since. Only
/// tiles in SBUF are kept that long.
struct Hoisting {
  /// Operations that were seen to be hoisted, or that work like those.
  private static let hoisted: Set<Opcode> = [
    .tensorCopy, .tensorTensor, .tensorScalar, .scalarTensorTensor, .activation, .tensorReduce,
    .reciprocal, .memset, .iota, .affineSelect, .tensorTensorScan, .dmaCopy,
  ]
  private static let isHoisted = (0...UInt8.max).map { code in
    Opcode(rawValue: code).map(hoisted.contains) ?? false
  }

  /// Work that was done, and the tile that has its result.
  private final class Result {
    let node: Node
    let target: Node.Operand
    /// The pass of all loops around the innermost.
    let outer: Int32
    var tile: Int
    /// How often each operand had been written then.
    var versions: [Int32]
    /// Other work with the same hash.
    let next: Result?

    init(_ work: Work, tile: Int, versions: [Int32], next: Result?) {
      (node, target, outer) = (work.node, work.target, work.outer)
      self.tile = tile
      self.versions = versions
      self.next = next
    }
  }

  /// An instruction that may be done already.
  private struct Work {
    let node: Node
    let target: Node.Operand
    let outer: Int32

    /// Equal for the same work.
    var hash: PlainHash {
      var hash = PlainHash()
      hash.combine(Int(node.line))
      hash.combine(Int(outer))
      hash.combine(Int(node.form))
      for operand in node.operands where operand.field != target.field {
        hash.combine(Int(operand.pattern.tensor.index))
        hash.combine(operand.pattern.offset)
      }
      return hash
    }
  }

  /// How often each tensor is written in all, and has been so far.
  private var writers: [Int32]
  private var versions: [Int32]
  private var known: [PlainHash: Result] = [:]
  /// Tiles whose work is left out, and whose result they have instead.
  private var same: [Int: Int] = [:]

  /// The draft without what an earlier pass of the same loop has computed.
  static func run(_ draft: inout Draft) {
    var pass = Hoisting(draft)
    pass.run(&draft)
  }

  private init(_ draft: Draft) {
    writers = [Int32](repeating: 0, count: draft.tensors.count)
    versions = writers
    for node in draft.nodes {
      for operand in node.operands where operand.isWritten {
        writers[draft.owner(operand.pattern)] += 1
      }
    }
  }

  private mutating func run(_ draft: inout Draft) {
    var kept: [Node] = []
    kept.reserveCapacity(draft.nodes.count)
    for node in draft.nodes {
      // What goes round a dynamic loop has other operands when it comes back.
      if node.isBarrier { known.removeAll() }
      let node = renamed(node, draft)
      if let target = target(node, draft) {
        let work = Work(
          node: node, target: target, outer: draft.head.scopes[Int(node.scope)].parent)
        let now = node.operands.filter { !$0.isWritten }.map { versions[draft.owner($0.pattern)] }
        let tile = draft.owner(target.pattern)
        let hash = work.hash
        let first = known[hash]
        if let found = find(work, first, draft) {
          if found.versions == now {
            same[tile] = found.tile
            continue
          }
          found.tile = tile
          found.versions = now
        } else {
          known[hash] = Result(work, tile: tile, versions: now, next: first)
        }
      }
      for operand in node.operands where operand.isWritten {
        versions[draft.owner(operand.pattern)] += 1
      }
      kept.append(node)
    }
    draft.nodes = kept
  }

  /// The operand that an instruction makes, if nothing else writes it and doing so has no other effect.
  private func target(_ node: Node, _ draft: Draft) -> Node.Operand? {
    guard Self.isHoisted[Int(node.opcode.rawValue)], node.scope >= 0, node.label == nil,
      !node.isStateful, !node.isIndirect,
      let target = node.operands.first(where: \.isWritten),
      !node.operands.contains(where: { $0.isWritten && $0.field != target.field })
    else { return nil }
    let tile = draft.owner(target.pattern)
    guard draft.tensors[tile].space == .sbuf, !draft.tensors[tile].hasAliases, writers[tile] == 1
    else { return nil }
    let isFree = node.operands.allSatisfy { operand in
      !operand.pattern.isDynamic && draft.facts(operand.pattern).place == nil
    }
    return isFree ? target : nil
  }

  /// The result of the same work, of those with its hash.
  private func find(_ work: Work, _ first: Result?, _ draft: Draft) -> Result? {
    var next = first
    while let known = next {
      if known.outer == work.outer && isSame(work, known, draft) { return known }
      next = known.next
    }
    return nil
  }

  /// Whether two do the same to the same operands; their results may go to different tensors of one type and shape.
  private func isSame(_ work: Work, _ known: Result, _ draft: Draft) -> Bool {
    let (a, b) = (work.node, known.node)
    guard a.line == b.line, a.engine == b.engine, a.form == b.form,
      work.target.field == known.target.field, a.operands.count == b.operands.count
    else { return false }
    for (one, other) in zip(a.operands, b.operands) {
      var pattern = other.pattern
      if one.field == work.target.field { pattern.tensor = one.pattern.tensor }
      guard one.field == other.field, one.pattern == pattern else { return false }
    }
    let mine = draft.owner(work.target.pattern)
    let theirs = draft.owner(known.target.pattern)
    return draft.head.tensors[mine].dtype == draft.head.tensors[theirs].dtype
      && draft.head.tensors[mine].shape == draft.head.tensors[theirs].shape
  }

  private func renamed(_ node: Node, _ draft: Draft) -> Node {
    guard !same.isEmpty else { return node }
    var changed: [(field: Int, pattern: AccessPattern)] = []
    for operand in node.operands {
      guard let tile = same[draft.owner(operand.pattern)] else { continue }
      var pattern = operand.pattern
      pattern.tensor = TensorID(tile)
      changed.append((operand.field, pattern))
    }
    return changed.isEmpty ? node : node.with(changed)
  }
}

/// A hash of whole numbers that costs little; who uses it compares what it finds.
struct PlainHash: Hashable {
  private var state: UInt64 = 0

  mutating func combine(_ value: Int) {
    state = (state ^ UInt64(bitPattern: Int64(value))) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 29
  }
}
