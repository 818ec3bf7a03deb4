import Diagnostics
import Foundation
import Testing

/// docs/invariants.md lists what always holds; each is required somewhere and broken on purpose by its test.
@Suite struct InvariantTests {
  /// Rows of the table: | `name` | what holds | checked | `test` |.
  private func rows() throws -> [String: (sentence: String, test: String)] {
    var found: [String: (sentence: String, test: String)] = [:]
    for line in try Repository.text("docs/invariants.md").split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, cells[0].hasPrefix("`") else { continue }
      found[cells[0].filter { $0 != "`" }] = (cells[1], cells[3].filter { $0 != "`" })
    }
    return found
  }

  @Test func theTableIsTheList() throws {
    let rows = try rows()
    #expect(Set(rows.keys) == Set(Invariant.allCases.map(\.rawValue)))
    for invariant in Invariant.allCases {
      #expect(rows[invariant.rawValue]?.sentence == invariant.sentence, "\(invariant)")
    }
  }

  @Test func eachIsRequiredAndBrokenByItsTest() throws {
    let rows = try rows()
    let sources = try Repository.swiftFiles("Sources").map(Repository.text).joined()
    let tests = try Repository.swiftFiles("Tests").map(Repository.text)
    for invariant in Invariant.allCases {
      #expect(sources.contains("Invariant.\(invariant)."), "\(invariant) is required nowhere")
      let test = try #require(rows[invariant.rawValue]?.test)
      let file = tests.first { $0.contains("func \(test)()") }
      #expect(
        file?.contains("invariant '\(invariant.rawValue)' is broken") == true,
        "\(test) does not break \(invariant)")
    }
  }
}
