import Formats
import Testing

/// Rounding up with the probability of the distance.
@Suite struct StochasticRoundingTests {
  static let short: [DType] = [
    .bfloat16, .float16, .tfloat32, .float8_e4m3, .float8_e5m2, .float8_e4m3fn,
  ]

  func roundedMany(_ value: Float, _ dtype: DType, seed: UInt64, count: Int) -> [Float] {
    var rounding = Rounding.stochastic(seed: seed)
    let values = [Float](repeating: value, count: count)
    var stored = [UInt8](repeating: 0, count: count * dtype.size)
    encode(
      values, count: count, as: dtype, into: &stored, stride: dtype.size, rounding: &rounding)
    var back = [Float](repeating: 0, count: count)
    decode(stored, stride: dtype.size, count: count, as: dtype, into: &back)
    return back
  }

  @Test(arguments: short)
  func unbiased(_ dtype: DType) {
    // The last ones lie among the subnormal numbers of the smaller formats.
    for value: Float in [1.0009, -3.3, 117.7, 0.0123, 0.00091, -0.00000271] {
      let count = 40_000
      let results = roundedMany(value, dtype, seed: 77, count: count)
      let steps = Set(results).sorted()
      guard steps.count == 2 else {
        // A format that holds the value to the last bit, or far below its smallest step.
        #expect(steps.count == 1)
        #expect(steps.first.map { abs($0 - value) < abs(value) + 1e-12 } == true)
        continue
      }
      #expect(steps[0] < value && value < steps[1])
      let mean = results.reduce(0.0) { $0 + Double($1) } / Double(count)
      // Five standard errors of a two-valued variable, whose deviation is at most half the step.
      let bound = 5 * 0.5 * Double(steps[1] - steps[0]) / Double(count).squareRoot()
      #expect(abs(mean - Double(value)) < bound, "\(value)")
    }
  }

  @Test func documentedExample() {
    // 1024 plus 2048 times 0.5 in bfloat16 stays 1024 to nearest even and arrives near 2048 on
    // average stochastically (Neuron documentation, "Neuron Rounding Modes").
    var nearest = Rounding.nearestEven
    var stochastic = Rounding.stochastic(seed: 0)
    var a: Float = 1024
    var b: Float = 1024
    for _ in 0..<2048 {
      a = decodeElement(encodeElement(a + 0.5, .bfloat16, &nearest), .bfloat16)
      b = decodeElement(encodeElement(b + 0.5, .bfloat16, &stochastic), .bfloat16)
    }
    #expect(a == 1024)
    // Each sum is 1024 + 8 times a binomial with 2048 draws of 1/16: deviation 88.
    #expect(abs(b - 2048) < 5 * 88)
  }

  @Test(arguments: short)
  func exactValuesStay(_ dtype: DType) {
    let values: [Float] = [0, -0.0, 1, -1.5, 224, -0.125, 1.0 / 512, .infinity, -.infinity]
    for value in values {
      if value.isInfinite && dtype == .float8_e4m3fn { continue }
      let results = roundedMany(value, dtype, seed: 3, count: 100)
      #expect(results.allSatisfy { $0.bitPattern == value.bitPattern }, "\(value)")
    }
    #expect(roundedMany(.nan, dtype, seed: 3, count: 100).allSatisfy { $0.isNaN })
    #expect(roundedMany(-.nan, dtype, seed: 3, count: 100).allSatisfy { $0.isNaN })
  }

  @Test(arguments: short)
  func oneSeedOneResult(_ dtype: DType) {
    let first = roundedMany(1.0009765, dtype, seed: 5, count: 3000)
    #expect(first == roundedMany(1.0009765, dtype, seed: 5, count: 3000))
    if dtype != .tfloat32 {
      #expect(first != roundedMany(1.0009765, dtype, seed: 6, count: 3000))
    }
    // Element by element, the draws are the same as in a row, contiguous or not.
    var rounding = Rounding.stochastic(seed: 5)
    let scalars = (0..<3000).map { _ in
      decodeElement(encodeElement(1.0009765, dtype, &rounding), dtype)
    }
    #expect(scalars == first)
    var again = Rounding.stochastic(seed: 5)
    var stored = [UInt8](repeating: 0, count: 3000 * 5)
    encode(
      [Float](repeating: 1.0009765, count: 3000), count: 3000, as: dtype, into: &stored,
      stride: 5, rounding: &again)
    var strided = [Float](repeating: 0, count: 3000)
    decode(stored, stride: 5, count: 3000, as: dtype, into: &strided)
    #expect(strided == first)
    #expect(again == rounding)
  }

  @Test func integersRoundToNearestAndTakeNoDraw() {
    var rounding = Rounding.stochastic(seed: 1)
    #expect(encodeElement(2.5, .int8, &rounding) == 2)
    #expect(encodeElement(3.5, .uint32, &rounding) == 4)
    #expect(encodeElement(1.25, .float32, &rounding) == Float(1.25).bitPattern)
    #expect(rounding == .stochastic(seed: 1))
  }
}
