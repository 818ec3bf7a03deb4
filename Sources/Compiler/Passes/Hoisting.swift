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
  private static let hoisted: Set<Opcode> = [
    .tensorCopy, .tensorTensor, .tensorScalar, .scalarTensorTensor, .activation, .tensorReduce,
    .reciprocal, .memset, .iota, .affineSelect, .tensorTensorScan, .dmaCopy,
  ]

  /// What makes two instructions the same work.
  private struct Work: Hashable {
    var line: Int32
    /// The pass of all loops around the innermost.
    var outer: Int32
    var engine: UInt8
    /// The operation, with its result's tensor left out.
    var operation: AnyHashable
    var targetType: Int
    var targetShape: [Int]
  }

  /// A tile that holds the result of some work, and how often each operand had been written then.
  private struct Result {
    var tile: Int
    var versions: [Int32]
  }

  /// How often each tensor is written in all, and has been so far.
  private var writers: [Int32]
  private var versions: [Int32]
  private var known: [Work: Result] = [:]
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
        let work = work(node, target, draft)
        let now = node.operands.filter { !$0.isWritten }.map { versions[draft.owner($0.pattern)] }
        let tile = draft.owner(target.pattern)
        if let found = known[work], found.versions == now {
          same[tile] = found.tile
          continue
        }
        known[work] = Result(tile: tile, versions: now)
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
    guard Self.hoisted.contains(node.opcode), node.scope >= 0, node.label == nil, !node.isStateful,
      let target = node.operands.first(where: { $0.field == node.opcode.fieldIndex("dst") }),
      node.pattern("reduce_res") == nil, node.pattern("vector_offset") == nil,
      node.pattern("scalar_offset") == nil
    else { return nil }
    let tile = draft.owner(target.pattern)
    guard draft.tensors[tile].space == .sbuf, !draft.tensors[tile].hasAliases, writers[tile] == 1
    else { return nil }
    let isFree = node.operands.allSatisfy { operand in
      !operand.pattern.isDynamic && draft.facts(operand.pattern).place == nil
    }
    return isFree ? target : nil
  }

  private func work(_ node: Node, _ target: Node.Operand, _ draft: Draft) -> Work {
    var pattern = target.pattern
    pattern.tensor = TensorID(0)
    var operation = node.operation
    let fits = operation.setField(target.field, to: .tile(pattern))
    precondition(fits, "a pattern in the place of a pattern")
    let declaration = draft.declaration(draft.owner(target.pattern))
    return Work(
      line: node.line, outer: draft.head.scopes[Int(node.scope)].parent,
      engine: node.engine.map { $0.rawValue } ?? 255, operation: operation.hashable,
      targetType: Int(declaration.dtype.rawValue), targetShape: declaration.shape)
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

extension Operation {
  /// The operation as a key.
  var hashable: AnyHashable { AnyHashable(self) }
}
