/// The element-wise operations of the Vector and GpSimd engines, by their `nki.language` names.
///
/// Source: NKI documentation, shared table "Supported Math Operators" (ALU operations).
public enum ALUOp: String, SymbolField {
  case add
  case subtract
  case multiply
  case divide
  case maximum
  case minimum
  case absMax = "abs_max"
  case absMin = "abs_min"
  case abs
  case power
  case rsqrt
  case equal
  case notEqual = "not_equal"
  case greater
  case greaterEqual = "greater_equal"
  case less
  case lessEqual = "less_equal"
  case logicalAnd = "logical_and"
  case logicalOr = "logical_or"
  case logicalXor = "logical_xor"
  case logicalNot = "logical_not"
  case bitwiseAnd = "bitwise_and"
  case bitwiseOr = "bitwise_or"
  case bitwiseXor = "bitwise_xor"
  case invert
  case leftShift = "left_shift"
  case rightShift = "right_shift"
  /// x · x; of trn3's `tensor_scalar` and `tensor_scalar_reduce`.
  case square
  /// x, or 0 below it; of trn3's `tensor_scalar` and `tensor_scalar_reduce`.
  case relu

  /// Whether it works on bit patterns instead of fp32 values.
  public var isBitwise: Bool {
    switch self {
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .invert, .leftShift, .rightShift: true
    default: false
    }
  }

  /// Whether it takes one operand only.
  public var isUnary: Bool {
    switch self {
    case .abs, .rsqrt, .invert, .logicalNot, .square, .relu: true
    default: false
    }
  }

  /// Whether it compares, giving 1 or 0.
  public var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .greater, .greaterEqual, .less, .lessEqual: true
    default: false
    }
  }

  /// Whether it can reduce: the associative ones and subtraction.
  ///
  /// Source: NKI documentation, "Supported Math Operators", column "Legal Reduction Operator".
  public var isReduction: Bool {
    switch self {
    case .add, .subtract, .multiply, .maximum, .minimum, .logicalAnd, .logicalOr, .logicalXor,
      .bitwiseAnd, .bitwiseOr, .bitwiseXor:
      true
    default: false
    }
  }

  /// Whether a comparison holds.
  func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
    switch self {
    case .equal: left == right
    case .notEqual: left != right
    case .greater: left > right
    case .greaterEqual: left >= right
    case .less: left < right
    default: left <= right
    }
  }
}
