import ISA
import Machine
import Programs

/// A tile that is declared once and replaced in each pass of a loop becomes as many tiles as it has values.
///
/// Compilers of both generations allocate values, not declarations. Two convolutions of a public course assignment
/// load their rows into one tile declared before the loops: on the device loads run ahead of the products (816 and
/// 3824 µs, where one buffer would take 6340 and 11,501), although they skip the middle end. A second-generation product
/// with one tile for each operand runs at the pace of its loads (1365 µs for 2048 of them).
///
/// A new value begins where nothing of the old one is read any more, if it replaces all that the tile ever has: a product
/// that uses the halves of one PSUM tile in turn (246 µs) has one tile with two halves. Not what lies in one pass of an
/// affine loop, and in the second generation nothing within the passes of one affine loop: a convolution of AWS's that
/// loads its weights into one tile there takes 3 µs for each (13.4 ms), as one buffer does (ACCURACY 69).
///
/// In the second generation tiles in PSUM keep their memory: in decoded streams those that keep a bank have one address in
/// all of eight passes, others are reloaded before they are replaced, and the product above takes 352 µs with one half.
///
/// Tiles that the author placed, tiles with several names and what dynamic loops touch stay as they are, and so do
/// programs with dependencies of their own.
struct LiveRanges {
  /// Gives each further value of a tile a tensor of its own.
  ///
  /// - Parameter keepsAffine: whether the passes of one affine loop share a tile that is declared outside of it.
  /// - Returns: how many tensors were added.
  static func run(_ draft: inout Draft, keepsAffine: Bool = false) -> Int {
    guard !draft.hasOwnDependencies else { return 0 }
    let borders = Borders(draft, keepsAffine: keepsAffine)
    guard !borders.nodes.isEmpty else { return 0 }
    var next = Array(borders.starts.dropLast())
    var current = Array(0..<Int32(draft.tensors.count))
    var added = 0
    for index in draft.nodes.indices {
      let node = draft.nodes[index]
      var changed: [(field: Int, pattern: AccessPattern)] = []
      for operand in node.operands {
        let tensor = Int(operand.pattern.tensor.index)
        let position = Int(next[tensor])
        if position < Int(borders.starts[tensor + 1]), borders.nodes[position] == index {
          next[tensor] += 1
          current[tensor] = Int32(draft.declareValue(of: tensor))
          added += 1
        }
        guard Int(current[tensor]) != tensor else { continue }
        var pattern = operand.pattern
        pattern.tensor = TensorID(Int(current[tensor]))
        changed.append((operand.field, pattern))
      }
      if !changed.isEmpty { draft.nodes[index] = node.with(changed) }
    }
    return added
  }

  /// Gives values in PSUM the memory of their tiles back, where they follow one another.
  ///
  /// - Returns: how many values were joined.
  static func join(_ draft: inout Draft) -> Int {
    let lives = draft.lifetimes()
    var values: [Int: [Int]] = [:]
    for (index, facts) in draft.tensors.enumerated()
    where facts.space == .psum && lives[index] != nil {
      values[facts.tile, default: []].append(index)
    }
    var joined = [Int](draft.tensors.indices)
    var count = 0
    for (tile, own) in values where own.count > 1 {
      let order = own.sorted { (lives[$0]?.lowerBound ?? 0) < (lives[$1]?.lowerBound ?? 0) }
      var last = -1
      for value in order {
        guard let life = lives[value], life.lowerBound > last else { continue }
        if value != tile {
          joined[value] = tile
          count += 1
        }
        last = life.upperBound
      }
    }
    guard count > 0 else { return 0 }
    draft.nodes = draft.nodes.map { node in
      node.changing { pattern in
        let tile = joined[Int(pattern.tensor.index)]
        guard tile != Int(pattern.tensor.index) else { return false }
        pattern.tensor = TensorID(tile)
        return true
      }
    }
    return count
  }
}

/// For each tensor the instructions at which a new value begins, all in one array.
private struct Borders {
  private(set) var starts: [Int32] = [0]
  private(set) var nodes: [Int32] = []

  init(_ draft: Draft, keepsAffine: Bool) {
    let uses = Uses(draft)
    // Few kernels have a value that could be new.
    var passes: [Set<Int32>]?
    func isOnePass(_ index: Int32, _ other: Int32) -> Bool {
      let scope = draft.nodes[Int(index)].scope
      let before = draft.nodes[Int(other)].scope
      guard scope >= 0, before >= 0 else { return false }
      let known = passes ?? (keepsAffine ? draft.affineLoops : draft.affinePasses)
      passes = known
      return !known[Int(scope)].isDisjoint(with: known[Int(before)])
    }
    var found: [Int32] = []
    var needed = Area()
    // What the value at hand has not replaced so far, of all that the tile ever has.
    var left = Area()
    for tensor in draft.tensors.indices {
      found.removeAll(keepingCapacity: true)
      needed.removeAll()
      let own = uses[tensor]
      guard let all = draft.written(tensor, own) else {
        starts.append(Int32(nodes.count))
        continue
      }
      left.removeAll()
      left.add(all)
      for position in own.indices.reversed() {
        let index = own[position]
        let node = draft.nodes[Int(index)]
        let writesAll = !node.mayLeaveElements
        for operand in node.operands where Int(operand.pattern.tensor.index) == tensor {
          if operand.isWritten, writesAll, operand.pattern.isGapless {
            needed.subtract(Rectangle(operand.pattern, draft))
            left.subtract(Rectangle(operand.pattern, draft))
          }
        }
        for operand in node.operands
        where Int(operand.pattern.tensor.index) == tensor && operand.isRead {
          needed.add(Rectangle(operand.pattern, draft))
        }
        if needed.isEmpty, left.isEmpty, position > own.startIndex,
          !isOnePass(index, own[position - 1])
        {
          found.append(index)
          left.add(all)
        }
      }
      nodes.append(contentsOf: found.reversed())
      starts.append(Int32(nodes.count))
    }
  }
}

extension Draft {
  /// All that some instructions write of a tensor, if that has no holes; `nil` otherwise, and for nothing.
  func filled(_ tensor: Int, by indices: some Sequence<Int>) -> Rectangle? {
    var all: Rectangle?
    var parts: [Rectangle] = []
    for index in indices {
      let writesAll = !nodes[index].mayLeaveElements
      for operand in nodes[index].operands
      where operand.isWritten && owner(operand.pattern) == tensor {
        let own = Rectangle(operand.pattern, self)
        all = all?.union(own) ?? own
        if writesAll, operand.pattern.isGapless, parts.last.map({ !$0.covers(own) }) ?? true {
          parts.append(own)
        }
      }
    }
    guard let all else { return nil }
    var left = Area()
    left.add(all)
    for part in parts where !left.isEmpty { left.subtract(part) }
    return left.isEmpty ? all : nil
  }

  /// A part of a tensor on chip.
  func part(_ tensor: Int, _ box: Rectangle) -> AccessPattern {
    var pattern = whole(tensor)
    pattern.rowStart = Int32(box.rows.lowerBound)
    pattern.rows = Int32(box.rows.count)
    pattern.offset = box.columns.lowerBound
    pattern.free = FreeDimensions([AccessDimension(stride: 1, size: box.columns.count)])
    return pattern
  }

  /// All that a tile ever gets; `nil` for nothing.
  fileprivate func written(_ tensor: Int, _ uses: ArraySlice<Int32>) -> Rectangle? {
    var all: Rectangle?
    for index in uses {
      for operand in nodes[Int(index)].operands
      where Int(operand.pattern.tensor.index) == tensor && operand.isWritten {
        let own = Rectangle(operand.pattern, self)
        all = all?.union(own) ?? own
      }
    }
    return all
  }

  /// By scope: the innermost pass of an affine loop that it is or is in; none outside of them.
  fileprivate var affinePasses: [Set<Int32>] {
    var found: [Set<Int32>] = []
    for (index, scope) in head.scopes.enumerated() {
      let outer = scope.parent < 0 ? [] : found[Int(scope.parent)]
      found.append(scope.kind == .affine ? [Int32(index)] : outer)
    }
    return found
  }

  /// By scope: all affine loops that it is a pass of or is in, by their first passes.
  fileprivate var affineLoops: [Set<Int32>] {
    var found: [Set<Int32>] = []
    // By the scope around it and its variable: the loop at hand, and its last pass.
    var open: [LoopName: (loop: Int32, pass: Int)] = [:]
    for (index, scope) in head.scopes.enumerated() {
      var own = scope.parent < 0 ? [] : found[Int(scope.parent)]
      if scope.kind == .affine {
        let name = LoopName(scope)
        let pass = Int(scope.name.dropFirst(name.variable.count + 1)) ?? 0
        // A variable that does not go on is another loop's.
        let loop = open[name].flatMap { $0.pass < pass ? $0.loop : nil } ?? Int32(index)
        open[name] = (loop, pass)
        own.insert(loop)
      }
      found.append(own)
    }
    return found
  }
}

/// For each tensor that may be split the instructions that touch it, in order, all in one array; none for what only the first of
/// them writes, which has one value.
private struct Uses {
  private var starts: [Int32]
  private var nodes: [Int32]

  subscript(tensor: Int) -> ArraySlice<Int32> {
    nodes[Int(starts[tensor])..<Int(starts[tensor + 1])]
  }

  init(_ draft: Draft) {
    var isFree = draft.tensors.indices.map { index in
      let facts = draft.tensors[index]
      return facts.isOnChip && facts.place == nil && facts.owner == index && !facts.hasAliases
    }
    var depth = 0
    var first = [Int32](repeating: -1, count: isFree.count)
    var isWrittenLater = [Bool](repeating: false, count: isFree.count)
    for (index, node) in draft.nodes.enumerated() {
      if node.opcode.opensLoop { depth += 1 }
      if node.opcode == .endLoop { depth -= 1 }
      for operand in node.operands {
        let tensor = Int(operand.pattern.tensor.index)
        if first[tensor] < 0 { first[tensor] = Int32(index) }
        if operand.isWritten && first[tensor] != index { isWrittenLater[tensor] = true }
        // Values may come around the back edge.
        if depth > 0 || operand.pattern.isDynamic || node.spreads(operand) {
          isFree[tensor] = false
        }
      }
    }
    for tensor in isFree.indices where !isWrittenLater[tensor] { isFree[tensor] = false }
    var last = [Int32](repeating: -1, count: isFree.count)
    starts = [Int32](repeating: 0, count: isFree.count + 1)
    for (index, node) in draft.nodes.enumerated() {
      for operand in node.operands {
        let tensor = Int(operand.pattern.tensor.index)
        guard isFree[tensor], last[tensor] != index else { continue }
        last[tensor] = Int32(index)
        starts[tensor + 1] += 1
      }
    }
    for tensor in isFree.indices { starts[tensor + 1] += starts[tensor] }
    nodes = [Int32](repeating: 0, count: Int(starts[isFree.count]))
    var next = starts
    last = [Int32](repeating: -1, count: isFree.count)
    for (index, node) in draft.nodes.enumerated() {
      for operand in node.operands {
        let tensor = Int(operand.pattern.tensor.index)
        guard isFree[tensor], last[tensor] != index else { continue }
        last[tensor] = Int32(index)
        nodes[Int(next[tensor])] = Int32(index)
        next[tensor] += 1
      }
    }
  }
}

/// Elements of a range of partitions of one tile.
struct Rectangle: Equatable {
  var rows: Range<Int>
  var columns: Range<Int>

  init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  /// What a pattern touches, gaps included.
  init(_ pattern: AccessPattern, _ draft: Draft) {
    let span = pattern.span
    let first = Int(pattern.rowStart)
    rows = first..<first + Int(pattern.rows)
    columns = pattern.offset + span.lowerBound..<pattern.offset + span.upperBound + 1
  }

  func overlaps(_ other: Rectangle) -> Bool {
    rows.overlaps(other.rows) && columns.overlaps(other.columns)
  }

  /// The smallest one with both in it.
  func union(_ other: Rectangle) -> Rectangle {
    Rectangle(
      rows: min(
        rows.lowerBound, other.rows.lowerBound)..<max(rows.upperBound, other.rows.upperBound),
      columns: min(
        columns.lowerBound, other.columns.lowerBound)..<max(
          columns.upperBound, other.columns.upperBound))
  }

  func covers(_ other: Rectangle) -> Bool {
    rows.lowerBound <= other.rows.lowerBound && other.rows.upperBound <= rows.upperBound
      && columns.lowerBound <= other.columns.lowerBound
      && other.columns.upperBound <= columns.upperBound
  }
}

/// Some elements of one tile; or more than that, where exactness would cost too much.
struct Area {
  private static let maximumRectangles = 32
  private var rectangles: [Rectangle] = []

  var isEmpty: Bool { rectangles.isEmpty }

  mutating func removeAll() { rectangles.removeAll(keepingCapacity: true) }

  mutating func add(_ new: Rectangle) {
    if rectangles.contains(where: { $0.covers(new) }) { return }
    rectangles.removeAll { new.covers($0) }
    rectangles.append(new)
    if rectangles.count > Self.maximumRectangles { simplify() }
  }

  mutating func subtract(_ gone: Rectangle) {
    if rectangles.count == 1, gone.covers(rectangles[0]) {
      rectangles.removeAll(keepingCapacity: true)
      return
    }
    guard rectangles.contains(where: { $0.overlaps(gone) }) else { return }
    var rest: [Rectangle] = []
    for old in rectangles {
      guard old.overlaps(gone) else {
        rest.append(old)
        continue
      }
      let above = old.rows.lowerBound..<max(old.rows.lowerBound, gone.rows.lowerBound)
      let below = min(old.rows.upperBound, gone.rows.upperBound)..<old.rows.upperBound
      for rows in [above, below] where !rows.isEmpty {
        rest.append(Rectangle(rows: rows, columns: old.columns))
      }
      let rows = old.rows.clamped(to: gone.rows)
      let left = old.columns.lowerBound..<max(old.columns.lowerBound, gone.columns.lowerBound)
      let right = min(old.columns.upperBound, gone.columns.upperBound)..<old.columns.upperBound
      for columns in [left, right] where !columns.isEmpty {
        rest.append(Rectangle(rows: rows, columns: columns))
      }
    }
    rectangles = rest
    if rectangles.count > Self.maximumRectangles { simplify() }
  }

  /// One rectangle around all.
  private mutating func simplify() {
    rectangles = [rectangles.dropFirst().reduce(rectangles[0]) { $0.union($1) }]
  }
}

extension AccessPattern {
  /// Whether it touches every element between its first and its last, in each of its rows.
  var isGapless: Bool {
    if isDynamic { return false }
    // By their strides, the shortest first.
    var dimensions = FreeDimensions()
    for dimension in free where dimension.size != 1 {
      dimensions.append(dimension)
      var position = dimensions.count - 1
      while position > 0, abs(dimension.stride) < abs(dimensions[position - 1].stride) {
        dimensions[position] = dimensions[position - 1]
        position -= 1
      }
      dimensions[position] = dimension
    }
    var reach = 1
    for dimension in dimensions {
      guard abs(Int(dimension.stride)) == reach else { return false }
      reach *= Int(dimension.size)
    }
    return true
  }
}

extension Node {
  /// Whether an operand's rows lie apart in its tile, as scales of MX data do.
  fileprivate func spreads(_ operand: Operand) -> Bool {
    guard opcode == .quantizeMX || opcode == .ncMatmulMX else { return false }
    return ["dst_scale", "stationary_scale", "moving_scale"].contains { name in
      opcode.fieldIndex(name) == operand.field
    }
  }

  /// Whether elements of its result may stay as they were.
  fileprivate var mayLeaveElements: Bool {
    switch opcode {
    case .ncStreamShuffle:
      (operation as? NCStreamShuffle)?.shuffleMask.contains { !(0..<32).contains($0) } ?? false
    case .dmaCompute: true
    default: isIndirect
    }
  }
}
