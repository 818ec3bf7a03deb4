public import Device
public import Machine

/// Stores a register as one element of a tensor.
public struct RegisterStore: Operation {
  /// `register_store`.
  public static let name = "register_store"
  /// What it does.
  public static let summary = "the one integer of dst = src"
  /// Rules and cost.
  public static let details = """
    dst is one integer of up to 32 bits in sbuf or hbm; the value's low bits are stored. One \
    sequencer instruction, timed as register_move (assumed).
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src")
  /// The fields.
  public static let fields: [Field<RegisterStore>] = [
    Field(.write, "dst", \.dst, "one integer, in sbuf or hbm", types: .integers),
    Field(.immediate, "src", \.src, "register whose value is stored", required: true),
  ]

  /// One integer.
  public var dst = AccessPattern.unset
  /// Register whose value is stored.
  public var src = Register.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: Register) {
    self.dst = dst
    self.src = src
  }

  /// One integer, and a register that exists.
  public func check(_ check: inout Checker) {
    check.requireRegister(src, "src")
    check.requireRegisterElement(dst, "dst")
  }

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.registerStore, .control, reads: [], writes: [dst])
  }

  /// Stores the register's value.
  public func store(_ value: Int32, on machine: inout Machine) throws(Trap) {
    let tile = machine.makeTile(rows: 1, columns: 1, of: UInt32.self)
    tile.elements[0] = UInt32(bitPattern: value)
    try machine.writeBits(tile, to: dst, "dst")
  }
}
