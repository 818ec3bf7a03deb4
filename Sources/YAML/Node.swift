/// A place in a text, counted from 1; columns are Unicode scalars.
package struct Mark: Hashable, Sendable {
  package let line: Int
  package let column: Int
}

/// A value of a YAML text, with its place.
///
/// Scalars are texts: who reads a value knows what kind it must be.
package enum Node: Sendable {
  case scalar(Scalar)
  case sequence(Sequence)
  case mapping(Mapping)

  /// One text.
  package struct Scalar: Sendable {
    package let string: String
    /// Whether it stands there without quotes.
    package let isPlain: Bool
    fileprivate let mark: Mark?

    /// A text from elsewhere than a file.
    package init(_ string: String) { self.init(string, isPlain: true, at: nil) }

    init(_ string: String, isPlain: Bool, at mark: Mark?) {
      self.string = string
      self.isPlain = isPlain
      self.mark = mark
    }
  }

  /// A list.
  package struct Sequence: Sendable, RandomAccessCollection {
    private let nodes: [Node]
    fileprivate let mark: Mark?

    init(_ nodes: [Node], at mark: Mark?) {
      self.nodes = nodes
      self.mark = mark
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { nodes.count }
    package subscript(index: Int) -> Node { nodes[index] }
  }

  /// Keys and values in the text's order; no text is the key of two.
  package struct Mapping: Sendable, RandomAccessCollection {
    private let pairs: [(key: Node, value: Node)]
    fileprivate let mark: Mark?

    /// An empty one, from elsewhere than a file.
    package init() { self.init([], at: nil) }

    init(_ pairs: [(key: Node, value: Node)], at mark: Mark?) {
      self.pairs = pairs
      self.mark = mark
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { pairs.count }
    package subscript(index: Int) -> (key: Node, value: Node) { pairs[index] }

    /// The value of a key.
    package subscript(key: String) -> Node? {
      pairs.first { $0.key.scalar?.string == key }?.value
    }
  }

  package var scalar: Scalar? {
    if case .scalar(let scalar) = self { return scalar }
    return nil
  }

  package var sequence: Sequence? {
    if case .sequence(let sequence) = self { return sequence }
    return nil
  }

  package var mapping: Mapping? {
    if case .mapping(let mapping) = self { return mapping }
    return nil
  }

  /// Where it begins, if it is of a file.
  package var mark: Mark? {
    switch self {
    case .scalar(let scalar): scalar.mark
    case .sequence(let sequence): sequence.mark
    case .mapping(let mapping): mapping.mark
    }
  }
}
