public import Diagnostics
import YAML

extension Hardware {
  /// The configuration with some values replaced, each `path.to.value=x`.
  ///
  /// The same as loading it with these overrides, without reading its text again.
  /// - Throws: `DiagnosticError` with all that is wrong with them.
  public func overridden(by settings: [String]) throws(DiagnosticError) -> Hardware {
    var changed = self
    var diagnostics: [Diagnostic] = []
    for setting in settings { diagnostics += changed.override(setting) }
    diagnostics += changed.contradictions(file: "--set")
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
    return changed
  }

  /// The paths of the values that overrides have replaced, in order.
  public var overriddenPaths: [String] {
    sources.indices.filter { sources[$0].hasPrefix(Hardware.overrideSource) }
      .map { Schema.entries[$0].path }
  }

  private static let overrideSource = "set by the user"

  /// Words for values that only make sense together: `pe_array=256` is a PE array of 256 rows and columns, with as many
  /// partitions for it to read and write.
  public static let linkedValues: [String: [String]] = [
    "pe_array": [
      "tensor.rows", "tensor.columns", "tensor.stationary_max", "sbuf.partitions",
      "psum.partitions",
    ]
  ]

  /// Applies one override `path.to.value=x`; what is wrong with it, if anything.
  mutating func override(_ text: String) -> [Diagnostic] {
    func problem(_ message: String, column: Int, length: Int, remedy: String) -> [Diagnostic] {
      let shown = String(text.prefix(400))
      let place = SourceLocation(file: "--set", line: 1, column: column)
      return [
        Diagnostic(
          .error, message, at: place, sourceLine: shown, length: length, remedy: remedy)
      ]
    }
    // In bytes: characters take a hundred times as long, and runs ask what faster parts would give by
    // hundreds of overrides.
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      let shown = String(text.prefix(400))
      return problem(
        "'\(shown)' has no '='", column: 1, length: shown.count,
        remedy: "write path.to.value=x, such as clocks.tensor=2.8")
    }
    let path = text[..<equals].trimmed
    let given = text[text.utf8.index(after: equals)...].trimmed
    if Schema.retired.contains(path) {
      return problem(
        "'\(path)' is no value any more: nothing depended on it", column: 1, length: path.count,
        remedy: "leave it out")
    }
    if let linked = Hardware.linkedValues[path] {
      // One message for all: they take the same values.
      for path in linked {
        let problems = override("\(path)=\(given)")
        if !problems.isEmpty { return problems }
      }
      return []
    }
    guard let index = Schema.byPath[path] else {
      let group = Schema.groups[path] != nil && !path.isEmpty
      return problem(
        group ? "'\(path)' is a section, not a value" : "unknown value '\(path.prefix(200))'",
        column: 1, length: path.count,
        remedy: group
          ? "one of: \((Schema.groups[path] ?? []).map { "\(path).\($0)" }.joined(separator: ", "))"
          : Schema.remedyForUnknownPath(path))
    }
    if let absent = Schema.optionalGroup[index], absences[absent] != nil {
      return problem(
        "\(name) has no '\(absent)'", column: 1, length: path.count,
        remedy: "use a configuration file that describes it")
    }
    let entry = Schema.entries[index]
    let column = text.distance(from: text.startIndex, to: equals) + 2
    let scalar = ConfigNode(.scalar(given, isPlain: true), line: 1, column: column)
    let node: ConfigNode =
      switch entry.kind {
      case .number, .integer: scalar
      case .integers, .words, .sets: PlainForm.value(given) ?? yaml(given) ?? scalar
      }
    switch entry.value(of: node) {
    case .success(let value):
      entry.write(&self, value)
      sources[index] = "\(Hardware.overrideSource): \(path)=\(value.text)"
      return []
    case .failure(let failure):
      return problem(
        failure.message, column: column, length: given.count, remedy: failure.remedy)
    }
  }
}

/// One line of YAML; `nil` if it is anything else, or uses more of YAML than configurations may.
private func yaml(_ line: String) -> ConfigNode? {
  let text = ConfigText(line, file: "--set")
  guard text.lines.count == 1, text.forbidden().isEmpty else { return nil }
  return (try? Node.read(line)).flatMap { $0 }.map { ConfigNode($0) }
}

extension Schema {
  /// The nearest path, by whole path or else by its last part.
  static func remedyForUnknownPath(_ path: String) -> String {
    let all = entries.map(\.path)
    let last = path.split(separator: ".").last.map(String.init) ?? path
    let same = all.filter { $0.hasSuffix(".\(last)") }
    if !same.isEmpty, same.count <= 5 { return "did you mean \(same.joined(separator: " or "))?" }
    if let near = nearestName(to: path, in: all) { return "did you mean '\(near)'?" }
    return "sections: \((groups[""] ?? []).joined(separator: ", "))"
  }
}

extension Substring {
  /// Without blanks at both ends.
  fileprivate var trimmed: String {
    // Nearly all have none, which their bytes say sooner.
    let visible: Range<UInt8> = 33..<127
    if let first = utf8.first, let last = utf8.last, visible.contains(first),
      visible.contains(last)
    {
      return String(self)
    }
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
