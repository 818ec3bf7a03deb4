public import Device
import Formats
public import Machine

/// Writes an affine function of the position.
public struct Iota: Operation {
  /// `iota`.
  public static let name = "iota"
  /// What it does.
  public static let summary =
    "dst[p, i] = offset + p × channel_multiplier + the pattern's value at i"
  /// Formula, rules and cost.
  public static let details = """
    The pattern has up to four loops [step, count], outermost first; their counts multiply to \
    dst's elements per partition. Values are int32 (assumed to wrap), stored exactly in integer \
    types and through fp32 in all others. dst is in sbuf. Cost on GpSimd: about 150 + N cycles \
    (NKI ≤ 2.26).
    """
  /// GpSimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "pattern",
    optional: [
      "offset", "channel_multiplier",
    ])
  /// The fields.
  public static let fields: [Field<Iota>] = [
    Field(.write, "dst", \.dst, "result, in sbuf"),
    Field(.immediate, "pattern", \.pattern, "loops over the free elements"),
    Field(.immediate, "offset", \.offset, "value at the first element of the first partition"),
    Field(
      .immediate, "channel_multiplier", \.channelMultiplier,
      "difference between neighbouring partitions"),
  ]

  /// Result, in sbuf.
  public var dst = AccessPattern.unset
  /// Loops over the free elements.
  public var pattern = IndexPattern()
  /// Value at the first element of the first partition.
  public var offset: Int = 0
  /// Difference between neighbouring partitions.
  public var channelMultiplier: Int = 0

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, pattern: IndexPattern, offset: Int = 0, channelMultiplier: Int = 0
  ) {
    self.dst = dst
    self.pattern = pattern
    self.offset = offset
    self.channelMultiplier = channelMultiplier
  }

  /// Memory and pattern.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.sbuf])
    check.requirePattern(pattern, of: dst, "dst", offset, channelMultiplier)
  }

  /// One pass without input.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.iota, .iota, inputs: [], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = pattern.values
    let tile = machine.makeTile(rows: Int(dst.rows), columns: values.count, of: Int64.self)
    for row in 0..<tile.rows {
      let base = offset &+ row &* channelMultiplier
      let into = tile.row(row)
      for (i, value) in values.enumerated() {
        into[i] = Int64(Int32(truncatingIfNeeded: base &+ value))
      }
    }
    try machine.writeIntegers(tile, to: dst, "dst")
  }
}

extension IndexPattern {
  /// The values of all loops, innermost fastest.
  var values: [Int] {
    var values = [0]
    for step in steps {
      var longer: [Int] = []
      longer.reserveCapacity(values.count * Swift.max(step.count, 0))
      for value in values {
        for i in 0..<Swift.max(step.count, 0) { longer.append(value &+ i &* step.step) }
      }
      values = longer
    }
    return values
  }
}

extension Checker {
  /// The rules of `iota`'s and `affine_select`'s pattern.
  mutating func requirePattern(
    _ pattern: IndexPattern, of operand: AccessPattern, _ name: String, _ offset: Int,
    _ multiplier: Int
  ) {
    require(
      pattern.steps.count <= 4, "pattern",
      "the pattern has \(pattern.steps.count) loops, at most 4")
    var count = 1
    for step in pattern.steps {
      require(
        (1...65535).contains(step.count), "pattern",
        "a loop of the pattern has \(step.count) steps, needs 1 to 65535")
      count = count.multipliedReportingOverflow(by: step.count).partialValue
    }
    require(
      count == operand.elementsPerRow, "pattern",
      "the pattern has \(count) values, '\(name)' has \(operand.elementsPerRow) "
        + "elements per partition",
      remedy: "the counts of the loops multiply to the elements of a partition")
    for value in [offset, multiplier] + pattern.steps.map(\.step) {
      require(
        Int32(exactly: value) != nil, "pattern", "\(value) does not fit into 32 bits")
    }
  }
}
