public import Machine

/// A field's value in the one form that text, binary, reference and fuzzer share.
public enum FieldValue: Hashable, Sendable {
  /// Not given.
  case absent
  /// A tensor operand.
  case tile(AccessPattern)
  /// A real number.
  case number(Double)
  /// An integer.
  case integer(Int)
  /// Yes or no.
  case flag(Bool)
  /// One of a closed set of names.
  case symbol(String)
  /// A list of integers.
  case integers([Int])
  /// A list of `[step, count]` pairs.
  case pairs([IndexStep])
  /// A register of the sequencers, by its number.
  case register(Int)
  /// Any text.
  case text(String)
}

/// One loop of an index pattern: `count` values, `step` apart.
public struct IndexStep: Hashable, Sendable {
  /// Difference between neighbours.
  public var step: Int
  /// How many.
  public var count: Int

  /// Makes a loop.
  public init(step: Int, count: Int) {
    self.step = step
    self.count = count
  }
}

/// What kind of value a field takes.
public enum FieldKind: Hashable, Sendable {
  case tile
  /// A number or a one-element-per-partition tensor.
  case scalarOrTile
  case number
  case integer
  case flag
  case symbol([String])
  case integers
  case pairs
  case register
  /// A register or an integer.
  case registerOrInteger
  case text

  /// The kind as the reference page calls it.
  public var description: String {
    switch self {
    case .tile: "tensor"
    case .scalarOrTile: "number or tensor [P, 1]"
    case .number: "number"
    case .integer: "integer"
    case .flag: "true or false"
    case .symbol(let names): names.joined(separator: " | ")
    case .integers: "[integer, …]"
    case .pairs: "[[step, count], …]"
    case .register: "register"
    case .registerOrInteger: "register or integer"
    case .text: "text"
    }
  }
}

/// A Swift type that a field can have.
public protocol FieldConvertible: Hashable, Sendable {
  /// What kind of value it is in texts.
  static var fieldKind: FieldKind { get }
  /// The common form.
  var fieldValue: FieldValue { get }
  /// From the common form; `nil` when the value is not of this kind.
  init?(fieldValue: FieldValue)
  /// The tensor, if it is one.
  var operand: AccessPattern? { get }
  /// Which closed set of names it is; `nil` for everything else.
  static var symbolSet: String? { get }
  /// Whether whole numbers beyond fp32 stay what they are.
  static var isWide: Bool { get }
}

extension FieldConvertible {
  /// None.
  public static var symbolSet: String? { nil }
  /// Numbers are fp32.
  public static var isWide: Bool { false }
  /// No tensor.
  public var operand: AccessPattern? { nil }
}

/// An operand that is an immediate number or a tensor with one element per partition.
public enum ScalarOperand: Hashable, Sendable, FieldConvertible {
  case immediate(Float)
  case tile(AccessPattern)

  /// A number or a tensor.
  public static var fieldKind: FieldKind { .scalarOrTile }

  /// The common form.
  public var fieldValue: FieldValue {
    switch self {
    case .immediate(let value): .number(Double(value))
    case .tile(let pattern): .tile(pattern)
    }
  }

  /// From a number or a tensor.
  public init?(fieldValue: FieldValue) {
    switch fieldValue {
    case .number(let value): self = .immediate(Float(value))
    case .integer(let value):
      // Immediates are fp32: an integer that is none would change, which bit patterns must not.
      guard let exact = Float(exactly: value) else { return nil }
      self = .immediate(exact)
    case .tile(let pattern): self = .tile(pattern)
    default: return nil
    }
  }

  /// The tensor, if it is one.
  public var pattern: AccessPattern? {
    if case .tile(let pattern) = self { pattern } else { nil }
  }
  /// The tensor, if it is one.
  public var operand: AccessPattern? { pattern }
}

extension AccessPattern: FieldConvertible {
  /// A tensor.
  public static var fieldKind: FieldKind { .tile }
  /// The common form.
  public var fieldValue: FieldValue { isSet ? .tile(self) : .absent }
  /// The tensor, if it was given.
  public var operand: AccessPattern? { isSet ? self : nil }
  /// From a tensor.
  public init?(fieldValue: FieldValue) {
    guard case .tile(let pattern) = fieldValue else { return nil }
    self = pattern
  }
}

extension Float: FieldConvertible {
  /// A number.
  public static var fieldKind: FieldKind { .number }
  /// The common form.
  public var fieldValue: FieldValue { .number(Double(self)) }
  /// From a number.
  public init?(fieldValue: FieldValue) {
    switch fieldValue {
    case .number(let value): self = Float(value)
    case .integer(let value): self = Float(value)
    default: return nil
    }
  }
}

/// A number where integer types count too: whole ones of up to 53 bits are what they are, all others are fp32.
public struct WideNumber: FieldConvertible {
  /// The number, which texts and binary forms have exactly.
  public let value: Double

  /// Rounds what is neither whole nor fp32.
  public init(_ value: Double) {
    self.value =
      value == value.rounded() && value.magnitude <= 0x1p53 ? value : Double(Float(value))
  }

  /// The same bits.
  public static func == (a: WideNumber, b: WideNumber) -> Bool {
    a.value.bitPattern == b.value.bitPattern
  }
  /// Of the bits.
  public func hash(into hasher: inout Hasher) { hasher.combine(value.bitPattern) }

  /// A number.
  public static var fieldKind: FieldKind { .number }
  /// Beyond fp32 too.
  public static var isWide: Bool { true }
  /// The common form.
  public var fieldValue: FieldValue { .number(value) }
  /// From a number.
  public init?(fieldValue: FieldValue) {
    switch fieldValue {
    case .number(let value): self.init(value)
    case .integer(let value): self.init(Double(value))
    default: return nil
    }
  }
}

extension Int: FieldConvertible {
  /// An integer.
  public static var fieldKind: FieldKind { .integer }
  /// The common form.
  public var fieldValue: FieldValue { .integer(self) }
  /// From an integer.
  public init?(fieldValue: FieldValue) {
    guard case .integer(let value) = fieldValue else { return nil }
    self = value
  }
}

extension Bool: FieldConvertible {
  /// Yes or no.
  public static var fieldKind: FieldKind { .flag }
  /// The common form.
  public var fieldValue: FieldValue { .flag(self) }
  /// From yes or no.
  public init?(fieldValue: FieldValue) {
    guard case .flag(let value) = fieldValue else { return nil }
    self = value
  }
}

extension Optional: FieldConvertible where Wrapped: FieldConvertible {
  /// The wrapped kind.
  public static var fieldKind: FieldKind { Wrapped.fieldKind }
  /// The wrapped type's.
  public static var symbolSet: String? { Wrapped.symbolSet }
  /// The common form; `absent` for `nil`.
  public var fieldValue: FieldValue { self?.fieldValue ?? .absent }
  /// The tensor, if there is one.
  public var operand: AccessPattern? { self?.operand }
  /// From the wrapped kind or `absent`.
  public init?(fieldValue: FieldValue) {
    if fieldValue == .absent {
      self = .none
    } else if let value = Wrapped(fieldValue: fieldValue) {
      self = .some(value)
    } else {
      return nil
    }
  }
}

extension [Int]: FieldConvertible {
  /// A list of integers.
  public static var fieldKind: FieldKind { .integers }
  /// The common form.
  public var fieldValue: FieldValue { .integers(self) }
  /// From a list of integers.
  public init?(fieldValue: FieldValue) {
    guard case .integers(let values) = fieldValue else { return nil }
    self = values
  }
}

/// The loops of `iota` and `affine_select`, outermost first.
public struct IndexPattern: Hashable, Sendable, FieldConvertible {
  /// The loops.
  public var steps: [IndexStep]
  /// Makes a pattern.
  public init(_ steps: [IndexStep] = []) { self.steps = steps }
  /// `[[step, count], …]`.
  public static var fieldKind: FieldKind { .pairs }
  /// The common form.
  public var fieldValue: FieldValue { .pairs(steps) }
  /// From pairs.
  public init?(fieldValue: FieldValue) {
    switch fieldValue {
    case .pairs(let steps): self.steps = steps
    case .integers(let values) where values.isEmpty: steps = []
    default: return nil
    }
  }
  /// Number of values.
  public var count: Int { steps.reduce(1) { $0 * $1.count } }
}

/// A closed set of names, such as the ALU operations.
public protocol SymbolField: FieldConvertible, CaseIterable, RawRepresentable
where RawValue == String {}

extension SymbolField {
  /// One of the raw values.
  public static var fieldKind: FieldKind { .symbol(allCases.map(\.rawValue)) }
  /// The type's own name.
  public static var symbolSet: String? { "\(Self.self)" }
  /// The common form.
  public var fieldValue: FieldValue { .symbol(rawValue) }
  /// From a name.
  public init?(fieldValue: FieldValue) {
    guard case .symbol(let name) = fieldValue else { return nil }
    self.init(rawValue: name)
  }
}
