import ArgumentParser
import Diagnostics

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Print what an error is about, and what helps.",
    discussion: help(
      """
      Errors name their topics: 'see: trnsim explain race'. Without a topic, all of them in a line each.

      EXAMPLES
        trnsim explain
        trnsim explain race
        trnsim explain no-room host-memory
      """))

  @Argument(
    help: "Topics that an error names.",
    completion: Completions.kind { _, _ in Topic.allCases.map(\.rawValue) })
  var topics: [String] = []

  func run() throws {
    try reporting {
      let sections = ErrorPage.sections
      let known = Topic.allCases.map(\.rawValue)
      let unknown = topics.filter { !known.contains($0) }
      guard unknown.isEmpty else {
        throw DiagnosticError(
          unknown.map {
            Diagnostic(
              .error, "there is no topic '\($0)'", remedy: remedyForUnknown($0, known: known))
          })
      }
      if topics.isEmpty {
        let width = known.map(\.count).max() ?? 0
        for topic in known {
          let gap = String(repeating: " ", count: width - topic.count + 2)
          show(topic + gap + (sections[topic].map(ErrorPage.summary) ?? ""))
        }
        return
      }
      print(topics.map { "\($0)\n\n\(sections[$0] ?? "")" }.joined(separator: "\n\n"))
    }
  }
}

/// docs/errors.md, which is part of the program.
private enum ErrorPage {
  /// The text below each heading, by the heading.
  static var sections: [String: String] {
    var sections: [String: String] = [:]
    for part in ("\n" + String(decoding: PackageResources.errors_md, as: UTF8.self))
      .split(separator: "\n## ").dropFirst()
    {
      let lines = part.split(separator: "\n", maxSplits: 1)
      guard lines.count == 2 else { continue }
      sections[String(lines[0])] = trimmed(lines[1])
    }
    return sections
  }

  /// The first sentence of a section.
  static func summary(_ section: String) -> String {
    let paragraph = section.split(separator: "\n\n").first.map(String.init) ?? ""
    let line = paragraph.split(separator: "\n").joined(separator: " ")
    let sentence = line.split(separator: ". ").first.map(String.init) ?? ""
    return sentence.filter { $0 != "`" }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0.isNewline }
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
