/// A text whose lines are as long as their writer left them, in lines that a page has room for.
///
/// What follows two blanks or more is a column, and goes on below its beginning. A blank line and an indentation stay.
///
/// - Parameter joining: Whether lines at the left edge that follow each other are one paragraph.
package func flowed(_ text: String, on page: Page, joining: Bool = false) -> String {
  var lines: [String] = []
  for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
    if joining, let last = lines.last, isProse(last), isProse(line) {
      lines[lines.count - 1] = "\(last) \(line)"
    } else {
      lines.append(line)
    }
  }
  return lines.flatMap { line -> [String] in
    let indent = line.prefix { $0 == " " }.count
    let start = hanging(of: line, after: indent, page)
    let room = max(start, indent) == 0 ? min(page.width, Page.widestSentence) : page.width
    let rest = Phrase(String(line.dropFirst(indent)))
    let parts = rest.lines(first: room - indent, next: room - start)
    return parts.enumerated().map { index, part in
      var whole = Line()
      whole.fill(to: index == 0 ? indent : start)
      whole.append(part)
      return whole.text(on: page)
    }
  }.joined(separator: "\n")
}

/// Whether a line is part of a paragraph: at the left edge, in one column, and no heading.
private func isProse(_ line: String) -> Bool {
  guard let first = line.first, first != " ", !line.contains("  ") else { return false }
  return line.contains { $0.isLowercase }
}

/// Where a line goes on: below its last column that leaves room for words, or a little inside.
private func hanging(of line: String, after indent: Int, _ page: Page) -> Int {
  /// The fewest columns in which words are read.
  let narrowest = 24
  var start = indent == 0 && !line.contains("  ") ? 0 : indent + 2
  var blanks = 0
  for (column, character) in line.enumerated() {
    if character == " " {
      blanks += 1
      continue
    }
    if blanks >= 2, column > indent, page.width - column >= narrowest { start = column }
    blanks = 0
  }
  return start
}
