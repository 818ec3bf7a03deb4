public import Formats
import Machine

/// The element types that a tensor operand can have.
public struct ElementTypes: Hashable, Sendable, ExpressibleByArrayLiteral {
  private let bits: UInt32

  /// These types.
  public init(arrayLiteral types: DType...) { self.init(types) }

  /// These types.
  public init(_ types: [DType]) {
    bits = types.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
  }

  /// Whatever the rules common to all operands allow.
  public static let any = ElementTypes(DType.allCases)
  /// All that are floats.
  public static let floats = ElementTypes(DType.allCases.filter(\.isFloat))
  /// All that are integers.
  public static let integers = ElementTypes(DType.allCases.filter(\.isInteger))

  /// All but some.
  public static func except(_ types: DType...) -> ElementTypes {
    ElementTypes(DType.allCases.filter { !types.contains($0) })
  }

  /// Whether a tensor of this type is allowed.
  @inline(__always)
  public func contains(_ type: DType) -> Bool { bits >> UInt32(type.rawValue) & 1 != 0 }

  /// The types, in the order of their numbers.
  public var types: [DType] { DType.allCases.filter(contains) }

  /// What a tensor must be or must not be; empty if it can be anything.
  ///
  ///     must be int32 or uint32
  public var rule: String {
    let excluded = DType.allCases.filter { !contains($0) }
    if excluded.isEmpty { return "" }
    if self == .floats { return "must be a float type" }
    if self == .integers { return "must be an integer type" }
    return excluded.count < types.count
      ? "must not be \(Self.listed(excluded))" : "must be \(Self.listed(types))"
  }

  private static func listed(_ types: [DType]) -> String {
    let names = types.map(\.name)
    guard let last = names.last, names.count > 1 else { return names.joined() }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension Checker {
  /// Requires an operand's declared element types.
  mutating func requireType(
    _ pattern: AccessPattern, _ name: String, _ types: ElementTypes, isWritten: Bool,
    isBitwise: Bool
  ) {
    let dtype = place(pattern).dtype
    if types.contains(dtype) { return }
    if isBitwise {
      require(
        false, name, "'\(name)' is \(dtype), \(types.rule) for bitwise operations",
        remedy: "declare an integer tensor over the same bytes")
      return
    }
    let isConvertible = !dtype.isOpaque && types.types.contains { !$0.isOpaque }
    require(
      false, name, "'\(name)' is \(dtype), \(types.rule)",
      remedy: isConvertible
        ? "convert it with tensor_copy \(isWritten ? "afterwards" : "first")" : nil)
  }
}
