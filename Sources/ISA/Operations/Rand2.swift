public import Device
import Formats
public import Machine

/// Random numbers of a range.
public struct Rand2: Operation {
  /// `rand2`.
  public static let name = "rand2"
  /// What it does.
  public static let summary = "fills dst with random numbers, even between min and max"
  /// Formula, rules and cost.
  public static let details = """
    trn3 on. Each element is min + u (max - min) in fp32, never more than max, then converted; \
    u = the upper 24 of 32 random bits of its partition's generator on Vector, times 2^-24. The \
    documentation names xorwow and an even distribution; how u is made of the bits is assumed, \
    and so are the bits (the device has four generators for each partition, trnsim one). They are \
    seeded by set_rng_seed or rand_set_state. Cost: four elements per cycle (trn3 architecture \
    guide).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// Random numbers follow one another.
  public static let usesEngineState = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "min", "max")
  /// trn3 on (NKI documentation).
  public static let generation = 4
  /// What earlier ones have.
  public static let instead: String? = "use rng and scale its bits"
  /// The fields.
  public static let fields: [Field<Rand2>] = [
    Field(.write, "dst", \.dst, "result", types: .except(.float8_e4m3fn, .bool)),
    Field(
      .read, "min", \.low, "lower end: a number or one value per partition", types: [.float32]),
    Field(
      .read, "max", \.high, "upper end: a number or one value per partition", types: [.float32]),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Lower end: a number or one value per partition.
  public var low: ScalarOperand = .immediate(0)
  /// Upper end: a number or one value per partition.
  public var high: ScalarOperand = .immediate(1)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, low: ScalarOperand, high: ScalarOperand) {
    self.dst = dst
    self.low = low
    self.high = high
  }

  /// Generation, memory, type and range.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst")])
    check.requireScalar(low, "min", like: dst)
    check.requireScalar(high, "max", like: dst)
    if case .immediate(let least) = low, case .immediate(let most) = high {
      check.require(
        least < most, "min", "min is \(least), max is \(most): the range is empty",
        remedy: "min must be less than max")
    }
  }

  /// One pass without tensor input.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .rand2, .random, inputs: [], pointers: [low.pattern, high.pattern].compactMap { $0 },
      output: dst, isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let rows = Int(dst.rows)
    let least = try machine.read(low, "min", rows: rows)
    let most = try machine.read(high, "max", rows: rows)
    let values = machine.makeTile(rows: rows, columns: dst.elementsPerRow)
    let first = machine.firstPartition(dst)
    for row in 0..<rows {
      let (from, to) = (least.elements[row], most.elements[row])
      guard from < to else {
        throw Trap(
          .invalidValue, "min is \(from) and max is \(to) in row \(row): the range is empty",
          operand: "min", remedy: "min must be less than max")
      }
      for i in 0..<values.columns {
        let share = Float(machine.vectorState.generators[first + row].next() >> 8) * 0x1p-24
        values.row(row)[i] = min(from + share * (to - from), to)
      }
    }
    try machine.write(values, to: dst, "dst")
  }
}
