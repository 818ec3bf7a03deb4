public import Device
import Formats
public import Machine

/// Keeps elements whose index lies between two bounds, and takes the maximum.
public struct RangeSelect: Operation {
  /// `range_select`.
  public static let name = "range_select"
  /// What it does.
  public static let summary =
    "dst = on_true_tile where index + range_start lies within two bounds, else the lowest float32"
  /// Formula, rules and cost.
  public static let details = """
    With i the index of an element within its partition: dst = on_true_tile where (i + \
    range_start) comp_op0 bound0 and (i + range_start) comp_op1 bound1, else on_false_value, \
    which must be the lowest finite float32. The maximum of each row in fp32, before dst's \
    rounding, goes into Vector's accumulators as reduce_cmd says, and reduce_res receives them. bound0 and bound1 are float32 [P, 1]. Needs trn2 or \
    later. Cost on Vector: one element per cycle.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "on_true_tile", "comp_op0", "comp_op1", "bound0", "bound1",
    optional: [
      "reduce_cmd", "reduce_res", "reduce_op", "range_start", "on_false_value",
    ])
  /// trn2 on (NKI documentation).
  public static let generation = 3
  /// What earlier ones have.
  public static let instead: String? = "use affine_select or tensor_copy_predicated"
  /// The fields.
  public static let fields: [Field<RangeSelect>] = [
    Field(.write, "dst", \.dst, "result"),
    Field(
      .read, "on_true_tile", \.onTrue, "what is kept within the bounds", types: .floats),
    Field(.immediate, "comp_op0", \.compareOp0, "comparison of the index with bound0"),
    Field(.immediate, "comp_op1", \.compareOp1, "comparison of the index with bound1"),
    Field(.read, "bound0", \.bound0, "[P, 1] first bound", types: [.float32]),
    Field(.read, "bound1", \.bound1, "[P, 1] second bound", types: [.float32]),
    Field(.immediate, "range_start", \.rangeStart, "index of the first element"),
    Field(.immediate, "on_false_value", \.onFalse, "the lowest float32"),
    Field(.write, "reduce_res", \.reduceRes, "[P, 1] accumulators afterwards"),
    Field(.immediate, "reduce_cmd", \.command, "what happens to the accumulators"),
    Field(.immediate, "reduce_op", \.reduceOp, "maximum"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// What is kept within the bounds.
  public var onTrue = AccessPattern.unset
  /// Comparison of the index with bound0.
  public var compareOp0 = ALUOp.greaterEqual
  /// Comparison of the index with bound1.
  public var compareOp1 = ALUOp.less
  /// [P, 1] float32.
  public var bound0 = AccessPattern.unset
  /// [P, 1] float32.
  public var bound1 = AccessPattern.unset
  /// Index of the first element.
  public var rangeStart: Int = 0
  /// The lowest float32.
  public var onFalse: Float = -Float.greatestFiniteMagnitude
  /// [P, 1] maximum of each row.
  public var reduceRes: AccessPattern?
  /// What happens to the accumulators.
  public var command = ReduceCommand.resetReduce
  /// Maximum.
  public var reduceOp = ALUOp.maximum

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, onTrue: AccessPattern, compareOp0: ALUOp, compareOp1: ALUOp,
    bound0: AccessPattern, bound1: AccessPattern, rangeStart: Int = 0,
    onFalse: Float = -Float.greatestFiniteMagnitude, reduceRes: AccessPattern? = nil
  ) {
    self.dst = dst
    self.onTrue = onTrue
    self.compareOp0 = compareOp0
    self.compareOp1 = compareOp1
    self.bound0 = bound0
    self.bound1 = bound1
    self.rangeStart = rangeStart
    self.onFalse = onFalse
    self.reduceRes = reduceRes
  }

  /// Generation, shapes, types and comparisons.
  public func check(_ check: inout Checker) {
    check.requireOnChip([
      (dst, "dst"), (onTrue, "on_true_tile"), (bound0, "bound0"), (bound1, "bound1"),
    ])
    check.requireSameShape(dst, "dst", onTrue, "on_true_tile")
    check.requirePerPartition(bound0, "bound0", like: dst)
    check.requirePerPartition(bound1, "bound1", like: dst)
    check.requireComparison(compareOp0, "comp_op0")
    check.requireComparison(compareOp1, "comp_op1")
    check.require(
      onFalse == -Float.greatestFiniteMagnitude, "on_false_value",
      "on_false_value is \(onFalse), must be the lowest float32, "
        + "\(-Float.greatestFiniteMagnitude)")
    // Indices are compared as fp32, which is exact up to 2^24 (NKI documentation, range_select).
    let exact = 1 << 24
    check.require(
      rangeStart >= -exact && rangeStart <= exact - dst.elementsPerRow, "range_start",
      "\(dst.elementsPerRow) indices start at \(rangeStart), float32 is exact up to \(exact)",
      remedy: "shift range_start and the bounds towards 0")
    check.requireReduction(command, reduceOp, reduceRes, like: dst, allowed: [.maximum])
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .rangeSelect, .rangeSelect, inputs: [onTrue], pointers: [bound0, bound1], output: dst,
      alsoWrites: reduceRes.map { [$0] } ?? [])
  }

  /// Computes `dst` and `reduce_res`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let tile = try machine.read(onTrue, "on_true_tile")
    let low = try machine.read(bound0, "bound0")
    let high = try machine.read(bound1, "bound1")
    for row in 0..<tile.rows {
      let data = tile.row(row)
      let (first, second) = (low.elements[row], high.elements[row])
      for i in 0..<tile.columns {
        let index = Float(i + rangeStart)
        if !(compareOp0.holds(index, first) && compareOp1.holds(index, second)) {
          data[i] = onFalse
        }
      }
    }
    try machine.write(tile, to: dst, "dst")
    try machine.accumulate(tile, of: dst, by: reduceOp, command, on: .vector, into: reduceRes)
  }
}
