import Storage

/// The records of a binary program file, one by one; the first piece begins with the frame's head.
package struct BinaryRecords: Sendable {
  /// Whole records, as a growing program takes them.
  package var pieces: [[UInt8]] = []

  /// Whether a piece is an instruction's record.
  package static func isInstruction(_ piece: [UInt8]) -> Bool { piece.first == 7 }

  /// Reads a file.
  package init(_ path: String) throws {
    let content = try decompress(readFile(path), limit: 1 << 24)
    // The magic and a version of one byte.
    var at = 9
    var head = Array(content[..<9])
    while at < content.count {
      let start = at
      at += 1
      var length = 0
      var shift = 0
      while true {
        length |= Int(content[at] & 0x7F) << shift
        shift += 7
        at += 1
        if content[at - 1] < 0x80 { break }
      }
      at += length
      // The last record says that nothing follows; a growing program has none.
      if content[start] == 0 { break }
      pieces.append(head + content[start..<at])
      head = []
    }
  }
}
