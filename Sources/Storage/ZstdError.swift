import Host

/// What is wrong with compressed bytes, and at which byte of them.
package enum ZstdError: Error, Hashable, Sendable {
  /// The bytes at the offset do not begin a zstd frame.
  case notZstd(offset: Int)
  /// The bytes end, at the offset, inside a frame.
  case truncated(offset: Int)
  /// The content does not have the checksum that is stored with it.
  case checksum(offset: Int)
  /// The decoder cannot go on, for libzstd's reason.
  case corrupt(offset: Int, reason: String)
  /// The content is larger than the limit, in bytes.
  case overLimit(offset: Int, limit: Int)
  /// There is no memory for the content.
  case overMemory(offset: Int)

  /// Byte of the compressed input at which the error was noticed.
  package var offset: Int {
    switch self {
    case .notZstd(let offset), .truncated(let offset), .checksum(let offset),
      .corrupt(let offset, _), .overLimit(let offset, _), .overMemory(let offset):
      offset
    }
  }

  /// What to do about it.
  package var remedy: String {
    switch self {
    case .notZstd: "give a file that was compressed with zstd, or the uncompressed file"
    case .truncated: "copy or produce the file again: its end is missing"
    case .checksum, .corrupt: "copy or produce the file again: its bytes have changed"
    case .overLimit: "check that this is the file you meant"
    case .overMemory: "check that this is the file you meant, or give more with --memory"
    }
  }
}

extension ZstdError: CustomStringConvertible {
  /// What is wrong, with the offset.
  package var description: String {
    switch self {
    case .notZstd(let offset): "no zstd frame at byte \(offset)"
    case .truncated(let offset): "zstd data ends inside a frame, at byte \(offset)"
    case .checksum(let offset): "zstd content does not match its checksum, before byte \(offset)"
    case .corrupt(let offset, let reason): "corrupt zstd data near byte \(offset): \(reason)"
    case .overLimit(let offset, let limit):
      "zstd content exceeds the limit of \(limit) bytes, near byte \(offset)"
    case .overMemory(let offset):
      "there is no memory for the zstd content near byte \(offset): \(MemoryBudget.shortage)"
    }
  }
}
