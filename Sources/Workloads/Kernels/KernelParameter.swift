public import Formats

/// What values a kernel's parameter may have.
public enum ParameterKind: Hashable, Sendable {
  /// A whole number of the range.
  case integer(ClosedRange<Int>)
  /// A real number of the range.
  case number(ClosedRange<Double>)
  /// One of the names.
  case choice([String])
  /// `true` or `false`.
  case flag
  /// One of the element types, by its long or short name.
  case dtype([DType])

  /// The kind as help texts show it.
  public var description: String {
    switch self {
    case .integer(let range): "\(range.lowerBound)…\(range.upperBound)"
    case .number(let range): "\(range.lowerBound)…\(range.upperBound)"
    case .choice(let names): names.joined(separator: " | ")
    case .flag: "true | false"
    case .dtype(let types): types.map(\.name).joined(separator: " | ")
    }
  }
}

/// The value of a kernel's parameter.
public enum ParameterValue: Hashable, Sendable, CustomStringConvertible {
  case integer(Int)
  case number(Double)
  case choice(String)
  case flag(Bool)
  case dtype(DType)

  /// The value as one would type it.
  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .choice(let name): name
    case .flag(let value): String(value)
    case .dtype(let dtype): dtype.name
    }
  }
}

/// A declared parameter of a kernel: shapes, types and tile strategy.
public struct KernelParameter: Hashable, Sendable {
  /// Name as in `name=value`.
  public let name: String
  /// What values it may have.
  public let kind: ParameterKind
  /// The value when it is not given.
  public let defaultValue: ParameterValue
  /// One line: what it means, with its unit.
  public let meaning: String

  /// Declares a parameter.
  public init(
    _ name: String, _ kind: ParameterKind, default defaultValue: ParameterValue, _ meaning: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.meaning = meaning
  }

  package static func integer(
    _ name: String, _ range: ClosedRange<Int>, default value: Int, _ meaning: String
  ) -> KernelParameter {
    KernelParameter(name, .integer(range), default: .integer(value), meaning)
  }

  package static func choice(_ name: String, _ names: [String], _ meaning: String)
    -> KernelParameter
  {
    KernelParameter(name, .choice(names), default: .choice(names[0]), meaning)
  }

  package static func flag(_ name: String, default value: Bool, _ meaning: String)
    -> KernelParameter
  {
    KernelParameter(name, .flag, default: .flag(value), meaning)
  }
}
