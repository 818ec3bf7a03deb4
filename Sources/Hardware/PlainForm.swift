/// Reads the plain form in which configurations are written: a key a line, sections by indentation,
/// values as words, numbers, texts in double quotes, or of these in brackets.
///
/// It is a part of YAML, which takes ten times as long to read. Whatever else a text has, mistakes
/// included, is left to YAML: the reader gives `nil` then, and never says what is wrong.
struct PlainForm {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var line = 1
  private var lineStart = 0

  /// Deeper than any configuration.
  private static let maxIndent = 40
  private static let maxDepth = 4

  /// The mapping that a whole text holds.
  static func mapping(_ bytes: some Collection<UInt8>) -> ConfigNode? {
    whole(bytes) { $0.skipEmptyLines() == 0 ? $0.section(indent: 0) : nil }
  }

  /// The value that one line holds.
  static func value(_ text: String) -> ConfigNode? {
    whole(text.utf8) { $0.value(depth: 0) }
  }

  private static func whole(
    _ bytes: some Collection<UInt8>, _ read: (inout PlainForm) -> ConfigNode?
  ) -> ConfigNode? {
    let found = bytes.withContiguousStorageIfAvailable { bytes -> ConfigNode? in
      // Tabs, line ends of other systems and letters with accents.
      guard bytes.allSatisfy({ 0x20...0x7E ~= $0 || $0 == newline }) else { return nil }
      var form = PlainForm(bytes: bytes)
      guard let node = read(&form) else { return nil }
      return form.position == bytes.count ? node : nil
    }
    return found ?? nil
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  // MARK: - Lines

  /// The keys at one indentation, up to the first line that is indented less.
  private mutating func section(indent: Int) -> ConfigNode? {
    guard indent <= PlainForm.maxIndent else { return nil }
    var pairs: ConfigNode.Pairs = []
    let (begin, column) = (line, indent + 1)
    while position < bytes.count {
      let own = skipEmptyLines()
      if position == bytes.count || own < indent { break }
      guard own == indent, bytes[position - indent..<position].allSatisfy({ $0 == space }),
        let key = key(), !pairs.contains(where: { $0.key.scalar == key.scalar })
      else { return nil }
      if endLine() {
        let inner = skipEmptyLines()
        guard inner > indent, let node = section(indent: inner) else { return nil }
        pairs.append((key, node))
      } else {
        guard take(space) else { return nil }
        skipSpaces()
        guard let node = value(depth: 0), endLine() else { return nil }
        pairs.append((key, node))
      }
    }
    return pairs.isEmpty ? nil : ConfigNode(.mapping(pairs), line: begin, column: column)
  }

  /// Goes to the first character of the next line that has one, and gives its indentation.
  private mutating func skipEmptyLines() -> Int {
    while true {
      position = lineStart
      skipSpaces()
      guard position < bytes.count else { return 0 }
      if bytes[position] == hash { while !atLineEnd { position += 1 } }
      guard position < bytes.count else { return 0 }
      if bytes[position] != newline { return position - lineStart }
      nextLine()
    }
  }

  private var atLineEnd: Bool { position == bytes.count || bytes[position] == newline }

  private mutating func nextLine() {
    position += 1
    line += 1
    lineStart = position
  }

  /// Goes behind the line end, if only blanks and a comment come before it.
  private mutating func endLine() -> Bool {
    var at = position
    while at < bytes.count, bytes[at] == space { at += 1 }
    if at < bytes.count, bytes[at] == hash, at > position {
      while at < bytes.count, bytes[at] != newline { at += 1 }
    }
    guard at == bytes.count || bytes[at] == newline else { return false }
    position = at
    if at < bytes.count {
      nextLine()
    } else {
      lineStart = at
    }
    return true
  }

  // MARK: - Values

  private mutating func key() -> ConfigNode? {
    let start = position
    while position < bytes.count, isName(bytes[position]) { position += 1 }
    guard start < position, position - start < 100, !isDigit(bytes[start]) else { return nil }
    let node = scalar(start..<position, isPlain: true, at: start)
    return take(colon) ? node : nil
  }

  private mutating func value(depth: Int) -> ConfigNode? {
    guard position < bytes.count, depth <= PlainForm.maxDepth else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "{"): return braces(depth)
    case UInt8(ascii: "["): return brackets(depth)
    case quote:
      let start = position
      position += 1
      while position < bytes.count, bytes[position] != quote {
        guard bytes[position] != newline, bytes[position] != UInt8(ascii: "\\") else { return nil }
        position += 1
      }
      guard take(quote) else { return nil }
      return scalar(start + 1..<position - 1, isPlain: false, at: start)
    default:
      let start = position
      while position < bytes.count, isWord(bytes[position]) { position += 1 }
      guard start < position else { return nil }
      // A dash may begin a list.
      if bytes[start] == UInt8(ascii: "-") {
        guard position > start + 1, isDigit(bytes[start + 1]) else { return nil }
      }
      return scalar(start..<position, isPlain: true, at: start)
    }
  }

  private mutating func braces(_ depth: Int) -> ConfigNode? {
    let start = position
    var pairs: ConfigNode.Pairs = []
    position += 1
    repeat {
      skipSpaces()
      guard let key = key(), !pairs.contains(where: { $0.key.scalar == key.scalar }), take(space)
      else { return nil }
      skipSpaces()
      guard let value = value(depth: depth + 1) else { return nil }
      pairs.append((key, value))
      skipSpaces()
    } while take(comma)
    guard take(UInt8(ascii: "}")) else { return nil }
    return ConfigNode(.mapping(pairs), line: line, column: start - lineStart + 1)
  }

  private mutating func brackets(_ depth: Int) -> ConfigNode? {
    let start = position
    var nodes: [ConfigNode] = []
    position += 1
    repeat {
      skipSpaces()
      guard let node = value(depth: depth + 1) else { return nil }
      nodes.append(node)
      skipSpaces()
    } while take(comma)
    guard take(UInt8(ascii: "]")) else { return nil }
    return ConfigNode(.list(nodes), line: line, column: start - lineStart + 1)
  }

  private func scalar(_ range: Range<Int>, isPlain: Bool, at start: Int) -> ConfigNode {
    let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    return ConfigNode(
      .scalar(text, isPlain: isPlain), line: line, column: start - lineStart + 1)
  }

  // MARK: - Characters

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == space { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  private func isName(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_")
      || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  private func isWord(_ byte: UInt8) -> Bool {
    isName(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
      || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }
}

private let newline = UInt8(ascii: "\n")
private let space = UInt8(ascii: " ")
private let hash = UInt8(ascii: "#")
private let colon = UInt8(ascii: ":")
private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
