public import Device

/// Begins a loop that counts in a register.
public struct Loop: Operation {
  /// `loop`.
  public static let name = "loop"
  /// What it does.
  public static let summary = "repeats what follows, up to end_loop, for start ≤ var < stop"
  /// Rules and cost.
  public static let details = """
    What fori_loop and dynamic_range become: var counts from start up by step. start, stop and step \
    are integers or registers, read once; step is at least 1. The instructions up to the matching \
    end_loop are executed for each value; the time is that of the executed stream.
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// The fields.
  public static let fields: [Field<Loop>] = [
    Field(.write, "var", \.variable, "register that counts", required: true),
    Field(.immediate, "start", \.start, "first value: register or integer"),
    Field(.immediate, "stop", \.stop, "value that ends the loop: register or integer"),
    Field(.immediate, "step", \.step, "what is added after each pass"),
  ]

  /// Register that counts.
  public var variable = Register.unset
  /// First value.
  public var start = RegisterOperand.immediate(0)
  /// Value that ends the loop.
  public var stop = RegisterOperand.immediate(0)
  /// What is added after each pass.
  public var step = RegisterOperand.immediate(1)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    variable: Register, start: RegisterOperand = .immediate(0), stop: RegisterOperand,
    step: RegisterOperand = .immediate(1)
  ) {
    self.variable = variable
    self.start = start
    self.stop = stop
    self.step = step
  }

  /// A register that exists and a step that ends the loop.
  public func check(_ check: inout Checker) {
    check.requireRegister(variable, "var")
    if case .immediate(let value) = step {
      check.require(
        value > 0, "step", "the loop's step is \(value)", remedy: "steps are at least 1")
    }
  }

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.registerMove, .control, reads: [], writes: [])
  }
}
