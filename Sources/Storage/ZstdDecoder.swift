internal import CZstd
import Host

/// Largest window in bytes, as a power of two, that is written or accepted: the memory of a decoder.
///
/// 27 is the most that `zstd -d` accepts without being asked (zstd manual, `--long`).
let maximumWindowLog: Int32 = 27

/// Whether the bytes begin with the magic number of a zstd frame (RFC 8878, section 3.1.1).
package func isZstd(_ bytes: some Collection<UInt8>) -> Bool {
  bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
}

/// Decompresses all frames of `data`.
///
/// A file that was cut exactly between two frames cannot be told from a whole one here: formats that
/// are written in several frames must say inside how much there is.
///
/// - Parameters:
///   - data: One or more whole zstd frames and nothing else.
///   - limit: Most bytes of content to accept.
/// - Throws: A `ZstdError` with the byte of `data` at which it was noticed.
package func decompress(_ data: [UInt8], limit: Int) throws(ZstdError) -> [UInt8] {
  // An array that grows needs three times its size for a moment.
  let room = MemoryBudget.left / 3
  var decoder = ZstdDecoder(limit: min(limit, room))
  var content: [UInt8] = []
  do throws(ZstdError) {
    try decoder.feed(data[...], into: &content)
    try decoder.finish()
  } catch {
    if case .overLimit(let offset, _) = error, room < limit { throw .overMemory(offset: offset) }
    throw error
  }
  return content
}

/// Decodes compressed bytes as they come, in pieces of any size.
struct ZstdDecoder: ~Copyable {
  private let context: OpaquePointer?
  private let limit: Int
  private var produced = 0
  /// Compressed bytes taken so far.
  private(set) var consumed = 0
  /// The first bytes of a frame, until its magic number is whole; empty inside a frame.
  private var magic: [UInt8] = []
  private var insideFrame = false
  private var frames = 0

  init(limit: Int) {
    self.limit = limit
    context = ZSTD_createDStream()
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, maximumWindowLog)
  }

  deinit { ZSTD_freeDStream(context) }

  /// Decodes all of `bytes`, appending what they contain to `content`.
  mutating func feed(
    _ bytes: ArraySlice<UInt8>, into content: inout [UInt8]
  ) throws(ZstdError) {
    var rest = bytes
    while !rest.isEmpty {
      if insideFrame {
        rest = rest.dropFirst(try step(rest, into: &content))
        continue
      }
      // Looking at the magic number here keeps libzstd from taking bytes for one of its old formats.
      magic.append(rest.removeFirst())
      guard ZstdDecoder.mayBegin(magic) else {
        throw .notZstd(offset: consumed)
      }
      if magic.count == 4 {
        insideFrame = true
        let start = magic
        magic = []
        _ = try step(start[...], into: &content)
      }
    }
    // libzstd may hold content back until there is room for it, without needing further input.
    if insideFrame { _ = try step([], into: &content) }
  }

  /// Checks that the bytes ended where a frame ends.
  func finish() throws(ZstdError) {
    if insideFrame || !magic.isEmpty || frames == 0 {
      throw .truncated(offset: consumed + magic.count)
    }
  }

  /// Whether a frame, ordinary or skippable (RFC 8878, sections 3.1.1 and 3.1.2), may begin so.
  private static func mayBegin(_ bytes: [UInt8]) -> Bool {
    if [0x28, 0xb5, 0x2f, 0xfd].starts(with: bytes) { return true }
    return bytes[0] & 0xf0 == 0x50 && [0x2a, 0x4d, 0x18].starts(with: bytes.dropFirst())
  }

  /// Decodes until the frame or the bytes end, and returns how many bytes it took.
  private mutating func step(
    _ bytes: ArraySlice<UInt8>, into content: inout [UInt8]
  ) throws(ZstdError) -> Int {
    let capacity = ZSTD_DStreamOutSize()
    var taken = 0
    while true {
      var input = ZSTD_inBuffer(src: nil, size: bytes.count, pos: taken)
      var status = 0
      var wrote = 0
      withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 16) { room in
        var output = ZSTD_outBuffer(dst: room.baseAddress, size: capacity, pos: 0)
        bytes.withUnsafeBytes { source in
          input.src = source.baseAddress
          status = ZSTD_decompressStream(context, &output, &input)
        }
        wrote = output.pos
        if ZSTD_isError(status) == 0 && wrote <= limit - produced {
          content.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<wrote]))
        }
      }
      consumed += input.pos - taken
      if ZSTD_isError(status) != 0 { throw failure(status) }
      guard wrote <= limit - produced else { throw .overLimit(offset: consumed, limit: limit) }
      produced += wrote
      taken = input.pos
      if status == 0 {
        insideFrame = false
        frames += 1
        return taken
      }
      if taken == bytes.count && wrote < capacity { return taken }
    }
  }

  private func failure(_ status: Int) -> ZstdError {
    if ZSTD_getErrorCode(status) == ZSTD_error_checksum_wrong {
      return .checksum(offset: consumed)
    }
    return .corrupt(offset: consumed, reason: String(cString: ZSTD_getErrorName(status)))
  }
}
