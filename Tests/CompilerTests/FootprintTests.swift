import Formats
import Machine
import Programs
import Testing

@testable import Compiler

extension AccessPattern {
  /// Every byte that the pattern touches, one by one; on chip the partition is above bit 32.
  func bytes(_ tensor: Tensor) -> Set<Int> {
    var starts: [Int] = []
    for row in 0..<Int(rows) {
      if tensor.space == .hbm {
        starts.append((offset + row * rowStride) * tensor.dtype.size)
      } else {
        let partition = tensor.partition + Int(rowStart) + row
        starts.append(partition << 32 + tensor.address + offset * tensor.dtype.size)
      }
    }
    for dimension in free {
      starts = starts.flatMap { start in
        (0..<Int(dimension.size)).map { start + $0 * Int(dimension.stride) * tensor.dtype.size }
      }
    }
    var found: Set<Int> = []
    for start in starts { for byte in 0..<tensor.dtype.size { found.insert(start + byte) } }
    return found
  }
}

struct FootprintTests {
  /// A pattern with small extents; `dimensions` free ones, strides of either sign.
  private func pattern(
    _ random: inout SeededGenerator, dimensions: Int, isOnChip: Bool
  ) -> AccessPattern {
    var free = FreeDimensions()
    for _ in 0..<dimensions {
      free.append(
        AccessDimension(
          stride: Int.random(in: -9...9, using: &random),
          size: Int.random(in: 1...4, using: &random)))
    }
    return AccessPattern(
      tensor: TensorID(0), rowStart: isOnChip ? Int.random(in: 0...3, using: &random) : 0,
      rows: Int.random(in: 1...3, using: &random),
      rowStride: isOnChip ? 0 : Int.random(in: -12...12, using: &random),
      offset: Int.random(in: 100...120, using: &random), free: free)
  }

  private func tensor(_ space: MemorySpace, _ dtype: DType) -> Tensor {
    Tensor(name: "t", space: space, dtype: dtype, shape: [8, 256], address: 64)
  }

  @Test(arguments: [MemorySpace.sbuf, .hbm], [DType.bfloat16, .float32])
  func neverMissesASharedByte(_ space: MemorySpace, _ dtype: DType) {
    var random = SeededGenerator(seed: 1)
    let tensor = tensor(space, dtype)
    var shared = 0
    for _ in 0..<4000 {
      let dimensions = Int.random(in: 0...3, using: &random)
      let a = pattern(&random, dimensions: dimensions, isOnChip: space != .hbm)
      let b = pattern(&random, dimensions: 3 - dimensions, isOnChip: space != .hbm)
      let (left, right) = (
        Footprint(a, TensorPlace(tensor)), Footprint(b, TensorPlace(tensor))
      )
      let meets = !a.bytes(tensor).isDisjoint(with: b.bytes(tensor))
      if meets {
        shared += 1
        #expect(left.overlaps(right) && right.overlaps(left), "\(a) \(b)")
      }
      #expect(left.overlaps(right) == right.overlaps(left))
      // What is contained is met too, or a tracker would forget it without an order.
      if left.contains(right) { #expect(left.overlaps(right), "\(a) \(b)") }
    }
    #expect(shared > 500)
  }

  /// Boxes, and pieces at one common distance, are exact.
  @Test(arguments: 1...9)
  func isExactForPiecesAtOneDistance(_ stride: Int) {
    var random = SeededGenerator(seed: UInt64(stride))
    let tensor = tensor(.sbuf, .bfloat16)
    func pieces() -> AccessPattern {
      var pattern = pattern(&random, dimensions: 0, isOnChip: true)
      let count = Int.random(in: 1...5, using: &random)
      let sign = Bool.random(using: &random) ? 1 : -1
      pattern.free.append(AccessDimension(stride: sign * stride, size: count))
      pattern.free.append(
        AccessDimension(stride: 1, size: Int.random(in: 1...stride, using: &random)))
      return pattern
    }
    var contained = 0
    for _ in 0..<1500 {
      let (a, b) = (pieces(), pieces())
      let (left, right) = (
        Footprint(a, TensorPlace(tensor)), Footprint(b, TensorPlace(tensor))
      )
      let (mine, theirs) = (a.bytes(tensor), b.bytes(tensor))
      #expect(left.overlaps(right) == !mine.isDisjoint(with: theirs), "\(a) \(b)")
      if left.contains(right) {
        contained += 1
        #expect(theirs.isSubset(of: mine), "\(a) \(b)")
      }
    }
    #expect(contained > 5)
  }

  @Test func alternateColumnsDoNotMeet() {
    let tensor = TensorPlace(tensor(.sbuf, .float32))
    func columns(from first: Int) -> Footprint {
      let free = FreeDimensions([AccessDimension(stride: 2, size: 16)])
      return Footprint(
        AccessPattern(tensor: TensorID(0), rows: 8, offset: first, free: free), tensor)
    }
    #expect(!columns(from: 0).overlaps(columns(from: 1)))
    #expect(columns(from: 0).overlaps(columns(from: 2)))
    #expect(!columns(from: 0).overlaps(columns(from: 32)))
  }
}
