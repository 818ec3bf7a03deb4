import YAML

/// A part of a configuration's text, with its 1-based place.
struct ConfigNode {
  /// What it holds.
  enum Content {
    /// A text, without its quotes; `isPlain` if it has none.
    case scalar(String, isPlain: Bool)
    case list([ConfigNode])
    case mapping(Pairs)
  }

  typealias Pairs = [(key: ConfigNode, value: ConfigNode)]

  let content: Content
  let line: Int
  let column: Int

  init(_ content: Content, line: Int, column: Int) {
    self.content = content
    self.line = line
    self.column = column
  }

  /// The same as YAML has it.
  init(_ node: Node) {
    let mark = node.mark
    line = mark?.line ?? 1
    column = mark?.column ?? 1
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, isPlain: scalar.isPlain)
    case .sequence(let sequence): content = .list(sequence.map(ConfigNode.init))
    case .mapping(let mapping):
      content = .mapping(mapping.map { (ConfigNode($0.key), ConfigNode($0.value)) })
    }
  }

  /// The text of a scalar.
  var scalar: String? {
    if case .scalar(let text, _) = content { return text }
    return nil
  }

  /// The elements of a list.
  var list: [ConfigNode]? {
    if case .list(let nodes) = content { return nodes }
    return nil
  }

  /// The pairs of a mapping, in the order of the text.
  var mapping: Pairs? {
    if case .mapping(let pairs) = content { return pairs }
    return nil
  }

  /// The value of a key; `nil` if this is no mapping or has no such key.
  subscript(_ key: String) -> ConfigNode? {
    mapping?.first { $0.key.scalar == key }?.value
  }
}
