import Diagnostics

extension [Block] {
  /// The blocks as Markdown.
  ///
  /// - Parameter level: Of headings: 3 is `###`.
  package func markdown(level: Int) -> String {
    map { $0.markdown(level: level) }.joined(separator: "\n")
  }
}

extension Block {
  fileprivate func markdown(level: Int) -> String {
    switch self {
    case .heading(let phrase): "\(String(repeating: "#", count: level)) \(phrase.markdown)\n"
    case .sentence(let phrase): phrase.markdown + "\n"
    case .facts(let facts):
      facts.map { "- **\(escapedForMarkdown($0.name))** \($0.text.markdown)\n" }.joined()
    case .table(let table): table.markdown
    case .list(let items): items.map { "- \($0.markdown)\n" }.joined()
    case .lines(let lines): "```text\n\(lines.map { printable($0) + "\n" }.joined())```\n"
    case .chart: ""
    }
  }
}

extension Phrase {
  fileprivate var markdown: String {
    pieces.map { piece in
      let text = escapedForMarkdown(piece.text)
      switch piece.tone {
      case .plain, .faint, .heat: return text
      case .strong, .good, .bad: return "**\(text)**"
      }
    }.joined()
  }
}

extension Table {
  fileprivate var markdown: String {
    // Bars are for eyes; the share is beside them.
    let shown = columns.indices.filter { columns[$0].kind != .bar }
    func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }
    var text = row(shown.map { escapedForMarkdown(columns[$0].name) })
    text += row(shown.map { columns[$0].kind == .number ? "--:" : ":--" })
    for cells in rows {
      text += row(
        shown.map { column in
          switch cells[column] {
          case .phrase(let phrase), .heat(let phrase, _): phrase.markdown
          case .bar, .parts: ""
          }
        })
    }
    if let remainder { text += "\n\(remainder.markdown)\n" }
    return text
  }
}

/// A text that Markdown shows as it is.
package func escapedForMarkdown(_ text: String) -> String {
  var out = ""
  for character in printable(text) {
    if "\\`*_[]<>|#".contains(character) { out.append("\\") }
    out.append(character)
  }
  return out
}
