public import Device
import Formats
public import Machine

/// Keeps elements where an affine function of their position compares with zero.
public struct AffineSelect: Operation {
  /// `affine_select`.
  public static let name = "affine_select"
  /// What it does.
  public static let summary =
    "dst = on_true_tile where (offset + p × channel_multiplier + pattern) cmp_op 0, else a number"
  /// Formula, rules and cost.
  public static let details = """
    The pattern has up to four loops [step, count], outermost first, as in iota; its value is \
    int32. dst is on_true_tile through fp32 where the comparison holds and on_false_value \
    elsewhere: causal masks. Everything is in sbuf. Cost on GpSimd: about 150 + N cycles (NKI ≤ \
    2.26).
    """
  /// GpSimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "pattern", "channel_multiplier", "on_true_tile", "on_false_value",
    optional: [
      "cmp_op", "offset",
    ])
  /// The fields.
  public static let fields: [Field<AffineSelect>] = [
    Field(.write, "dst", \.dst, "result, in sbuf"),
    Field(.immediate, "pattern", \.pattern, "loops over the free elements"),
    Field(.immediate, "offset", \.offset, "value at the first element of the first partition"),
    Field(
      .immediate, "channel_multiplier", \.channelMultiplier,
      "difference between neighbouring partitions"),
    Field(.read, "on_true_tile", \.onTrue, "what is kept where the comparison holds"),
    Field(.immediate, "on_false_value", \.onFalse, "what is written elsewhere"),
    Field(.immediate, "cmp_op", \.compareOp, "the comparison with 0"),
  ]

  /// Result, in sbuf.
  public var dst = AccessPattern.unset
  /// Loops over the free elements.
  public var pattern = IndexPattern()
  /// Value at the first element of the first partition.
  public var offset: Int = 0
  /// Difference between neighbouring partitions.
  public var channelMultiplier: Int = 0
  /// What is kept where the comparison holds.
  public var onTrue = AccessPattern.unset
  /// What is written elsewhere.
  public var onFalse: Float = 0
  /// The comparison with 0.
  public var compareOp = ALUOp.equal

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, pattern: IndexPattern, offset: Int = 0, channelMultiplier: Int = 0,
    onTrue: AccessPattern, onFalse: Float, compareOp: ALUOp
  ) {
    self.dst = dst
    self.pattern = pattern
    self.offset = offset
    self.channelMultiplier = channelMultiplier
    self.onTrue = onTrue
    self.onFalse = onFalse
    self.compareOp = compareOp
  }

  /// Memories, pattern and comparison.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.sbuf])
    check.requireSpace(onTrue, "on_true_tile", [.sbuf])
    check.requireSameShape(dst, "dst", onTrue, "on_true_tile")
    check.requirePattern(pattern, of: dst, "dst", offset, channelMultiplier)
    check.requireComparison(compareOp, "cmp_op")
  }

  /// One pass of GpSimd.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.affineSelect, .affineSelect, inputs: [onTrue], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let tile = try machine.read(onTrue, "on_true_tile")
    let positions = pattern.values
    for row in 0..<tile.rows {
      let base = offset &+ row &* channelMultiplier
      let data = tile.row(row)
      for (i, position) in positions.enumerated() {
        let value = Int32(truncatingIfNeeded: base &+ position)
        if !compareOp.holds(value, 0) { data[i] = onFalse }
      }
    }
    try machine.write(tile, to: dst, "dst")
  }
}

extension Checker {
  /// Requires one of the six comparisons.
  mutating func requireComparison(_ op: ALUOp, _ name: String) {
    require(
      op.isComparison, name, "'\(op.rawValue)' is not a comparison",
      remedy: "one of: "
        + ALUOp.allCases.filter(\.isComparison).map(\.rawValue).joined(separator: ", "))
  }
}
