public import Device

/// Begins a loop that ends when a register is zero.
public struct WhileLoop: Operation {
  /// `while_loop`.
  public static let name = "while_loop"
  /// What it does.
  public static let summary = "repeats what follows, up to end_loop, while a register is not zero"
  /// Rules and cost.
  public static let details = """
    The register is tested before each pass, also the first. The instructions up to the matching \
    end_loop are executed while it is not 0; the time is that of the executed stream.
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// The fields.
  public static let fields: [Field<WhileLoop>] = [
    Field(.immediate, "condition", \.condition, "register that is tested", required: true)
  ]

  /// Register that is tested.
  public var condition = Register.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(condition: Register) { self.condition = condition }

  /// A register that exists.
  public func check(_ check: inout Checker) { check.requireRegister(condition, "condition") }

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.branch, .control, reads: [], writes: [])
  }
}
