import Glibc

/// Where a text is shown.
package struct Page: Hashable, Sendable {
  /// Columns that a line may have.
  package var width: Int
  /// Whether ANSI escape sequences colour it.
  package var color: Bool
  /// Whether lines of source, which are never broken, are cut off there; not where nobody says how many columns there are.
  package var cutsCode = true

  /// The fewest columns that layouts reckon with.
  package static let narrowest = 30
  /// Columns of sentences on wide pages, so that eyes find the next line.
  ///
  /// Assumed: books have 60 to 75, and reports have long names.
  static let widestSentence = 100
  /// Columns where nobody says how many there are.
  package static let standardWidth = 80

  package init(width: Int = Page.standardWidth, color: Bool = false) {
    self.width = max(Page.narrowest, width)
    self.color = color
  }

  /// The page of this process's standard output: COLUMNS, or the terminal's width, or 80.
  ///
  /// - Parameter color: Whether it has colours.
  package static func standardOutput(color: Bool = false) -> Page {
    if let columns = getenv("COLUMNS").flatMap({ Int(String(cString: $0)) }), columns > 0 {
      return Page(width: columns, color: color)
    }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      var page = Page(color: color)
      page.cutsCode = false
      return page
    }
    return Page(width: Int(size.ws_col), color: color)
  }

  /// A text in a tone.
  func inked(_ text: String, _ tone: Tone) -> String {
    guard color, !text.isEmpty else { return text }
    switch tone {
    case .plain: return text
    case .strong: return "\u{1B}[1m\(text)\u{1B}[0m"
    case .faint: return "\u{1B}[2m\(text)\u{1B}[0m"
    case .good: return "\u{1B}[32m\(text)\u{1B}[0m"
    case .bad: return "\u{1B}[31;1m\(text)\u{1B}[0m"
    case .heat(let step):
      let position = Double(step) / 255
      let ground = HeatColor(position)
      return
        "\u{1B}[\(ground.isLight ? "30" : "97");48;2;\(ground.red);\(ground.green);\(ground.blue)m\(text)\u{1B}[0m"
    }
  }
}
