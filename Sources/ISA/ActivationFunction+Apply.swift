import Foundation

extension ActivationFunction {
  /// Replaces each value by the function's, evaluated in double precision and rounded once.
  func apply(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { values[i] = Float(value(Double(values[i]))) }
  }

  private func value(_ x: Double) -> Double {
    switch self {
    case .copy: x
    case .exp: Foundation.exp(x)
    case .log: Foundation.log(x)
    case .sqrt: x.squareRoot()
    case .rsqrt: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .square: x * x
    case .relu: x.isNaN || x > 0 ? x : 0
    case .sigmoid: 1 / (1 + Foundation.exp(-x))
    case .silu: x == -.infinity ? 0 : x / (1 + Foundation.exp(-x))
    case .tanh: Foundation.tanh(x)
    case .gelu: x == -.infinity ? 0 : 0.5 * x * erfc(-x * 0.5.squareRoot())
    case .geluApprxTanh:
      x == -.infinity
        ? 0 : x / (1 + Foundation.exp(-2 * 0.7978845608028654 * x * (1 + 0.044715 * x * x)))
    case .geluApprxSigmoid: x == -.infinity ? 0 : x / (1 + Foundation.exp(-1.702 * x))
    case .softplus: x > 40 ? x : log1p(Foundation.exp(x))
    case .mish: x == -.infinity ? 0 : x * Foundation.tanh(x > 40 ? x : log1p(Foundation.exp(x)))
    case .erf: Foundation.erf(x)
    case .sign: x.isNaN ? x : x > 0 ? 1 : x < 0 ? -1 : 0
    case .abs: Swift.abs(x)
    case .sin: Foundation.sin(x)
    case .arctan: atan(x)
    }
  }
}
