package import Diagnostics

/// Reads single frames of a zstd file that has a table of them.
package struct FrameReader {
  private let path: String
  private let file: InputFile
  private let table: SeekTable
  /// By frame: where it begins in the file.
  private let starts: [Int]

  /// Opens a file; `nil` if it has no table.
  ///
  /// - Throws: A `DiagnosticError` placed at the file if it cannot be read.
  package init?(path: String) throws(DiagnosticError) {
    guard let table = try SeekTable(of: path) else { return nil }
    self.path = path
    self.table = table
    file = try InputFile(path)
    var start = 0
    starts = table.frames.map { frame in
      defer { start += frame.compressed }
      return start
    }
  }

  /// Number of frames.
  package var count: Int { starts.count }
  /// Bytes of the file itself.
  package var fileSize: Int { file.expectedSize }

  /// What is in a frame.
  ///
  /// - Throws: A `DiagnosticError` placed at the file if the frame is damaged.
  package func content(of frame: Int) throws(DiagnosticError) -> [UInt8] {
    let (start, known) = (starts[frame], table.frames[frame])
    guard let bytes = try file.read(start..<start + known.compressed) else {
      throw DiagnosticError(
        "frame \(frame) ends before its end", at: SourceLocation(file: path, line: 0),
        remedy: "copy or produce the file again")
    }
    do throws(ZstdError) {
      return try decompress(bytes, limit: known.content)
    } catch {
      throw DiagnosticError(
        error.description, at: SourceLocation(file: path, line: 0), remedy: error.remedy)
    }
  }
}
