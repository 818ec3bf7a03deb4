public import Device
import Formats
public import Machine

/// Random bits.
public struct RNG: Operation {
  /// `rng`.
  public static let name = "rng"
  /// What it does.
  public static let summary =
    "fills dst with random bits"
  /// Formula, rules and cost.
  public static let details = """
    Each element gets 32 random bits of its partition's generator on the engine, of which \
    narrower integers keep the low ones. dst is an integer type; on GpSimd in sbuf only, from \
    trn2 on. The device's bits are not published: these are xorwow's, seeded by set_rng_seed \
    (Vector) or rand_set_state (GpSimd). Cost: as memset (assumed), on trn3's Vector four elements \
    per cycle.
    """
  /// Vector by default.
  public static let engines: [Engine] = [.vector, .gpsimd]
  /// Random numbers follow one another.
  public static let usesEngineState = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst",
    optional: [
      .engine(default: "vector")
    ])
  /// The fields.
  public static let fields: [Field<RNG>] = [
    Field(.write, "dst", \.dst, "result", types: .integers)
  ]

  /// Result, integers.
  public var dst = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern
  ) {
    self.dst = dst
  }

  /// Memory and type.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst")])
    let generation = check.geometry.generation
    check.require(
      check.engine != .gpsimd || generation >= 3, "engine",
      "rng on gpsimd needs trn2 or later, this is NeuronCore-v\(generation)",
      remedy: "use engine=vector")
  }

  /// One pass.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .random, emitter.engine == .vector ? .random : .memset, inputs: [], output: dst,
      isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let bits = machine.makeTile(
      rows: Int(dst.rows), columns: dst.elementsPerRow, of: UInt32.self)
    let first = machine.firstPartition(dst)
    let onGpSimd = machine.hasNativeIntegers
    for row in 0..<bits.rows {
      for i in 0..<bits.columns {
        bits.row(row)[i] =
          onGpSimd
          ? machine.gpsimdState.generators[first + row].next()
          : machine.vectorState.generators[first + row].next()
      }
    }
    try machine.writeBits(bits, to: dst, "dst")
  }
}
