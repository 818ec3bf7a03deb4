import Device
import Formats
import ISA
import Machine
import Programs

/// Copies out of PSUM that nobody needs go: who reads the copy can read PSUM itself.
///
/// The compiler drops them (captures of fused attention: the row maximum and the exponential read the product's
/// bank, where the kernel's source copies it to SBUF first): all four with 512 tokens, and eight of sixteen with 1024, where four
/// merged passes have all banks. Here those of a tile go, or none, where the merged passes of an affine loop leave half of
/// PSUM to others. Copies stay that a DMA or the Tensor engine reads, which reach SBUF alone, and those that change the
/// element type.
struct Forwarding {
  /// Operations that draft a tile through Vector or Scalar, and the operands that may come from PSUM.
  private static let names: [Opcode: Set<String>] = [
    .tensorTensor: ["data1", "data2"], .tensorScalar: ["data"],
    .scalarTensorTensor: ["data", "operand1"], .activation: ["data"], .activationReduce: ["data"],
    .tensorReduce: ["data"], .reciprocal: ["data"], .tensorCopy: ["src"],
  ]

  /// By opcode's number: the fields of those operands, as bits.
  private static let reads: [UInt64] = (0...UInt8.max).map { code in
    guard let opcode = Opcode(rawValue: code), let names = names[opcode] else { return 0 }
    return names.compactMap(opcode.fieldIndex).reduce(0) { $0 | 1 << UInt64($1) }
  }

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
  /// A tile that copies of PSUM alone write.
  private struct Tile {
    let tensor: Int
    var copies: [Int] = []
    var readers: [Use] = []
  }

  /// By tensor: the last instruction that writes it.
  private var lastWriters: [Int32]
  /// In the order of their first writers, and by tensor the position, -1 for others.
  private var tiles: [Tile] = []
  private var positions: [Int32]
  /// Number of barriers before each instruction: nothing is forwarded across one.
  private var segments: [Int32] = []
  private var changed: [Node?]

  private let room: LoopRoom
  /// By pass of a loop, and -1 for what is in none: bytes of PSUM that stay taken for what is no longer copied.
  private var taken: [Int: Int] = [:]

  /// The draft without copies of PSUM whose readers can do without.
  ///
  /// - Returns: how many it removed.
  static func run(_ draft: inout Draft, room: LoopRoom) -> Int {
    var pass = Forwarding(draft, room)
    let before = draft.nodes.count
    draft.nodes = pass.run()
    return before - draft.nodes.count
  }

  private init(_ draft: Draft, _ room: LoopRoom) {
    self.draft = draft
    self.room = room
    lastWriters = [Int32](repeating: -1, count: draft.tensors.count)
    positions = lastWriters
    changed = [Node?](repeating: nil, count: draft.nodes.count)
    segments.reserveCapacity(draft.nodes.count)
    var segment: Int32 = 0
    for (index, node) in draft.nodes.enumerated() {
      if node.isBarrier { segment += 1 }
      segments.append(segment)
      for operand in node.operands where operand.isWritten {
        lastWriters[draft.owner(operand.pattern)] = Int32(index)
      }
    }
    collectTiles()
  }

  private mutating func collectTiles() {
    var isOther = [Bool](repeating: false, count: draft.tensors.count)
    for (index, node) in draft.nodes.enumerated() {
      let copies = copiesPSUM(index)
      for operand in node.operands where operand.isWritten {
        let tensor = draft.owner(operand.pattern)
        if !copies { isOther[tensor] = true }
        if isOther[tensor] { continue }
        if positions[tensor] < 0 {
          positions[tensor] = Int32(tiles.count)
          tiles.append(Tile(tensor: tensor))
        }
        tiles[Int(positions[tensor])].copies.append(index)
      }
    }
    for tensor in isOther.indices where isOther[tensor] && positions[tensor] >= 0 {
      tiles[Int(positions[tensor])] = Tile(tensor: tensor)
      positions[tensor] = -1
    }
    for (index, node) in draft.nodes.enumerated() {
      for operand in node.operands where operand.isRead {
        let position = positions[draft.owner(operand.pattern)]
        guard position >= 0 else { continue }
        tiles[Int(position)].readers.append(Use(index: index, field: operand.field))
      }
    }
  }

  private mutating func run() -> [Node] {
    var isDropped = [Bool](repeating: false, count: draft.nodes.count)
    // What one tile's readers become, the next one's see.
    for tile in tiles where !tile.copies.isEmpty {
      let pass = room.home(of: tile.tensor)
      if let pass, draft.head.scopes[pass].kind != .affine { continue }
      let bytes = tile.copies.reduce(0) { $0 + sourceBytes($1) }
      let needed = taken[pass ?? -1, default: 0] + bytes * (pass.map { room.passes(of: $0) } ?? 1)
      guard needed <= draft.limits.psumBytes / 2, let plan = plan(tile.copies, tile.readers)
      else { continue }
      taken[pass ?? -1] = needed
      for (index, node) in plan { changed[index] = node }
      for index in tile.copies { isDropped[index] = true }
    }
    return draft.nodes.indices.compactMap { index in
      isDropped[index] ? nil : changed[index] ?? draft.nodes[index]
    }
  }

  /// Whether it copies all that follows one another in PSUM to SBUF, in the same type, when nothing else is
  /// written.
  private func copiesPSUM(_ index: Int) -> Bool {
    let node = draft.nodes[index]
    guard node.opcode == .tensorCopy, draft.isOpen(node), node.label == nil,
      let copy = node.operation as? TensorCopy
    else {
      return false
    }
    let source = draft.facts(copy.src)
    let target = draft.facts(copy.dst)
    let plain = FreeDimensions([AccessDimension(stride: 1, size: copy.src.elementsPerRow)])
    return source.space == .psum && target.space == .sbuf && source.place == nil
      && target.place == nil
      && draft.declaration(source.owner).dtype == draft.declaration(target.owner).dtype
      && copy.src.free == plain && copy.dst.free == plain && copy.src.rowStart == copy.dst.rowStart
      && copy.src.rows == copy.dst.rows && !draft.tensors[source.owner].hasAliases
      && !draft.tensors[target.owner].hasAliases
      && lastWriters[source.owner] < index
  }

  private func sourceBytes(_ index: Int) -> Int {
    guard let copy = draft.nodes[index].operation as? TensorCopy else { return 0 }
    return draft.tensors[draft.owner(copy.src)].freeBytes
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
    let isPossible = Self.reads[Int(reader.opcode.rawValue)] >> UInt64(use.field) & 1 == 1
    guard isPossible, reader.resolvedEngine != .gpsimd,
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
