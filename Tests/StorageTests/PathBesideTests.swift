import Foundation
import Storage
import Testing

/// Files that other files name.
@Suite struct PathBesideTests {
  @Test(arguments: [
    ("s.yaml", "a.trn", "a.trn"), ("suites/s.yaml", "a.trn", "suites/a.trn"),
    ("suites/s.yaml", "../traces/a.trn", "traces/a.trn"), ("s.yaml", "../a.trn", "../a.trn"),
    ("a/b/s.yaml", "../../c.trn", "c.trn"), ("a/s.yaml", "../../c.trn", "../c.trn"),
    ("../s.yaml", "../a.trn", "../../a.trn"), ("./s.yaml", "../a.trn", "./../a.trn"),
    ("/a/s.yaml", "../b.trn", "/b.trn"), ("/s.yaml", "b.trn", "/b.trn"),
    ("suites/s.yaml", "/a.trn", "/a.trn"),
  ]) func pathsStartAtTheFolder(_ file: String, _ path: String, _ wanted: String) {
    #expect(pathBeside(file, path) == wanted)
  }

  /// Above a link is not where it stands.
  @Test func linksAreFollowed() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let link = folder.appendingPathComponent("link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/usr/lib")
    #expect(pathBeside("\(link)/s.yaml", "../a") == "\(link)/../a")
  }
}
