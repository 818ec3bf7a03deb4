public import Device
import Formats
public import Machine

/// Sets the state of the random numbers.
public struct RandSetState: Operation {
  /// `rand_set_state`.
  public static let name = "rand_set_state"
  /// What it does.
  public static let summary =
    "sets the state of each partition's random numbers"
  /// Formula, rules and cost.
  public static let details = """
    src_seeds has 6 uint32 words for each partition on GpSimd (trn2 on): the five words of \
    xorwow's shift register and its counter (order assumed). On Vector (trn3 on) the device keeps \
    24 words for each partition, four generators; trnsim has one and takes the first six. Cost: \
    as a copy (assumed).
    """
  /// Gpsimd by default.
  public static let engines: [Engine] = [.gpsimd, .vector]
  /// Random numbers follow one another.
  public static let usesEngineState = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "src_seeds",
    optional: [
      .engine(default: "gpsimd")
    ])
  /// trn2 on (NKI documentation).
  public static let generation = 3
  /// The fields.
  public static let fields: [Field<RandSetState>] = [
    Field(
      .read, "src_seeds", \.srcSeeds, "words of each partition, in sbuf", types: [.uint32])
  ]

  /// Uint32 words of each partition, in sbuf.
  public var srcSeeds = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    srcSeeds: AccessPattern
  ) {
    self.srcSeeds = srcSeeds
  }

  /// Memory, type, count and generation.
  public func check(_ check: inout Checker) {
    check.requireSpace(srcSeeds, "src_seeds", [.sbuf])
    check.requireRandomState(srcSeeds, "src_seeds", "rand_set_state")
  }

  /// One short pass.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(
      .setSeed, .stream(Stream(.copy, elements: srcSeeds.elementsPerRow)), reads: [srcSeeds],
      writes: [])
  }

  /// Sets the generators.
  public func execute(on machine: inout Machine) throws(Trap) {
    let words = try machine.readBits(srcSeeds, "src_seeds")
    let first = machine.firstPartition(srcSeeds)
    for row in 0..<words.rows {
      let generator = XorWow(words: (0..<6).map { words.row(row)[$0] })
      if machine.hasNativeIntegers {
        machine.gpsimdState.generators[first + row] = generator
      } else {
        machine.vectorState.generators[first + row] = generator
      }
    }
  }
}

extension Checker {
  /// The rules of `rand_set_state` and `rand_get_state`.
  mutating func requireRandomState(_ pattern: AccessPattern, _ name: String, _ operation: String) {
    let engine = engine
    let needed = engine == .vector ? 4 : 3
    let generation = geometry.generation
    require(
      generation >= needed, "engine",
      "\(operation) on \(engine.name) needs trn\(needed - 1) or later, this is "
        + "NeuronCore-v\(generation)",
      remedy: engine == .vector ? "use engine=gpsimd" : nil)
    requireElements(pattern, name, engine == .vector ? 24...24 : 6...6)
  }
}
