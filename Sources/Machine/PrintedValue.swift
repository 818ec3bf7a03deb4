public import Formats

/// What a `device_print` shows.
public struct PrintedValue: Hashable, Sendable {
  /// Text before the values.
  public var prefix: String
  /// Element type.
  public var dtype: DType
  /// Extents of the pattern: rows, then its free dimensions.
  public var shape: [Int]
  /// The elements as stored, row by row.
  public var bytes: [UInt8]

  /// Makes a value.
  public init(prefix: String, dtype: DType, shape: [Int], bytes: [UInt8]) {
    self.prefix = prefix
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }
}
