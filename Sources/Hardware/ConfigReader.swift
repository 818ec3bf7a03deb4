import Diagnostics
import YAML

/// Reads one configuration text into a `Hardware`, collecting everything that is wrong with it.
struct ConfigReader {
  private(set) var hardware = Hardware()
  private(set) var diagnostics: [Diagnostic] = []
  private let text: ConfigText

  init(_ text: ConfigText) { self.text = text }

  /// Reads the whole text.
  mutating func read() {
    diagnostics = text.forbidden()
    if !diagnostics.isEmpty { return }
    let root: Node?
    do throws(YAMLError) {
      root = try Node.read(text.text)
    } catch {
      diagnostics.append(diagnostic(of: error))
      return
    }
    guard let mapping = root?.mapping else {
      report("a configuration is a mapping of sections", root, remedy: "start with 'name: …'")
      return
    }
    readHeader(mapping)
    readGroup(mapping, at: "")
    hardware.absentGroups.formIntersection(Schema.optionalGroups)
    diagnostics.sort {
      let (a, b) = ($0.location, $1.location)
      return (a?.line ?? 0, a?.column ?? 0) < (b?.line ?? 0, b?.column ?? 0)
    }
  }

  /// `name` and `description`, which are plain texts.
  private mutating func readHeader(_ mapping: Node.Mapping) {
    for key in ["name", "description"] {
      guard let node = mapping[key] else {
        report("missing '\(key)'", .mapping(mapping), remedy: "add '\(key): …' at the top")
        continue
      }
      guard let word = node.scalar?.string, !word.isEmpty else {
        report("'\(key)' must be a text", node, remedy: "write '\(key): …'")
        continue
      }
      if key == "name" { hardware.name = word } else { hardware.description = word }
    }
  }

  private mutating func readGroup(_ mapping: Node.Mapping, at path: String) {
    let known = Schema.groups[path] ?? []
    let place = path.isEmpty ? "" : " in '\(path)'"
    var present: Set<String> = []
    for (keyNode, node) in mapping {
      guard let key = keyNode.scalar?.string else {
        report("a key must be a plain name", keyNode, remedy: "write 'key: …'")
        continue
      }
      if path.isEmpty, key == "name" || key == "description" { continue }
      let full = path.isEmpty ? key : "\(path).\(key)"
      present.insert(key)
      if let index = Schema.byPath[full] {
        readSetting(Schema.entries[index], node)
      } else if Schema.groups[full] != nil {
        guard let inner = node.mapping else {
          report(
            "'\(full)' must be a section", node,
            remedy: "it holds: \((Schema.groups[full] ?? []).joined(separator: ", "))")
          continue
        }
        if Schema.optionalGroups.contains(full), inner["value"] != nil {
          readAbsence(of: full, inner)
        } else {
          readGroup(inner, at: full)
        }
      } else {
        report("unknown key '\(key)'\(place)", keyNode, remedy: remedyForUnknown(key, known: known))
      }
    }
    for key in known where !present.contains(key) {
      let full = path.isEmpty ? key : "\(path).\(key)"
      let what = Schema.byPath[full] == nil ? "section" : "value"
      report("missing \(what) '\(key)'\(place)", .mapping(mapping), remedy: missingRemedy(full))
    }
  }

  private func missingRemedy(_ path: String) -> String {
    guard let index = Schema.byPath[path] else {
      return Schema.optionalGroups.contains(path)
        ? "add it, or say {value: none, source: …} if this hardware has none"
        : "add it; 'trnsim hardware show trn2' has an example"
    }
    let entry = Schema.entries[index]
    return "add {value: …, unit: \(entry.unit.rawValue), source: …} (\(entry.meaning))"
  }

  /// `{value: none, source: …}` in place of an optional group.
  private mutating func readAbsence(of path: String, _ mapping: Node.Mapping) {
    guard mapping["value"]?.scalar?.string == "none" else {
      report(
        "'\(path)' is a section, its value can only be none", mapping["value"],
        remedy: "it holds: \((Schema.groups[path] ?? []).joined(separator: ", "))")
      return
    }
    for (key, _) in mapping where !["value", "source"].contains(key.scalar?.string) {
      report(
        "unknown key '\(key.scalar?.string ?? "")' in the absent '\(path)'", key,
        remedy: "an absent section is {value: none, source: …}")
    }
    readSource(path, mapping)
    hardware.absentGroups.insert(path)
  }

  private mutating func readSetting(_ entry: Entry, _ node: Node) {
    let form = "{value: …, unit: \(entry.unit.rawValue), source: \"…\"}"
    guard let mapping = node.mapping else {
      report("'\(entry.path)' must have value, unit and source", node, remedy: "write \(form)")
      return
    }
    for (key, _) in mapping where !["value", "unit", "source"].contains(key.scalar?.string) {
      let name = key.scalar?.string ?? ""
      report(
        "unknown key '\(name)' in '\(entry.path)'", key,
        remedy: remedyForUnknown(name, known: ["value", "unit", "source"]))
    }
    readSource(entry.path, mapping)
    if let unit = mapping["unit"] {
      if unit.scalar?.string != entry.unit.rawValue {
        report(
          "'\(entry.path)' has the unit '\(unit.scalar?.string ?? "a list")', "
            + "expected '\(entry.unit.rawValue)'",
          unit, remedy: "convert the value to \(entry.unit.rawValue)")
      }
    } else {
      report("'\(entry.path)' has no unit", node, remedy: "write unit: \(entry.unit.rawValue)")
    }
    guard let valueNode = mapping["value"] else {
      report("'\(entry.path)' has no value", node, remedy: "write \(form)")
      return
    }
    switch entry.value(of: valueNode) {
    case .success(let value): entry.write(&hardware, value)
    case .failure(let problem): report(problem.message, valueNode, remedy: problem.remedy)
    }
  }

  private mutating func readSource(_ path: String, _ mapping: Node.Mapping) {
    let source = mapping["source"]?.scalar?.string ?? ""
    if source.allSatisfy(\.isWhitespace) {
      report(
        "'\(path)' has no source", mapping["source"] ?? .mapping(mapping),
        remedy: "name the document or measurement, or write \"assumed: why\"")
    }
    hardware.sources[path] = source
  }

  private mutating func report(_ message: String, _ node: Node?, remedy: String) {
    let mark = node?.mark
    diagnostics.append(
      text.diagnostic(
        message, line: mark?.line ?? 1, column: mark?.column ?? 1,
        length: node?.scalar?.string.count ?? 1, remedy: remedy))
  }

  private func diagnostic(of error: YAMLError) -> Diagnostic {
    switch error {
    case .syntax(let problem, let mark):
      text.diagnostic(
        "not valid YAML: \(problem)", line: mark.line, column: mark.column,
        remedy: "settings are 'name: {value: …, unit: …, source: \"…\"}'")
    case .duplicateKeys(let duplicates, let mark):
      text.diagnostic(
        "duplicate key \(duplicates.map { "'\($0)'" }.joined(separator: ", "))", line: mark.line,
        column: mark.column, length: duplicates.first?.count ?? 1, remedy: "keep one of them")
    case .encoding(let problem, let byte):
      text.diagnostic(
        "not valid YAML: \(problem) at byte \(byte)", line: 1, column: 1,
        remedy: "save the file as UTF-8 text")
    }
  }
}
