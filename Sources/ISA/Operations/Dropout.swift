public import Device
import Formats
public import Machine

/// Zeroes elements at random.
public struct Dropout: Operation {
  /// `dropout`.
  public static let name = "dropout"
  /// What it does.
  public static let summary =
    "dst = data, or 0 with probability prob"
  /// Formula, rules and cost.
  public static let details = """
    dst = 0 where a random number from 0 to 1 of Vector's generator is below prob (a number or \
    one value per partition), else data; nothing is scaled. dst has data's type. The device's \
    random numbers are not published: these are xorwow's, seeded by set_rng_seed. Cost on Vector: \
    one element per cycle (NKI ≤ 2.26).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// Random numbers follow one another.
  public static let usesEngineState = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "prob")
  /// The fields.
  public static let fields: [Field<Dropout>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(.read, "data", \.data, "input, same shape and type"),
    Field(
      .read, "prob", \.prob, "probability of a zero: a number or one value per partition",
      types: .floats),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// Input, same shape and type.
  public var data = AccessPattern.unset
  /// Probability of a zero: a number or one value per partition.
  public var prob: ScalarOperand = .immediate(0)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern, prob: ScalarOperand = .immediate(0)
  ) {
    self.dst = dst
    self.data = data
    self.prob = prob
  }

  /// Shapes and types.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data")])
    check.requireSameShape(dst, "dst", data, "data")
    check.requireSameType(dst, "dst", data, "data")
    check.requireScalar(prob, "prob", like: data)
    if case .immediate(let value) = prob {
      check.require(
        (0...1).contains(value), "prob", "prob is \(value), a probability is from 0 to 1")
    }
  }

  /// One element per cycle.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .dropout, .tensorTensor, inputs: [data], pointers: prob.pattern.map { [$0] } ?? [],
      output: dst, isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let bits = try machine.readBits(data, "data")
    let chances = try machine.read(prob, "prob", rows: bits.rows)
    let first = machine.firstPartition(dst)
    for row in 0..<bits.rows {
      let limit = Double(chances.elements[row]) * 0x1p32
      for i in 0..<bits.columns {
        let number = machine.vectorState.generators[first + row].next()
        if Double(number) < limit { bits.row(row)[i] = 0 }
      }
    }
    try machine.writeBits(bits, to: dst, "dst")
  }
}

extension Machine {
  /// The partition of an on-chip operand's first row.
  func firstPartition(_ pattern: AccessPattern) -> Int {
    tensors[Int(pattern.tensor.index)].partition + Int(pattern.rowStart)
  }
}
