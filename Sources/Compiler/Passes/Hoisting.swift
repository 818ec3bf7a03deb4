import Device
import Formats
import ISA
import Machine
import Programs

/// Work that passes of loops do alike is done once, as far as SBUF holds the results.
///
/// The vendor's compiler has such a pass (`NeuronLICM` in the logs of public issues, aws-neuron-sdk 803 and 948). Published
/// counters show how far it goes: a broadcast by the PE array in a loop of 32 passes is 8 MATMULs and not 256
/// (matmul_add_rmsnorm on trn2: 6664 where the source has 6912); inputs are read once where all passes together load
/// them 32 times (add_rmsnorm_matmul on trn1: 42.0 MB), transposes are made once where three passes and two loops make
/// them (swiglu on trn1: 256 of 1536), and everything is loaded and transposed anew where SBUF cannot hold it all
/// (matmul on trn1). What stands between other statements stays in loops that its own depends on: mamba's broadcasts by the PE
/// array, the same for two tiles of channels around the loop over states, are made for both (PE busy for 1548 to 1572 µs on trn2,
/// which is 896 broadcasts at the cold clock), and a product that only the outer loop repeats is too (mamba_v3 takes 224 µs
/// longer than mamba_v4, whose author hoisted it: 448 products of Vector).
///
/// A kernel's trace has the passes one after the other, so tiles are compared by how they are made: by the same
/// operations on the same contents. Tiles are kept while there is room for them in the author's order, else from pass to
/// pass of the innermost loop; those of the last lines first: what only made a tile that is there already goes as well, in
/// SBUF and in PSUM.
struct Hoisting {
  /// Operations that can be left out, by number, with the operands without which they can.
  private static let repeatable: [[Int]?] = {
    let opcodes: [Opcode] = [
      .tensorCopy, .tensorTensor, .tensorScalar, .scalarTensorTensor, .activation, .tensorReduce,
      .reciprocal, .memset, .iota, .affineSelect, .tensorTensorScan, .dmaCopy, .ncMatmul,
      .ncTranspose,
    ]
    var table = [[Int]?](repeating: nil, count: 256)
    for opcode in opcodes {
      table[Int(opcode.rawValue)] = ["reduce_res", "vector_offset", "scalar_offset"]
        .compactMap { opcode.fieldIndex($0) }
    }
    return table
  }()

  /// Operations that read no tile.
  private static let sources: Set<Opcode> = [.dmaCopy, .memset, .iota]

  private var draft: Draft
  private let room: Int
  /// Per instruction: whether it does nothing but make its results from its operands.
  private var isPure: [Bool]
  /// Per tensor: what it has now, by number, and from which stretch without barriers.
  private var contents: [Int32]
  private var stretches: [Int32]
  private var stretch: Int32 = 0
  private var nextContent: Int32 = 0
  /// Per instruction: contents of its operands before it, and after it, in one array.
  private var operandStarts: [Int32] = [0]
  private var before: [Int32] = []
  private var after: [Int32] = []
  /// Instructions by what they do, for those after them.
  private var known: [PlainHash: Int32] = [:]
  /// Per tensor: first and last instruction that touches it, its last writer, and who reads it first.
  private var firstUse: [Int32]
  private var lastUse: [Int32]
  private var lastWriter: [Int32]
  private var firstReader: [Int32]
  /// Per tensor: whether all that it has was made by instructions without other effects.
  private var isMade: [Bool]

  /// Leaves out what has been done before.
  ///
  /// - Parameter room: bytes of a partition that may be in use at once, in program order.
  /// - Returns: how many instructions went.
  static func run(_ draft: inout Draft, room: Int) -> Int {
    var pass = Hoisting(draft, room)
    let count = draft.nodes.count
    pass.number()
    let same = pass.chosen()
    if !same.isEmpty { pass.remove(same) }
    draft = pass.draft
    return count - draft.nodes.count
  }

  private init(_ draft: Draft, _ room: Int) {
    self.draft = draft
    self.room = room
    let count = draft.tensors.count
    isPure = [Bool](repeating: false, count: draft.nodes.count)
    contents = [Int32](repeating: -1, count: count)
    stretches = [Int32](repeating: -1, count: count)
    firstUse = [Int32](repeating: -1, count: count)
    lastUse = firstUse
    lastWriter = firstUse
    firstReader = firstUse
    isMade = draft.tensors.indices.map { index in
      let facts = draft.tensors[index]
      return facts.isOnChip && facts.place == nil && facts.owner == index && !facts.hasAliases
    }
  }

  // MARK: Contents

  /// Gives contents numbers: equal for equal ones.
  private mutating func number() {
    var fresh: [FreshTile: Int32] = [:]
    for (index, node) in draft.nodes.enumerated() {
      // What goes round a dynamic loop, or waits for other cores, finds other contents.
      if node.isBarrier {
        stretch += 1
        known.removeAll(keepingCapacity: true)
      }
      let start = before.count
      for operand in node.operands {
        let owner = draft.owner(operand.pattern)
        if firstUse[owner] < 0 { firstUse[owner] = Int32(index) }
        lastUse[owner] = Int32(index)
        if operand.isRead, !operand.isWritten, firstReader[owner] < 0 {
          firstReader[owner] = Int32(index)
        }
        before.append(content(owner, &fresh))
      }
      isPure[index] = canRepeat(node)
      let earlier = isPure[index] ? find(node, start, index) : nil
      for (position, operand) in node.operands.enumerated() {
        let owner = draft.owner(operand.pattern)
        guard operand.isWritten else {
          after.append(contents[owner])
          continue
        }
        lastWriter[owner] = Int32(index)
        if !isPure[index] { isMade[owner] = false }
        if let earlier {
          contents[owner] = after[Int(operandStarts[earlier]) + position]
        } else {
          contents[owner] = nextContent
          nextContent += 1
        }
        after.append(contents[owner])
      }
      operandStarts.append(Int32(before.count))
    }
  }

  /// A tile of which nothing is written yet.
  private struct FreshTile: Hashable {
    var space: MemorySpace
    var type: DType
    var shape: [Int]
  }

  private mutating func content(_ owner: Int, _ fresh: inout [FreshTile: Int32]) -> Int32 {
    if contents[owner] >= 0 {
      if stretches[owner] == stretch { return contents[owner] }
    } else if isMade[owner] {
      let tensor = draft.declaration(owner)
      let tile = FreshTile(space: tensor.space, type: tensor.dtype, shape: tensor.shape)
      stretches[owner] = stretch
      contents[owner] = fresh[tile] ?? nextContent
      if contents[owner] == nextContent {
        fresh[tile] = nextContent
        nextContent += 1
      }
      return contents[owner]
    }
    // Across a barrier nothing is the same.
    if draft.tensors[owner].isOnChip { isMade[owner] = isMade[owner] && contents[owner] < 0 }
    stretches[owner] = stretch
    contents[owner] = nextContent
    nextContent += 1
    return contents[owner]
  }

  private func canRepeat(_ node: Node) -> Bool {
    guard let never = Self.repeatable[Int(node.opcode.rawValue)], node.scope >= 0,
      node.label == nil, !draft.isStateful(node)
    else { return false }
    return node.operands.allSatisfy { operand in
      !operand.pattern.isDynamic && draft.facts(operand.pattern).place == nil
        && !never.contains(operand.field)
        && (!operand.isWritten || isMade[draft.owner(operand.pattern)])
    }
  }

  /// An earlier instruction that does the same; otherwise later ones find this one.
  private mutating func find(_ node: Node, _ start: Int, _ index: Int) -> Int? {
    var key = PlainHash()
    key.combine(Int(node.form))
    for (position, operand) in node.operands.enumerated() {
      key.combine(Int(before[start + position]))
      key.combine(operand.pattern.offset)
      key.combine(Int(operand.pattern.rowStart))
    }
    guard let found = known[key] else {
      known[key] = Int32(index)
      return nil
    }
    return isSame(node, start, Int(found)) ? Int(found) : nil
  }

  private func isSame(_ node: Node, _ start: Int, _ earlier: Int) -> Bool {
    let other = draft.nodes[earlier]
    guard node.form == other.form, node.engine == other.engine,
      node.operands.count == other.operands.count
    else { return false }
    let first = Int(operandStarts[earlier])
    return node.operands.indices.allSatisfy { position in
      let (mine, theirs) = (node.operands[position], other.operands[position])
      var pattern = mine.pattern
      pattern.tensor = theirs.pattern.tensor
      return mine.field == theirs.field && pattern == theirs.pattern
        && before[start + position] == before[first + position]
        && draft.facts(mine.pattern).itemSize == draft.facts(theirs.pattern).itemSize
    }
  }

  // MARK: Choice

  /// Tiles, and those that serve in their place.
  private func chosen() -> [Int: Int] {
    let tiles = draft.tensors.indices.filter { tile in
      draft.tensors[tile].space == .sbuf && isMade[tile] && lastWriter[tile] >= 0
        && firstReader[tile] > lastWriter[tile]
    }.sorted { (lastWriter[$0], $0) < (lastWriter[$1], $1) }
    var families: [Int32: Int] = [:]
    var members: [[Int]] = []
    for tile in tiles {
      if let family = families[contents[tile]] {
        members[family].append(tile)
      } else {
        families[contents[tile]] = members.count
        members.append([tile])
      }
    }
    members.removeAll { $0.count < 2 }
    guard !members.isEmpty else { return [:] }
    // The last lines first; within a line as the author has it.
    var firstOfLine: [Int32: Int32] = [:]
    func line(_ family: [Int]) -> Int32 { draft.nodes[Int(lastWriter[family[1]])].line }
    for family in members {
      let line = line(family)
      firstOfLine[line] = firstOfLine[line] ?? lastWriter[family[1]]
    }
    members.sort { one, other in
      let (mine, theirs) = (firstOfLine[line(one)] ?? 0, firstOfLine[line(other)] ?? 0)
      return mine != theirs ? mine > theirs : lastWriter[one[0]] < lastWriter[other[0]]
    }
    var profile = Profile(draft, firstUse, lastUse)
    let passes = repeatedPasses()
    let most = max(room, profile.peak)
    var same: [Int: Int] = [:]
    for family in members {
      let parts = leavesAllLoops(family[0]) ? [family] : invariants(family, passes)
      for part in parts where part.count > 1 {
        if profile.keeps(part, most) {
          for tile in part.dropFirst() { same[tile] = part[0] }
          continue
        }
        // Within one loop alone in any case: where that has no room, nothing is hoisted in the end.
        let runs = part.runs { isNeighbour($0, $1) }
        for run in runs where run.count > 1 {
          guard run.count == family.count || runs.count > 1 && profile.keeps(run, most)
          else { continue }
          for tile in run.dropFirst() { same[tile] = run[0] }
        }
      }
    }
    return same
  }

  /// Whether what makes a tile can leave loops around others that it depends on.
  ///
  /// Loads and constants can, and nests of their own. A statement that stands beside its readers only leaves the loop around it.
  private func leavesAllLoops(_ tile: Int) -> Bool {
    let writer = draft.nodes[Int(lastWriter[tile])]
    if Self.sources.contains(writer.opcode) { return true }
    return !draft.loops(draft.nodes[Int(lastUse[tile])]).contains(Int(writer.scope))
  }

  /// By scope: the innermost pass that it is in of a loop with more than one; -1 for none.
  private func repeatedPasses() -> [Int] {
    let loops = draft.head.scopes.map { LoopName($0) }
    let counts = Dictionary(loops.map { ($0, 1) }, uniquingKeysWith: +)
    var passes: [Int] = []
    for (scope, loop) in loops.enumerated() {
      let outer = loop.parent < 0 ? -1 : passes[Int(loop.parent)]
      passes.append(counts[loop, default: 0] > 1 ? scope : outer)
    }
    return passes
  }

  /// Tiles of a family that statements make which leave the loop around them, and then the loop around that.
  private func invariants(_ family: [Int], _ passes: [Int]) -> [[Int]] {
    func pass(_ scope: Int) -> Int { scope < 0 ? -1 : passes[scope] }
    func parent(_ scope: Int) -> Int {
      scope < 0 ? -1 : pass(Int(draft.head.scopes[scope].parent))
    }
    // Tiles, and the pass that a statement is in which makes all of them.
    var groups = family.map {
      (tiles: [$0], scope: pass(Int(draft.nodes[Int(lastWriter[$0])].scope)))
    }
    while true {
      var merged: [(tiles: [Int], scope: Int)] = []
      for group in groups {
        guard let last = merged.last,
          last.scope == group.scope
            || last.scope >= 0
              && (parent(last.scope) == parent(group.scope) || last.scope == parent(group.scope))
        else {
          merged.append(group)
          continue
        }
        merged[merged.count - 1].tiles += group.tiles
        if last.scope != group.scope && last.scope != parent(group.scope) {
          merged[merged.count - 1].scope = parent(group.scope)
        }
      }
      if merged.count == groups.count { return merged.map(\.tiles) }
      groups = merged
    }
  }

  /// Whether two tiles are made in the same pass of all loops around the innermost.
  private func isNeighbour(_ tile: Int, _ other: Int) -> Bool {
    let scopes = [tile, other].map { draft.nodes[Int(lastWriter[$0])].scope }
    return draft.head.scopes[Int(scopes[0])].parent == draft.head.scopes[Int(scopes[1])].parent
  }

  // MARK: Removal

  private mutating func remove(_ same: [Int: Int]) {
    var readers = [Int32](repeating: 0, count: draft.tensors.count)
    var isAffected = [Bool](repeating: false, count: draft.tensors.count)
    for tile in same.keys { isAffected[tile] = true }
    for node in draft.nodes {
      for operand in node.operands where operand.isRead && !operand.isWritten {
        readers[same[draft.owner(operand.pattern)] ?? draft.owner(operand.pattern)] += 1
      }
    }
    var kept: [Node] = []
    kept.reserveCapacity(draft.nodes.count)
    for index in draft.nodes.indices.reversed() {
      let node = draft.nodes[index]
      let isDead =
        isPure[index]
        && node.operands.allSatisfy { operand in
          let owner = draft.owner(operand.pattern)
          return !operand.isWritten || (isAffected[owner] && readers[owner] == 0)
        }
      var changed: [(field: Int, pattern: AccessPattern)] = []
      for operand in node.operands where !operand.isWritten {
        let owner = draft.owner(operand.pattern)
        let serving = same[owner] ?? owner
        if isDead {
          readers[serving] -= 1
          isAffected[serving] = true
        } else if serving != owner {
          var pattern = operand.pattern
          pattern.tensor = TensorID(serving)
          changed.append((operand.field, pattern))
        }
      }
      if !isDead { kept.append(changed.isEmpty ? node : node.with(changed)) }
    }
    draft.nodes = kept.reversed()
  }
}

extension [Int] {
  /// Runs of neighbours.
  fileprivate func runs(_ areNeighbours: (Int, Int) -> Bool) -> [[Int]] {
    var result: [[Int]] = []
    for element in self {
      if let last = result.last?.last, areNeighbours(last, element) {
        result[result.count - 1].append(element)
      } else {
        result.append([element])
      }
    }
    return result
  }
}

/// Bytes of a partition of SBUF that tiles have at each instruction, as a tree of maxima.
private struct Profile {
  private let leaves: Int
  /// Of each node: the most below it, and what has been added to all below it, which `most` contains.
  private var most: [Int]
  private var added: [Int]
  private let first: [Int32]
  private let last: [Int32]
  private let sizes: [Int]

  init(_ draft: Draft, _ first: [Int32], _ last: [Int32]) {
    self.first = first
    self.last = last
    let unit = draft.limits.alignment
    sizes = draft.tensors.map { $0.space == .sbuf ? roundedUp($0.freeBytes, unit) : 0 }
    var count = 1
    while count < draft.nodes.count { count *= 2 }
    leaves = count
    var changes = [Int](repeating: 0, count: count + 1)
    for tensor in sizes.indices where first[tensor] >= 0 && draft.tensors[tensor].owner == tensor {
      changes[Int(first[tensor])] += sizes[tensor]
      changes[Int(last[tensor]) + 1] -= sizes[tensor]
    }
    most = [Int](repeating: 0, count: 2 * count)
    added = most
    var now = 0
    for index in 0..<count {
      now += changes[index]
      most[count + index] = now
    }
    for node in (1..<count).reversed() { most[node] = max(most[2 * node], most[2 * node + 1]) }
  }

  /// The most at one instruction.
  var peak: Int { most[1] }

  /// Lets the first of some tiles live until the last one ends, in the place of the others, if there is room.
  mutating func keeps(_ tiles: [Int], _ room: Int) -> Bool {
    let leader = tiles[0]
    let end = tiles.reduce(0) { Swift.max($0, Int(last[$1])) }
    let begin = Int(last[leader]) + 1
    for tile in tiles.dropFirst() { add(-sizes[tile], Int(first[tile])..<Int(last[tile]) + 1) }
    let stays = begin..<Swift.max(begin, end + 1)
    add(sizes[leader], stays)
    if maximum(stays) <= room { return true }
    add(-sizes[leader], stays)
    for tile in tiles.dropFirst() { add(sizes[tile], Int(first[tile])..<Int(last[tile]) + 1) }
    return false
  }

  private mutating func add(_ value: Int, _ range: Range<Int>) {
    guard !range.isEmpty, value != 0 else { return }
    var (low, high) = (range.lowerBound + leaves, range.upperBound + leaves)
    let ends = (low, high - 1)
    while low < high {
      if low & 1 == 1 {
        most[low] += value
        added[low] += value
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        most[high] += value
        added[high] += value
      }
      low /= 2
      high /= 2
    }
    for end in [ends.0, ends.1] {
      var node = end / 2
      while node >= 1 {
        most[node] = Swift.max(most[2 * node], most[2 * node + 1]) + added[node]
        node /= 2
      }
    }
  }

  private func maximum(_ range: Range<Int>) -> Int {
    range.isEmpty ? 0 : maximum(range, 1, 0..<leaves)
  }

  private func maximum(_ range: Range<Int>, _ node: Int, _ own: Range<Int>) -> Int {
    if range.lowerBound <= own.lowerBound && own.upperBound <= range.upperBound {
      return most[node]
    }
    let middle = (own.lowerBound + own.upperBound) / 2
    var result = 0
    if range.lowerBound < middle {
      result = maximum(range, 2 * node, own.lowerBound..<middle)
    }
    if range.upperBound > middle {
      result = Swift.max(result, maximum(range, 2 * node + 1, middle..<own.upperBound))
    }
    return result + added[node]
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
