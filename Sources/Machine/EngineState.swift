/// What one engine keeps between instructions: a register for each partition, and random numbers.
public struct EngineState: Sendable {
  /// The accumulators that `reduce_cmd` works on; `nil` until something has been put there.
  public var accumulators: [Float?]
  /// The random numbers of each partition.
  public var generators: [XorWow]

  /// The state before the first instruction: generators of seed 0.
  init(partitions: Int) {
    accumulators = Array(repeating: nil, count: partitions)
    generators = (0..<partitions).map { XorWow(seed: 0, partition: $0) }
  }
}

/// Marsaglia's xorwow generator ("Xorshift RNGs", Journal of Statistical Software 8, 2003).
///
/// The NKI documentation names XORWOW for `rand2` and gives a state of six words for each partition.
public struct XorWow: Hashable, Sendable {
  /// The five words of the shift register, then the counter.
  public var words: [UInt32]

  /// A generator with the given state.
  public init(words: [UInt32]) {
    precondition(words.count == 6, "\(words.count) words")
    self.words = words
  }

  /// A generator of a seed, different in each partition: words of SplitMix64, `assumed`.
  public init(seed: UInt32, partition: Int) {
    var state = UInt64(seed) | UInt64(partition) << 32
    var words: [UInt32] = []
    for _ in 0..<6 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      words.append(UInt32(truncatingIfNeeded: z ^ (z >> 31)))
    }
    self.words = words
  }

  /// The next 32 bits.
  public mutating func next() -> UInt32 {
    let t = words[0] ^ (words[0] >> 2)
    let last = words[4]
    words[0] = words[1]
    words[1] = words[2]
    words[2] = words[3]
    words[3] = last
    words[4] = (last ^ (last << 4)) ^ (t ^ (t << 1))
    words[5] &+= 362_437
    return words[5] &+ words[4]
  }
}
