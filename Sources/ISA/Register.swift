/// A 32-bit register of the sequencers, which addresses and loop bounds come from.
///
/// Registers are virtual: a program has as many as it names.
public struct Register: Hashable, Sendable, FieldConvertible {
  /// Largest number of a register.
  public static let maximum = 65_535

  /// The register's number.
  public var number: Int

  /// Names a register.
  public init(_ number: Int) { self.number = number }

  /// A register that was never given.
  public static let unset = Register(-1)

  /// A register.
  public static var fieldKind: FieldKind { .register }
  /// The common form.
  public var fieldValue: FieldValue { number < 0 ? .absent : .register(number) }
  /// From a register.
  public init?(fieldValue: FieldValue) {
    guard case .register(let number) = fieldValue else { return nil }
    self.number = number
  }
}

/// A register's value or an integer.
public enum RegisterOperand: Hashable, Sendable, FieldConvertible {
  case immediate(Int)
  case register(Register)

  /// A register or an integer.
  public static var fieldKind: FieldKind { .registerOrInteger }
  /// The common form.
  public var fieldValue: FieldValue {
    switch self {
    case .immediate(let value): .integer(value)
    case .register(let register): register.fieldValue
    }
  }
  /// From a register or an integer.
  public init?(fieldValue: FieldValue) {
    switch fieldValue {
    case .integer(let value): self = .immediate(value)
    case .register(let number): self = .register(Register(number))
    default: return nil
    }
  }
}

extension String: FieldConvertible {
  /// Any text.
  public static var fieldKind: FieldKind { .text }
  /// The common form.
  public var fieldValue: FieldValue { .text(self) }
  /// From a text.
  public init?(fieldValue: FieldValue) {
    guard case .text(let text) = fieldValue else { return nil }
    self = text
  }
}
