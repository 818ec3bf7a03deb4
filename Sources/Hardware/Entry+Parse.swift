import YAML

/// Why a text is not a value of a setting.
struct ValueProblem: Error {
  let message: String
  let remedy: String
}

extension Entry {
  /// The value that a YAML node holds, if it is of the setting's kind and allowed.
  func value(of node: Node) -> Result<Value, ValueProblem> {
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
  private static func number(_ node: Node) -> Double? {
    guard let scalar = node.scalar, scalar.isPlain else { return nil }
    if scalar.string.lowercased().hasSuffix("nan") { return .nan }
    if scalar.string.lowercased().hasSuffix("inf") {
      return scalar.string.hasPrefix("-") ? -.infinity : .infinity
    }
    guard scalar.string.allSatisfy({ "0123456789.eE+-".contains($0) }) else { return nil }
    return Double(scalar.string)
  }

  private static func integer(_ node: Node) -> Int? {
    guard let scalar = node.scalar, scalar.isPlain else { return nil }
    return Int(scalar.string)
  }

  private static func word(_ node: Node) -> String? { node.scalar?.string }

  private static func list<T>(_ node: Node, _ element: (Node) -> T?) -> [T]? {
    guard let sequence = node.sequence else { return nil }
    let values = sequence.compactMap(element)
    return values.count == sequence.count ? values : nil
  }

  private static func sets(_ node: Node) -> [String: [String]]? {
    guard let mapping = node.mapping else { return nil }
    var sets: [String: [String]] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string, let words = list(value, word) else { return nil }
      sets[name] = words
    }
    return sets
  }

  private static func shown(_ node: Node) -> String {
    if let scalar = node.scalar { return "'\(scalar.string.prefix(60))'" }
    return node.sequence == nil ? "a mapping" : "a list"
  }
}
