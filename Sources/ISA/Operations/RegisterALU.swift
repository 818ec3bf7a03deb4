public import Device

/// What `register_alu` computes; all on 32-bit integers, cut to 32 bits.
public enum RegisterALUOp: String, SymbolField {
  case add
  case subtract
  case multiply
  case maximum
  case minimum
  case bitwiseAnd = "bitwise_and"
  case bitwiseOr = "bitwise_or"
  case bitwiseXor = "bitwise_xor"
  case leftShift = "left_shift"
  case rightShift = "right_shift"
  case equal
  case notEqual = "not_equal"
  case less
  case lessEqual = "less_equal"
  case greater
  case greaterEqual = "greater_equal"

  /// The result; comparisons give 1 or 0, right shifts keep the sign.
  public func apply(_ left: Int32, _ right: Int32) -> Int32 {
    switch self {
    case .add: left &+ right
    case .subtract: left &- right
    case .multiply: left &* right
    case .maximum: max(left, right)
    case .minimum: min(left, right)
    case .bitwiseAnd: left & right
    case .bitwiseOr: left | right
    case .bitwiseXor: left ^ right
    case .leftShift: left << right
    case .rightShift: left >> right
    case .equal: left == right ? 1 : 0
    case .notEqual: left != right ? 1 : 0
    case .less: left < right ? 1 : 0
    case .lessEqual: left <= right ? 1 : 0
    case .greater: left > right ? 1 : 0
    case .greaterEqual: left >= right ? 1 : 0
    }
  }
}

/// Arithmetic on registers.
public struct RegisterALU: Operation {
  /// `register_alu`.
  public static let name = "register_alu"
  /// What it does.
  public static let summary = "dst = src0 op src1 on registers and integers"
  /// Rules and cost.
  public static let details = """
    What arithmetic on NKI's VirtualRegister becomes. 32-bit integers that wrap around; shifts to \
    the right keep the sign; comparisons give 1 or 0. One sequencer instruction, timed as \
    register_move (assumed).
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// The fields.
  public static let fields: [Field<RegisterALU>] = [
    Field(.write, "dst", \.dst, "register that is written", required: true),
    Field(.immediate, "op", \.op, "what is computed"),
    Field(.immediate, "src0", \.src0, "left side: register or integer"),
    Field(.immediate, "src1", \.src1, "right side: register or integer"),
  ]

  /// Register that is written.
  public var dst = Register.unset
  /// What is computed.
  public var op = RegisterALUOp.add
  /// Left side.
  public var src0 = RegisterOperand.immediate(0)
  /// Right side.
  public var src1 = RegisterOperand.immediate(0)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: Register, op: RegisterALUOp, src0: RegisterOperand, src1: RegisterOperand) {
    self.dst = dst
    self.op = op
    self.src0 = src0
    self.src1 = src1
  }

  /// A register that exists.
  public func check(_ check: inout Checker) { check.requireRegister(dst, "dst") }

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.registerALU, .control, reads: [], writes: [])
  }
}
