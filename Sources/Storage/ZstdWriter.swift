internal import CZstd
package import Diagnostics

/// Writes a zstd file piece by piece; the file appears whole at `finish()`, or not at all.
///
/// The content goes into frames of about 1 MiB, each with a checksum, which end only where the caller
/// says that a record ends: a reader of one frame sees whole records. Until `finish()` the bytes are
/// in a temporary file beside the target, which is removed if the writer goes away.
package final class ZstdWriter {
  /// Content in bytes after which a frame ends with the next record.
  package static let frameSize = 1 << 20

  private let context: OpaquePointer?
  private let file: OutputFile
  private let path: String
  private var buffer: [UInt8]
  /// Bytes of content in the open frame, and of the frame itself.
  private var inFrame = 0
  private var written = 0
  private var frames = 0
  private var table: SeekTable?

  /// Opens a file for writing.
  ///
  /// - Parameters:
  ///   - path: The target, which is replaced at `finish()`.
  ///   - level: 1 (fast) to 19 (small).
  ///   - isSeekable: Whether a table at the end says where each frame is (`SeekTable`).
  /// - Throws: A `DiagnosticError` placed at the file.
  package init(path: String, level: Int = 3, isSeekable: Bool = false) throws(DiagnosticError) {
    self.path = path
    table = isSeekable ? SeekTable() : nil
    file = try OutputFile(path)
    context = ZSTD_createCStream()
    buffer = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    for (parameter, value) in [
      (ZSTD_c_compressionLevel, Int32(clamping: level)), (ZSTD_c_checksumFlag, 1),
    ] {
      try check(ZSTD_CCtx_setParameter(context, parameter, value))
    }
  }

  deinit { ZSTD_freeCStream(context) }

  /// Appends bytes to the content.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(DiagnosticError) {
    inFrame += bytes.count
    try run(bytes, ZSTD_e_continue)
  }

  /// Appends bytes to the content.
  package func append(_ bytes: [UInt8]) throws(DiagnosticError) {
    inFrame += bytes.count
    try run(bytes, ZSTD_e_continue)
  }

  /// Appends the UTF-8 bytes of a text to the content.
  package func append(_ text: String) throws(DiagnosticError) {
    try append(Array(text.utf8))
  }

  /// Says that a record ends here: the frame is closed if it is large enough.
  package func endOfRecord() throws(DiagnosticError) {
    if inFrame >= ZstdWriter.frameSize { try endFrame() }
  }

  /// Closes the frame, however small it is.
  package func endFrame() throws(DiagnosticError) {
    guard inFrame > 0 || frames == 0 else { return }
    try run([], ZSTD_e_end)
    table?.append(SeekTable.Frame(compressed: written, content: inFrame))
    inFrame = 0
    written = 0
    frames += 1
  }

  /// Writes what is left and puts the file in the target's place; nothing may be appended after it.
  package func finish() throws(DiagnosticError) {
    // A file without content is one empty frame.
    try endFrame()
    if let table { try file.write(table.bytes[...]) }
    try file.commit()
  }

  private func run(_ bytes: [UInt8], _ mode: ZSTD_EndDirective) throws(DiagnosticError) {
    let result = bytes.withUnsafeBytes { source in
      Result { () throws(DiagnosticError) in try run(source, mode) }
    }
    try result.get()
  }

  private func run(
    _ bytes: UnsafeRawBufferPointer, _ mode: ZSTD_EndDirective
  ) throws(DiagnosticError) {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while true {
      var output = ZSTD_outBuffer(dst: nil, size: buffer.count, pos: 0)
      let left = buffer.withUnsafeMutableBytes { room in
        output.dst = room.baseAddress
        return ZSTD_compressStream2(context, &output, &input, mode)
      }
      try check(left)
      try file.write(buffer[..<output.pos])
      written += output.pos
      if mode == ZSTD_e_end ? left == 0 : input.pos == input.size { return }
    }
  }

  private func check(_ status: Int) throws(DiagnosticError) {
    guard ZSTD_isError(status) != 0 else { return }
    throw DiagnosticError(
      "cannot compress: \(String(cString: ZSTD_getErrorName(status)))",
      at: SourceLocation(file: path, line: 0))
  }
}

/// Reads a zstd file piece by piece.
package final class ZstdReader {
  private let path: String
  private let file: InputFile
  private var decoder: ZstdDecoder
  private var ended = false

  /// Opens a file for reading.
  ///
  /// - Parameters:
  ///   - path: A file of zstd frames.
  ///   - limit: Most bytes of content to accept.
  /// - Throws: A `DiagnosticError` placed at the file: missing, a directory, not readable.
  package init(path: String, limit: Int) throws(DiagnosticError) {
    self.path = path
    file = try InputFile(path)
    decoder = ZstdDecoder(limit: limit)
  }

  /// Appends the next piece of content, of some size, to `content`; false at the end.
  ///
  /// - Throws: A `DiagnosticError` placed at the file, with the text of a `ZstdError`.
  package func read(into content: inout [UInt8]) throws(DiagnosticError) -> Bool {
    let before = content.count
    while !ended && content.count == before {
      var bytes: [UInt8] = []
      let more = try file.read(1 << 17, into: &bytes)
      do throws(ZstdError) {
        if more {
          try decoder.feed(bytes[...], into: &content)
        } else {
          ended = true
          try decoder.finish()
        }
      } catch {
        ended = true
        throw DiagnosticError(
          error.description, at: SourceLocation(file: path, line: 0), remedy: error.remedy)
      }
    }
    return content.count > before
  }
}
