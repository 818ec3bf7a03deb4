#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension UnsafeMutableRawPointer {
  /// Zeroed memory whose pages the system hands out only when they are touched.
  ///
  /// On-chip memories are large and mostly empty, so this keeps a small kernel's footprint small.
  /// - Returns: `nil` where the system has no memory of this size.
  static func allocateZeroed(bytes: Int) -> UnsafeMutableRawPointer? { calloc(max(bytes, 1), 1) }

  /// Gives back memory of `allocateZeroed`.
  func freeZeroed() { free(self) }
}

extension UnsafeMutablePointer {
  /// Gives back memory of `allocateZeroed`.
  func freeZeroed() { free(self) }
}
