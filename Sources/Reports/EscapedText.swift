/// A text as the content of an element or attribute, in HTML and in XML, which have no control characters.
public func escapedForMarkup(_ text: String) -> String {
  var out = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": out += "&amp;"
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    case "\"": out += "&quot;"
    case "'": out += "&apos;"
    case "\n", "\t": out.unicodeScalars.append(character)
    case let scalar where scalar.value < 0x20: out += "\u{FFFD}"
    default: out.unicodeScalars.append(character)
    }
  }
  return out
}
