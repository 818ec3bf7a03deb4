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
  static func allocateZeroed(bytes: Int) -> UnsafeMutableRawPointer {
    guard let pointer = calloc(max(bytes, 1), 1) else {
      preconditionFailure("the host has no \(bytes) bytes of memory left")
    }
    return pointer
  }

  /// Gives back memory of `allocateZeroed`.
  func freeZeroed() { free(self) }
}

extension UnsafeMutablePointer {
  /// Gives back memory of `allocateZeroed`.
  func freeZeroed() { free(self) }
}
