import Device
import ISA
import Machine
import Programs

/// Copies on the chip go whose readers can read the source itself, value by value: a tile may be written again.
///
/// Decoded streams of two second-generation MoE kernels lack 144 of 176 copies out of PSUM: all that only `activation` or
/// `tensor_scalar` reads. All 32 that `tensor_tensor` reads are there. AWS's published convolutions spend 157 µs of Vector on
/// 496 MEMSETs and 496 copies out of PSUM, so none of their 4464 copies within SBUF for the PE array is left. Copies stay that change
/// the element type, and those of PSUM for the PE array, DMAs and GpSimd, which do not reach it.
struct CopyRemoval {
  /// Operations that take their data from PSUM in the place of its copy.
  private static let readers: Set<Opcode> = [.tensorScalar, .activation, .activationReduce]

  /// A copy whose value may still be read.
  private struct Candidate {
    var index: Int
    var dst: AccessPattern
    var src: AccessPattern
    /// Who reads the value, with which field.
    var uses: [(index: Int, field: Int)] = []
    /// Whether the source has another value by now, so that a reader needs the copy.
    var isStale = false
  }

  private var draft: Draft
  /// By tensor that was copied to, and by tensor that was copied from: positions in `candidates`.
  private var targets: [[Int]]
  private var sources: [[Int]]
  private var candidates: [Candidate] = []
  private var isOpen: [Bool] = []
  private var removed: [Bool]

  /// The draft without copies that nobody needs.
  ///
  /// - Returns: how many it removed.
  @discardableResult
  static func run(_ draft: inout Draft) -> Int {
    var pass = CopyRemoval(draft)
    pass.run()
    let count = pass.removed.count { $0 }
    if count > 0 {
      draft.nodes = zip(pass.draft.nodes, pass.removed).compactMap { $1 ? nil : $0 }
    }
    return count
  }

  private init(_ draft: Draft) {
    self.draft = draft
    removed = [Bool](repeating: false, count: draft.nodes.count)
    targets = [[Int]](repeating: [], count: draft.tensors.count)
    sources = targets
  }

  private mutating func run() {
    for index in draft.nodes.indices {
      let node = draft.nodes[index]
      if node.isBarrier {
        forgetAll()
        continue
      }
      var readsCopy = false
      for operand in node.operands where operand.isRead {
        if read(index, operand) { readsCopy = true }
      }
      for operand in node.operands where operand.isWritten { write(operand.pattern) }
      if !readsCopy, let copy = removable(node) { add(index, copy) }
    }
    for position in candidates.indices where isOpen[position] { remove(position) }
  }

  // MARK: What instructions do to candidates

  /// A read of what was copied; whether there was such a copy.
  private mutating func read(_ index: Int, _ operand: Node.Operand) -> Bool {
    let owner = draft.owner(operand.pattern)
    guard !targets[owner].isEmpty else { return false }
    var isCopy = false
    for position in targets[owner] where overlap(operand.pattern, candidates[position].dst) {
      isCopy = true
      if candidates[position].isStale || !canRead(index, operand, candidates[position]) {
        close(position)
      } else {
        candidates[position].uses.append((index, operand.field))
      }
    }
    return isCopy
  }

  private mutating func write(_ pattern: AccessPattern) {
    let owner = draft.owner(pattern)
    for position in targets[owner] where overlap(pattern, candidates[position].dst) {
      // The value ends where all of it is replaced.
      if covers(pattern, candidates[position].dst) {
        remove(position)
      } else {
        close(position)
      }
    }
    for position in sources[owner] where overlap(pattern, candidates[position].src) {
      candidates[position].isStale = true
    }
  }

  /// The copy that an instruction is, if it could go.
  private func removable(_ node: Node) -> TensorCopy? {
    guard node.opcode == .tensorCopy, node.label == nil, node.engine == nil,
      let copy = node.operation as? TensorCopy
    else { return nil }
    let source = draft.facts(copy.src)
    let target = draft.facts(copy.dst)
    let plain = FreeDimensions([AccessDimension(stride: 1, size: copy.src.elementsPerRow)])
    guard target.space == .sbuf, source.place == nil, target.place == nil,
      source.owner != target.owner, !source.hasAliases, !target.hasAliases,
      Int(copy.src.tensor.index) == source.owner, Int(copy.dst.tensor.index) == target.owner,
      draft.declaration(source.owner).dtype == draft.declaration(target.owner).dtype,
      copy.src.free == plain, copy.dst.free == plain, copy.src.rowStart == copy.dst.rowStart,
      copy.src.rows == copy.dst.rows, !copy.src.isDynamic, !copy.dst.isDynamic
    else { return nil }
    return copy
  }

  /// Whether a reader of the copy can read its source.
  private func canRead(_ index: Int, _ operand: Node.Operand, _ candidate: Candidate) -> Bool {
    let node = draft.nodes[index]
    guard operand.role == .read, covers(candidate.dst, operand.pattern), !operand.pattern.isDynamic,
      Int(operand.pattern.tensor.index) == draft.owner(operand.pattern)
    else { return false }
    let source = draft.owner(candidate.src)
    let isInPlace = node.operands.contains { $0.isWritten && draft.owner($0.pattern) == source }
    if isInPlace { return false }
    guard draft.facts(candidate.src).space == .psum else { return true }
    return node.resolvedEngine != .gpsimd && Self.readers.contains(node.opcode)
      && operand.field == node.opcode.fieldIndex("data")
  }

  // MARK: Candidates

  private mutating func add(_ index: Int, _ copy: TensorCopy) {
    let position = candidates.count
    candidates.append(Candidate(index: index, dst: copy.dst, src: copy.src))
    isOpen.append(true)
    targets[draft.owner(copy.dst)].append(position)
    sources[draft.owner(copy.src)].append(position)
  }

  /// The copy stays.
  private mutating func close(_ position: Int) {
    isOpen[position] = false
    let candidate = candidates[position]
    targets[draft.owner(candidate.dst)].removeAll { $0 == position }
    sources[draft.owner(candidate.src)].removeAll { $0 == position }
  }

  /// The copy goes, if somebody reads the value; then they read its source.
  private mutating func remove(_ position: Int) {
    close(position)
    let candidate = candidates[position]
    guard !candidate.uses.isEmpty else { return }
    for use in candidate.uses {
      let node = draft.nodes[use.index]
      guard var pattern = node.operands.first(where: { $0.field == use.field })?.pattern else {
        continue
      }
      pattern.tensor = candidate.src.tensor
      pattern.offset += candidate.src.offset - candidate.dst.offset
      draft.nodes[use.index] = node.with([(use.field, pattern)])
    }
    removed[candidate.index] = true
  }

  private mutating func forgetAll() {
    for position in candidates.indices where isOpen[position] { close(position) }
  }

  // MARK: Places

  private func columns(_ pattern: AccessPattern) -> Range<Int> {
    let span = pattern.span
    return pattern.offset + span.lowerBound..<pattern.offset + span.upperBound + 1
  }

  private func rows(_ pattern: AccessPattern) -> Range<Int> {
    Int(pattern.rowStart)..<Int(pattern.rowStart) + Int(pattern.rows)
  }

  /// Whether two patterns of one tensor may have an element in common; other names of it have other elements.
  private func overlap(_ a: AccessPattern, _ b: AccessPattern) -> Bool {
    a.tensor != b.tensor || a.isDynamic || b.isDynamic
      || (columns(a).overlaps(columns(b)) && rows(a).overlaps(rows(b)))
  }

  /// Whether a pattern touches all that another one lies in.
  private func covers(_ a: AccessPattern, _ b: AccessPattern) -> Bool {
    let columns = columns(a)
    return a.tensor == b.tensor && !a.isDynamic && a.elementsPerRow == columns.count
      && columns.lowerBound <= self.columns(b).lowerBound
      && self.columns(b).upperBound <= columns.upperBound
      && rows(a).lowerBound <= rows(b).lowerBound && rows(b).upperBound <= rows(a).upperBound
  }
}
