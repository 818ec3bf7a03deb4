import Compiler
package import Diagnostics
import Hardware
import Storage
package import YAML

/// Reads a file in the plain subset of YAML that configurations use, and collects all that is wrong.
package struct SpecReader {
  /// What was found wrong so far.
  package private(set) var findings: [Diagnostic] = []
  /// The file's outermost mapping.
  package private(set) var root = Node.Mapping()
  private let text: ConfigText

  /// Reads a file's text.
  ///
  /// - Throws: `DiagnosticError` if it is not such a file at all.
  package init(path: String) throws(DiagnosticError) {
    let bytes = try readFile(path)
    guard bytes.count <= ConfigText.maxBytes, let string = String(validating: bytes, as: UTF8.self)
    else {
      throw DiagnosticError(
        "is not a UTF-8 text of at most \(ConfigText.maxBytes) bytes",
        at: SourceLocation(file: path, line: 0), remedy: "is this the right file?")
    }
    try self.init(text: string, file: path)
  }

  /// Reads a text; `file` is its name in messages.
  package init(text string: String, file: String) throws(DiagnosticError) {
    text = ConfigText(string, file: file)
    let forbidden = text.forbidden()
    guard forbidden.isEmpty else { throw DiagnosticError(forbidden) }
    let node: Node?
    do throws(YAMLError) {
      node = try Node.read(string)
    } catch {
      throw DiagnosticError([diagnostic(of: error)])
    }
    guard let mapping = node?.mapping else {
      throw DiagnosticError(
        "is not a mapping", at: SourceLocation(file: file, line: 0), remedy: "write 'key: value'")
    }
    root = mapping
  }

  private func diagnostic(of error: YAMLError) -> Diagnostic {
    switch error {
    case .syntax(let problem, let mark):
      text.diagnostic("not valid YAML: \(problem)", line: mark.line, column: mark.column)
    case .duplicateKeys(let duplicates, let mark):
      text.diagnostic(
        "duplicate key \(duplicates.map { "'\($0)'" }.joined(separator: ", "))", line: mark.line,
        column: mark.column, remedy: "keep one of them")
    case .encoding(let problem, let byte):
      text.diagnostic("not valid YAML: \(problem) at byte \(byte)", line: 1, column: 1)
    }
  }

  /// Notes what is wrong with a node.
  package mutating func report(_ message: String, _ node: Node?, remedy: String? = nil) {
    guard let mark = node?.mark else {
      findings.append(
        Diagnostic(
          .error, message, at: SourceLocation(file: text.file, line: 0), remedy: remedy))
      return
    }
    findings.append(
      text.diagnostic(
        message, line: mark.line, column: mark.column, length: node?.scalar?.string.count ?? 1,
        remedy: remedy))
  }

  /// Notes what another reader found wrong with a node's content.
  package mutating func report(_ error: DiagnosticError, _ node: Node) {
    for finding in error.diagnostics { report(finding.message, node, remedy: finding.remedy) }
  }

  /// Throws all that was found.
  package func finish() throws(DiagnosticError) {
    guard findings.isEmpty else {
      throw DiagnosticError(
        findings.sorted {
          ($0.location?.line ?? 0, $0.location?.column ?? 0)
            < ($1.location?.line ?? 0, $1.location?.column ?? 0)
        })
    }
  }

  /// The entries of a mapping by key; unknown keys are reported.
  package mutating func entries(
    of node: Node?, _ what: String, known: [String]? = nil
  ) -> [(key: String, name: Node, value: Node)] {
    guard let node else { return [] }
    guard let mapping = node.mapping else {
      report("\(what) is not a mapping", node, remedy: "write '{name: value}'")
      return []
    }
    var found: [(key: String, name: Node, value: Node)] = []
    for (name, value) in mapping {
      guard let key = name.scalar?.string else {
        report("a key must be a plain name", name, remedy: "write 'key: …'")
        continue
      }
      if let known, !known.contains(key) {
        report(
          "\(what) has no '\(key)'", name, remedy: remedyForUnknown(key, known: known))
        continue
      }
      found.append((key, name, value))
    }
    return found
  }

  /// A plain text.
  package mutating func string(_ node: Node?, _ what: String) -> String? {
    guard let node else { return nil }
    guard let word = node.scalar?.string, !word.isEmpty else {
      report("\(what) must be a text", node, remedy: "write '\(what): …'")
      return nil
    }
    return word
  }

  /// A whole number of a range.
  package mutating func integer(
    _ node: Node?, _ what: String, _ range: ClosedRange<Int>
  ) -> Int? {
    guard let node else { return nil }
    guard let word = node.scalar?.string, let number = Int(word), range.contains(number) else {
      report(
        "\(what) must be a whole number from \(range.lowerBound) to \(range.upperBound)", node)
      return nil
    }
    return number
  }

  /// `schedule`: one order of instructions or a list of them.
  package mutating func schedules(_ node: Node) -> Axis {
    let known = Schedule.allCases.map(\.rawValue)
    let found = values(node, of: "schedule")
    for word in found where !known.contains(word) {
      report(
        "there is no schedule '\(word)'", node, remedy: remedyForUnknown(word, known: known))
    }
    return Axis(.schedule, found.filter(known.contains))
  }

  /// One text or a list of them; ranges such as `64..512*2` are spelled out.
  package mutating func values(_ node: Node, of name: String) -> [String] {
    let items = node.sequence.map { Array($0) } ?? [node]
    var words: [String] = []
    for item in items {
      guard let word = item.scalar?.string, !word.isEmpty else {
        report(
          "'\(name)' must be a value or a list of values", item, remedy: "write [a, b, c]")
        return []
      }
      words.append(word)
    }
    guard !words.isEmpty else {
      report("'\(name)' has no values", node, remedy: "write [a, b, c]")
      return []
    }
    // A hardware value may be a list itself; such a one is written as a text: "[0, 64]".
    if words.contains(where: { $0.contains("[") || $0.contains("{") }) { return words }
    do throws(DiagnosticError) {
      return try Axis.expand(words.joined(separator: ","), of: name)
    } catch {
      report(error, node)
      return []
    }
  }
}
