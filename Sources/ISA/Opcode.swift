/// The closed list of operations.
///
/// Raw values are the wire format: append only, never renumber.
public enum Opcode: UInt8, CaseIterable, Hashable, Sendable {
  case dmaCopy = 0
  case ncMatmul = 2
  case tensorCopy = 4
  case tensorTensor = 5

  /// The operation's type.
  public var type: any Operation.Type {
    switch self {
    case .dmaCopy: DMACopy.self
    case .ncMatmul: NCMatmul.self
    case .tensorCopy: TensorCopy.self
    case .tensorTensor: TensorTensor.self
    }
  }

  /// The operation with this NKI name.
  public init?(name: String) {
    guard let found = Self.byName[name] else { return nil }
    self = found
  }

  /// The NKI names of all operations.
  public static let names: [String] = allCases.map { $0.type.name }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.type.name, $0) })

  /// The opcode of an operation.
  public init(of operation: any Operation) {
    guard let found = Self.byName[Swift.type(of: operation).name] else {
      preconditionFailure("\(Swift.type(of: operation).name) is not in the list of operations")
    }
    self = found
  }
}
