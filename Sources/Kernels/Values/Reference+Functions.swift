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
