public import Device
import Formats
public import Machine

/// Loads one element of a tensor into a register.
public struct RegisterLoad: Operation {
  /// `register_load`.
  public static let name = "register_load"
  /// What it does.
  public static let summary = "dst = the one integer of src"
  /// Rules and cost.
  public static let details = """
    src is one integer of up to 32 bits in sbuf or hbm, extended to 32 bits. Instructions that use \
    the register wait for the load. Its own time is that of a sequencer instruction: how long the \
    memory takes is not published.
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src")
  /// The fields.
  public static let fields: [Field<RegisterLoad>] = [
    Field(.write, "dst", \.dst, "register that is written", required: true),
    Field(.read, "src", \.src, "one integer, in sbuf or hbm", types: .integers),
  ]

  /// Register that is written.
  public var dst = Register.unset
  /// One integer.
  public var src = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: Register, src: AccessPattern) {
    self.dst = dst
    self.src = src
  }

  /// One integer, and a register that exists.
  public func check(_ check: inout Checker) {
    check.requireRegister(dst, "dst")
    check.requireRegisterElement(src, "src")
  }

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.registerLoad, .control, reads: [src], writes: [])
  }

  /// The value that the register gets.
  public func load(from machine: borrowing Machine) throws(Trap) -> Int32 {
    Int32(truncatingIfNeeded: try machine.readIntegers(src, "src").elements[0])
  }
}

extension Checker {
  /// Requires a register that exists.
  mutating func requireRegister(_ register: Register, _ name: String) {
    require(
      (0...Register.maximum).contains(register.number), name,
      "'\(name)' is register \(register.number)",
      remedy: "use one of r0 to r\(Register.maximum)")
  }

  /// Requires one integer where sequencers can reach it.
  mutating func requireRegisterElement(_ pattern: AccessPattern, _ name: String) {
    requireSpace(pattern, name, [.sbuf, .hbm])
    require(
      pattern.elements == 1, name,
      "'\(name)' has \(pattern.elements) elements, a register holds one")
  }
}
