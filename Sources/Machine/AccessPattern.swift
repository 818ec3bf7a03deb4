/// One dimension of an access pattern: `size` elements, `stride` elements apart.
public struct AccessDimension: Hashable, Sendable {
  /// Distance between neighbours, in elements; may be 0 (broadcast) or negative.
  public var stride: Int32
  /// How many.
  public var size: Int32

  /// Makes a dimension.
  @inlinable public init(stride: Int, size: Int) {
    self.stride = Int32(clamping: stride)
    self.size = Int32(clamping: size)
  }
}

/// Up to four free dimensions, outermost first, stored inline.
public struct FreeDimensions: Hashable, Sendable, RandomAccessCollection {
  /// Largest number of free dimensions that an operand may have.
  public static let maximum = 4

  @usableFromInline var d0: AccessDimension
  @usableFromInline var d1: AccessDimension
  @usableFromInline var d2: AccessDimension
  @usableFromInline var d3: AccessDimension
  @usableFromInline var rank: UInt8

  /// No free dimension: one element per partition.
  @inlinable public init() {
    let unit = AccessDimension(stride: 0, size: 1)
    (d0, d1, d2, d3, rank) = (unit, unit, unit, unit, 0)
  }

  /// The given dimensions, outermost first; at most four.
  @inlinable public init(_ dimensions: [AccessDimension]) {
    precondition(dimensions.count <= Self.maximum, "at most four free dimensions")
    self.init()
    for dimension in dimensions { append(dimension) }
  }

  /// Adds an innermost dimension.
  @inlinable public mutating func append(_ dimension: AccessDimension) {
    precondition(rank < 4, "at most four free dimensions")
    rank += 1
    self[Int(rank) - 1] = dimension
  }

  /// 0.
  @inlinable public var startIndex: Int { 0 }
  /// Number of dimensions.
  @inlinable public var endIndex: Int { Int(rank) }

  /// The dimension at `position`, outermost first.
  @inlinable public subscript(position: Int) -> AccessDimension {
    get {
      precondition(position < Int(rank))
      switch position {
      case 0: return d0
      case 1: return d1
      case 2: return d2
      default: return d3
      }
    }
    set {
      precondition(position < Int(rank))
      switch position {
      case 0: d0 = newValue
      case 1: d1 = newValue
      case 2: d2 = newValue
      default: d3 = newValue
      }
    }
  }
}

/// What one operand touches: rows (partitions on chip) × up to four strided free dimensions.
///
/// On chip, row *r* is partition `tensor.partition + rowStart + r` and the free dimensions walk the
/// bytes of that partition from element `offset` of the tensor on. In HBM the tensor is flat: row *r*
/// starts at element `offset + r × rowStride`.
public struct AccessPattern: Hashable, Sendable {
  // Wide ones first: programs hold millions of patterns, and padding would be a tenth of them.

  /// Elements between rows in HBM; unused (0) on chip.
  public var rowStride: Int
  /// First element: flat in HBM, within the partition on chip.
  public var offset: Int
  /// The tensor.
  public var tensor: TensorID
  /// First row relative to the tensor's first partition (on chip); 0 in HBM.
  public var rowStart: Int32
  /// Number of rows: the partition extent.
  public var rows: Int32
  /// The free dimensions, outermost first.
  public var free: FreeDimensions
  /// The register that moves `offset` while the program runs; -1 for none.
  public var register: Int32
  /// Elements that the register's value counts in.
  public var registerStride: Int32

  /// Makes a pattern.
  public init(
    tensor: TensorID, rowStart: Int = 0, rows: Int, rowStride: Int = 0, offset: Int = 0,
    free: FreeDimensions, register: Int = -1, registerStride: Int = 0
  ) {
    self.tensor = tensor
    self.rowStart = Int32(clamping: rowStart)
    self.rows = Int32(clamping: rows)
    self.rowStride = rowStride
    self.offset = offset
    self.free = free
    self.register = Int32(clamping: register)
    self.registerStride = Int32(clamping: registerStride)
  }

  /// The pattern of an operand that was never given.
  public static let unset = AccessPattern(tensor: .unset, rows: 0, free: FreeDimensions())

  /// Whether the operand was given.
  @inlinable public var isSet: Bool { tensor.index >= 0 }

  /// Whether a register moves the pattern while the program runs.
  @inlinable public var isDynamic: Bool { register >= 0 }

  /// Elements per row (the N of the cost formulas).
  @inlinable public var elementsPerRow: Int {
    var count = 1
    for dimension in free { count *= Int(dimension.size) }
    return count
  }

  /// Elements in all.
  @inlinable public var elements: Int { Int(rows) * elementsPerRow }

  /// Stride of the innermost dimension that has more than one element, in elements; 1 if none has.
  @inlinable public var innermostStride: Int {
    for dimension in free.reversed() where dimension.size != 1 { return Int(dimension.stride) }
    return 1
  }

  /// Lowest and highest element of one row relative to the row's start `offset`.
  @inlinable public var span: ClosedRange<Int> {
    var low = 0
    var high = 0
    for dimension in free where dimension.size > 0 {
      let reach = (Int(dimension.size) - 1) * Int(dimension.stride)
      if reach < 0 { low += reach } else { high += reach }
    }
    return low...high
  }

  /// The same elements with as few dimensions as possible, and how many innermost are contiguous.
  public var runs: Runs { Runs(free) }
}

/// A row's elements as equally long strided runs: the loops that readers and writers make.
public struct Runs: Sendable {
  /// Offsets of the runs from the row's first element, in elements.
  public private(set) var starts: [Int]
  /// Elements of each run.
  public private(set) var length: Int
  /// Elements between neighbours within a run.
  public private(set) var stride: Int

  /// Collapses neighbouring dimensions that form one longer strided run.
  public init(_ free: FreeDimensions) {
    var collapsed: [(stride: Int, size: Int)] = []
    for dimension in free where dimension.size != 1 {
      let next = (stride: Int(dimension.stride), size: Int(dimension.size))
      if let last = collapsed.last, last.stride == next.stride * next.size {
        collapsed[collapsed.count - 1] = (next.stride, last.size * next.size)
      } else {
        collapsed.append(next)
      }
    }
    let inner = collapsed.popLast() ?? (stride: 1, size: 1)
    length = inner.size
    stride = inner.stride
    starts = [0]
    for dimension in collapsed {
      var longer: [Int] = []
      longer.reserveCapacity(starts.count * max(dimension.size, 0))
      for start in starts {
        for i in 0..<max(dimension.size, 0) { longer.append(start + i * dimension.stride) }
      }
      starts = longer
    }
  }
}
