import ISA
import Machine

/// What operand texts need to know about a tensor: extents and the distances between neighbours.
struct TensorLayout {
  let shape: [Int]
  /// Elements between neighbours of each dimension; 0 for the partition dimension on chip.
  let strides: [Int]
  let isOnChip: Bool
  /// What the bare name denotes; `nil` where a row has more elements than a pattern can count.
  let whole: AccessPattern?

  /// Largest number of elements of a tensor that a text or a binary file may declare: 64 Ti.
  static let maximumElements = 1 << 46

  /// Largest first partition that files may name, far beyond any memory's.
  static let maximumPartition = 1 << 20

  /// Largest first byte that files may name, far beyond any memory's.
  static let maximumAddress = 1 << 46

  /// The layout of a tensor; `nil` for extents below 1 or sizes beyond any memory.
  init?(_ id: TensorID, _ tensor: Tensor) {
    guard !tensor.shape.isEmpty else { return nil }
    var total = 1
    for extent in tensor.shape {
      guard extent >= 1, extent <= TensorLayout.maximumElements / total else { return nil }
      total *= extent
    }
    shape = tensor.shape
    isOnChip = tensor.space != .hbm
    var strides = [Int](repeating: 1, count: tensor.shape.count)
    for i in strides.indices.dropLast().reversed() {
      strides[i] = strides[i + 1] * tensor.shape[i + 1]
    }
    if isOnChip { strides[0] = 0 }
    self.strides = strides
    let limit = Int(Int32.max)
    whole =
      tensor.freeElements <= limit && tensor.partitions <= limit
      ? .whole(of: id, tensor) : nil
  }
}

/// How a slice text selects from one dimension.
struct DimensionSelection {
  var start = 0
  var size = 1
  var step = 1
  /// Whether the dimension is dropped: `x[3]` instead of `x[3:4]`.
  var isIndex = true
}

extension TensorLayout {
  /// The slices that denote exactly this pattern, if there are such.
  func slices(of pattern: AccessPattern, into selections: inout [DimensionSelection]) -> Bool {
    selections.removeAll(keepingCapacity: true)
    guard shape.count <= 8, pattern.rows >= 1, pattern.offset >= 0, !pattern.isDynamic else {
      return false
    }
    let firstFree = isOnChip ? 1 : 0
    if isOnChip {
      let start = Int(pattern.rowStart)
      guard pattern.rowStride == 0, start >= 0, start + Int(pattern.rows) <= shape[0] else {
        return false
      }
      selections.append(
        DimensionSelection(start: start, size: Int(pattern.rows), step: 1, isIndex: false))
    } else if pattern.rowStart != 0 {
      return false
    }
    var rest = pattern.offset
    for i in firstFree..<shape.count {
      let digit = rest / strides[i]
      guard digit < shape[i] else { return false }
      rest -= digit * strides[i]
      selections.append(DimensionSelection(start: digit))
    }
    if rest != 0 { return false }
    // In HBM the rows are the first dimension that is not dropped.
    let scalar = !isOnChip && pattern.rows == 1 && pattern.rowStride == 0 && pattern.free.isEmpty
    let wanted = pattern.free.count + (isOnChip || scalar ? 0 : 1)
    return match(firstFree, 0, wanted, pattern, &selections)
  }

  /// Gives each of the pattern's dimensions from `item` on a dimension of the tensor from `i` on.
  private func match(
    _ i: Int, _ item: Int, _ wanted: Int, _ pattern: AccessPattern,
    _ selections: inout [DimensionSelection]
  ) -> Bool {
    if i == shape.count { return item == wanted }
    if shape.count - i < wanted - item { return false }
    if item < wanted {
      let stride: Int
      let size: Int
      if isOnChip {
        (stride, size) = (Int(pattern.free[item].stride), Int(pattern.free[item].size))
      } else if item == 0 {
        (stride, size) = (pattern.rowStride, Int(pattern.rows))
      } else {
        (stride, size) = (Int(pattern.free[item - 1].stride), Int(pattern.free[item - 1].size))
      }
      if stride > 0 && size > 0 && stride % strides[i] == 0 {
        let step = stride / strides[i]
        let start = selections[i].start
        if (shape[i] - 1 - start) / step >= size - 1 {
          selections[i] = DimensionSelection(start: start, size: size, step: step, isIndex: false)
          if match(i + 1, item + 1, wanted, pattern, &selections) { return true }
          selections[i] = DimensionSelection(start: start)
        }
      }
    }
    return match(i + 1, item, wanted, pattern, &selections)
  }
}
