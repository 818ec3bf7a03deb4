/// The text as a terminal may show it: on one line, without control characters, and not too long.
///
/// Texts of messages quote what the user's files hold, which may be anything: an escape sequence must
/// not reach the terminal, and a name of a megabyte must not fill it.
public func printable(_ text: String) -> String {
  let limit = 2000
  guard text.utf8.count > limit || text.unicodeScalars.contains(where: isControl) else {
    return text
  }
  var shown = String(String.UnicodeScalarView(text.unicodeScalars.lazy.map(visible).prefix(limit)))
  if text.unicodeScalars.count > limit { shown += "…" }
  return shown
}

/// Whether a terminal would act on the character instead of showing it.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .lineSeparator, .paragraphSeparator: true
  // Marks that change the order of what is around them.
  case .format:
    (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      || [0x061C, 0x200E, 0x200F].contains(scalar.value)
  default: false
  }
}

/// The character itself, a blank for a tab, and a substitute for what a terminal would act on.
private func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  scalar == "\t" ? " " : isControl(scalar) ? "\u{FFFD}" : scalar
}

/// The part of a source line around a caret.
struct Excerpt {
  /// The part, with `…` where something is left out.
  var text: String
  /// Characters before the caret.
  var caret: Int
  /// Characters that the caret underlines; at least 1.
  var length: Int

  /// Characters of a line that are shown at most.
  private static let width = 160
  /// Characters before the caret that stay when the line is cut.
  private static let before = 60

  /// Cuts a line around its 1-based `column`.
  init(of line: String, column: Int, length: Int) {
    var skipped = 0
    var rest = line[...]
    if column > Excerpt.width {
      skipped = column - 1 - Excerpt.before
      rest = line.dropFirst(skipped)
    }
    let shown = rest.prefix(Excerpt.width)
    let isCut = shown.endIndex < rest.endIndex
    // Character by character, because joined characters must not change their number.
    text = String(
      shown.map { character -> Character in
        let scalars = character.unicodeScalars.map(visible)
        return scalars.count > 1 && scalars.contains("\u{FFFD}")
          ? "\u{FFFD}" : Character(String(String.UnicodeScalarView(scalars)))
      })
    caret = column - 1 - skipped
    let room = max(1, shown.count - caret)
    self.length = max(1, min(length, room))
    if skipped > 0 {
      text = "…" + text
      caret += 1
    }
    if isCut { text += "…" }
  }
}
