public import Device

/// Writes a register of the sequencers.
public struct RegisterMove: Operation {
  /// `register_move`.
  public static let name = "register_move"
  /// What it does.
  public static let summary = "dst = src, a register or an integer"
  /// Rules and cost.
  public static let details = """
    Registers hold 32-bit integers; an immediate is cut to 32 bits. Each engine has registers of its \
    own and runs its own copy; the copy of one engine is timed (assumed), as a sequencer instruction \
    of 5 to 60 ns.
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src")
  /// The fields.
  public static let fields: [Field<RegisterMove>] = [
    Field(.write, "dst", \.dst, "register that is written", required: true),
    Field(.immediate, "src", \.src, "register or integer"),
  ]

  /// Register that is written.
  public var dst = Register.unset
  /// Register or integer.
  public var src = RegisterOperand.immediate(0)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: Register, src: RegisterOperand) {
    self.dst = dst
    self.src = src
  }

  /// A register that exists.
  public func check(_ check: inout Checker) { check.requireRegister(dst, "dst") }

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.registerMove, .control, reads: [], writes: [])
  }
}
