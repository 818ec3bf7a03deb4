import Formats
import ISA
import Machine

/// Loads of bytes that an earlier tile still has go.
///
/// Builds of AWS's own second-generation kernels read less than their sources ask for (published bytes and DMA counts):
///
/// * a load counts as repeated if the same bytes of HBM went into a tile that nothing else has written: nine weights in
///   nine tiles are kept, nine weights through one tile are loaded 4464 times;
/// * what is far behind is loaded again. Here "far" is what other tiles have taken since: the bytes of a partition that
///   tiles take as they come, each once. A tile is found again within 92 KiB (all weights of the fused norm and
///   projection; x_t of matmul, subtract, multiply, relu v2 in two passes of three) and not behind 136 KiB (in every third).
///
/// 5/8 of SBUF (130 KiB of trn2) lies between the two. Some builds do not follow the rule: ACCURACY 68.
struct RedundantLoads {
  /// The share of SBUF that may be taken before a tile counts as gone.
  private static let share = 0.625

  /// What makes two loads the same.
  private struct Load: Hashable {
    var source: AccessPattern
    /// How often the source had been written.
    var version: Int32
    /// The part of its tile that it fills, without the tile.
    var target: AccessPattern
    var type: UInt8
    var partitions: Int
    var freeElements: Int
    /// Dimensions that a transpose exchanges; empty for copies.
    var axes: [Int]
    var isTranspose: Bool

    /// Of what loads of one kernel differ in.
    func hash(into hasher: inout Hasher) {
      hasher.combine(source.tensor)
      hasher.combine(source.offset)
      hasher.combine(version)
    }
  }

  /// A tile that has some bytes, and what had been taken when it got them.
  private struct Held {
    var tensor: Int
    var taken: Int
  }

  /// Leaves out what need not be loaded again.
  ///
  /// - Returns: how many loads went.
  static func run(_ draft: inout Draft) -> Int {
    guard !draft.hasOwnDependencies else { return 0 }
    let reach = Int(Double(draft.limits.sbufBytes) * share)
    var writers = [Int32](repeating: 0, count: draft.tensors.count)
    for node in draft.nodes {
      for operand in node.operands where operand.isWritten {
        writers[draft.owner(operand.pattern)] += 1
      }
    }
    var versions = [Int32](repeating: 0, count: draft.tensors.count)
    var isTaken = [Bool](repeating: false, count: draft.tensors.count)
    var same = Array(0..<Int32(draft.tensors.count))
    var held: [Load: Held] = [:]
    var taken = 0
    var kept: [Node] = []
    kept.reserveCapacity(draft.nodes.count)
    for node in draft.nodes {
      // What goes round a dynamic loop, or waits for other cores, finds other bytes.
      if node.isBarrier { held.removeAll(keepingCapacity: true) }
      if let (load, tensor) = load(node, draft, writers, versions) {
        if let found = held[load], taken - found.taken <= reach {
          same[tensor] = Int32(found.tensor)
          continue
        }
        held[load] = Held(tensor: tensor, taken: taken)
      }
      var changed: [(field: Int, pattern: AccessPattern)] = []
      for operand in node.operands {
        let tensor = Int(operand.pattern.tensor.index)
        let owner = draft.tensors[tensor].owner
        if operand.isWritten { versions[owner] += 1 }
        if Int(same[tensor]) != tensor {
          var pattern = operand.pattern
          pattern.tensor = TensorID(Int(same[tensor]))
          changed.append((operand.field, pattern))
        } else if !isTaken[owner], draft.tensors[owner].space == .sbuf {
          isTaken[owner] = true
          taken += roundedUp(draft.tensors[owner].freeBytes, draft.limits.alignment)
        }
      }
      kept.append(changed.isEmpty ? node : node.with(changed))
    }
    let removed = draft.nodes.count - kept.count
    draft.nodes = kept
    return removed
  }

  /// What an instruction loads, and into which tile, if it is a load from HBM that makes all that its tile has.
  private static func load(
    _ node: Node, _ draft: Draft, _ writers: [Int32], _ versions: [Int32]
  ) -> (load: Load, tensor: Int)? {
    guard node.opcode == .dmaCopy || node.opcode == .dmaTranspose, node.label == nil,
      node.operands.count == 2
    else { return nil }
    var target = node.operands[0].pattern
    let source = node.operands[1].pattern
    let tensor = Int(target.tensor.index)
    let facts = draft.tensors[tensor]
    guard facts.space == .sbuf, facts.place == nil, facts.owner == tensor, !facts.hasAliases,
      writers[tensor] == 1, !draft.facts(source).isOnChip, !source.isDynamic, !target.isDynamic
    else { return nil }
    target.tensor = TensorID(0)
    let axes =
      node.opcode == .dmaTranspose ? (node.operation as? DMATranspose)?.axes ?? [] : []
    return (
      Load(
        source: source, version: versions[draft.owner(source)], target: target,
        type: draft.declaration(tensor).dtype.rawValue, partitions: facts.partitions,
        freeElements: facts.freeElements, axes: axes, isTranspose: node.opcode == .dmaTranspose),
      tensor
    )
  }
}
