#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Reference {
  /// e to the power x.
  static func exponential(_ x: Double) -> Double { exp(x) }
}

extension String {
  /// A number with so many significant digits.
  init(_ value: Double, digits: Int) {
    guard value != 0, value.isFinite else {
      self = "\(value)"
      return
    }
    let factor = pow(10, Double(digits) - 1 - log10(abs(value)).rounded(.down))
    self = "\((value * factor).rounded() / factor)"
  }
}
