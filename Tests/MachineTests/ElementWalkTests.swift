import Formats
import Machine
import Testing

/// Whether patterns name bytes twice, or in common, compared with all their bytes one by one.
@Suite struct ElementWalkTests {
  /// Numbers that are the same every time (a linear congruential generator's upper bits).
  private struct Numbers {
    var state: UInt64
    mutating func next(_ range: ClosedRange<Int>) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int(state >> 33) % range.count
    }
  }

  private func place(_ space: MemorySpace) -> TensorPlace {
    TensorPlace(
      Tensor(
        name: "t", space: space, dtype: .bfloat16, shape: [4, 64], partition: 0, address: 0))
  }

  private func pattern(_ numbers: inout Numbers) -> AccessPattern {
    let count = numbers.next(0...3)
    let free = (0..<count).map { _ in
      AccessDimension(stride: numbers.next(-5...9), size: numbers.next(1...4))
    }
    return AccessPattern(
      tensor: TensorID(0), rows: numbers.next(1...4), rowStride: numbers.next(0...40),
      offset: 100 + numbers.next(0...40), free: FreeDimensions(free))
  }

  /// The bytes of a pattern in one partition, or in HBM, as often as it names them.
  private func bytes(_ pattern: AccessPattern, _ space: MemorySpace) -> [Int] {
    var starts = [pattern.offset]
    if space == .hbm {
      starts = (0..<Int(pattern.rows)).map { pattern.offset + $0 * pattern.rowStride }
    }
    for dimension in pattern.free {
      starts = starts.flatMap { start in
        (0..<Int(dimension.size)).map { start + $0 * Int(dimension.stride) }
      }
    }
    return starts.flatMap { [2 * $0, 2 * $0 + 1] }
  }

  @Test(arguments: [MemorySpace.hbm, .sbuf])
  func theyAreWhatTheirBytesSay(_ space: MemorySpace) {
    var numbers = Numbers(state: 16)
    var (repeating, meeting) = (0, 0)
    for _ in 0..<4000 {
      let (one, other) = (pattern(&numbers), pattern(&numbers))
      let (mine, theirs) = (bytes(one, space), bytes(other, space))
      let walk = ElementWalk(one, place(space))
      let repeats = Set(mine).count < mine.count
      let meets = !Set(mine).isDisjoint(with: theirs)
      #expect(walk.repeatsItself == repeats, "\(one)")
      #expect(walk.meets(ElementWalk(other, place(space))) == meets, "\(one) \(other)")
      repeating += repeats ? 1 : 0
      meeting += meets ? 1 : 0
    }
    #expect(repeating > 500 && repeating < 3500 && meeting > 500 && meeting < 3500)
  }
}
