public import Diagnostics
import Storage

/// Programs in files, as text or in binary.
///
/// Reading recognises the form by the content: text or binary records, either of them plain or in zstd.
/// Writing goes by the name: `.zst` is binary, everything else is text.
public enum ProgramFile {
  /// Reads a program from a file.
  ///
  /// - Throws: All that is wrong with it, at most 200 diagnostics.
  public static func read(
    _ path: String, options: ParseOptions = ParseOptions()
  ) throws(DiagnosticError) -> Program {
    try decode(try readFile(path), file: path, options: options)
  }

  /// Reads a program from the bytes of a file in any of the forms.
  public static func decode(
    _ bytes: [UInt8], file: String, options: ParseOptions = ParseOptions()
  ) throws(DiagnosticError) -> Program {
    guard isZstd(bytes) else {
      if bytes.starts(with: BinaryFormat.magic) { return try decodeRecords(bytes, file: file) }
      return try Program(utf8: bytes, file: file, options: options)
    }
    let content: [UInt8]
    do throws(ZstdError) {
      content = try decompress(bytes, limit: BinaryFormat.sizeLimit)
    } catch {
      throw DiagnosticError(
        error.description, at: SourceLocation(file: file, line: 0), remedy: error.remedy)
    }
    // A text begins with this word or a comment, never with the magic.
    if content.starts(with: BinaryFormat.magic) || !looksLikeText(content) {
      return try decodeRecords(content, file: file)
    }
    return try Program(utf8: content, file: file, options: options)
  }

  /// Reads the decompressed records of a binary program.
  static func decodeRecords(_ content: [UInt8], file: String) throws(DiagnosticError) -> Program {
    let result = content.withUnsafeBufferPointer { bytes in
      Result { () throws(DiagnosticError) in
        var reader = BinaryReader(bytes, file: file)
        return try reader.read()
      }
    }
    return try result.get()
  }

  private static func looksLikeText(_ content: [UInt8]) -> Bool {
    content.prefix(256).allSatisfy { $0 >= 0x20 || (9...13).contains($0) }
  }

  /// Writes a program to a file, whole or not at all: binary if the name ends in `.zst`, else text.
  public static func write(_ program: Program, to path: String) throws(DiagnosticError) {
    guard path.hasSuffix(".zst") else {
      var text: [UInt8] = []
      program.writeText { text += $0 }
      try writeAtomically(text, to: path)
      return
    }
    let file = try ZstdWriter(path: path)
    try program.writeRecords { (records) throws(DiagnosticError) in
      try file.append(records)
      try file.endOfRecord()
    }
    try file.finish()
  }
}

extension Program {
  /// Gives the content of a binary file to `sink`, in pieces of whole records.
  func writeRecords<Failure: Error>(
    to sink: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    var writer = BinaryWriter(self)
    writer.appendHead()
    for index in instructions.indices {
      writer.appendInstruction(index)
      if writer.out.count >= 1 << 16 {
        try sink(writer.out)
        writer.out.removeAll(keepingCapacity: true)
      }
    }
    writer.appendEnd()
    try sink(writer.out)
  }
}
