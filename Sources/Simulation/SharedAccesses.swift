import Device
import Formats
import ISA
import Machine
import Programs

/// What the cores of a rank did with the HBM tensors that they share since they met last.
///
/// Two cores that touch the same bytes, one of them writing, without meeting in between race.
struct SharedAccesses {
  /// Bytes of a tensor, and who touched them.
  private struct Range {
    var low: Int
    var high: Int
    var isWrite: Bool
    var instruction: Int
  }

  /// By tensor name and core of the rank.
  private var ranges: [String: [[Range]]] = [:]
  private let cores: Int

  /// Pieces of a pattern that are told apart; one with more counts as a whole.
  private static let pieceLimit = 1 << 12

  init(cores: Int) { self.cores = cores }

  /// A core is about to execute an operation.
  mutating func note(
    _ operation: any Operation, _ instruction: Int, of program: Program, core: Int
  ) {
    guard cores > 1 else { return }
    for operand in operation.operands where operand.pattern.isSet {
      let owner = program.owner(of: operand.pattern.tensor)
      let tensor = program.tensors[Int(owner.index)]
      guard tensor.space == .hbm, tensor.role != .scratch else { continue }
      let size = program.tensors[Int(operand.pattern.tensor.index)].dtype.size
      for piece in SharedAccesses.pieces(operand.pattern) {
        ranges[tensor.name, default: Array(repeating: [], count: cores)][core].append(
          Range(
            low: piece.lowerBound * size, high: piece.upperBound * size,
            isWrite: operand.role != .read, instruction: instruction))
      }
    }
  }

  /// The cores meet: what they did before is compared and forgotten.
  mutating func meet() -> (tensor: String, byte: Int, instructions: [Int])? {
    defer { ranges.removeAll() }
    for (name, byCore) in ranges.sorted(by: { $0.key < $1.key }) where byCore.count == 2 {
      let theirs = byCore[1].sorted { $0.low < $1.low }
      var longest = 0
      for range in theirs { longest = max(longest, range.high - range.low) }
      for mine in byCore[0] {
        var index = SharedAccesses.firstIndex(theirs, from: mine.low - longest)
        while index < theirs.count, theirs[index].low < mine.high {
          let other = theirs[index]
          if other.high > mine.low, other.isWrite || mine.isWrite {
            return (name, max(mine.low, other.low), [mine.instruction, other.instruction])
          }
          index += 1
        }
      }
    }
    return nil
  }

  private static func firstIndex(_ ranges: [Range], from low: Int) -> Int {
    var (first, end) = (0, ranges.count)
    while first < end {
      let middle = (first + end) / 2
      if ranges[middle].low < low { first = middle + 1 } else { end = middle }
    }
    return first
  }

  /// The contiguous pieces of a pattern in elements of its flat tensor; dynamic rows count as a whole.
  private static func pieces(_ pattern: AccessPattern) -> [Swift.Range<Int>] {
    var dimensions = [(stride: pattern.rowStride, size: Int(pattern.rows))]
    for dimension in pattern.free {
      dimensions.append((Int(dimension.stride), Int(dimension.size)))
    }
    dimensions = dimensions.filter { $0.size > 1 && $0.stride != 0 }
    var low = pattern.offset
    for index in dimensions.indices where dimensions[index].stride < 0 {
      low += dimensions[index].stride * (dimensions[index].size - 1)
      dimensions[index].stride = -dimensions[index].stride
    }
    dimensions.sort { $0.stride < $1.stride }
    var width = 1
    var rest: [(stride: Int, size: Int)] = []
    for dimension in dimensions {
      if rest.isEmpty && dimension.stride <= width {
        width = dimension.stride * (dimension.size - 1) + width
      } else {
        rest.append(dimension)
      }
    }
    let count = rest.reduce(1) { $0 * $1.size }
    guard count <= pieceLimit else {
      let reach = rest.reduce(0) { $0 + $1.stride * ($1.size - 1) }
      return [low..<low + reach + width]
    }
    var starts = [low]
    for dimension in rest {
      starts = starts.flatMap { start in
        (0..<dimension.size).map { start + $0 * dimension.stride }
      }
    }
    return starts.map { $0..<$0 + width }
  }
}
