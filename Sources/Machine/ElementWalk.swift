import Formats

/// Where the elements of an operand lie, in the bytes of one partition or of an HBM tensor.
///
/// On chip all rows have the same bytes, each of a partition of its own.
public struct ElementWalk: Hashable, Sendable {
  /// First byte of the first element.
  private let first: Int
  /// Bytes of an element.
  private let size: Int
  /// Dimensions of more than one element, outermost first; strides in bytes.
  private var dimensions: [Dimension]

  private struct Dimension: Hashable {
    let stride: Int
    let count: Int
  }

  /// More elements, or bytes between the first and the last, are not looked at one by one.
  private static let most = 1 << 22

  /// The walk of a pattern on a tensor.
  public init(_ pattern: AccessPattern, _ place: TensorPlace) {
    size = place.dtype.size
    first = place.address + pattern.offset * size
    var dimensions: [Dimension] = []
    if place.space == .hbm, pattern.rows != 1 {
      dimensions.append(Dimension(stride: pattern.rowStride * size, count: Int(pattern.rows)))
    }
    for dimension in pattern.free where dimension.size != 1 {
      dimensions.append(
        Dimension(stride: Int(dimension.stride) * size, count: Int(dimension.size)))
    }
    self.dimensions = dimensions
  }

  /// The bytes from the first to the last that it names.
  private var span: Range<Int> {
    var low = first
    var high = first + size
    for dimension in dimensions {
      let reach = dimension.stride * max(0, dimension.count - 1)
      if reach < 0 { low += reach } else { high += reach }
    }
    return low..<high
  }

  private var count: Int { dimensions.reduce(1) { $0 * $1.count } }

  /// Whether each dimension steps over all that the smaller ones reach: then no byte is named twice.
  private var isNested: Bool {
    var reach = size - 1
    // At most five, and mostly one.
    for dimension in dimensions.sorted(by: { $0.stride.magnitude < $1.stride.magnitude }) {
      guard Int(dimension.stride.magnitude) > reach else { return false }
      reach += Int(dimension.stride.magnitude) * (dimension.count - 1)
    }
    return true
  }

  /// Whether it names a byte twice; `false` where there are too many to look at.
  public var repeatsItself: Bool {
    if dimensions.isEmpty { return false }
    if dimensions.count == 1 {
      return dimensions[0].count > 1 && Int(dimensions[0].stride.magnitude) < size
    }
    guard !isNested, count > 0 else { return false }
    if dimensions.contains(where: { $0.stride == 0 }) { return true }
    let span = span
    guard count <= Self.most, span.count <= 8 * Self.most else { return false }
    // As many elements as fit without touching: more of them must.
    if count * size > span.count { return true }
    var marks = ByteMarks(span)
    return !forEach { marks.insert($0, size) }
  }

  /// Whether two walks name a byte in common; `false` where there are too many to look at.
  public func meets(_ other: ElementWalk) -> Bool {
    let window = span.clamped(to: other.span)
    guard !window.isEmpty, count > 0, other.count > 0 else { return false }
    if isDense && other.isDense { return true }
    guard count <= Self.most, other.count <= Self.most, window.count <= 8 * Self.most else {
      return false
    }
    var marks = ByteMarks(span.clamped(to: window.lowerBound - size..<window.upperBound + size))
    _ = forEach { start in
      _ = marks.insert(start, size)
      return true
    }
    return !other.forEach { !marks.contains($0, other.size) }
  }

  /// Whether it names every byte of its span.
  package var isDense: Bool { isNested && count * size == span.count }

  /// Whether it names every byte of what its outermost step repeats.
  package var isDenseInside: Bool {
    var inside = self
    if let outermost = dimensions.firstIndex(where: { $0.stride != 0 }) {
      inside.dimensions.remove(at: outermost)
    }
    return inside.isDense
  }

  /// Which bytes of a range it names, a mark for each; `nil` where there are too many elements to look at.
  package func marks(in range: Range<Int>) -> [Bool]? {
    // What is repeated without a step names the same bytes.
    var stepping = self
    stepping.dimensions.removeAll { $0.stride == 0 }
    guard stepping.count <= Self.most else { return nil }
    var marks = ByteMarks(range)
    _ = stepping.forEach { start in
      _ = marks.insert(start, size)
      return true
    }
    return marks.marks
  }

  /// Calls `body` with the first byte of each element until it returns `false`; whether it never did.
  private func forEach(_ body: (Int) -> Bool) -> Bool {
    func walk(_ depth: Int, _ start: Int) -> Bool {
      guard depth < dimensions.count else { return body(start) }
      var start = start
      for _ in 0..<dimensions[depth].count {
        guard walk(depth + 1, start) else { return false }
        start += dimensions[depth].stride
      }
      return true
    }
    return walk(0, first)
  }
}

/// A mark for each byte of a range.
private struct ByteMarks {
  private let range: Range<Int>
  private(set) var marks: [Bool]

  init(_ range: Range<Int>) {
    self.range = range
    marks = Array(repeating: false, count: range.count)
  }

  /// Marks bytes; `false` if one was marked already.
  mutating func insert(_ start: Int, _ count: Int) -> Bool {
    var isNew = true
    for byte in (start..<start + count).clamped(to: range) {
      if marks[byte - range.lowerBound] { isNew = false }
      marks[byte - range.lowerBound] = true
    }
    return isNew
  }

  func contains(_ start: Int, _ count: Int) -> Bool {
    (start..<start + count).clamped(to: range).contains { marks[$0 - range.lowerBound] }
  }
}
