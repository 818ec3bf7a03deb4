import CMicrokernels
import Glibc

extension ActivationFunction {
  /// Replaces each value by the function's, correct to 0.51 units in the last place of fp32.
  ///
  /// Not for `prelu`, which takes a parameter.
  func apply(_ values: UnsafeMutablePointer<Float>, count: Int) {
    if self == .copy { return }
    guard let kernel else {
      for i in 0..<count { values[i] = Float(derivative(Double(values[i]))) }
      return
    }
    trnsim_activate(trnsim_best_isa(), kernel, values, count)
  }

  /// The derivatives, in float64.
  private func derivative(_ x: Double) -> Double {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + Glibc.exp(-x)) }
    // Beyond this everything has reached its limit, and products with infinity would be NaN.
    if x.magnitude > 1e4 { return self == .erfDx ? 0 : x > 0 ? 1 : 0 }
    switch self {
    case .geluDx:
      return erfc(-x / 2.0.squareRoot()) / 2
        + x * Glibc.exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    case .geluApprxSigmoidDx:
      let s = sigmoid(1.702 * x)
      return s * (1 + 1.702 * x * (1 - s))
    case .siluDx:
      let s = sigmoid(x)
      return s * (1 + x * (1 - s))
    case .erfDx: return 2 / Double.pi.squareRoot() * Glibc.exp(-x * x)
    default: preconditionFailure("\(rawValue) has no value here")
    }
  }

  /// The vectorised function; `nil` for the derivatives.
  private var kernel: UInt32? {
    let number =
      switch self {
      case .copy: TRNSIM_COPY
      case .exp: TRNSIM_EXP
      case .log: TRNSIM_LOG
      case .sqrt: TRNSIM_SQRT
      case .rsqrt: TRNSIM_RSQRT
      case .reciprocal: TRNSIM_RECIPROCAL
      case .square: TRNSIM_SQUARE
      case .relu: TRNSIM_RELU
      case .sigmoid: TRNSIM_SIGMOID
      case .silu: TRNSIM_SILU
      case .tanh: TRNSIM_TANH
      case .gelu: TRNSIM_GELU
      case .geluApprxTanh: TRNSIM_GELU_APPRX_TANH
      case .geluApprxSigmoid: TRNSIM_GELU_APPRX_SIGMOID
      case .softplus: TRNSIM_SOFTPLUS
      case .mish: TRNSIM_MISH
      case .erf: TRNSIM_ERF
      case .sign: TRNSIM_SIGN
      case .abs: TRNSIM_ABS
      case .sin: TRNSIM_SIN
      case .arctan: TRNSIM_ARCTAN
      case .geluDx, .geluApprxSigmoidDx, .siluDx, .erfDx, .prelu: TRNSIM_COPY
      }
    return number == TRNSIM_COPY ? nil : UInt32(number)
  }
}
