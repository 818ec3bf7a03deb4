public import Formats

/// How far a result may be from its float64 reference.
///
/// |difference| ≤ absolute + relative · |ref|, element by element; and with `norm`, for results whose
/// error is the sum of many independent ones, ‖difference‖ ≤ norm · ‖ref‖ and absolute is 6 · norm ·
/// rms(ref): a normal error at the limit exceeds six deviations once in 5 · 10⁸ elements.
public struct Tolerance: Hashable, Sendable {
  /// Allowed whatever the reference's size.
  public var absolute: Double
  /// Allowed per size of the reference element.
  public var relative: Double
  /// Allowed of the whole, relative to the reference's norm; `nil` if elements alone count.
  public var norm: Double?

  /// Makes a rule for elements.
  public init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }

  /// Makes a rule for the whole; each element may also be off by its last rounding to `dtype`.
  public init(norm: Double, in dtype: DType) {
    absolute = 0
    relative = dtype == .bfloat16 ? 0x1p-8 : 0
    self.norm = norm
  }

  /// What one rounding to a type with this many significant bits adds to a result's norm, relatively.
  ///
  /// Between 1 and 2 neighbours are 2^(1 - bits) apart, so that errors have a deviation of
  /// 2^(1 - bits) / √12 for values of 1.5 on average: 2^(1 - bits) / 5.2. A quarter is taken.
  public static func rounding(_ dtype: DType) -> Double {
    switch dtype {
    case .bfloat16: 0x1p-9
    case .float8_e4m3: 0x1p-5
    default: 0x1p-25
    }
  }

  /// For what passes through independent roundings, and sums of `terms` products in float32.
  ///
  /// Independent errors add up as squares. Adding one term after the other rounds each time: √terms
  /// roundings of 2⁻²⁵, of which four times as much is granted because partial sums can be larger
  /// than the result, and because functions (exp, rsqrt) are exact to a few units in the last place.
  public static func roundings(
    _ count: Int, of dtype: DType, eightBit: Int = 0, terms: Int
  ) -> Tolerance {
    func square(_ count: Int, _ dtype: DType) -> Double {
      Double(count) * rounding(dtype) * rounding(dtype)
    }
    let sums = 16 * square(terms, .float32)
    return Tolerance(
      norm: (square(count, dtype) + square(eightBit, .float8_e4m3) + sums).squareRoot(), in: dtype)
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
    var twice = Tolerance(absolute: absolute, relative: 2 * relative)
    twice.norm = norm.map { 2 * $0 }
    return twice
  }

  /// The rule in words.
  public var description: String {
    if self == .equal { return "equal" }
    if let norm {
      let percent = (norm * 1e6).rounded(.up) / 1e4
      let element = relative == 0 ? "" : " + \(relative)·|ref|"
      return "‖diff‖ ≤ \(percent) % of ‖ref‖, |diff| ≤ 6 × that of rms(ref)\(element)"
    }
    return relative == 0 ? "|diff| ≤ \(absolute)" : "|diff| ≤ \(absolute) + \(relative)·|ref|"
  }

  /// The largest difference that some element of this reference may have.
  public func largest(for reference: [Double]) -> Double {
    granted(for: reference) + relative * reference.reduce(0) { max($0, abs($1)) }
  }

  /// What every element may be off.
  private func granted(for reference: [Double]) -> Double {
    guard let norm, !reference.isEmpty else { return absolute }
    return 6 * norm * (Self.squares(reference) / Double(reference.count)).squareRoot()
  }

  private static func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

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
    /// ‖difference‖ / ‖reference‖.
    public var relativeError: Double
    /// Whether that is within the tolerance.
    public var normPasses = true
    /// Whether all elements are within the tolerance, and the whole is.
    public var passes: Bool { failures == 0 && normPasses }
  }

  /// Compares a result with its reference, element by element.
  public func compare(_ result: [Double], _ reference: [Double]) -> Comparison {
    precondition(
      result.count == reference.count, "\(result.count) elements, reference \(reference.count)")
    var found = Comparison(
      maxDifference: 0, maxIndex: 0, failures: 0, firstFailure: nil, relativeError: 0)
    let granted = granted(for: reference)
    var squares = 0.0
    for (index, (value, wanted)) in zip(result, reference).enumerated() {
      if value == wanted || (value.isNaN && wanted.isNaN) { continue }
      let raw = abs(value - wanted)
      let difference = raw.isNaN ? .infinity : raw
      if difference > found.maxDifference {
        found.maxDifference = difference
        found.maxIndex = index
      }
      squares += difference * difference
      if !(difference <= granted + relative * abs(wanted)) {
        found.failures += 1
        if found.firstFailure == nil { found.firstFailure = index }
      }
    }
    if squares > 0 { found.relativeError = (squares / Self.squares(reference)).squareRoot() }
    // A norm of n independent errors is more than 3/√(2n) above what it is on average once in 700.
    let few = 1 + 3 / (2 * Double(max(1, reference.count))).squareRoot()
    if let norm { found.normPasses = found.relativeError <= norm * few }
    return found
  }
}
