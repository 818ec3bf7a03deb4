import Diagnostics
import Foundation
import Testing

/// Errors name their topics; docs/errors.md has a section for each.
@Suite struct TopicsTests {
  /// Headings of docs/errors.md.
  private func sections() throws -> [String] {
    try Repository.text("docs/errors.md").split(separator: "\n")
      .filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
  }

  @Test func everyTopicHasItsSection() throws {
    #expect(try sections().sorted() == Topic.allCases.map(\.rawValue).sorted())
  }

  /// A section begins with a sentence, which `trnsim explain` lists, and helps.
  @Test func everySectionSaysMore() throws {
    for part in try Repository.text("docs/errors.md").components(separatedBy: "\n## ").dropFirst() {
      let lines = part.split(separator: "\n", omittingEmptySubsequences: false)
      let name = lines[0]
      #expect(lines.count > 2 && lines[1].isEmpty, "\(name)")
      #expect(lines[2].first?.isUppercase == true, "\(name)")
      #expect(part.utf8.count > 150, "\(name)")
    }
  }

  /// What a room's messages are about is known, so that each names a section.
  @Test func everyRoomThatComplainsHasATopic() throws {
    var met: Set<String> = []
    for file in try Repository.swiftFiles("Sources") {
      let text = try Repository.text(file)
      guard text.contains("Diagnostic(") || text.contains("DiagnosticError(") else { continue }
      let room = String(file.split(separator: "/")[1])
      if room == "Diagnostics" { continue }
      met.insert(room)
      #expect(Topic(fileID: "\(room)/File.swift") != nil, "\(file)")
    }
    #expect(met.count > 10)
    #expect(Topic(fileID: "HouseTests/TopicsTests.swift") == nil)
  }

  /// Topics that Python gives its errors are topics.
  @Test func pythonNamesTopics() throws {
    let text = try Repository.text("python/src/trnsim/errors.py")
    let named = text.matches(of: #/topic(?:: str)? = "([a-z-]+)"/#).map { String($0.output.1) }
    #expect(named.count > 3)
    for name in named { #expect(Topic(rawValue: name) != nil, "\(name)") }
  }

  @Test func messagesNameTheirTopics() {
    let explicit = Diagnostic(.error, "no", topic: .race)
    #expect(explicit.topic == .race)
    let ofRoom = Diagnostic(.error, "no", fileID: "Hardware/Entry.swift")
    #expect(ofRoom.topic == .hardware)
    let error = DiagnosticError("no", topic: .noRoom)
    #expect(error.diagnostics[0].topic == .noRoom)
    #expect(pointer(to: [.race, .files, .race]) == "trnsim explain race files")
    #expect(pointer(to: []) == nil)
  }
}
