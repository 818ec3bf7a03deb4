public import Formats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A tensor with its contents: what goes into a kernel and comes out of it.
public struct KernelTensor: Hashable, Sendable {
  /// Name of the program's HBM tensor.
  public var name: String
  /// Element type.
  public var dtype: DType
  /// Extents in elements.
  public var shape: [Int]
  /// The elements as stored, row-major, little-endian.
  public var bytes: [UInt8]

  /// Makes a tensor of stored bytes.
  public init(name: String, dtype: DType, shape: [Int], bytes: [UInt8]) {
    precondition(
      bytes.count == shape.reduce(dtype.size, *), "\(bytes.count) bytes for \(shape) of \(dtype)")
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// Makes a tensor of values, rounded to nearest even.
  public init(name: String, dtype: DType, shape: [Int], values: [Float]) {
    var bytes = [UInt8](repeating: 0, count: values.count * dtype.size)
    var rounding = Rounding.nearestEven
    bytes.withUnsafeMutableBytes { target in
      values.withUnsafeBufferPointer { source in
        guard let to = target.baseAddress, let from = source.baseAddress else { return }
        encode(
          from, count: source.count, as: dtype, into: to, stride: dtype.size, rounding: &rounding)
      }
    }
    self.init(name: name, dtype: dtype, shape: shape, bytes: bytes)
  }

  /// The elements' exact values.
  public var values: [Double] {
    let count = shape.reduce(1, *)
    return bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return [] }
      if dtype.isInteger {
        let integers = [Int64](unsafeUninitializedCapacity: count) { buffer, made in
          guard let into = buffer.baseAddress else { return }
          decodeInteger(base, stride: dtype.size, count: count, as: dtype, into: into)
          made = count
        }
        return integers.map { Double($0) }
      }
      let floats = [Float](unsafeUninitializedCapacity: count) { buffer, made in
        guard let into = buffer.baseAddress else { return }
        decode(base, stride: dtype.size, count: count, as: dtype, into: into)
        made = count
      }
      return floats.map { Double($0) }
    }
  }
}

/// How a kernel's input is filled for a trial run.
public enum TensorFill: Hashable, Sendable {
  /// Independent normal numbers.
  case normal(mean: Double, deviation: Double)
  /// `[tokens, features]` of unit deviation: independent normal numbers, but a share of the tokens,
  /// the first ones, are one row with a hundredth of noise.
  case rows(alike: Double)
  /// Independent, nearly normal numbers (sums of four uniform ones) around 0, made block by block: for
  /// weights that are too many to be made if they are not read.
  case weights(deviation: Double)
  /// `[tokens, choices]`: different numbers below `of`; a share `skew` of the tokens has the first ones.
  case choices(of: Int, skew: Double)
  /// `[positions, half]`: cos of position · theta^(-j / half); positions from `first` on.
  case cosine(theta: Double, first: Int = 0)
  /// `[positions, half]`: sin of position · theta^(-j / half); positions from `first` on.
  case sine(theta: Double, first: Int = 0)
}

/// An input of a kernel: its declaration and what a trial run fills it with.
public struct KernelInput: Hashable, Sendable {
  /// Name of the program's HBM tensor.
  public let name: String
  /// Element type.
  public let dtype: DType
  /// Extents in elements.
  public let shape: [Int]
  /// How a trial run fills it.
  public let fill: TensorFill

  /// Declares an input.
  public init(_ name: String, _ dtype: DType, _ shape: [Int], _ fill: TensorFill) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.fill = fill
  }

  /// The input's trial contents; the same seed gives the same bytes on every machine with one libm.
  public func make(seed: UInt64) -> KernelTensor {
    let count = shape.reduce(1, *)
    var values: [Float] = []
    values.reserveCapacity(count)
    switch fill {
    case .normal(let mean, let deviation):
      var random = SplitMix64(seed: seed, stream: name)
      for _ in 0..<count { values.append(Float(mean + deviation * random.normal())) }
    case .rows(let share):
      var random = SplitMix64(seed: seed, stream: name)
      for _ in 0..<count { values.append(Float(random.normal())) }
      let width = shape.last ?? 1
      let alike = Int((Double(count / width) * share).rounded())
      for index in width..<max(width, alike * width) {
        values[index] = values[index % width] + 0.01 * values[index]
      }
    case .weights:
      return KernelTensor(
        name: name, dtype: dtype, shape: shape,
        bytes: Array(bytes(of: 0..<count, seed: seed)))
    case .choices(let limit, let skew):
      let width = shape.last ?? 1
      let skewed = Int((Double(count / width) * skew).rounded())
      var random = SplitMix64(seed: seed, stream: name)
      for token in 0..<count / width {
        var all = Array(0..<limit)
        if token >= skewed { all.shuffle(using: &random) }
        values += all.prefix(width).map { Float($0) }
      }
    case .cosine(let theta, let first), .sine(let theta, let first):
      let half = shape.last ?? 1
      for index in 0..<count {
        let position = Double(first + index / half)
        let angle = position * pow(theta, -Double(index % half) / Double(half))
        if case .cosine = fill {
          values.append(Float(cos(angle)))
        } else {
          values.append(Float(sin(angle)))
        }
      }
    }
    return KernelTensor(name: name, dtype: dtype, shape: shape, values: values)
  }
}

/// An output of a kernel: its declaration and how far from the reference it may be.
public struct KernelOutput: Hashable, Sendable {
  /// Name of the program's HBM tensor.
  public let name: String
  /// Element type.
  public let dtype: DType
  /// Extents in elements.
  public let shape: [Int]
  /// How far from the reference it may be.
  public var tolerance: Tolerance

  /// Declares an output.
  public init(_ name: String, _ dtype: DType, _ shape: [Int], _ tolerance: Tolerance) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.tolerance = tolerance
  }
}
