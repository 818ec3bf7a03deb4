public import Device
import Formats
public import Machine

/// Reads the state of the random numbers.
public struct RandGetState: Operation {
  /// `rand_get_state`.
  public static let name = "rand_get_state"
  /// What it does.
  public static let summary =
    "the state of each partition's random numbers"
  /// Formula, rules and cost.
  public static let details = """
    dst gets 6 uint32 words for each partition on GpSimd (trn2 on), as rand_set_state takes them. \
    On Vector (trn3 on) it has 24, of which trnsim's one generator gives the first six and zeros \
    follow. Cost: as a copy (assumed).
    """
  /// Gpsimd by default.
  public static let engines: [Engine] = [.gpsimd, .vector]
  /// Random numbers follow one another.
  public static let usesEngineState = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst",
    optional: [
      .engine(default: "gpsimd")
    ])
  /// trn2 on (NKI documentation).
  public static let generation = 3
  /// The fields.
  public static let fields: [Field<RandGetState>] = [
    Field(.write, "dst", \.dst, "words of each partition", types: [.uint32])
  ]

  /// Uint32 words of each partition.
  public var dst = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern
  ) {
    self.dst = dst
  }

  /// Memory, type, count and generation.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", check.engine == .vector ? [.sbuf, .psum] : [.sbuf])
    check.requireRandomState(dst, "dst", "rand_get_state")
  }

  /// One short pass.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(
      .setSeed, .stream(Stream(.copy, elements: dst.elementsPerRow)), reads: [], writes: [dst])
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let words = machine.makeTile(
      rows: Int(dst.rows), columns: dst.elementsPerRow, of: UInt32.self)
    words.elements.update(repeating: 0, count: words.count)
    let first = machine.firstPartition(dst)
    for row in 0..<words.rows {
      let generator =
        machine.hasNativeIntegers
        ? machine.gpsimdState.generators[first + row] : machine.vectorState.generators[first + row]
      for (i, word) in generator.words.enumerated() { words.row(row)[i] = word }
    }
    try machine.writeBits(words, to: dst, "dst")
  }
}
