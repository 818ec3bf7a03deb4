package import Diagnostics

/// Reads what is in a file piece by piece: of a zstd file what was compressed.
package final class ContentReader {
  private let path: String
  private let file: InputFile
  private var decoder: ZstdDecoder?
  private var head: [UInt8]
  private var ended = false

  /// Bytes of the file that are read at once: few, as who looks for a part of it may not need what follows.
  private static let piece = 1 << 13

  /// Whether the file is compressed, and is decompressed.
  package let isCompressed: Bool
  /// Bytes of the file itself.
  package let fileSize: Int

  /// Opens a file.
  ///
  /// - Parameter decompresses: Whether what was compressed is given; otherwise the file's own bytes.
  /// - Throws: A `DiagnosticError` placed at the file: missing, a directory, not readable.
  package init(path: String, decompresses: Bool = true) throws(DiagnosticError) {
    self.path = path
    file = try InputFile(path)
    fileSize = file.expectedSize
    var head: [UInt8] = []
    while head.count < 4, try file.read(ContentReader.piece, into: &head) {}
    self.head = head
    isCompressed = decompresses && isZstd(head)
    decoder = isCompressed ? ZstdDecoder(limit: .max) : nil
  }

  /// Appends the next piece of content, of some size, to `content`; false at the end.
  ///
  /// - Throws: A `DiagnosticError` placed at the file if it is damaged or cut off; what came before is then in
  ///   `content`, or was given earlier.
  package func read(into content: inout [UInt8]) throws(DiagnosticError) -> Bool {
    let before = content.count
    while !ended && content.count == before {
      var bytes = head
      head = []
      let more = try bytes.isEmpty ? file.read(ContentReader.piece, into: &bytes) : true
      guard isCompressed else {
        content += bytes
        ended = !more
        continue
      }
      do throws(ZstdError) {
        if more {
          try decoder?.feed(bytes[...], into: &content)
        } else {
          ended = true
          try decoder?.finish()
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
