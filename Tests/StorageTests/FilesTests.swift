import Diagnostics
import Foundation
import Storage
import Testing

@Suite struct FilesTests {
  @Test func filesAreReplacedWhole() throws {
    let scratch = try Scratch()
    try writeAtomically([1, 2, 3], to: scratch("a"))
    try writeAtomically([4, 5], to: scratch("a"))
    #expect(try readFile(scratch("a")) == [4, 5])
    #expect(scratch.names == ["a"])
    try writeAtomically([], to: scratch("empty"))
    #expect(try readFile(scratch("empty")) == [])
    // A file larger than one piece of reading.
    try writeAtomically(sample(2_500_000), to: scratch("a"))
    #expect(try readFile(scratch("a")) == sample(2_500_000))
  }

  @Test func unfinishedWriterLeavesNothing() throws {
    let scratch = try Scratch()
    try writeAtomically([7], to: scratch("a.zst"))
    do {
      let writer = try ZstdWriter(path: scratch("a.zst"))
      try writer.append(sample(2_000_000))
      try writer.endOfRecord()
      #expect(scratch.names.count == 2)
      #expect(try readFile(scratch("a.zst")) == [7])
    }
    #expect(scratch.names == ["a.zst"])
    #expect(try readFile(scratch("a.zst")) == [7])
  }

  @Test func twoWritersDoNotMix() throws {
    let scratch = try Scratch()
    let first = try ZstdWriter(path: scratch("a.zst"))
    let second = try ZstdWriter(path: scratch("a.zst"))
    try first.append("first")
    try second.append("second")
    try first.finish()
    #expect(try decompress(readFile(scratch("a.zst")), limit: 99) == Array("first".utf8))
    try second.finish()
    #expect(try decompress(readFile(scratch("a.zst")), limit: 99) == Array("second".utf8))
    #expect(scratch.names == ["a.zst"])
  }

  @Test func aDeviceIsWrittenDirectly() throws {
    try writeAtomically([1], to: "/dev/null")
    let values = try FileManager.default.attributesOfItem(atPath: "/dev/null")
    #expect(values[.type] as? FileAttributeType == .typeCharacterSpecial)
  }

  @Test func errorsNameTheFileAndTheCause() throws {
    let scratch = try Scratch()
    func check(_ path: String, _ text: String, _ body: () throws -> Void) {
      let error = #expect(throws: DiagnosticError.self) { try body() }
      #expect(error?.diagnostics.first?.location?.file == path)
      #expect(error?.diagnostics.first?.message.contains(text) == true)
      #expect(error?.diagnostics.first?.remedy != nil)
    }
    let missing = scratch("none")
    check(missing, "No such file") { _ = try readFile(missing) }
    check(missing, "No such file") { _ = try ZstdReader(path: missing, limit: 1) }
    check(scratch.path, "directory") { _ = try readFile(scratch.path) }
    check(scratch.path, "directory") { try writeAtomically([1], to: scratch.path) }
    let deep = scratch("none/file")
    check(deep, "No such file") { try writeAtomically([1], to: deep) }
    check(deep, "No such file") { _ = try ZstdWriter(path: deep) }
    // The superuser may read everything.
    if getuid() != 0 {
      let closed = scratch("closed")
      try writeAtomically([1], to: closed)
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed)
      check(closed, "Permission denied") { _ = try readFile(closed) }
    }
  }
}
