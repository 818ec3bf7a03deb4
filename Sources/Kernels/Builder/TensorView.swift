package import Formats
import ISA
package import Machine
import Workloads

/// A part of a tensor: the operands of a kernel are made by slicing and rearranging these.
///
/// Row means partition on chip and outermost index in HBM. Every method checks its arguments with
/// preconditions: a wrong slice is a bug of the kernel generator, never of its user.
package struct TensorView: Hashable, Sendable {
  /// The access pattern, as operations take it.
  package private(set) var ap: AccessPattern
  /// Memory that holds the tensor.
  package let space: MemorySpace
  /// Element type.
  package let dtype: DType

  /// All of a tensor: the first extent gives the rows, the others the free dimensions.
  package init(_ id: TensorID, _ tensor: Tensor) {
    var dimensions: [AccessDimension] = []
    var stride = 1
    for extent in tensor.shape.dropFirst().reversed() {
      dimensions.insert(AccessDimension(stride: stride, size: extent), at: 0)
      stride *= extent
    }
    ap = AccessPattern(
      tensor: id, rows: tensor.partitions, rowStride: tensor.space == .hbm ? stride : 0,
      free: FreeDimensions(dimensions))
    space = tensor.space
    dtype = tensor.dtype
  }

  /// Number of rows.
  package var rowCount: Int { Int(ap.rows) }

  /// Extents of the free dimensions, outermost first.
  package var freeShape: [Int] { ap.free.map { Int($0.size) } }

  /// The rows of a range.
  package func rows(_ range: Range<Int>) -> TensorView {
    precondition(
      !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= rowCount,
      "rows \(range) of \(rowCount)")
    var view = self
    view.ap.rows = Int32(range.count)
    if space == .hbm {
      view.ap.offset += range.lowerBound * ap.rowStride
    } else {
      view.ap.rowStart += Int32(range.lowerBound)
    }
    return view
  }

  /// The first `count` rows.
  package func rows(_ count: Int) -> TensorView { rows(0..<count) }

  /// `count` rows from `first` on.
  package func rows(_ first: Int, _ count: Int) -> TensorView { rows(first..<first + count) }

  /// A range of one free dimension; of the innermost one if none is named.
  package func columns(_ range: Range<Int>, dimension: Int? = nil) -> TensorView {
    let dimension = dimension ?? ap.free.count - 1
    let old = ap.free[dimension]
    precondition(
      !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= Int(old.size),
      "columns \(range) of \(old.size)")
    var view = self
    view.ap.offset += range.lowerBound * Int(old.stride)
    view.ap.free[dimension] = AccessDimension(stride: Int(old.stride), size: range.count)
    return view
  }

  /// One index of a free dimension, which disappears.
  package func select(_ index: Int, dimension: Int) -> TensorView {
    var view = columns(index..<index + 1, dimension: dimension)
    view.replace(dimension, with: [])
    return view
  }

  /// A free dimension of extent a·b as two, `[a, b]`.
  package func split(dimension: Int, inner: Int) -> TensorView {
    let old = ap.free[dimension]
    let (size, stride) = (Int(old.size), Int(old.stride))
    precondition(inner > 0 && size % inner == 0, "\(size) elements in groups of \(inner)")
    var view = self
    view.replace(
      dimension,
      with: [
        AccessDimension(stride: stride * inner, size: size / inner),
        AccessDimension(stride: stride, size: inner),
      ])
    return view
  }

  /// A new free dimension before `position` that repeats what follows, by a stride of 0.
  package func broadcast(_ count: Int, at position: Int) -> TensorView {
    var dimensions = Array(ap.free)
    dimensions.insert(AccessDimension(stride: 0, size: count), at: position)
    var view = self
    view.ap.free = FreeDimensions(dimensions)
    return view
  }

  /// Free dimensions that follow one another without a gap as one.
  var flattened: TensorView {
    let runs = ap.runs
    precondition(runs.starts.count == 1 && runs.stride == 1, "free dimensions with gaps")
    var view = self
    view.ap.free = FreeDimensions([AccessDimension(stride: 1, size: ap.elementsPerRow)])
    return view
  }

  /// A free dimension walked backwards.
  package func reversed(dimension: Int) -> TensorView {
    let old = ap.free[dimension]
    let (size, stride) = (Int(old.size), Int(old.stride))
    var view = self
    view.ap.offset += (size - 1) * stride
    view.ap.free[dimension] = AccessDimension(stride: -stride, size: size)
    return view
  }

  /// The view, moved by a register's value times `stride` elements while the program runs.
  func moved(by register: Register, stride: Int) -> TensorView {
    var view = self
    view.ap.register = Int32(register.number)
    view.ap.registerStride = Int32(stride)
    return view
  }

  /// HBM rows that follow one another as `count` rows.
  func regrouped(into count: Int) -> TensorView {
    precondition(space == .hbm && ap.elements % count == 0, "\(ap.elements) in \(count) rows")
    var view = self
    view.ap.rows = Int32(count)
    view.ap.rowStride = ap.elements / count
    view.ap.free = FreeDimensions([AccessDimension(stride: 1, size: ap.elements / count)])
    return view
  }

  /// One HBM row read by `count` partitions: a row stride of 0.
  package func broadcastRows(_ count: Int) -> TensorView {
    precondition(space == .hbm && rowCount == 1, "only one row in hbm can be broadcast to rows")
    var view = self
    view.ap.rows = Int32(count)
    view.ap.rowStride = 0
    return view
  }

  /// HBM rows in groups of `size`, as `[size, groups, …]`: row g·size + p becomes row p, index g.
  package func groupedRows(_ size: Int) -> TensorView {
    precondition(space == .hbm && rowCount % size == 0, "\(rowCount) rows in groups of \(size)")
    var view = self
    let group = AccessDimension(stride: size * ap.rowStride, size: rowCount / size)
    view.ap.free = FreeDimensions([group] + Array(ap.free))
    view.ap.rows = Int32(size)
    return view
  }

  private mutating func replace(_ dimension: Int, with new: [AccessDimension]) {
    var dimensions = Array(ap.free)
    dimensions.replaceSubrange(dimension...dimension, with: new)
    ap.free = FreeDimensions(dimensions)
  }
}
