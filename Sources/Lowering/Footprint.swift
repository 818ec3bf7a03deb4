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
  init(_ pattern: AccessPattern, _ tensor: Tensor) {
    let size = tensor.dtype.size
    let span = pattern.span
    if tensor.space == .hbm {
      firstPartition = 0
      endPartition = 1
      let rows = Int(pattern.rows)
      let reach = pattern.rowStride * (rows - 1)
      low = (pattern.offset + span.lowerBound + min(0, reach)) * size
      high = (pattern.offset + span.upperBound + 1 + max(0, reach)) * size
      width = (span.upperBound - span.lowerBound + 1) * size
      stride = rows > 1 ? abs(pattern.rowStride) * size : 0
    } else {
      firstPartition = Int32(tensor.partition) + pattern.rowStart
      endPartition = firstPartition + pattern.rows
      let base = tensor.address + pattern.offset * size
      low = base + span.lowerBound * size
      high = base + (span.upperBound + 1) * size
      // The outermost dimension repeats what the inner ones touch.
      stride = 0
      width = high - low
      if pattern.free.count > 1, let outer = pattern.free.first, outer.size > 1 {
        var inner = FreeDimensions()
        for dimension in pattern.free.dropFirst() { inner.append(dimension) }
        let innerSpan = AccessPattern(tensor: pattern.tensor, rows: 1, free: inner).span
        stride = abs(Int(outer.stride)) * size
        width = (innerSpan.upperBound - innerSpan.lowerBound + 1) * size
      }
    }
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
