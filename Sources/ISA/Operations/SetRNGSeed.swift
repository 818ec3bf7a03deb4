public import Device
import Formats
public import Machine

/// Seeds the random numbers of Vector.
public struct SetRNGSeed: Operation {
  /// `set_rng_seed`.
  public static let name = "set_rng_seed"
  /// What it does.
  public static let summary =
    "seeds Vector's random numbers"
  /// Formula, rules and cost.
  public static let details = """
    src_seeds is one 32-bit number [1, 1]; every partition's generator begins anew from it, each \
    with numbers of its own (how the device derives them is not published). The same seed gives \
    the same numbers. Cost: as a copy of one element (assumed).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// Random numbers follow one another.
  public static let usesEngineState = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "src_seeds")
  /// The fields.
  public static let fields: [Field<SetRNGSeed>] = [
    Field(
      .read, "src_seeds", \.srcSeeds, "[1, 1] seed of 32 bits",
      types: [.float32, .tfloat32, .int32, .uint32])
  ]

  /// [1, 1] seed of 32 bits.
  public var srcSeeds = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    srcSeeds: AccessPattern
  ) {
    self.srcSeeds = srcSeeds
  }

  /// One number of 32 bits.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(srcSeeds, "src_seeds")])
    check.require(
      srcSeeds.elements == 1, "src_seeds",
      "'src_seeds' has \(srcSeeds.elements) elements, must have one")
  }

  /// One short pass.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(
      .setSeed, .stream(Stream(.copy, elements: 1)), reads: [srcSeeds], writes: [])
  }

  /// Seeds the generators.
  public func execute(on machine: inout Machine) throws(Trap) {
    let seed = try machine.readBits(srcSeeds, "src_seeds").elements[0]
    for partition in machine.vectorState.generators.indices {
      machine.vectorState.generators[partition] = XorWow(seed: seed, partition: partition)
    }
  }
}
