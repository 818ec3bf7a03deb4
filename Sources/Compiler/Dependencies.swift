import Device
import ISA
import Machine

/// The bytes that an operand touches before tensors have addresses, as rows of a grid.
///
/// Each tensor is memory of its own. Those that the author placed share one space per memory, since they may
/// lie on one another. Patterns count as boxes, as they do in the lowering, so that an order that keeps these
/// dependencies keeps the device program's too.
struct Box: Hashable {
  /// Elements between rows in HBM; 0: no rows, one flat range; -1: partitions.
  var pitch: Int
  var firstRow: Int
  var endRow: Int
  /// First and last-but-one element (in HBM) or byte (on chip) within a row.
  var begin: Int
  var end: Int

  /// All that a tensor in HBM has.
  static let everything = Box(pitch: 0, firstRow: 0, endRow: 1, begin: 0, end: 1 << 62)

  private var flat: Range<Int> {
    pitch <= 0 ? begin..<end : firstRow * pitch + begin..<(endRow - 1) * pitch + end
  }

  /// Whether two boxes of one space have something in common.
  func overlaps(_ other: Box) -> Bool {
    guard pitch == other.pitch else { return flat.overlaps(other.flat) }
    return firstRow < other.endRow && other.firstRow < endRow && begin < other.end
      && other.begin < end
  }

  /// Whether it has all of another; `false` where that is not plain.
  func covers(_ other: Box) -> Bool {
    pitch == other.pitch && firstRow <= other.firstRow && other.endRow <= endRow
      && begin <= other.begin && other.end <= end
  }
}

extension Draft {
  /// The space that an operand is in, by number, and its box there.
  func box(_ pattern: AccessPattern) -> (space: Int, box: Box) {
    let facts = facts(pattern)
    let span = pattern.span
    let low = pattern.offset + span.lowerBound
    let high = pattern.offset + span.upperBound + 1
    if facts.isOnChip {
      var space = facts.owner
      var row = Int(pattern.rowStart)
      var begin = low * facts.itemSize
      if let place = facts.place {
        space = -Int(facts.space.rawValue)
        row += place.partition
        begin += place.byte
      }
      return (
        space,
        Box(
          pitch: -1, firstRow: row, endRow: row + Int(pattern.rows), begin: begin,
          end: begin + (high - low) * facts.itemSize)
      )
    }
    if pattern.isDynamic || facts.itemSize != tensors[facts.owner].itemSize {
      return (facts.owner, .everything)
    }
    let pitch = pattern.rowStride
    let reach = pitch * (Int(pattern.rows) - 1)
    if pattern.rows == 1 || pitch <= 0 {
      return (
        facts.owner,
        Box(pitch: 0, firstRow: 0, endRow: 1, begin: low + min(0, reach), end: high + max(0, reach))
      )
    }
    let row = low / pitch
    let column = low % pitch
    if column + high - low > pitch {
      return (facts.owner, Box(pitch: 0, firstRow: 0, endRow: 1, begin: low, end: high + reach))
    }
    return (
      facts.owner,
      Box(
        pitch: pitch, firstRow: row, endRow: row + Int(pattern.rows), begin: column,
        end: column + high - low)
    )
  }
}

/// For each instruction those before it that it must follow, all in one array.
struct Predecessors {
  private(set) var starts: [Int32] = [0]
  private(set) var values: [Int32] = []

  /// Number of instructions.
  var count: Int { starts.count - 1 }

  /// Whom an instruction must follow, each once, in no order.
  subscript(index: Int) -> ArraySlice<Int32> { values[Int(starts[index])..<Int(starts[index + 1])] }

  /// Where those of an instruction are in `values`.
  func range(_ index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) }

  mutating func reserveCapacity(_ count: Int) {
    starts.reserveCapacity(count + 1)
    values.reserveCapacity(2 * count)
  }

  /// Adds the next instruction.
  mutating func append(_ found: some Sequence<Int32>) {
    values.append(contentsOf: found)
    starts.append(Int32(values.count))
  }

  /// The other way round: for each instruction those that must follow it.
  var reversed: Predecessors {
    var counts = [Int32](repeating: 0, count: count + 1)
    for value in values { counts[Int(value) + 1] += 1 }
    for index in 0..<count { counts[index + 1] += counts[index] }
    var result = Predecessors()
    result.starts = counts
    result.values = [Int32](repeating: 0, count: values.count)
    var next = counts
    for index in 0..<count {
      for value in self[index] {
        result.values[Int(next[Int(value)])] = Int32(index)
        next[Int(value)] += 1
      }
    }
    return result
  }
}

extension Draft {
  /// For each instruction those before it that it must follow.
  func predecessors() -> Predecessors {
    var finder = PredecessorFinder(self)
    return finder.run()
  }
}

/// Walks the instructions in order and knows who touched each byte last.
private struct PredecessorFinder {
  private let draft: Draft
  /// By space; those of placed tensors, which have negative numbers, come first.
  private var spaces: [TouchedSpace]
  private static let placedSpaces = MemorySpace.allCases.count
  /// Whom the instruction at hand must follow, and for whom that is known already.
  private var found: [Int32] = []
  private var marks: [Int32]
  private var readers = Readers()

  init(_ draft: Draft) {
    self.draft = draft
    marks = [Int32](repeating: -1, count: draft.nodes.count)
    spaces = Array(
      repeating: TouchedSpace(), count: draft.tensors.count + PredecessorFinder.placedSpaces)
  }

  mutating func run() -> Predecessors {
    var result = Predecessors()
    result.reserveCapacity(draft.nodes.count)
    var barrier = -1
    var lastStateful = [Int](repeating: -1, count: 256)
    var keepsOrder = [Bool](repeating: false, count: draft.nodes.count)
    for range in draft.orderedRanges() {
      for index in range.dropFirst() { keepsOrder[index] = true }
    }
    var writes: [(space: Int, box: Box)] = []
    for (index, node) in draft.nodes.enumerated() {
      found.removeAll(keepingCapacity: true)
      if barrier >= 0 { add(barrier, to: index) }
      if node.isBarrier {
        for other in max(0, barrier)..<index { add(other, to: index) }
        barrier = index
      }
      if draft.isStateful(node) {
        let engine = Int(node.resolvedEngine.rawValue)
        if lastStateful[engine] >= 0 { add(lastStateful[engine], to: index) }
        lastStateful[engine] = index
      }
      writes.removeAll(keepingCapacity: true)
      for operand in node.operands {
        var (space, box) = draft.box(operand.pattern)
        if node.isIndirect && !draft.facts(operand.pattern).isOnChip { box = .everything }
        if operand.isWritten { writes.append((space, box)) }
        if operand.isRead {
          spaces[space + Self.placedSpaces].read(
            box, Int32(index), &readers, into: &found)
        }
      }
      for (space, box) in writes {
        spaces[space + Self.placedSpaces].write(box, Int32(index), readers, into: &found)
      }
      if keepsOrder[index] { found.append(Int32(index - 1)) }
      keepEachOnce(index)
      result.append(found)
    }
    return result
  }

  private mutating func add(_ other: Int, to index: Int) { found.append(Int32(other)) }

  /// Of what was found each once, without the instruction itself.
  private mutating func keepEachOnce(_ index: Int) {
    var kept = 0
    for position in found.indices {
      let other = Int(found[position])
      guard other != index && marks[other] != index else { continue }
      marks[other] = Int32(index)
      found[kept] = Int32(other)
      kept += 1
    }
    found.removeLast(found.count - kept)
  }
}

/// Lists of instructions, in one array.
private struct Readers {
  private var links: [(reader: Int32, next: Int32)] = []

  /// Adds a reader to the list that begins at `first`; -1 is the empty list.
  mutating func add(_ reader: Int32, to first: inout Int32) {
    links.append((reader, first))
    first = Int32(links.count - 1)
  }

  func append(_ first: Int32, to found: inout [Int32]) {
    var position = first
    while position >= 0 {
      found.append(links[Int(position)].reader)
      position = links[Int(position)].next
    }
  }
}

/// The last writers of one memory, and who has read since.
private struct TouchedSpace {
  /// A box that was touched.
  private struct Touch {
    var box: Box
    /// Its last writer; -1 for none that counts any more.
    var writer: Int32 = -1
    /// Where the list of those begins who have read it since; -1 for none.
    var readers: Int32 = -1
  }

  private var touches: [Touch] = []
  /// Positions in `touches`, once there are many.
  private var positions: [Box: Int] = [:]
  private static let few = 8
  /// Rows and width of the cells, while all boxes are cells of one grid: then only equal ones overlap.
  private var form: (pitch: Int, rows: Int, width: Int)?
  private var isUniform = true

  private mutating func meet(_ box: Box) -> Bool {
    guard isUniform else { return false }
    let rows = box.endRow - box.firstRow
    let width = box.end - box.begin
    let known = form ?? (box.pitch, rows, width)
    form = known
    isUniform =
      known == (box.pitch, rows, width) && width > 0 && rows > 0 && box.firstRow % rows == 0
      && box.begin % width == 0
    return isUniform
  }

  /// The position of a box, which is added if it is new.
  private mutating func position(_ box: Box) -> Int {
    if positions.isEmpty {
      if let known = touches.firstIndex(where: { $0.box == box }) { return known }
    } else if let known = positions[box] {
      return known
    }
    touches.append(Touch(box: box))
    if !positions.isEmpty {
      positions[box] = touches.count - 1
    } else if touches.count > TouchedSpace.few {
      number()
    }
    return touches.count - 1
  }

  private mutating func number() {
    for (index, touch) in touches.enumerated() { positions[touch.box] = index }
  }

  mutating func read(
    _ box: Box, _ index: Int32, _ readers: inout Readers, into found: inout [Int32]
  ) {
    let own: Int
    if meet(box) {
      own = position(box)
      if touches[own].writer >= 0 { found.append(touches[own].writer) }
    } else {
      for touch in touches where touch.writer >= 0 && box.overlaps(touch.box) {
        found.append(touch.writer)
      }
      own = position(box)
    }
    readers.add(index, to: &touches[own].readers)
  }

  mutating func write(
    _ box: Box, _ index: Int32, _ readers: Readers, into found: inout [Int32]
  ) {
    if meet(box) {
      let own = position(box)
      if touches[own].writer >= 0 { found.append(touches[own].writer) }
      readers.append(touches[own].readers, to: &found)
      touches[own].readers = -1
      touches[own].writer = index
      return
    }
    for other in touches.indices where box.overlaps(touches[other].box) {
      if touches[other].writer >= 0 { found.append(touches[other].writer) }
      readers.append(touches[other].readers, to: &found)
      if box.covers(touches[other].box) {
        touches[other].writer = -1
        touches[other].readers = -1
      }
    }
    let gone = touches.count { $0.writer < 0 && $0.readers < 0 }
    // What is covered goes, now and then, so that it costs little.
    if gone > TouchedSpace.few {
      touches.removeAll { $0.writer < 0 && $0.readers < 0 }
      positions.removeAll(keepingCapacity: true)
      if touches.count > TouchedSpace.few { number() }
    }
    touches[position(box)].writer = index
  }
}
