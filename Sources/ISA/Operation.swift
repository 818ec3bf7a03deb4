public import Device
public import Machine

/// An `nki.isa` operation, declared once: fields, rules, work and values.
///
/// Adding one: a file in `Operations/`, two lines in `Opcode.swift`, a sample in `ISATests`.
public protocol Operation: Hashable, Sendable {
  /// The NKI name, e.g. `nc_matmul`.
  static var name: String { get }
  /// One line for the reference page.
  static var summary: String { get }
  /// The formula, the rules and where the semantics come from.
  static var details: String { get }
  /// Engines that can run it.
  static var engines: [Engine] { get }
  /// The fields in the order in which texts print them.
  static var fields: [Field<Self>] { get }

  /// Its function in `nki.isa`; `nil` if it has none of its own.
  static var signature: Signature? { get }

  /// The first NeuronCore generation that has it.
  static var generation: Int { get }
  /// What to do on earlier generations, as a remedy says it.
  static var instead: String? { get }

  /// Whether it is of the sequencers alone: registers and loops, which whoever executes a program
  /// follows.
  static var isControl: Bool { get }

  /// Whether DMA rings or sequencers move its operands, so that the engines' rules on partitions and
  /// sizes do not hold.
  static var reachesEverything: Bool { get }

  /// Whether DMA rings do its work, by descriptors of its own.
  static var isDMA: Bool { get }

  /// Whether it uses state of its engine that no operand shows, so that those that do keep their order.
  static var usesEngineState: Bool { get }

  /// Whether nothing may move across it: control flow, and what other cores or people see.
  static var isBarrier: Bool { get }

  /// Whether its operands may be of opaque types, because it moves bits, or makes or reads MX data.
  static var takesOpaque: Bool { get }

  /// Whether this instruction replaces the operand that its kind adds to.
  var replacesResult: Bool { get }

  /// Whether it works on bit patterns in the place of values: operands then have their `bitwise` types.
  var isBitwise: Bool { get }

  /// The engine that runs it where the program leaves it open.
  var defaultEngine: Engine { get }

  /// An operation with nothing set and every immediate at its default.
  init()

  /// The value of the field at `index`.
  ///
  /// A requirement, as those below, only so that each operation gets its own, specialised copy.
  func fieldValue(_ index: Int) -> FieldValue

  /// The tensor that the field at `index` is; `nil` for immediates and for what was not given.
  func operandPattern(_ index: Int) -> AccessPattern?

  /// Sets the field at `index`; `false` when the value is of the wrong kind.
  mutating func setField(_ index: Int, to value: FieldValue) -> Bool

  /// Reports what hardware rejects or leaves undefined, beyond the rules common to all operands.
  func check(_ check: inout Checker)

  /// Reports all that is wrong with the operation: the rules common to all operands, then its own.
  ///
  /// A requirement only so that each operation gets its own, specialised copy.
  func checkAll(_ check: inout Checker)

  /// Says what the operation asks of the hardware.
  func lower(into emitter: inout Emitter)

  /// Computes the operation's values.
  func execute(on machine: inout Machine) throws(Trap)
}

extension Operation {
  /// No.
  public var isBitwise: Bool { false }

  /// None.
  public static var signature: Signature? { nil }

  /// All that are simulated.
  public static var generation: Int { 2 }

  /// Nothing.
  public static var instead: String? { nil }

  /// No.
  public static var isControl: Bool { false }

  /// Control operations do.
  public static var reachesEverything: Bool { isControl }

  /// No.
  public static var isDMA: Bool { false }

  /// No.
  public static var usesEngineState: Bool { false }

  /// Control operations are.
  public static var isBarrier: Bool { isControl }

  /// No: it computes with values.
  public static var takesOpaque: Bool { false }

  /// Nothing: control operations are followed, not executed.
  public func execute(on machine: inout Machine) throws(Trap) {
    precondition(Self.isControl, "\(Self.name) has no values")
  }

  /// No.
  public var replacesResult: Bool { false }

  /// The first of the operation's engines.
  public var defaultEngine: Engine { Self.engines[0] }

  /// Computes the operation's values with the arithmetic of an engine.
  ///
  /// GpSimd computes with 32-bit integers natively (NKI documentation, `tensor_tensor`).
  public func execute(on machine: inout Machine, engine: Engine) throws(Trap) {
    machine.hasNativeIntegers = engine == .gpsimd
    try execute(on: &machine)
  }
}
