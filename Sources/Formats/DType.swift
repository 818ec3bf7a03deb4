/// The element types of tensors, by their NKI names.
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
  /// The scale of an OCP microscaling (MX) group: 2^(code - 127), 255 is NaN.
  case float8_e8m0fnu = 14
  /// Four float8_e5m2 of an MX group in 32 bits, the first in the lowest byte.
  case float8_e5m2_x4 = 15
  /// Four float8_e4m3fn of an MX group in 32 bits, the first in the lowest byte.
  case float8_e4m3fn_x4 = 16
  /// Four float4_e2m1fn of an MX group in 16 bits, the first in the lowest four.
  case float4_e2m1fn_x4 = 17

  /// Bytes per element in memory.
  @inlinable public var size: Int {
    switch self {
    case .float32, .tfloat32, .int32, .uint32, .float8_e5m2_x4, .float8_e4m3fn_x4: 4
    case .bfloat16, .float16, .int16, .uint16, .float4_e2m1fn_x4: 2
    case .float8_e4m3, .float8_e5m2, .float8_e4m3fn, .int8, .uint8, .bool, .float8_e8m0fnu: 1
    }
  }

  /// Whether the type is a floating-point format.
  @inlinable public var isFloat: Bool { rawValue <= DType.float8_e4m3fn.rawValue }

  /// Whether the type is an integer format; `bool` is not.
  @inlinable public var isInteger: Bool { !isFloat && !isOpaque && self != .bool }

  /// Whether an element is a part of MX data, without a value of its own.
  ///
  /// Engines and DMA move its bits; only `quantize_mx` makes and only `nc_matmul_mx` reads them.
  @inlinable public var isOpaque: Bool { rawValue >= DType.float8_e8m0fnu.rawValue }

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
    case .float8_e8m0fnu: "float8_e8m0fnu"
    case .float8_e5m2_x4: "float8_e5m2_x4"
    case .float8_e4m3fn_x4: "float8_e4m3fn_x4"
    case .float4_e2m1fn_x4: "float4_e2m1fn_x4"
    }
  }
}
