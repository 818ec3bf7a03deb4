/// The element types of trn2 tensors, by their NKI names.
///
/// Source: NKI documentation, "Supported Data Types".
public enum DType: UInt8, CaseIterable, Hashable, Sendable {
  // Raw values are the wire format of binary programs: append only, never renumber.
  case float32 = 0
  case bfloat16 = 1
  case float16 = 2
  /// 1-8-10 bits in a 32-bit container.
  case tfloat32 = 3
  /// The machine's own e4m3: IEEE-like, with infinity, largest finite value 240.
  case float8_e4m3 = 4
  case float8_e5m2 = 5
  /// OCP e4m3 without infinity, largest finite value 448.
  case float8_e4m3fn = 6
  case int8 = 7
  case int16 = 8
  case int32 = 9
  case uint8 = 10
  case uint16 = 11
  case uint32 = 12
  case bool = 13

  /// Bytes per element in memory.
  @inlinable public var size: Int {
    switch self {
    case .float32, .tfloat32, .int32, .uint32: 4
    case .bfloat16, .float16, .int16, .uint16: 2
    case .float8_e4m3, .float8_e5m2, .float8_e4m3fn, .int8, .uint8, .bool: 1
    }
  }

  /// Whether the type is a floating-point format.
  @inlinable public var isFloat: Bool { rawValue <= DType.float8_e4m3fn.rawValue }

  /// Whether the type is an integer format; `bool` is not.
  @inlinable public var isInteger: Bool { !isFloat && self != .bool }

  /// Whether the type is an integer format with a sign.
  @inlinable public var isSigned: Bool { self == .int8 || self == .int16 || self == .int32 }

  /// The NKI name.
  public var name: String { String(describing: self) }

  /// The type with this NKI name, or one of the short names `fp32 bf16 fp16 tf32 …`.
  public init?(name: String) {
    if let found = DType.byName[name] { self = found } else { return nil }
  }

  private static let byName: [String: DType] = {
    var table = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
    let short: [String: DType] = [
      "fp32": .float32, "f32": .float32, "bf16": .bfloat16, "fp16": .float16, "f16": .float16,
      "tf32": .tfloat32, "fp8_e4m3": .float8_e4m3, "fp8_e5m2": .float8_e5m2,
      "fp8_e4m3fn": .float8_e4m3fn,
    ]
    table.merge(short) { first, _ in first }
    return table
  }()
}

extension DType: CustomStringConvertible {
  /// The NKI name.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .bfloat16: "bfloat16"
    case .float16: "float16"
    case .tfloat32: "tfloat32"
    case .float8_e4m3: "float8_e4m3"
    case .float8_e5m2: "float8_e5m2"
    case .float8_e4m3fn: "float8_e4m3fn"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .bool: "bool"
    }
  }
}
