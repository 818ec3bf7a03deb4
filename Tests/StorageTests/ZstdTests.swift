import Diagnostics
import Foundation
import Storage
import Testing

/// A directory for one test, removed afterwards.
final class Scratch {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// Bytes that compress somewhat.
func sample(_ count: Int) -> [UInt8] {
  var state: UInt32 = 1
  return (0..<count).map { i in
    state = state &* 1_664_525 &+ 1_013_904_223
    return i % 3 == 0 ? UInt8(state >> 30) : UInt8(i / 7 & 255)
  }
}

func compressed(_ content: [UInt8], _ scratch: Scratch) throws -> [UInt8] {
  let writer = try ZstdWriter(path: scratch("small.zst"))
  try writer.append(content)
  try writer.finish()
  return try readFile(scratch("small.zst"))
}

@Suite struct ZstdTests {
  @Test(arguments: [0, 1, 3, 1000, 131_072, 3_000_000])
  func roundTrip(_ count: Int) throws {
    let scratch = try Scratch()
    let content = sample(count)
    let file = try compressed(content, scratch)
    #expect(isZstd(file))
    #expect(scratch.names == ["small.zst"])
    #expect(try decompress(file, limit: count) == content)
    let reader = try ZstdReader(path: scratch("small.zst"), limit: count)
    var got: [UInt8] = []
    while try reader.read(into: &got) {}
    #expect(got == content)
    #expect(try !reader.read(into: &got))
  }

  @Test func framesEndWithRecords() throws {
    let scratch = try Scratch()
    let writer = try ZstdWriter(path: scratch("records.zst"))
    let record = sample(300_000)
    for _ in 0..<10 {
      try writer.append(Array(record[..<100_000]))
      try record[100_000...].withUnsafeBytes { bytes in try writer.append(bytes) }
      try writer.endOfRecord()
    }
    try writer.append("the end")
    try writer.finish()
    let file = try readFile(scratch("records.zst"))
    let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
    let starts = (0..<file.count - 3).filter { Array(file[$0..<$0 + 4]) == magic }
    // Four records of 300 000 bytes pass 1 MiB: frames of 4, 4, and 2 records and the text.
    #expect(starts.count == 3)
    let sizes = try zip(starts, starts.dropFirst() + [file.count]).map {
      try decompress(Array(file[$0..<$1]), limit: 1 << 24).count
    }
    #expect(sizes == [1_200_000, 1_200_000, 600_007])
    #expect(try decompress(file, limit: 1 << 24).count == 3_000_007)
    for start in starts {
      // Frame header descriptor, bit 2: a checksum follows the content (RFC 8878, 3.1.1.1.1).
      #expect(file[start + 4] & 4 != 0)
    }
  }

  @Test func everyTruncationIsNoticed() throws {
    let file = try compressed(sample(700), try Scratch())
    for count in 0..<file.count {
      #expect(throws: ZstdError.truncated(offset: count)) {
        try decompress(Array(file[..<count]), limit: 700)
      }
    }
  }

  @Test func everyFlippedBitIsNoticed() throws {
    let content = sample(700)
    let file = try compressed(content, try Scratch())
    var checksums = 0
    var harmless = 0
    for i in file.indices {
      for bit in 0..<8 {
        var damaged = file
        damaged[i] ^= 1 << UInt8(bit)
        do throws(ZstdError) {
          // Bits that the format leaves unused, and a larger window, do not change the content.
          #expect(try decompress(damaged, limit: 1 << 20) == content, "byte \(i), bit \(bit)")
          harmless += 1
        } catch {
          if case .checksum = error { checksums += 1 }
          #expect(error.offset <= file.count)
          #expect(!error.description.isEmpty && !error.remedy.isEmpty)
        }
      }
    }
    // At the least those of the checksum's own 32 bits.
    #expect(checksums >= 32)
    #expect(harmless * 100 < file.count * 8)
  }

  @Test func otherErrors() throws {
    let file = try compressed(sample(700), try Scratch())
    #expect(throws: ZstdError.notZstd(offset: 0)) { try decompress([1, 2, 3], limit: 9) }
    #expect(throws: ZstdError.notZstd(offset: file.count)) {
      try decompress(file + [0x7b], limit: 700)
    }
    #expect(throws: ZstdError.overLimit(offset: file.count, limit: 699)) {
      try decompress(file, limit: 699)
    }
    #expect(try decompress(file + file, limit: 1400) == sample(700) + sample(700))
    // A skippable frame of two bytes (RFC 8878, section 3.1.2).
    #expect(
      try decompress([0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9] + file, limit: 700)
        == sample(700))
    #expect(!isZstd([0x28, 0xb5, 0x2f]))
  }

  @Test func readerNamesTheFile() throws {
    let scratch = try Scratch()
    let file = try compressed(sample(700), scratch)
    try writeAtomically(file.dropLast(), to: scratch("cut.zst"))
    let reader = try ZstdReader(path: scratch("cut.zst"), limit: 700)
    let error = #expect(throws: DiagnosticError.self) {
      var content: [UInt8] = []
      while try reader.read(into: &content) {}
    }
    #expect(error?.diagnostics.first?.location?.file == scratch("cut.zst"))
    #expect(error?.diagnostics.first?.message.contains("byte \(file.count - 1)") == true)
  }
}
