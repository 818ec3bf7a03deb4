import Diagnostics
import Foundation
import ISA
import Machine
import Programs
import Storage
import Testing

@Suite struct FileTests {
  /// A directory that is removed after `body`.
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-programs-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func example() throws -> Program {
    var generator = ProgramGenerator(seed: 7)
    var program = generator.program(of: Opcode.allCases)
    for index in program.instructions.indices where index % 5 == 1 {
      program.instructions[index].isSpill = true
    }
    return program
  }

  @Test func everyOpcodeSurvivesTextAndBinaryFiles() throws {
    try withDirectory { directory in
      let program = try example()
      for name in ["p.trn", "p.trn.zst"] {
        let path = "\(directory)/\(name)"
        try ProgramFile.write(program, to: path)
        let again = try ProgramFile.read(path, options: ParseOptions(ownPlaces: false))
        #expect(program.difference(from: again) == nil)
        let bytes = try readFile(path)
        #expect(isZstd(bytes) == name.hasSuffix(".zst"))
        // The same program gives the same bytes.
        try ProgramFile.write(again, to: path)
        #expect(try readFile(path) == bytes)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 2)
    }
  }

  @Test func compressedTextIsRead() throws {
    try withDirectory { directory in
      let program = try example()
      let path = "\(directory)/p.trn.zst"
      let writer = try ZstdWriter(path: path)
      try writer.append(program.text)
      try writer.finish()
      let again = try ProgramFile.read(path, options: ParseOptions(ownPlaces: false))
      #expect(program.difference(from: again) == nil)
      // Faults of a compressed text have places in the text.
      let bad = try ZstdWriter(path: path)
      try bad.append("trnsim program 1\nkernel k\nbogus\n")
      try bad.finish()
      #expect {
        try ProgramFile.read(path)
      } throws: { error in
        (error as? DiagnosticError)?.diagnostics.first?.location?.line == 3
      }
    }
  }

  /// A binary file of one instruction, as bytes.
  private func smallBinary() throws -> (program: Program, bytes: [UInt8]) {
    var result: (Program, [UInt8])?
    try withDirectory { directory in
      let program = try Program(
        text: """
          trnsim program 1
          kernel k
          tensor x: hbm input bfloat16 [128, 64]
          tensor a: sbuf bfloat16 [128, 64] at partition 0 byte 0
          load: dma_copy dst=a src=x @k.swift:3
          """, file: "k.trn")
      try ProgramFile.write(program, to: "\(directory)/p.zst")
      result = (program, try readFile("\(directory)/p.zst"))
    }
    return try #require(result)
  }

  @Test func aFileCutAnywhereIsRejected() throws {
    let (program, bytes) = try smallBinary()
    #expect(try ProgramFile.decode(bytes, file: "p").difference(from: program) == nil)
    for length in 0..<bytes.count {
      #expect {
        try ProgramFile.decode(Array(bytes.prefix(length)), file: "p")
      } throws: { error in
        let first = (error as? DiagnosticError)?.diagnostics.first
        return first?.location?.file == "p" && first?.remedy != nil
      }
    }
  }

  @Test func aChangedByteNeverChangesTheProgram() throws {
    let (program, bytes) = try smallBinary()
    for position in bytes.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = bytes
        damaged[position] ^= change
        // Bits of the frame's header that mean nothing may change; the content has a checksum.
        do throws(DiagnosticError) {
          let read = try ProgramFile.decode(damaged, file: "p")
          #expect(read.difference(from: program) == nil, "byte \(position)")
        } catch {
          #expect(!error.diagnostics.isEmpty)
        }
      }
    }
  }

  /// Compresses a content, reads it as a file, and gives the first message.
  private func message(of content: [UInt8]) throws -> String {
    var text = ""
    try withDirectory { directory in
      let writer = try ZstdWriter(path: "\(directory)/p.zst")
      try writer.append(content)
      try writer.finish()
      do throws(DiagnosticError) {
        _ = try ProgramFile.read("\(directory)/p.zst")
      } catch {
        text = error.diagnostics.first?.message ?? ""
      }
    }
    return text
  }

  @Test func damagedRecordsNameRecordAndByte() throws {
    let magic = Array("trnprog\n".utf8)
    let cases: [([UInt8], String)] = [
      (magic + [2], "version 2 of binary programs, this trnsim reads version 1"),
      ([0, 1, 2, 3], "neither a program text nor a binary program"),
      (magic, "record 0, byte 8 of the content: the record ends too early"),
      (magic + [1], "record 0, byte 9 of the content: the file ends without its last record"),
      (magic + [1, 99, 0], "record 0, byte 10 of the content: unknown record 99"),
      (
        magic + [1, 1, 200, 1, 65],
        "record 0, byte 12 of the content: 200 bytes in a record with 1 bytes left"
      ),
      (magic + [1, 1, 1, 0xFF], "record 0, byte 11 of the content: a string is not UTF-8"),
      (
        magic + [1, 1, 1, 65, 2, 2, 5, 0],
        "record 1, byte 15 of the content: string 5 is named, the file has had 1"
      ),
      (
        magic + [1, 1, 1, 65, 2, 3, 0, 0, 0],
        "record 1, byte 16 of the content: 1 bytes too many in the record"
      ),
      (
        magic + [1, 1, 1, 65, 2, 2, 0, 0, 0, 1, 7],
        "record 2, byte 19 of the content: 7 instructions are announced, 0 were read"
      ),
      (
        magic + [1, 1, 1, 65, 2, 2, 0, 0, 7, 2, 3, 0],
        "record 2, byte 19 of the content: opcode 3 has not been introduced"
      ),
      (
        // Signed numbers are zigzag: an extent of 1, partition 0, byte 4.
        magic + [1, 1, 1, 65, 4, 9, 0, 0, 0, 0, 1, 2, 0, 8, 0],
        "record 1, byte 23 of the content: tensor 'A' is in hbm and has no place on chip, but names "
          + "partition 0, byte 4"
      ),
      (
        magic + [1, 6, 4, 250, 0, 0, 0],
        "record 0, byte 13 of the content: string 0 is named, the file has had 0"
      ),
    ]
    for (content, expected) in cases {
      let found = try message(of: content)
      #expect(found == expected)
    }
  }

  @Test func aMissingFileAndADirectoryAreDiagnosed() throws {
    try withDirectory { directory in
      for path in [directory, "\(directory)/missing.trn"] {
        #expect {
          try ProgramFile.read(path)
        } throws: { error in
          (error as? DiagnosticError)?.diagnostics.first?.location?.file == path
        }
      }
    }
  }
}
