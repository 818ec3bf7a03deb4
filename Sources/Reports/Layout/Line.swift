import Diagnostics

/// A line of a text, in runs of one tone each.
struct Line {
  private(set) var runs: [(text: String, tone: Tone)] = []
  /// Columns.
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ text: String, _ tone: Tone = .plain) {
    guard !text.isEmpty else { return }
    count += text.count
    if let last = runs.last, last.tone == tone {
      runs[runs.count - 1].text += text
    } else {
      runs.append((text, tone))
    }
  }

  mutating func append(_ line: Line) { for run in line.runs { append(run.text, run.tone) } }

  /// Blanks up to a column.
  mutating func fill(to column: Int) {
    append(String(repeating: " ", count: max(0, column - count)))
  }

  /// What is before a column, with a mark that there is more.
  func cut(to width: Int) -> Line {
    var line = Line()
    for run in runs {
      let rest = max(0, width - 1) - line.count
      line.append(String(run.text.prefix(rest)), run.tone)
      if run.text.count > rest { break }
    }
    line.append("…", .faint)
    return line
  }

  /// With what colours it, and without blanks at its end.
  func text(on page: Page) -> String {
    var runs = runs
    while let last = runs.last, last.text.last == " " {
      let kept = String(last.text.reversed().drop { $0 == " " }.reversed())
      if kept.isEmpty { runs.removeLast() } else { runs[runs.count - 1].text = kept }
    }
    return runs.map { page.inked($0.text, $0.tone) }.joined()
  }
}

extension Phrase {
  /// A word with the blanks before it.
  private struct Word {
    var blanks = 0
    var line = Line()
  }

  private var words: [Word] {
    var words: [Word] = []
    var word = Word()
    for piece in pieces {
      let text = printable(piece.text)
      if piece.figure != nil {
        word.line.append(text, piece.tone)
        continue
      }
      var run = ""
      for character in text {
        guard character == " " else {
          run.append(character == "\u{A0}" ? " " : character)
          continue
        }
        word.line.append(run, piece.tone)
        run = ""
        if !word.line.isEmpty {
          words.append(word)
          word = Word()
        }
        word.blanks += 1
      }
      word.line.append(run, piece.tone)
    }
    if !word.line.isEmpty { words.append(word) }
    return words
  }

  /// Columns that it takes in one line.
  var columns: Int { printable(plain).count }

  /// Columns of its longest word.
  var longestWord: Int { words.map(\.line.count).max() ?? 0 }

  /// The text in lines.
  ///
  /// - Parameters:
  ///   - first: Columns of the first line.
  ///   - next: Columns of those after it.
  ///   - breaksWords: Whether a word that is longer than a line goes on in the next; it is left whole otherwise, so that
  ///     paths can be found and copied.
  func lines(first: Int, next: Int, breaksWords: Bool = false) -> [Line] {
    var lines: [Line] = []
    var line = Line()
    var room = first
    func end() {
      lines.append(line)
      line = Line()
      room = next
    }
    for word in words {
      if !line.isEmpty, line.count + word.blanks + word.line.count > room { end() }
      if !line.isEmpty { line.append(String(repeating: " ", count: word.blanks)) }
      if !breaksWords || line.count + word.line.count <= room {
        line.append(word.line)
        continue
      }
      for run in word.line.runs {
        var rest = Substring(run.text)
        while line.count + rest.count > room {
          let part = rest.prefix(max(1, room - line.count))
          line.append(String(part), run.tone)
          rest = rest.dropFirst(part.count)
          end()
        }
        line.append(String(rest), run.tone)
      }
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }
}
