internal import CMicrokernels

/// How a float32 result becomes a shorter floating-point number: to nearest even, or stochastically.
///
/// Integers are always rounded to nearest even, since stochastic rounding is documented for the
/// casts from FP32 to FP16, BF16, FP8 and TF32 (Neuron documentation, "PyTorch Neuron environment
/// variables", `NEURON_RT_STOCHASTIC_ROUNDING_EN`). It adds a uniformly random number below the
/// last kept bit and cuts; which generator the engines use is not published: `assumed` SplitMix64.
public struct Rounding: Hashable, Sendable {
  /// Seed of the sequence of draws; nil when rounding to nearest even.
  let seed: UInt64?
  /// How many draws have been taken.
  var drawn: UInt64 = 0

  /// To nearest, ties to even: what the engines do by default (Neuron documentation,
  /// "Neuron Rounding Modes").
  public static let nearestEven = Rounding(seed: nil)

  /// Stochastic, from the start of the sequence of this seed.
  ///
  /// Every element encoded into a shorter floating-point format takes one draw, exact or not, so
  /// the same seed and the same order of elements give the same bits, however they are batched.
  public static func stochastic(seed: UInt64) -> Rounding { Rounding(seed: seed) }

  /// Whether rounding is stochastic.
  public var isStochastic: Bool { seed != nil }

  init(seed: UInt64?) { self.seed = seed }

  /// Takes the number of the first of `count` draws.
  mutating func take(_ count: Int) -> UInt64 {
    defer { drawn &+= UInt64(count) }
    return drawn
  }
}

extension DType {
  /// Whether encoding a float32 into this type may be rounded stochastically.
  var takesDraws: Bool { isFloat && self != .float32 }
}
