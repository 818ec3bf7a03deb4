import Formats
import Machine

/// The bytes that one operand touches, as a box with a row structure.
///
/// A footprint is the byte interval `low..<high` of each partition `firstPartition..<endPartition`
/// (HBM tensors are one partition). If `stride` is not 0, only the first `width` bytes of every
/// `stride` bytes from `low` on are touched.
struct Footprint: Equatable {
  var firstPartition: Int32
  var endPartition: Int32
  var low: Int
  var high: Int
  var stride: Int
  var width: Int

  /// The footprint of a pattern on a tensor.
  init(_ pattern: AccessPattern, _ tensor: TensorPlace) {
    let size = tensor.dtype.size
    var extent = Extent()
    if tensor.space == .hbm {
      firstPartition = 0
      endPartition = 1
      extent.add(pattern.rowStride, Int(pattern.rows))
    } else {
      firstPartition = Int32(tensor.partition) + pattern.rowStart
      endPartition = firstPartition + pattern.rows
    }
    for dimension in pattern.free { extent.add(Int(dimension.stride), Int(dimension.size)) }
    // HBM tensors have address 0.
    low = tensor.address + (pattern.offset + extent.low) * size
    high = tensor.address + (pattern.offset + extent.high + 1) * size
    stride = extent.outerStride * size
    width = (extent.innerHigh - extent.innerLow + 1) * size
    if stride <= width {
      stride = 0
      width = high - low
    }
  }

  /// Whether the two have a byte in common; exact for boxes and for equal strides.
  func overlaps(_ other: Footprint) -> Bool {
    guard
      firstPartition < other.endPartition, other.firstPartition < endPartition,
      low < other.high, other.low < high
    else { return false }
    guard stride != 0, stride == other.stride else {
      if stride != 0 && other.stride == 0 { return touches(other.low, other.high) }
      if stride == 0 && other.stride != 0 { return other.touches(low, high) }
      return true
    }
    // Both repeat every `stride` bytes: they meet only if their phases do.
    let distance = ((other.low - low) % stride + stride) % stride
    return distance < width || stride - distance < other.width
  }

  /// The box that two have in common; both touch all of theirs.
  func common(_ other: Footprint) -> Footprint {
    var box = self
    box.firstPartition = max(firstPartition, other.firstPartition)
    box.endPartition = min(endPartition, other.endPartition)
    box.low = max(low, other.low)
    box.high = min(high, other.high)
    box.width = box.high - box.low
    return box
  }

  /// What another footprint leaves of this one; both touch all of their boxes.
  func without(_ other: Footprint) -> [Footprint] {
    let middle = common(other)
    guard middle.firstPartition < middle.endPartition, middle.low < middle.high else {
      return [self]
    }
    var left: [Footprint] = []
    func add(_ partitions: Range<Int32>, _ bytes: Range<Int>) {
      guard !partitions.isEmpty, !bytes.isEmpty else { return }
      var box = self
      (box.firstPartition, box.endPartition) = (partitions.lowerBound, partitions.upperBound)
      (box.low, box.high, box.width) = (bytes.lowerBound, bytes.upperBound, bytes.count)
      left.append(box)
    }
    add(firstPartition..<middle.firstPartition, low..<high)
    add(middle.endPartition..<endPartition, low..<high)
    add(middle.firstPartition..<middle.endPartition, low..<middle.low)
    add(middle.firstPartition..<middle.endPartition, middle.high..<high)
    return left
  }

  /// Whether a strided footprint touches a byte of the interval.
  private func touches(_ from: Int, _ to: Int) -> Bool {
    let first = max(from, low)
    let phase = (first - low) % stride
    return phase < width || first + (stride - phase) < min(to, high)
  }

  /// Whether every byte of `other` is also touched by this one.
  func contains(_ other: Footprint) -> Bool {
    guard
      firstPartition <= other.firstPartition, endPartition >= other.endPartition,
      low <= other.low, high >= other.high
    else { return false }
    if stride == 0 { return true }
    guard stride == other.stride else { return false }
    let distance = (other.low - low) % stride
    return distance + other.width <= width
  }
}

/// How far dimensions reach from an element, in elements: all of them, and all but the outermost.
private struct Extent {
  var low = 0
  var high = 0
  var innerLow = 0
  var innerHigh = 0
  /// Distance between what the outermost dimension repeats; 0 for one piece.
  var outerStride = 0

  /// Adds a dimension within the ones before.
  @inline(__always) mutating func add(_ stride: Int, _ size: Int) {
    // One element, or the same element several times: nothing else is reached.
    guard size > 1, stride != 0 else { return }
    let reach = stride * (size - 1)
    if reach < 0 { low += reach } else { high += reach }
    if outerStride == 0 {
      outerStride = abs(stride)
    } else if reach < 0 {
      innerLow += reach
    } else {
      innerHigh += reach
    }
  }
}
