import Foundation
import Testing
import YAML

@testable import Hardware

@Suite struct PlainFormTests {
  /// What both readers must agree on.
  private func shown(_ node: ConfigNode) -> String {
    let place = "\(node.line):\(node.column)"
    switch node.content {
    case .scalar(let text, let isPlain): return "\(place) \(isPlain ? "plain" : "text") <\(text)>"
    case .list(let nodes): return "\(place) [\(nodes.map(shown).joined(separator: ", "))]"
    case .mapping(let pairs):
      return
        "\(place) {\(pairs.map { "\(shown($0.key)): \(shown($0.value))" }.joined(separator: ", "))}"
    }
  }

  private func yaml(_ text: String) throws -> String? {
    guard ConfigText(text, file: "").forbidden().isEmpty else { return nil }
    return try Node.read(text).map { shown(ConfigNode($0)) }
  }

  @Test(arguments: ["trn1", "trn2", "trn3"])
  func builtinsArePlain(name: String) throws {
    let text = try builtinText(name)
    let plain = try #require(PlainForm.mapping(Array(text.utf8)))
    #expect(try yaml(text) == shown(plain))
  }

  @Test(arguments: [
    "a: b\n", "a: b", "a:\n  b: c\n\n  # x\nd: \"e f\" # g\n", "a: {b: [c, 1.5e3], d: {e: -1}}\n",
    "# only\na:\n    b:\n      c: 1\n    d: 2", "a: \"\"\n", "a: b  \n  \n",
  ])
  func plain(text: String) throws {
    let node = try #require(PlainForm.mapping(Array(text.utf8)))
    #expect(try yaml(text) == shown(node))
  }

  /// Texts that YAML knows otherwise, or refuses.
  @Test(arguments: [
    "", "a", "a:b\n", "a:\n", "a: b\n  c\n", "a: b: c\n", "a: 'b'\n", "a: \"b\\n\"\n", "a: \"b\n",
    "a: b\na: c\n", "a: {b: c, b: d}\n", " a: b\n", "a:\n  b: c\n d: e\n", "a:\n b: c\n  d: e\n",
    "- a\n", "a: - b\n", "a: [b, c\n", "a: {b}\n", "a: {b:c}\n", "a: [b,]\n", "a: []\n", "a: {}\n",
    "a: b c\n", "a: b#c\n", "a: \"b\"#c\n", "a: ä\n", "a:\tb\n", "a: b\r\n", "---\na: b\n",
    "a: *b\n",
    "a: &b c\n", "a: | b\n", "? a: b\n", "\"a\": b\n", "a: b\n...\n", "1a: b\n", "a: -\n",
    "a: .\n b: c\n",
  ])
  func notPlain(text: String) {
    #expect(PlainForm.mapping(Array(text.utf8)) == nil)
  }

  /// Whatever the plain reader takes, YAML takes as the same.
  @Test func damaged() throws {
    let lines = try builtinText("trn2").split(separator: "\n", omittingEmptySubsequences: false)
    let head = Array(lines.prefix(24).joined(separator: "\n").utf8)
    var state: UInt64 = 20_260_101
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces = Array("{}[]:,-#'\"&*!|>%?\n  \t\\0a.".utf8)
    var taken = 0
    for _ in 0..<600 {
      var damaged = head
      for _ in 0...random(2) {
        let place = random(damaged.count)
        switch random(3) {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(pieces[random(pieces.count)], at: place)
        default: damaged[place] = pieces[random(pieces.count)]
        }
      }
      guard let plain = PlainForm.mapping(damaged) else { continue }
      taken += 1
      let text = String(decoding: damaged, as: UTF8.self)
      #expect(try yaml(text) == shown(plain), "\(text)")
    }
    #expect(taken > 100)
  }
}
