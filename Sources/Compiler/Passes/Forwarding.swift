import Device
import Formats
import ISA
import Machine

/// Copies out of PSUM that nobody needs go: who reads the copy can read PSUM itself.
///
/// The compiler drops them (captures of fused attention: the row maximum and the exponential read the product's
/// bank, where the kernel's source copies it to SBUF first). Copies stay that a DMA or the Tensor engine reads,
/// which reach SBUF alone, and those that change the element type.
struct Forwarding {
  /// Operations that draft a tile through Vector or Scalar, and the operands that may come from PSUM.
  private static let reads: [Opcode: Set<String>] = [
    .tensorTensor: ["data1", "data2"], .tensorScalar: ["data"],
    .scalarTensorTensor: ["data", "operand1"], .activation: ["data"], .activationReduce: ["data"],
    .tensorReduce: ["data"], .reciprocal: ["data"], .tensorCopy: ["src"],
  ]

  /// What of a tile one copy makes.
  private struct Part {
    var index: Int
    var columns: Range<Int>
    var rows: Range<Int>
    var source: AccessPattern
  }

  private struct Use {
    var index: Int
    var field: Int
  }

  private let draft: Draft
  /// By tensor: the instructions that write it, and the operands that read it.
  private var writers: [[Int]]
  private var readers: [[Use]]
  /// Number of barriers before each instruction: nothing is forwarded across one.
  private var segments: [Int32] = []
  private var changed: [Int: Node] = [:]

  /// The draft without copies of PSUM whose readers can do without.
  static func run(_ draft: inout Draft) {
    var pass = Forwarding(draft)
    draft.nodes = pass.run()
  }

  private init(_ draft: Draft) {
    self.draft = draft
    writers = Array(repeating: [], count: draft.tensors.count)
    readers = Array(repeating: [], count: draft.tensors.count)
    var segment: Int32 = 0
    for (index, node) in draft.nodes.enumerated() {
      if node.isBarrier { segment += 1 }
      segments.append(segment)
      for operand in node.operands where draft.facts(operand.pattern).isOnChip {
        let tile = draft.owner(operand.pattern)
        if operand.isWritten { writers[tile].append(index) }
        if operand.isRead {
          readers[tile].append(Use(index: index, field: operand.field))
        }
      }
    }
  }

  private mutating func run() -> [Node] {
    var dropped: Set<Int> = []
    // In the order of their first writers: what one tile's readers become, the next one's see.
    let tiles = writers.indices.filter { !writers[$0].isEmpty }
      .sorted { (writers[$0][0], $0) < (writers[$1][0], $1) }
    for tile in tiles {
      let copies = writers[tile]
      guard copies.allSatisfy(copiesPSUM), let plan = plan(copies, readers[tile]) else {
        continue
      }
      changed.merge(plan) { _, new in new }
      dropped.formUnion(copies)
    }
    return draft.nodes.indices.filter { !dropped.contains($0) }.map {
      changed[$0] ?? draft.nodes[$0]
    }
  }

  /// Whether it copies all that follows one another in PSUM to SBUF, in the same type, when nothing else is
  /// written.
  private func copiesPSUM(_ index: Int) -> Bool {
    let node = draft.nodes[index]
    guard draft.isOpen(node), node.label == nil, let copy = node.operation as? TensorCopy else {
      return false
    }
    let source = draft.facts(copy.src)
    let target = draft.facts(copy.dst)
    let plain = FreeDimensions([AccessDimension(stride: 1, size: copy.src.elementsPerRow)])
    return target.space == .sbuf && source.place == nil && target.place == nil
      && draft.declaration(source.owner).dtype == draft.declaration(target.owner).dtype
      && copy.src.free == plain && copy.dst.free == plain && copy.src.rowStart == copy.dst.rowStart
      && copy.src.rows == copy.dst.rows && !draft.tensors[source.owner].hasAliases
      && !draft.tensors[target.owner].hasAliases
      && writers[source.owner].allSatisfy { $0 < index }
  }

  /// The readers as they read PSUM; `nil` if one of them cannot.
  private func plan(_ copies: [Int], _ readers: [Use]) -> [Int: Node]? {
    guard !readers.isEmpty else { return nil }
    var parts: [Part] = []
    for index in copies {
      guard let copy = draft.nodes[index].operation as? TensorCopy else { return nil }
      let first = copy.dst.offset
      let row = Int(copy.dst.rowStart)
      parts.append(
        Part(
          index: index, columns: first..<first + copy.dst.elementsPerRow,
          rows: row..<row + Int(copy.dst.rows), source: copy.src))
    }
    for (number, part) in parts.enumerated()
    where parts[..<number].contains(where: { $0.columns.overlaps(part.columns) }) { return nil }
    var plan: [Int: Node] = [:]
    for use in readers {
      let reader = plan[use.index] ?? changed[use.index] ?? draft.nodes[use.index]
      guard let new = forwarded(reader, use, parts) else { return nil }
      plan[use.index] = new
    }
    return plan
  }

  /// A reader with an operand in PSUM; `nil` if it cannot have it there.
  private func forwarded(_ reader: Node, _ use: Use, _ parts: [Part]) -> Node? {
    let name = reader.opcode.fieldName(use.field)
    guard Self.reads[reader.opcode]?.contains(name) == true, reader.resolvedEngine != .gpsimd,
      let operand = reader.operands.first(where: { $0.field == use.field })
    else { return nil }
    let isSecond = reader.operands.contains { other in
      other.field != use.field && !other.isWritten && draft.facts(other.pattern).space == .psum
    }
    guard !isSecond, operand.pattern.free.allSatisfy({ $0.stride >= 0 }) else { return nil }
    let low = operand.pattern.offset
    let high = low + operand.pattern.span.upperBound + 1
    let first = Int(operand.pattern.rowStart)
    let rows = first..<first + Int(operand.pattern.rows)
    guard
      let part = parts.first(where: { part in
        part.index < use.index && segments[part.index] == segments[use.index]
          && part.columns.lowerBound <= low && high <= part.columns.upperBound
          && part.rows.lowerBound <= rows.lowerBound && rows.upperBound <= part.rows.upperBound
      })
    else { return nil }
    var pattern = operand.pattern
    pattern.tensor = part.source.tensor
    pattern.offset = part.source.offset + low - part.columns.lowerBound
    return reader.with([(use.field, pattern)])
  }
}
