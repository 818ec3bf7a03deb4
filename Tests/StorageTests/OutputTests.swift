import Diagnostics
import Foundation
import Storage
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What an output does to the file that it replaces, and to those that it must not replace.
@Suite struct OutputTests {
  private func mode(_ path: String) throws -> Int {
    let values = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(values[.posixPermissions] as? Int)
  }

  @Test(arguments: [0o600, 0o640, 0o755, 0o666]) func theModeStays(_ wanted: Int) throws {
    let scratch = try Scratch()
    try writeAtomically([1], to: scratch("a"))
    try FileManager.default.setAttributes(
      [.posixPermissions: wanted], ofItemAtPath: scratch("a"))
    do {
      // Not even on the way may anybody read what is closed to them.
      let writer = try ZstdWriter(path: scratch("a"))
      let partial = try #require(scratch.names.first { $0.hasSuffix(".partial") })
      #expect(try mode(scratch(partial)) == wanted)
      try writer.finish()
    }
    #expect(try mode(scratch("a")) == wanted)
    #expect(scratch.names == ["a"])
  }

  @Test func linksStayLinks() throws {
    let scratch = try Scratch()
    let manager = FileManager.default
    try manager.createDirectory(atPath: scratch("d"), withIntermediateDirectories: true)
    try writeAtomically([1], to: scratch("d/target"))
    try manager.createSymbolicLink(atPath: scratch("d/near"), withDestinationPath: "target")
    try manager.createSymbolicLink(atPath: scratch("far"), withDestinationPath: "d/near")
    try writeAtomically([2], to: scratch("far"))
    #expect(try manager.destinationOfSymbolicLink(atPath: scratch("far")) == "d/near")
    #expect(try manager.destinationOfSymbolicLink(atPath: scratch("d/near")) == "target")
    #expect(try readFile(scratch("d/target")) == [2])
    // A link to nothing yet makes what it names.
    try manager.createSymbolicLink(atPath: scratch("new"), withDestinationPath: "d/made")
    try writeAtomically([3], to: scratch("new"))
    #expect(try readFile(scratch("d/made")) == [3])
    #expect(try manager.destinationOfSymbolicLink(atPath: scratch("new")) == "d/made")
    #expect(
      !(try manager.subpathsOfDirectory(atPath: scratch.path)).contains { $0.hasSuffix(".partial") }
    )
  }

  @Test func circlesOfLinks() throws {
    let scratch = try Scratch()
    try FileManager.default.createSymbolicLink(atPath: scratch("a"), withDestinationPath: "b")
    try FileManager.default.createSymbolicLink(atPath: scratch("b"), withDestinationPath: "a")
    let error = #expect(throws: DiagnosticError.self) { try writeAtomically([1], to: scratch("a")) }
    #expect(error?.diagnostics.first?.location?.file == scratch("a"))
  }

  @Test func openFilesAreWrittenWhereTheyAre() throws {
    let scratch = try Scratch()
    let descriptor = open(scratch("a"), O_WRONLY | O_CREAT, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    #expect(write(descriptor, "begin ", 6) == 6)
    try writeAtomically(Array("middle ".utf8), to: "/dev/fd/\(descriptor)")
    #expect(write(descriptor, "end", 3) == 3)
    #expect(try readFile(scratch("a")) == Array("begin middle end".utf8))
    #expect(scratch.names == ["a"])
  }

  @Test func whatDeadProcessesLeftGoes() throws {
    let scratch = try Scratch()
    // A file of a process that was killed has nobody's lock, whatever process has its number now.
    for name in ["a.trnsim-1-0.partial", "other.trnsim-\(getpid())-7.partial"] {
      try Data([1]).write(to: URL(fileURLWithPath: scratch(name)))
    }
    let others = [
      "a.partial", "a.trnsim-1.partial", "a.trnsim-x-1.partial", "trnsim-1-0.partial.zst",
    ]
    for name in others { try Data([1]).write(to: URL(fileURLWithPath: scratch(name))) }
    let live = "b.trnsim-1-0.partial"
    try Data([2]).write(to: URL(fileURLWithPath: scratch(live)))
    let descriptor = open(scratch(live), O_RDONLY)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try writeAtomically([3], to: scratch("a"))
    #expect(scratch.names.sorted() == (others + [live, "a"]).sorted())
  }

  @Test func longNames() throws {
    let scratch = try Scratch()
    let name = String(repeating: "n", count: 255)
    try writeAtomically([1], to: scratch(name))
    #expect(scratch.names == [name])
  }

  @Test func noOutputIsAnInput() throws {
    let scratch = try Scratch()
    let manager = FileManager.default
    try writeAtomically([1], to: scratch("p.trn"))
    try manager.createSymbolicLink(atPath: scratch("link"), withDestinationPath: "p.trn")
    try manager.linkItem(atPath: scratch("p.trn"), toPath: scratch("hard"))
    try manager.createDirectory(atPath: scratch("d"), withIntermediateDirectories: true)
    for spelling in ["p.trn", "./p.trn", "d/../p.trn", "link", "hard"] {
      var uses = FileUses()
      uses.reads(scratch("p.trn"), as: "the program")
      uses.writes(scratch("new"), as: "--json")
      uses.writes(scratch(spelling), as: "--trace")
      let error = #expect(throws: DiagnosticError.self) { try uses.check() }
      #expect(error?.diagnostics.count == 1)
      let message = error?.diagnostics.first?.message ?? ""
      #expect(message.hasPrefix("is the program"), "\(spelling)")
      #expect(message.hasSuffix(", and --trace would overwrite it"), "\(spelling)")
    }
    var uses = FileUses()
    uses.reads(scratch("p.trn"), as: "the program")
    uses.reads("/dev/null", as: "another")
    uses.writes("/dev/null", as: "--json")
    uses.writes("/dev/null", as: "--csv")
    uses.writes("-", as: "--svg")
    uses.writes(nil, as: "--trace")
    try uses.check()
  }

  @Test(arguments: [
    ("new", "d/../new"), ("new", "./new"), ("new", "dangling"), ("none/x", "none//x"),
    ("none/x", "d/../none/./x"),
  ]) func noTwoOutputsAreOneFile(_ one: String, _ other: String) throws {
    let scratch = try Scratch()
    let manager = FileManager.default
    try manager.createDirectory(atPath: scratch("d"), withIntermediateDirectories: true)
    try manager.createSymbolicLink(atPath: scratch("dangling"), withDestinationPath: "new")
    var uses = FileUses()
    uses.writes(scratch(one), as: "--json")
    uses.writes(scratch("\(one)2"), as: "--csv")
    try uses.check()
    uses.writes(scratch(other), as: "--trace")
    let error = #expect(throws: DiagnosticError.self) { try uses.check() }
    #expect(error?.diagnostics.first?.message.contains("--json") == true)
    #expect(error?.diagnostics.first?.message.contains("--trace would both write") == true)
  }
}
