package import Diagnostics

/// Where the frames of a zstd file are, at its end in a frame that decoders skip.
///
/// The format is zstd's own: facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md, version 0.1.0. Its
/// optional checksums are left out, since each frame has one.
package struct SeekTable: Hashable, Sendable {
  /// One frame.
  package struct Frame: Hashable, Sendable {
    /// Its bytes in the file.
    package var compressed: Int
    /// Bytes of what is in it.
    package var content: Int
  }

  /// In their order from the beginning of the file on.
  package private(set) var frames: [Frame] = []

  package init() {}

  mutating func append(_ frame: Frame) { frames.append(frame) }

  /// Bytes of all frames in the file, without the table.
  package var compressed: Int { frames.reduce(0) { $0 + $1.compressed } }
  /// Bytes of what is in them.
  package var content: Int { frames.reduce(0) { $0 + $1.content } }

  private static let skippable: UInt32 = 0x184d_2a5e
  private static let seekable: UInt32 = 0x8f92_eab1
  private static let footerSize = 9

  /// The skippable frame.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: UInt32) {
      for byte in 0..<UInt32(4) { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
    append(SeekTable.skippable)
    append(UInt32(clamping: frames.count * 8 + SeekTable.footerSize))
    for frame in frames {
      append(UInt32(clamping: frame.compressed))
      append(UInt32(clamping: frame.content))
    }
    append(UInt32(clamping: frames.count))
    // No checksums.
    bytes.append(0)
    append(SeekTable.seekable)
    return bytes
  }

  /// The table at a file's end; `nil` if there is none, or if it is not that of a file of this size.
  ///
  /// - Throws: A `DiagnosticError` placed at the file if it cannot be read.
  package init?(of path: String) throws(DiagnosticError) {
    let file = try InputFile(path)
    let size = file.expectedSize
    guard let footer = try file.read(size - SeekTable.footerSize..<size) else { return nil }
    func number(_ bytes: [UInt8], _ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    guard number(footer, 5) == Int(SeekTable.seekable) else { return nil }
    let (count, descriptor) = (number(footer, 0), footer[4])
    // Bits 2 to 6 are reserved; the top one says that there are checksums.
    guard descriptor & 0x7c == 0 else { return nil }
    let entry = descriptor & 0x80 == 0 ? 8 : 12
    let length = 8 + count * entry + SeekTable.footerSize
    guard let frame = try file.read(size - length..<size),
      number(frame, 0) == Int(SeekTable.skippable), number(frame, 4) == length - 8
    else { return nil }
    for index in 0..<count {
      let place = 8 + index * entry
      frames.append(Frame(compressed: number(frame, place), content: number(frame, place + 4)))
    }
    guard compressed == size - length else { return nil }
  }
}
