import Formats
import Machine

extension Checker {
  /// Requires a NeuronCore of this generation or later; `false` if this is an earlier one.
  ///
  /// - Parameter instead: what to write for earlier ones.
  mutating func requireGeneration(
    _ needed: Int, for operation: String, instead: String?
  ) -> Bool {
    let generation = geometry.generation
    if generation >= needed { return true }
    require(
      false, nil,
      "\(operation) needs NeuronCore-v\(needed) (trn\(needed - 1)), this is "
        + "NeuronCore-v\(generation)",
      remedy: "--hardware trn\(needed - 1)" + (instead.map { ", or \($0)" } ?? ""))
    return false
  }

  /// Requires operands in SBUF or PSUM.
  mutating func requireOnChip(_ operands: [(AccessPattern, String)]) {
    for (pattern, name) in operands { requireSpace(pattern, name, [.sbuf, .psum]) }
  }

  /// Requires a tensor operand of one element per partition; immediates always fit.
  mutating func requireScalar(
    _ operand: ScalarOperand, _ name: String, like other: AccessPattern
  ) {
    guard let pattern = operand.pattern else { return }
    requireSpace(pattern, name, [.sbuf, .psum])
    requirePerPartition(pattern, name, like: other)
  }

  /// Requires an arithmetic operator.
  mutating func requireArithmetic(_ op: ALUOp, _ name: String) {
    require(
      !op.isBitwise, name, "'\(op.rawValue)' works on bit patterns, '\(name)' must be arithmetic",
      remedy: "use tensor_scalar or tensor_tensor")
  }

  /// Requires that the generation has the operators of an instruction's two steps.
  ///
  /// Source: NKI release notes, 0.4: `square` and `relu` as `op0` on trn3.
  mutating func requireSteps(_ op0: ALUOp, _ op1: ALUOp?) {
    let generation = geometry.generation
    for op in [ALUOp.square, .relu] {
      require(
        op0 != op || generation >= 4, "op0",
        "'\(op.rawValue)' needs NeuronCore-v4 (trn3), this is NeuronCore-v\(generation)",
        remedy: "--hardware trn3, or use activation")
      require(
        op1 != op, "op1", "'\(op.rawValue)' can be the first operation only",
        remedy: "use two instructions")
    }
  }

  /// Requires an operator of two operands.
  mutating func requireBinary(_ op: ALUOp, _ name: String) {
    require(!op.isUnary, name, "'\(op.rawValue)' takes one operand", remedy: "use tensor_scalar")
  }

  /// Requires that the operands have one element type.
  mutating func requireSameType(
    _ a: AccessPattern, _ aName: String, _ b: AccessPattern, _ bName: String
  ) {
    let (first, second) = (tensor(a).dtype, tensor(b).dtype)
    require(
      first == second, bName,
      "'\(bName)' is \(second), '\(aName)' is \(first): both must have one type",
      remedy: "convert one of them with tensor_copy")
  }

  /// Requires that both sides of a copy have one type if one of them is opaque.
  mutating func requireConvertible(
    _ source: AccessPattern, _ sourceName: String, _ target: AccessPattern, _ targetName: String
  ) {
    let (from, to) = (place(source).dtype, place(target).dtype)
    require(
      from == to || !from.isOpaque && !to.isOpaque, targetName,
      "'\(targetName)' is \(to), '\(sourceName)' is \(from): packed elements and their scales are "
        + "copied, not converted", remedy: "view both as one type")
  }

  /// Requires that the element count per partition lies in a range.
  mutating func requireElements(
    _ pattern: AccessPattern, _ name: String, _ range: ClosedRange<Int>
  ) {
    require(
      range.contains(pattern.elementsPerRow), name,
      "'\(name)' has \(pattern.elementsPerRow) elements per partition, "
        + (range.count == 1
          ? "needs \(range.lowerBound)"
          : "needs \(range.lowerBound) to \(range.upperBound)"))
  }

  /// Requires equal partition counts.
  mutating func requireSameRows(
    _ a: AccessPattern, _ aName: String, _ b: AccessPattern, _ bName: String
  ) {
    require(
      a.rows == b.rows, bName,
      "'\(bName)' has \(b.rows) partitions, '\(aName)' has \(a.rows)",
      remedy: "give both the same partition extent")
  }
}
