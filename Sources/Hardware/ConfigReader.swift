import Diagnostics
import YAML

/// Reads one configuration text into a `Hardware`, collecting everything that is wrong with it.
struct ConfigReader {
  private(set) var hardware = Hardware()
  private(set) var diagnostics: [Diagnostic] = []
  private let bytes: [UInt8]
  private let file: String
  /// Loads what `base` names.
  private let base: (String) throws(DiagnosticError) -> Hardware
  /// Whether values that the text lacks are those of a base.
  private var isBased = false
  /// Positions in `Schema.entries` of the values that the text lacks and that came later.
  private var later: [Int] = []
  private lazy var text = ConfigText(String(decoding: bytes, as: UTF8.self), file: file)

  /// - Parameter base: loads the configuration that the text is based on, by its name.
  init(
    _ bytes: [UInt8], file: String,
    base: @escaping (String) throws(DiagnosticError) -> Hardware
  ) {
    self.bytes = bytes
    self.file = file
    self.base = base
  }

  /// Reads the whole text.
  mutating func read() {
    guard let root = root() else { return }
    guard let mapping = root.mapping else {
      report("a configuration is a mapping of sections", root, remedy: "start with 'name: …'")
      return
    }
    readBase(root)
    readHeader(root)
    readGroup(mapping, root, at: "", isWhole: !isBased)
    if !later.isEmpty { completeLater() }
    diagnostics.sort {
      let (a, b) = ($0.location, $1.location)
      return (a?.line ?? 0, a?.column ?? 0) < (b?.line ?? 0, b?.column ?? 0)
    }
  }

  /// The text's parts; `nil` if that went wrong.
  private mutating func root() -> ConfigNode? {
    if bytes.count <= ConfigText.maxBytes, let plain = PlainForm.mapping(bytes) { return plain }
    diagnostics = text.forbidden()
    if !diagnostics.isEmpty { return nil }
    do throws(YAMLError) {
      if let root = try Node.read(text.text) {
        return ConfigNode(root)
      }
      report("a configuration is a mapping of sections", nil, remedy: "start with 'name: …'")
    } catch {
      diagnostics.append(diagnostic(of: error))
    }
    return nil
  }

  /// `base: NAME` or `base: {value: NAME, source: …}`, the source of all that is taken from it.
  private mutating func readBase(_ root: ConfigNode) {
    guard let node = root["base"] else { return }
    // Without its base the text would lack nearly everything.
    isBased = true
    for (key, _) in node.mapping ?? [] where !["value", "source"].contains(key.scalar) {
      report(
        "unknown key '\(key.scalar ?? "")' in 'base'", key,
        remedy: "write 'base: trn2' or 'base: {value: trn2, source: …}'")
    }
    let name = node["value"] ?? node
    guard let word = name.scalar, !word.isEmpty else {
      report(
        "'base' must name a configuration", name,
        remedy: "one of: \(Hardware.builtinNames.joined(separator: ", ")), or the path of a file")
      return
    }
    do throws(DiagnosticError) {
      hardware = try base(word)
    } catch {
      for problem in error.diagnostics {
        if problem.location == nil {
          report(problem.message, name, remedy: problem.remedy ?? "")
        } else {
          diagnostics.append(problem)
        }
      }
    }
    guard let source = node["source"] else { return }
    guard let words = source.scalar, !words.allSatisfy(\.isWhitespace) else {
      report(
        "'base' has an empty source", source,
        remedy: "say where the values come from that are taken from it, or leave the source out")
      return
    }
    attribute(to: words)
  }

  /// Names the source of all that comes from the base; reasons of its own stay behind it.
  private mutating func attribute(to source: String) {
    func attributed(_ own: String) -> String {
      guard Hardware.isAssumed(source: own) else { return source }
      let reason = own.dropFirst("assumed".count).drop { $0 == ":" || $0 == " " }
      return reason.isEmpty ? source : "\(source) (\(reason))"
    }
    for index in hardware.sources.indices where !hardware.sources[index].isEmpty {
      hardware.sources[index] = attributed(hardware.sources[index])
    }
    hardware.absences = hardware.absences.mapValues(attributed)
  }

  /// Takes what is younger than the text from the built-in configuration of its generation.
  private mutating func completeLater() {
    for name in Hardware.builtinNames {
      guard let builtin = try? base(name), builtin.core.generation == hardware.core.generation
      else { continue }
      for index in later {
        let entry = Schema.entries[index]
        entry.write(&hardware, entry.read(builtin))
        hardware.sources[index] = builtin.sources[index]
      }
    }
  }

  /// `name` and `description`, which are plain texts.
  private mutating func readHeader(_ root: ConfigNode) {
    for key in ["name", "description"] {
      guard let node = root[key] else {
        if isBased, key == "description" { continue }
        report("missing '\(key)'", root, remedy: "add '\(key): …' at the top")
        continue
      }
      guard let word = node.scalar, !word.isEmpty else {
        report("'\(key)' must be a text", node, remedy: "write '\(key): …'")
        continue
      }
      if key == "name" { hardware.name = word } else { hardware.description = word }
    }
  }

  /// - Parameter isWhole: whether all of the group must be there, as nothing is beneath it.
  private mutating func readGroup(
    _ mapping: ConfigNode.Pairs, _ group: ConfigNode, at path: String, isWhole: Bool
  ) {
    let known = Schema.groups[path] ?? []
    let place = path.isEmpty ? "" : " in '\(path)'"
    var present: Set<String> = []
    for (keyNode, node) in mapping {
      guard let key = keyNode.scalar else {
        report("a key must be a plain name", keyNode, remedy: "write 'key: …'")
        continue
      }
      if path.isEmpty, ["name", "description", "base"].contains(key) { continue }
      let full = path.isEmpty ? key : "\(path).\(key)"
      present.insert(key)
      if let index = Schema.byPath[full] {
        readSetting(index, node)
      } else if Schema.groups[full] != nil {
        guard let inner = node.mapping else {
          report(
            "'\(full)' must be a section", node,
            remedy: "it holds: \((Schema.groups[full] ?? []).joined(separator: ", "))")
          continue
        }
        guard Schema.optionalGroups.contains(full) else {
          readGroup(inner, node, at: full, isWhole: isWhole)
          continue
        }
        if node["value"] != nil {
          readAbsence(of: full, node)
        } else {
          // A base without the group has nothing that could be beneath it.
          let isNew = hardware.absences.removeValue(forKey: full) != nil
          readGroup(inner, node, at: full, isWhole: isWhole || isNew)
        }
      } else if !Schema.retired.contains(full) {
        report("unknown key '\(key)'\(place)", keyNode, remedy: remedyForUnknown(key, known: known))
      }
    }
    guard isWhole else { return }
    for key in known where !present.contains(key) {
      let full = path.isEmpty ? key : "\(path).\(key)"
      if let index = Schema.byPath[full], Schema.added.contains(full) {
        later.append(index)
        continue
      }
      let what = Schema.byPath[full] == nil ? "section" : "value"
      report("missing \(what) '\(key)'\(place)", group, remedy: missingRemedy(full))
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
  private mutating func readAbsence(of path: String, _ node: ConfigNode) {
    guard node["value"]?.scalar == "none" else {
      report(
        "'\(path)' is a section, its value can only be none", node["value"],
        remedy: "it holds: \((Schema.groups[path] ?? []).joined(separator: ", "))")
      return
    }
    for (key, _) in node.mapping ?? [] where !["value", "source"].contains(key.scalar) {
      report(
        "unknown key '\(key.scalar ?? "")' in the absent '\(path)'", key,
        remedy: "an absent section is {value: none, source: …}")
    }
    hardware.remove(group: path, source: readSource(path, node))
  }

  private mutating func readSetting(_ index: Int, _ node: ConfigNode) {
    let entry = Schema.entries[index]
    let form = "{value: …, unit: \(entry.unit.rawValue), source: \"…\"}"
    guard let mapping = node.mapping else {
      report("'\(entry.path)' must have value, unit and source", node, remedy: "write \(form)")
      return
    }
    for (key, _) in mapping where !["value", "unit", "source"].contains(key.scalar) {
      let name = key.scalar ?? ""
      report(
        "unknown key '\(name)' in '\(entry.path)'", key,
        remedy: remedyForUnknown(name, known: ["value", "unit", "source"]))
    }
    hardware.sources[index] = readSource(entry.path, node)
    if let unit = node["unit"] {
      if unit.scalar != entry.unit.rawValue {
        report(
          "'\(entry.path)' has the unit '\(unit.scalar ?? "a list")', "
            + "expected '\(entry.unit.rawValue)'",
          unit, remedy: "convert the value to \(entry.unit.rawValue)")
      }
    } else {
      report("'\(entry.path)' has no unit", node, remedy: "write unit: \(entry.unit.rawValue)")
    }
    guard let valueNode = node["value"] else {
      report("'\(entry.path)' has no value", node, remedy: "write \(form)")
      return
    }
    switch entry.value(of: valueNode) {
    case .success(let value): entry.write(&hardware, value)
    case .failure(let problem): report(problem.message, valueNode, remedy: problem.remedy)
    }
  }

  private mutating func readSource(_ path: String, _ node: ConfigNode) -> String {
    let source = node["source"]?.scalar ?? ""
    if source.allSatisfy(\.isWhitespace) {
      report(
        "'\(path)' has no source", node["source"] ?? node,
        remedy: "name the document or measurement, or write \"assumed: why\"")
    }
    return source
  }

  private mutating func report(_ message: String, _ node: ConfigNode?, remedy: String) {
    diagnostics.append(
      text.diagnostic(
        message, line: node?.line ?? 1, column: node?.column ?? 1,
        length: node?.scalar?.count ?? 1, remedy: remedy))
  }

  private mutating func diagnostic(of error: YAMLError) -> Diagnostic {
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
