import Formats
import Machine

/// What an instruction does with its engine's accumulators.
///
/// Source: NKI documentation, `nki.isa.reduce_cmd`.
public enum ReduceCommand: String, SymbolField {
  /// Leaves them alone.
  case idle
  /// Sets them to the value that changes nothing.
  case reset
  /// Goes on from what they hold.
  case reduce
  /// Sets them anew, then reduces into them.
  case resetReduce = "reset_reduce"
  /// Loads a value, then reduces into them.
  case loadReduce = "load_reduce"
}

extension ALUOp {
  /// The value that changes nothing when it is reduced with; `nil` if there is none.
  var neutral: Float? {
    switch self {
    case .add, .subtract: 0
    case .multiply: 1
    case .maximum: -.infinity
    case .minimum: .infinity
    default: nil
    }
  }
}

extension ALUOp {
  /// What an accumulator that starts anew holds before the first value.
  fileprivate var reductionStart: Float? {
    switch self {
    case .absMax: 0
    case .absMin: .infinity
    default: neutral
    }
  }
}

extension Checker {
  /// The rules of `reduce_cmd` and what comes with it.
  mutating func requireReduction(
    _ command: ReduceCommand, _ op: ALUOp?, _ result: AccessPattern?, like other: AccessPattern,
    allowed: [ALUOp], initial: ScalarOperand? = nil, canLoad: Bool = false
  ) {
    if let result {
      requireOnChip([(result, "reduce_res")])
      requirePerPartition(result, "reduce_res", like: other)
    }
    require(
      command != .loadReduce || canLoad, "reduce_cmd", "'load_reduce' is not for this operation",
      remedy: "use reduce_cmd=reset_reduce")
    require(
      command != .loadReduce || !canLoad || initial != nil, "reduce_init",
      "reduce_cmd=load_reduce needs the value that is loaded", remedy: "add reduce_init=…")
    require(
      initial == nil || command == .loadReduce, "reduce_init",
      "reduce_init is given with reduce_cmd=\(command.rawValue)",
      remedy: "use reduce_cmd=load_reduce")
    guard let op else {
      require(
        command == .idle, "reduce_op", "reduce_cmd=\(command.rawValue) needs reduce_op",
        remedy: "add reduce_op=\(allowed[0].rawValue)")
      return
    }
    require(
      allowed.contains(op), "reduce_op", "'\(op.rawValue)' cannot reduce here",
      remedy: "one of: \(allowed.map(\.rawValue).joined(separator: ", "))")
  }
}

extension Machine {
  /// Which engine's accumulators an operation uses.
  enum AccumulatorOwner { case vector, scalar }

  /// Carries out a `reduce_cmd` on rows whose first partition is that of `pattern`, and stores the
  /// accumulators.
  mutating func accumulate(
    _ values: borrowing Tile<Float>, of pattern: AccessPattern, by op: ALUOp,
    _ command: ReduceCommand, on owner: AccumulatorOwner, initial: ScalarOperand? = nil,
    into result: AccessPattern?, negated: Bool = false
  ) throws(Trap) {
    if command == .idle && result == nil { return }
    let first = tensors[Int(pattern.tensor.index)].partition + Int(pattern.rowStart)
    let loaded = try read(initial ?? .immediate(0), "reduce_init", rows: values.rows)
    var registers = owner == .vector ? vectorState.accumulators : scalarState.accumulators
    for row in 0..<values.rows {
      switch command {
      case .idle: continue
      case .reset: registers[first + row] = op.reductionStart
      case .resetReduce where op == .absMax || op == .absMin:
        registers[first + row] = op.reduce(
          values.row(row), count: values.columns, onto: op.reductionStart ?? 0)
      case .resetReduce:
        registers[first + row] = op.reduce(values.row(row), count: values.columns)
      case .loadReduce:
        registers[first + row] = op.reduce(
          values.row(row), count: values.columns, onto: loaded.elements[row])
      case .reduce:
        guard let held = registers[first + row] else { throw undefinedAccumulator(first + row) }
        registers[first + row] = op.reduce(values.row(row), count: values.columns, onto: held)
      }
    }
    if owner == .vector {
      vectorState.accumulators = registers
    } else {
      scalarState.accumulators = registers
    }
    guard let result else { return }
    let stored = makeTile(rows: values.rows, columns: 1)
    for row in 0..<values.rows {
      guard let held = registers[first + row] else { throw undefinedAccumulator(first + row) }
      stored.elements[row] = negated ? -held : held
    }
    try write(stored, to: result, "reduce_res")
  }

  private func undefinedAccumulator(_ partition: Int) -> Trap {
    Trap(
      .uninitializedRead, "the accumulator of partition \(partition) holds nothing",
      operand: "reduce_cmd", remedy: "begin with reduce_cmd=reset_reduce or reset")
  }
}

extension ALUOp {
  /// Reduces `count` values onto one, from the first on.
  func reduce(_ values: UnsafePointer<Float>, count: Int, onto start: Float) -> Float {
    var result = start
    for i in 0..<count {
      let left = result
      withUnsafePointer(to: left) { apply($0, values + i, count: 1, into: &result) }
    }
    return result
  }
}
