public import Formats

/// How far a result may be from its float64 reference: |difference| ≤ absolute + relative · |ref|.
public struct Tolerance: Hashable, Sendable {
  /// Allowed whatever the reference's size.
  public var absolute: Double
  /// Allowed per size of the reference element.
  public var relative: Double

  /// Makes a rule.
  public init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }

  /// For indices.
  public static let equal = Tolerance(absolute: 0, relative: 0)

  /// For a result that is computed in float32 and rounded `roundings` times to `dtype`.
  ///
  /// 10⁻³ is what the competition's kernels were held to ("NKI Kernel Optimization for
  /// Qwen3-30B-A3B", Table 3); one rounding to bfloat16, which keeps 8 significant bits, is off by
  /// at most 2⁻⁸ of the value.
  public static func computed(in dtype: DType, roundings: Int = 1) -> Tolerance {
    Tolerance(
      absolute: 1e-3, relative: dtype == .bfloat16 ? Double(roundings) * 0x1p-8 : 0)
  }

  /// The same for stochastic rounding, which is off by less than a whole step instead of a half.
  public var forStochasticRounding: Tolerance {
    Tolerance(absolute: absolute, relative: 2 * relative)
  }

  /// The rule in words.
  public var description: String {
    if self == .equal { return "equal" }
    return relative == 0 ? "|diff| ≤ \(absolute)" : "|diff| ≤ \(absolute) + \(relative)·|ref|"
  }

  /// The largest difference that some element of this reference may have.
  public func largest(for reference: [Double]) -> Double {
    absolute + relative * reference.reduce(0) { max($0, abs($1)) }
  }

  /// A comparison of a whole tensor.
  public struct Comparison: Hashable, Sendable {
    /// Largest difference; infinite where only one of the two is a number.
    public var maxDifference: Double
    /// Where it is.
    public var maxIndex: Int
    /// Elements beyond the tolerance.
    public var failures: Int
    /// The first element beyond the tolerance.
    public var firstFailure: Int?
    /// Whether all elements are within the tolerance.
    public var passes: Bool { failures == 0 }
  }

  /// Compares a result with its reference, element by element.
  public func compare(_ result: [Double], _ reference: [Double]) -> Comparison {
    precondition(
      result.count == reference.count, "\(result.count) elements, reference \(reference.count)")
    var found = Comparison(maxDifference: 0, maxIndex: 0, failures: 0, firstFailure: nil)
    for (index, (value, wanted)) in zip(result, reference).enumerated() {
      if value == wanted || (value.isNaN && wanted.isNaN) { continue }
      let raw = abs(value - wanted)
      let difference = raw.isNaN ? .infinity : raw
      if difference > found.maxDifference {
        found.maxDifference = difference
        found.maxIndex = index
      }
      if !(difference <= absolute + relative * abs(wanted)) {
        found.failures += 1
        if found.firstFailure == nil { found.firstFailure = index }
      }
    }
    return found
  }
}
