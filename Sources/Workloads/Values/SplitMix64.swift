#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014): the same numbers everywhere.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  private var spare: Double?

  /// A generator with this seed.
  package init(seed: UInt64) { state = seed }

  /// A generator of its own for each tensor, so that adding a tensor does not change the others.
  init(seed: UInt64, stream: String) {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    state = seed ^ hash
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// A standard normal number, by the transform of Box and Muller.
  mutating func normal() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    // 53 bits, moved into (0, 1] so that the logarithm is finite.
    let u = Double((next() >> 11) + 1) * 0x1p-53
    let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
    let radius = (-2 * log(u)).squareRoot()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
