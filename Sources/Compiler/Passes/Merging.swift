import Device
import Formats
import HeapModule
import ISA
import Machine
import Programs

/// Vectorisation of affine loops: what passes do one by one, one instruction does at once.
///
/// The vendor's compiler does this to kernels of the first generation (NKI API reference, `affine_range`: "loop
/// vectorization"; passes VectorizeDMA and VectorizeMatMult in its logs) unless they say
/// `skip_middle_end_transformations`. How far it goes is not published; captures of the attention kernels show
///
/// * work on up to 512 elements of a partition, a bank of PSUM in float32: four copies of transposed tiles of 128
///   are one;
/// * as many passes as memory has room for (`LoopRoom`);
/// * DMAs of up to 4096 bytes of a partition, a packed descriptor of the machine: two tiles of 512 float32, eight of
///   128;
/// * tiles of the passes side by side: arrays are expanded, so that each pass has its part.
///
/// What passes write must be apart and must not depend on one another, also not by way of other instructions.
struct Merging {
  /// Operations that are merged, with the operands of which each pass has its own; others must be the same in
  /// all.
  private static let tiles: [Opcode: [String]] = [
    .tensorCopy: ["dst", "src"], .tensorTensor: ["dst", "data1", "data2"],
    .tensorScalar: ["dst", "data"], .scalarTensorTensor: ["dst", "data", "operand1"],
    .activation: ["dst", "data"], .reciprocal: ["dst", "data"], .memset: ["dst"],
    .tensorReduce: ["dst", "data"], .ncMatmul: ["dst", "moving"], .dmaCopy: ["dst", "src"],
  ]
  /// Fields that keep an instruction by itself where they are not at their default.
  private static let never = [
    "reduce_cmd", "reduce_res", "is_transpose", "perf_mode", "tile_size", "vector_offset",
    "scalar_offset", "oob_mode",
  ]

  /// Instances of one line in neighbouring passes that may become one.
  private final class Run {
    var members: [Int]
    let limit: Int
    /// Per operand of its own: elements between passes in one tensor, or `nil` where each has a tensor.
    var steps: [Int?]?
    /// The loop in whose passes its members are: the position in their scopes, its last pass, and how many there are.
    var loop: (level: Int, last: Int, passes: Int)?

    init(_ index: Int, limit: Int) {
      members = [index]
      self.limit = limit
    }
  }

  /// Instructions that are instances of one, and the run that the last of them is in.
  private final class Instances {
    let first: Node
    var run: Run?
    /// Others with the same hash.
    let next: Instances?

    init(_ first: Node, next: Instances?) {
      self.first = first
      self.next = next
    }
  }

  private var draft: Draft
  private let room: LoopRoom
  /// By opcode's number: the fields of its own tiles, also as bits.
  private let tileFields: [[Int]]
  private let tileBits: [UInt64]
  /// By opcode's number: what keeps it by itself; `nil` if it is not merged at all.
  private let neverFields: [[(index: Int, standard: FieldValue)]?]
  /// By form: whether such operations are merged, once that is known.
  private var isMerged: [Bool?] = []
  /// By tensor: its memory, the type of what it is in, and the size of its own elements, as one number.
  private let kinds: [Int32]

  /// The draft with the passes of affine loops merged, in an order that keeps all dependencies.
  ///
  /// - Returns: how many instructions went into others.
  @discardableResult
  static func run(_ draft: inout Draft, room: LoopRoom) -> Int {
    var pass = Merging(draft, room)
    let before = draft.nodes.count
    pass.run()
    draft = pass.draft
    return before - draft.nodes.count
  }

  private init(_ draft: Draft, _ room: LoopRoom) {
    self.draft = draft
    self.room = room
    var tileFields = [[Int]](repeating: [], count: 256)
    var neverFields = [[(index: Int, standard: FieldValue)]?](repeating: nil, count: 256)
    for (opcode, names) in Self.tiles {
      let fields = opcode.type.fieldDescriptions
      tileFields[Int(opcode.rawValue)] = names.compactMap { opcode.fieldIndex($0) }
      neverFields[Int(opcode.rawValue)] = Self.never.compactMap { name in
        opcode.fieldIndex(name).map { ($0, fields[$0].defaultValue) }
      }
    }
    self.tileFields = tileFields
    self.neverFields = neverFields
    tileBits = tileFields.map { $0.reduce(0) { $0 | 1 << UInt64($1) } }
    kinds = draft.tensors.map { facts in
      let dtype = draft.head.tensors[facts.owner].dtype
      return Int32(facts.space.rawValue) << 16 | Int32(dtype.rawValue) << 8 | Int32(facts.itemSize)
    }
  }

  private mutating func run() {
    let before = draft.predecessors()
    var groups = groups()
    var packs = Packs()
    var contraction = contracted(before, [])
    while true {
      packs = Packs()
      let kept = groups.filter { pack($0, &packs) }
      contraction = contracted(before, kept)
      let cyclic = cyclic(contraction, kept)
      if cyclic.isEmpty && kept.count == groups.count { break }
      groups = kept.enumerated().filter { !cyclic.contains($0.offset) }.map(\.element)
    }
    if !groups.isEmpty { rewrite(contraction, groups, packs) }
  }

  // MARK: Groups

  /// Runs of two and more instances, by first member.
  private mutating func groups() -> [[Int]] {
    var known: [PlainHash: Instances] = [:]
    var groups: [[Int]] = []
    var order: [Run] = []
    for (index, node) in draft.nodes.enumerated() {
      // No pass reaches across what all others wait for.
      if node.isBarrier { known.removeAll() }
      guard isMergeable(node) else { continue }
      let hash = hash(node)
      let first = known[hash]
      let instances: Instances
      if let found = find(node, first) {
        instances = found
      } else {
        instances = Instances(node, next: first)
        known[hash] = instances
      }
      if let run = instances.run, run.members.count < run.limit,
        let loop = passes(run, index), joins(run, index)
      {
        run.members.append(index)
        run.loop = loop
        continue
      }
      let limit = limit(node)
      instances.run = limit > 1 ? Run(index, limit: limit) : nil
      if let run = instances.run { order.append(run) }
    }
    groups = order.map(\.members).filter { $0.count > 1 }
    return groups.sorted { $0[0] < $1[0] }
  }

  /// Whether its kind is merged, and nothing that it has keeps it by itself.
  private mutating func isMergeable(_ node: Node) -> Bool {
    guard let never = neverFields[Int(node.opcode.rawValue)], node.label == nil else {
      return false
    }
    let form = Int(node.form)
    while isMerged.count <= form { isMerged.append(nil) }
    if let known = isMerged[form] { return known }
    let found = never.allSatisfy { node.operation.fieldValue($0.index) == $0.standard }
    isMerged[form] = found
    return found
  }

  private func isOwn(_ operand: Node.Operand, of node: Node) -> Bool {
    tileBits[Int(node.opcode.rawValue)] >> UInt64(operand.field) & 1 == 1
  }

  /// Equal for instances of one instruction.
  private func hash(_ node: Node) -> PlainHash {
    var hash = PlainHash()
    hash.combine(Int(node.line))
    hash.combine(Int(node.form))
    for operand in node.operands where !isOwn(operand, of: node) {
      hash.combine(Int(operand.pattern.tensor.index))
      hash.combine(operand.pattern.offset)
    }
    return hash
  }

  /// The instances that an instruction is one of, of those with its hash.
  private func find(_ node: Node, _ first: Instances?) -> Instances? {
    var next = first
    while let known = next {
      if areInstances(node, known.first) { return known }
      next = known.next
    }
    return nil
  }

  /// Whether two differ in the tensors and first elements of their own tiles alone.
  private func areInstances(_ a: Node, _ b: Node) -> Bool {
    guard a.line == b.line, a.engine == b.engine, a.form == b.form,
      a.operands.count == b.operands.count
    else { return false }
    for (one, other) in zip(a.operands, b.operands) {
      var pattern = other.pattern
      if isOwn(one, of: a) {
        let (mine, theirs) = (Int(one.pattern.tensor.index), Int(pattern.tensor.index))
        guard kinds[mine] == kinds[theirs] else { return false }
        pattern.tensor = one.pattern.tensor
        pattern.offset = one.pattern.offset
      }
      guard one.field == other.field, one.pattern == pattern else { return false }
    }
    return true
  }

  private func fields(_ node: Node) -> [Int] { tileFields[Int(node.opcode.rawValue)] }

  private func own(_ node: Node) -> [AccessPattern?] {
    fields(node).map { field in node.operands.first { $0.field == field }?.pattern }
  }

  /// Passes that one instruction can do.
  private func limit(_ node: Node) -> Int {
    let own = own(node).compactMap { $0 }
    let isFree = own.allSatisfy { pattern in
      !pattern.isDynamic && !draft.tensors[draft.owner(pattern)].hasAliases
    }
    guard isFree else { return 1 }
    if node.isDMA {
      let bytes = own.map { $0.elementsPerRow * draft.facts($0).itemSize }.max() ?? 1
      return draft.limits.dmaBytes / max(1, bytes)
    }
    if let reduction = node.operation as? TensorReduce {
      let rank = reduction.data.free.count
      if rank == 0 || rank >= draft.limits.freeDimensions { return 1 }
    }
    let elements = own.map(\.elementsPerRow).max() ?? 1
    return draft.limits.bankElements / max(1, elements)
  }

  /// The passes that a run has with one more instance; `nil` where memory has no room for them.
  private func passes(_ run: Run, _ index: Int) -> (level: Int, last: Int, passes: Int)? {
    let first = draft.loops(draft.nodes[run.members[0]])
    let new = draft.loops(draft.nodes[index])
    guard let level = zip(first, new).enumerated().first(where: { $1.0 != $1.1 })?.offset
    else { return nil }
    var loop = (level: level, last: new[level], passes: 2)
    if let known = run.loop, known.level == level {
      loop.passes = known.passes + (known.last == new[level] ? 0 : 1)
    }
    return loop.passes <= room.passes(of: first[level]) ? loop : nil
  }

  /// Whether an instance continues a run; the first that does decides the steps.
  private func joins(_ run: Run, _ index: Int) -> Bool {
    let last = draft.nodes[run.members[run.members.count - 1]]
    let new = draft.nodes[index]
    guard areNeighbours(last, new) else { return false }
    var steps: [Int?] = []
    let target = new.opcode.fieldIndex("dst")
    for field in fields(new) {
      guard let a = last.operands.first(where: { $0.field == field })?.pattern,
        let b = new.operands.first(where: { $0.field == field })?.pattern
      else { return false }
      let (mine, theirs) = (draft.owner(a), draft.owner(b))
      if mine == theirs {
        let step = b.offset - a.offset
        if step < 0 || (step == 0 && (field == target || new.isDMA)) { return false }
        if field == target && !isApart(a, step) { return false }
        if a.free.count >= draft.limits.freeDimensions { return false }
        steps.append(step)
      } else if isLocal(mine) && isLocal(theirs) && a.offset == b.offset
        && draft.declaration(mine).shape == draft.declaration(theirs).shape
      {
        let isTaken = run.members.contains { member in
          let other = draft.nodes[member].operands.first { $0.field == field }
          return other.map { draft.owner($0.pattern) } == theirs
        }
        if isTaken { return false }
        steps.append(nil)
      } else {
        return false
      }
    }
    let known = run.steps ?? steps
    run.steps = known
    return steps == known
  }

  /// Whether two places of loops differ by passes of affine loops alone.
  private func areNeighbours(_ a: Node, _ b: Node) -> Bool {
    // Passes of a loop of Python's own, of which the compiler sees nothing.
    if a.scope == b.scope { return false }
    let (mine, theirs) = (draft.loops(a), draft.loops(b))
    guard mine.count == theirs.count else { return false }
    var isApart = false
    for (one, other) in zip(mine, theirs) where one != other {
      let hasSameName = draft.scopeNames[one] == draft.scopeNames[other]
      // Passes of a loop that nobody sees.
      if !isApart && hasSameName { return false }
      if !hasSameName && draft.head.scopes[one].kind != .affine { return false }
      isApart = true
    }
    return isApart
  }

  /// Whether a pattern and the one `step` further have nothing in common.
  private func isApart(_ pattern: AccessPattern, _ step: Int) -> Bool {
    step >= pattern.free.reduce(1) { $0 + abs(Int($1.stride)) * (Int($1.size) - 1) }
  }

  private func isLocal(_ tensor: Int) -> Bool {
    let facts = draft.tensors[tensor]
    return facts.isOnChip && facts.place == nil && !facts.hasAliases
  }

  // MARK: Tensors side by side

  /// Tensors that lie side by side, so that one access pattern reaches the passes' parts.
  private struct Packs {
    /// By tensor: the pack, and the tensor's position in it.
    private(set) var place: [Int: (pack: [Int], position: Int)] = [:]
    /// The tensors in the order in which they came in.
    private(set) var tensors: [Int] = []

    /// Whether tensors can lie side by side in this order; from then on they do.
    mutating func ask(_ wanted: [Int], _ draft: Draft) -> Bool {
      if let known = place[wanted[0]] {
        let end = known.position + wanted.count
        if end <= known.pack.count && Array(known.pack[known.position..<end]) == wanted {
          return true
        }
      }
      var chain: [Int] = []
      while chain.count < wanted.count {
        let tensor = wanted[chain.count]
        let (pack, position) = place[tensor] ?? ([tensor], 0)
        guard position == 0, wanted[chain.count...].prefix(pack.count) == pack[...] else {
          return false
        }
        chain += pack
      }
      let bytes = chain.reduce(0) { $0 + draft.tensors[$1].freeBytes }
      if draft.tensors[chain[0]].space == .psum && bytes > draft.limits.bankBytes { return false }
      for (position, tensor) in chain.enumerated() {
        if place.updateValue((chain, position), forKey: tensor) == nil { tensors.append(tensor) }
      }
      return true
    }
  }

  /// Lets the tensors of a group's passes lie side by side.
  private func pack(_ group: [Int], _ packs: inout Packs) -> Bool {
    for field in fields(draft.nodes[group[0]]) {
      let tensors = group.compactMap { member in
        draft.nodes[member].operands.first { $0.field == field }.map { draft.owner($0.pattern) }
      }
      if tensors[0] != tensors[1] && !packs.ask(tensors, draft) { return false }
    }
    return true
  }

  // MARK: Order

  /// For each instruction its node (the first member of its group), and for each node whom it must follow.
  private struct Contraction {
    var node: [Int]
    var before: Predecessors
  }

  private func contracted(_ before: Predecessors, _ groups: [[Int]]) -> Contraction {
    var node = Array(0..<before.count)
    var members = [[Int]?](repeating: nil, count: before.count)
    for group in groups {
      members[group[0]] = group
      for member in group { node[member] = group[0] }
    }
    var marks = [Int](repeating: -1, count: before.count)
    var result = Predecessors()
    var found: [Int32] = []
    for index in 0..<before.count {
      found.removeAll(keepingCapacity: true)
      guard node[index] == index else {
        result.append(found)
        continue
      }
      func add(_ member: Int) {
        for other in before[member] where marks[node[Int(other)]] != index {
          marks[node[Int(other)]] = index
          found.append(Int32(node[Int(other)]))
        }
      }
      if let group = members[index] { group.forEach(add) } else { add(index) }
      result.append(found)
    }
    return Contraction(node: node, before: result)
  }

  /// Numbers of groups that would wait for themselves.
  private func cyclic(_ contraction: Contraction, _ groups: [[Int]]) -> Set<Int> {
    guard !groups.isEmpty else { return [] }
    let before = contraction.before
    let after = before.reversed
    var alive = contraction.node.enumerated().map { $0.offset == $0.element }
    for (ways, back) in [(before, after), (after, before)] {
      var waiting = [Int](repeating: 0, count: before.count)
      var free: [Int] = []
      for index in alive.indices where alive[index] {
        waiting[index] = ways[index].count { alive[Int($0)] }
        if waiting[index] == 0 { free.append(index) }
      }
      while let index = free.popLast() {
        alive[index] = false
        for other in back[index] where alive[Int(other)] {
          waiting[Int(other)] -= 1
          if waiting[Int(other)] == 0 { free.append(Int(other)) }
        }
      }
    }
    return Set(groups.indices.filter { alive[groups[$0][0]] })
  }

  // MARK: Rewriting

  /// Operands on the expanded tensors, and one instruction for each group, where its last input is there.
  private mutating func rewrite(_ contraction: Contraction, _ groups: [[Int]], _ packs: Packs) {
    let moved = expand(packs)
    var members = [[Int]?](repeating: nil, count: draft.nodes.count)
    for group in groups { members[group[0]] = group }
    let (node, before) = (contraction.node, contraction.before)
    let after = before.reversed
    var waiting = node.indices.map { before[$0].count }
    var ready = Heap(node.indices.filter { node[$0] == $0 && waiting[$0] == 0 })
    var result: [Node] = []
    result.reserveCapacity(draft.nodes.count)
    while let index = ready.popMin() {
      if let group = members[index] {
        result.append(joined(group, moved))
      } else {
        result.append(draft.nodes[index].changing { move(&$0, moved) })
      }
      for other in after[index] {
        waiting[Int(other)] -= 1
        if waiting[Int(other)] == 0 { ready.insert(Int(other)) }
      }
    }
    draft.nodes = result
  }

  /// By tensor: the one that it is part of now, or -1, and the element at which its part begins.
  private typealias Moves = [(tensor: Int32, shift: Int)]

  /// Lets a pattern reach its tensor's part; whether that changed it.
  private func move(_ pattern: inout AccessPattern, _ moves: Moves) -> Bool {
    let (tensor, shift) = moves[draft.owner(pattern)]
    guard tensor >= 0 else { return false }
    pattern.tensor = TensorID(Int(tensor))
    pattern.offset += shift
    return true
  }

  /// One tensor for each pack.
  ///
  /// - Returns: where the tensors' parts are.
  private mutating func expand(_ packs: Packs) -> Moves {
    var expanded: [Int: Int] = [:]
    var moved = Moves(repeating: (-1, 0), count: draft.tensors.count)
    for index in packs.tensors {
      guard let entry = packs.place[index] else { continue }
      let first = draft.declaration(entry.pack[0])
      let tensor =
        expanded[entry.pack[0]]
        ?? draft.declare(
          Tensor(
            name: "\(first.name).x\(entry.pack.count)", space: first.space, dtype: first.dtype,
            shape: [first.partitions, first.freeElements * entry.pack.count], place: nil,
            location: first.location))
      expanded[entry.pack[0]] = tensor
      moved[index] = (Int32(tensor), entry.position * first.freeElements)
    }
    return moved
  }

  /// One instruction that does what those of several passes do.
  private mutating func joined(_ group: [Int], _ moves: Moves) -> Node {
    let first = draft.nodes[group[0]]
    let second = draft.nodes[group[1]]
    let isReduction = first.operation is TensorReduce
    let data = first.opcode.fieldIndex("data")
    var changed: [(field: Int, pattern: AccessPattern)] = []
    for operand in first.operands {
      var pattern = operand.pattern
      var isChanged = move(&pattern, moves)
      if isOwn(operand, of: first),
        var next = second.operands.first(where: { $0.field == operand.field })?.pattern
      {
        _ = move(&next, moves)
        pattern = pattern.repeated(
          step: next.offset - pattern.offset, count: group.count,
          keepsDimension: isReduction && operand.field == data)
        isChanged = true
      }
      if isChanged { changed.append((operand.field, pattern)) }
    }
    var node = first.with(changed)
    if isReduction, var reduction = node.operation as? TensorReduce {
      // The new dimension comes before those that are reduced.
      let rank = reduction.data.free.count - 1
      let axes = reduction.axes.isEmpty ? Array(1..<rank + 1) : reduction.axes
      reduction.axes = axes.map { $0 + 1 }
      node = node.with(reduction, &draft.forms)
    }
    return node
  }
}

extension AccessPattern {
  /// The pattern `count` times, `step` elements apart; `keepsDimension` leaves the new dimension by itself.
  fileprivate func repeated(step: Int, count: Int, keepsDimension: Bool) -> AccessPattern {
    var dimensions = [AccessDimension(stride: step, size: count)] + Array(free)
    if !keepsDimension { dimensions = joinedDimensions(dimensions) }
    var pattern = self
    pattern.free = FreeDimensions(dimensions)
    return pattern
  }
}

/// The same elements in the same order with as few dimensions as possible.
private func joinedDimensions(_ dimensions: [AccessDimension]) -> [AccessDimension] {
  var result: [AccessDimension] = []
  for dimension in dimensions where dimension.size != 1 {
    if let last = result.last, last.stride == dimension.stride * dimension.size {
      result[result.count - 1].stride = dimension.stride
      result[result.count - 1].size *= dimension.size
    } else {
      result.append(dimension)
    }
  }
  return result
}
