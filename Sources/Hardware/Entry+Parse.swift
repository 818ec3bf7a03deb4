/// Why a text is not a value of a setting.
struct ValueProblem: Error {
  let message: String
  let remedy: String
}

extension Entry {
  /// The value that a part of a text holds, if it is of the setting's kind and allowed.
  func value(of node: ConfigNode) -> Result<Value, ValueProblem> {
    let value: Value?
    switch kind {
    case .number: value = Entry.number(node).map(Value.number)
    case .integer: value = Entry.integer(node).map(Value.integer)
    case .integers: value = Entry.list(node, Entry.integer).map(Value.integers)
    case .words: value = Entry.list(node, Entry.word).map(Value.words)
    case .sets: value = Entry.sets(node).map(Value.sets)
    }
    guard let value else {
      return .failure(
        ValueProblem(
          message: "'\(path)' is \(Entry.shown(node)), expected \(rule.expectation)",
          remedy: "\(meaning), in \(unit.rawValue)"))
    }
    guard rule.allows(value) else {
      return .failure(
        ValueProblem(
          message: "'\(path)' is \(value.text), expected \(rule.expectation)",
          remedy: "\(meaning), in \(unit.rawValue)"))
    }
    return .success(value)
  }

  /// A plain number: digits, point, exponent; no hexadecimal, no quotes, no names.
  private static func number(_ node: ConfigNode) -> Double? {
    guard case .scalar(let text, isPlain: true) = node.content else { return nil }
    if text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }) { return Double(text) }
    if text.lowercased().hasSuffix("nan") { return .nan }
    if text.lowercased().hasSuffix("inf") { return text.hasPrefix("-") ? -.infinity : .infinity }
    return nil
  }

  private static func integer(_ node: ConfigNode) -> Int? {
    guard case .scalar(let text, isPlain: true) = node.content else { return nil }
    return Int(text)
  }

  private static func word(_ node: ConfigNode) -> String? { node.scalar }

  private static func list<T>(_ node: ConfigNode, _ element: (ConfigNode) -> T?) -> [T]? {
    guard let nodes = node.list else { return nil }
    let values = nodes.compactMap(element)
    return values.count == nodes.count ? values : nil
  }

  private static func sets(_ node: ConfigNode) -> [String: [String]]? {
    guard let mapping = node.mapping else { return nil }
    var sets: [String: [String]] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar, let words = list(value, word) else { return nil }
      sets[name] = words
    }
    return sets
  }

  private static func shown(_ node: ConfigNode) -> String {
    if let scalar = node.scalar { return "'\(scalar.prefix(60))'" }
    return node.list == nil ? "a mapping" : "a list"
  }
}
