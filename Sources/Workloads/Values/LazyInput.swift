import Formats
public import Machine

extension KernelInput {
  /// Elements that are made together.
  static let blockElements = 4096

  /// Whether a run need not make all of it.
  public var isLazy: Bool {
    if case .weights = fill { return true }
    return false
  }

  private var elements: Int { shape.reduce(1, *) }

  /// Its trial contents as something that makes what is read; the same bytes as `make(seed:)`.
  public func contents(seed: UInt64) -> LazyContents {
    let (dtype, name) = (dtype, name)
    let deviation: Double
    if case .weights(let given) = fill { deviation = given } else { deviation = 0 }
    return LazyContents(blockBytes: Self.blockElements * dtype.size) { block, target, bytes in
      var random = SplitMix64(seed: seed &+ UInt64(block) &* 0x9e37_79b9_7f4a_7c15, stream: name)
      let count = bytes / dtype.size
      // Four uniform numbers of deviation 65536/√12 each.
      let scale = Float(deviation / (65536 * (4.0 / 12).squareRoot()))
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { values in
        guard let base = values.baseAddress else { return }
        for i in 0..<count {
          let word = random.next()
          let sum =
            Int32(truncatingIfNeeded: word & 0xffff)
            &+ Int32(truncatingIfNeeded: word >> 16 & 0xffff)
            &+ Int32(truncatingIfNeeded: word >> 32 & 0xffff)
            &+ Int32(truncatingIfNeeded: word >> 48)
          // The mean of each is 32767.5.
          base[i] = (Float(sum) - 131_070) * scale
        }
        var rounding = Rounding.nearestEven
        encode(
          base, count: count, as: dtype, into: target, stride: dtype.size, rounding: &rounding)
      }
    }
  }

  /// Some elements of its trial contents, as stored.
  func bytes(of range: Range<Int>, seed: UInt64) -> ArraySlice<UInt8> {
    guard !range.isEmpty else { return [] }
    let size = Self.blockElements
    let contents = contents(seed: seed)
    let first = range.lowerBound / size
    let last = (range.upperBound - 1) / size
    let end = min((last + 1) * size, elements)
    var bytes = [UInt8](repeating: 0, count: (end - first * size) * dtype.size)
    bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      for block in first...last {
        let start = (block - first) * contents.blockBytes
        contents.fill(block, base + start, min(contents.blockBytes, buffer.count - start))
      }
    }
    let start = (range.lowerBound - first * size) * dtype.size
    return bytes[start..<start + range.count * dtype.size]
  }
}

/// The inputs of a reference: all of a small tensor, or a part of a large one.
public struct ReferenceInputs {
  private let values: [String: [Double]]
  private let lazy: [String: KernelInput]
  private let seed: UInt64

  /// Inputs whose values are there.
  public init(_ values: [String: [Double]]) {
    self.values = values
    lazy = [:]
    seed = 0
  }

  /// Given tensors, and trial inputs that are made when they are asked for.
  public init(_ tensors: [KernelTensor], lazy inputs: [KernelInput], seed: UInt64) {
    values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    lazy = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0) })
    self.seed = seed
  }

  /// All elements of an input.
  public subscript(name: String) -> [Double] {
    if let found = values[name] { return found }
    guard let input = lazy[name] else { return [] }
    return self[name, 0..<input.shape.reduce(1, *)]
  }

  /// Some elements of an input, in row-major order.
  public subscript(name: String, range: Range<Int>) -> [Double] {
    if let found = values[name] { return Array(found[range]) }
    guard let input = lazy[name] else { return [] }
    let bytes = Array(input.bytes(of: range, seed: seed))
    return KernelTensor(name: name, dtype: input.dtype, shape: [range.count], bytes: bytes).values
  }

  /// All of every input, by name.
  var all: [String: [Double]] {
    var all = values
    for name in lazy.keys { all[name] = self[name] }
    return all
  }
}
