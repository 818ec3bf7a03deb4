import CYaml

/// Why a text is no YAML.
package enum YAMLError: Error {
  /// It does not follow the grammar, or uses an alias.
  case syntax(problem: String, Mark)
  /// A mapping has keys twice; the place is the first one's.
  case duplicateKeys([String], Mark)
  /// A byte is no text.
  case encoding(problem: String, byte: Int)
}

extension Node {
  /// Reads the only document of a text; `nil` if there is none.
  ///
  /// Anchors name nothing here and aliases are errors: a small text with them can stand for one without bound.
  package static func read(_ text: String) throws(YAMLError) -> Node? {
    let reader = Reader(text)
    try reader.next()
    guard reader.type != YAML_STREAM_END_EVENT else { return nil }
    try reader.next()
    let node = try reader.node()
    // The document's end.
    try reader.next()
    try reader.next()
    guard reader.type == YAML_STREAM_END_EVENT else {
      throw .syntax(problem: "but found another document", reader.mark)
    }
    return node
  }
}

/// libyaml's events, one at a time; the first is behind the stream's begin.
private final class Reader {
  // libyaml keeps a pointer to it.
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private var event = yaml_event_t()
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ text: String) {
    // This one too.
    bytes = .allocate(capacity: text.utf8.count)
    _ = bytes.initialize(from: text.utf8)
    precondition(yaml_parser_initialize(parser) == 1, "out of memory")
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_event_delete(&event)
    yaml_parser_delete(parser)
    parser.deallocate()
    bytes.deallocate()
  }

  var type: yaml_event_type_t { event.type }

  var mark: Mark { Reader.mark(event.start_mark) }

  private static func mark(_ mark: yaml_mark_t) -> Mark {
    Mark(line: mark.line + 1, column: mark.column + 1)
  }

  func next() throws(YAMLError) {
    repeat {
      yaml_event_delete(&event)
      guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
    } while event.type == YAML_STREAM_START_EVENT
  }

  private var failure: YAMLError {
    precondition(parser.pointee.error != YAML_MEMORY_ERROR, "out of memory")
    let problem = String(cString: parser.pointee.problem)
    return parser.pointee.error == YAML_READER_ERROR
      ? .encoding(problem: problem, byte: parser.pointee.problem_offset)
      : .syntax(problem: problem, Reader.mark(parser.pointee.problem_mark))
  }

  /// The node that begins with the current event; afterwards that is its last one.
  func node() throws(YAMLError) -> Node {
    let mark = mark
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return .scalar(.init(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, at: mark))
    case YAML_SEQUENCE_START_EVENT:
      var nodes: [Node] = []
      try next()
      while event.type != YAML_SEQUENCE_END_EVENT {
        nodes.append(try node())
        try next()
      }
      return .sequence(.init(nodes, at: mark))
    case YAML_MAPPING_START_EVENT:
      var pairs: [(key: Node, value: Node)] = []
      try next()
      while event.type != YAML_MAPPING_END_EVENT {
        let key = try node()
        try next()
        pairs.append((key, try node()))
        try next()
      }
      try Reader.checkKeys(pairs.map(\.key))
      return .mapping(.init(pairs, at: mark))
    default:
      // The grammar leaves nothing else.
      throw .syntax(problem: "aliases are not allowed", mark)
    }
  }

  private static func checkKeys(_ keys: [Node]) throws(YAMLError) {
    var first: [String: Mark] = [:]
    var repeated: [String: Mark] = [:]
    for key in keys {
      guard let name = key.scalar?.string, let mark = key.mark else { continue }
      if let before = first[name] { repeated[name] = before } else { first[name] = mark }
    }
    let ordered = repeated.sorted { $0.key < $1.key }
    if let place = ordered.first?.value { throw .duplicateKeys(ordered.map(\.key), place) }
  }
}
