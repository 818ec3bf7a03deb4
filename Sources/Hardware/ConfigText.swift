package import Diagnostics

/// The text of a configuration file, restricted to a plain subset of YAML before it is parsed.
///
/// Anchors and aliases can make a small text expand without bound, and deep nesting exhausts the
/// parser's stack; a configuration needs neither, nor tags, block texts or texts over two lines.
package struct ConfigText {
  package let file: String
  package let text: String
  package let lines: [String]

  /// A larger file is certainly not a configuration.
  package static let maxBytes = 1 << 20
  private static let maxIndent = 40
  private static let maxFlowDepth = 8

  package init(_ text: String, file: String) {
    self.file = file
    self.text = text
    // By bytes: finding a thousand line ends among grapheme clusters takes milliseconds.
    lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      let line = $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
      return String(decoding: line, as: UTF8.self)
    }
  }

  /// A diagnostic at a 1-based place of the text, with its line.
  package func diagnostic(
    _ message: String, line: Int, column: Int, length: Int = 1, remedy: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      .error, message, at: SourceLocation(file: file, line: line, column: column),
      sourceLine: lines.indices.contains(line - 1) ? String(lines[line - 1].prefix(400)) : nil,
      length: length, remedy: remedy)
  }

  /// What the text uses that configurations do not allow; at most 20 messages.
  package func forbidden() -> [Diagnostic] {
    if text.utf8.count > ConfigText.maxBytes {
      return [
        Diagnostic(
          .error,
          "the file has \(text.utf8.count) bytes, a configuration at most "
            + "\(ConfigText.maxBytes)", at: SourceLocation(file: file, line: 0),
          remedy: "is this the right file?")
      ]
    }
    var found: [Diagnostic] = []
    var flowDepth = 0
    for (index, line) in lines.enumerated() {
      scan(Array(line), number: index + 1, &flowDepth, &found)
      if found.count >= 20 { break }
    }
    return found
  }

  /// Scans one line outside texts and comments.
  private func scan(
    _ line: [Character], number: Int, _ flowDepth: inout Int, _ found: inout [Diagnostic]
  ) {
    var atStart = true
    var dashes = 0
    var position = 0
    func report(_ message: String, _ remedy: String) -> Diagnostic {
      diagnostic(message, line: number, column: position + 1, remedy: remedy)
    }
    let indent = line.prefix { $0 == " " || $0 == "\t" }.count
    if indent > ConfigText.maxIndent, indent < line.count {
      position = indent
      found.append(
        report(
          "indented by \(indent) characters, at most \(ConfigText.maxIndent) are allowed",
          "configurations nest at most five levels"))
      return
    }
    while position < line.count {
      let character = line[position]
      let next = position + 1 < line.count ? line[position + 1] : " "
      switch character {
      case " ", "\t":
        break
      case "#" where position == 0 || line[position - 1] == " " || line[position - 1] == "\t":
        return
      case "'" where atStart, "\"" where atStart:
        guard let end = endOfText(line, from: position) else {
          found.append(
            report("this text has no closing \(character) on its line", "close it, or shorten it"))
          return
        }
        position = end
        atStart = false
      case "&" where atStart, "*" where atStart:
        found.append(
          report("anchors and aliases (& and *) are not allowed", "write the value out"))
        return
      case "!" where atStart, "|" where atStart, ">" where atStart, "%" where atStart:
        found.append(
          report(
            "'\(character)' (tag, block text or directive) is not allowed",
            "put the text in double quotes"))
        return
      case "?" where atStart && next == " ":
        found.append(report("keys must be plain names", "write 'key: value'"))
        return
      case "[" where atStart || flowDepth > 0, "{" where atStart || flowDepth > 0:
        flowDepth += 1
        if flowDepth > ConfigText.maxFlowDepth {
          found.append(
            report(
              "brackets nest \(flowDepth) deep, at most \(ConfigText.maxFlowDepth) are allowed",
              "a value is {value: …, unit: …, source: …}"))
          // Everything inside would be reported again.
          flowDepth = 0
          return
        }
        atStart = true
      case "]" where flowDepth > 0, "}" where flowDepth > 0:
        flowDepth -= 1
        atStart = false
      case "," where flowDepth > 0:
        atStart = true
      case ":" where flowDepth > 0 || next == " " || next == "\t":
        atStart = true
      case "-" where atStart && next == " ":
        dashes += 1
        if dashes > ConfigText.maxFlowDepth {
          found.append(
            report(
              "lists nest \(dashes) deep, at most \(ConfigText.maxFlowDepth) are allowed",
              "a list is [a, b, c]"))
          return
        }
      default:
        atStart = false
      }
      position += 1
    }
  }

  /// The position of the quote that closes the one at `start`.
  private func endOfText(_ line: [Character], from start: Int) -> Int? {
    let quote = line[start]
    var position = start + 1
    while position < line.count {
      if line[position] == "\\", quote == "\"" {
        position += 1
      } else if line[position] == quote {
        // In single quotes, a doubled quote stands for one.
        let doubled = quote == "'" && position + 1 < line.count && line[position + 1] == quote
        if !doubled { return position }
        position += 1
      }
      position += 1
    }
    return nil
  }
}
