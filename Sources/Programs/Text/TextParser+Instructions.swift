import Device
import Diagnostics
import ISA
import Machine

extension TextParser {
  /// Where something of the text itself stands, if that is what locations shall be.
  func place(_ start: Int) -> SourceLocation? {
    guard options.ownPlaces else { return nil }
    return SourceLocation(file: file, line: line, column: start - lineStart + 1)
  }

  /// The rest of an instruction's line, after the operation's name.
  mutating func instruction(
    _ entry: OperationTable.Entry, label: String?, _ start: Int, opcodeEnd: Int
  ) {
    slots.removeAll(keepingCapacity: true)
    slotPlaces.removeAll(keepingCapacity: true)
    var attributes = Attributes()
    var failed = false
    while true {
      skipBlanks()
      if at >= lineEnd || isFull { break }
      let fieldStart = at
      do throws(Malformed) {
        try attribute(entry, &attributes)
      } catch {
        failed = true
        recover(fieldStart)
      }
    }
    for (index, field) in entry.fields.enumerated()
    where field.isRequired && attributes.given & (1 << UInt64(index)) == 0 {
      failed = true
      report(
        "\(entry.name) needs '\(field.name)'", start, opcodeEnd, remedy: "add \(field.name)=…")
    }
    if failed {
      lostInstructions += 1
      return
    }
    let (operation, rejected) = entry.type.assembled(slots)
    if !rejected.isEmpty {
      for position in rejected {
        let field = entry.fields[slots[position].index]
        report(
          "'\(field.name)' cannot have this value", slotPlaces[position],
          remedy: "it takes: \(field.kind.description)")
      }
      lostInstructions += 1
      return
    }
    program.instructions.append(
      Instruction(
        operation, engine: attributes.engine, label: label, after: attributes.after,
        scope: openScopes.last?.scope ?? -1, location: attributes.location ?? place(start),
        isSpill: attributes.isSpill ?? false))
  }

  /// What an instruction has besides its operation's fields.
  struct Attributes {
    /// Fields that were given, as bits; wrong values count, so that they are not also missing.
    var given: UInt64 = 0
    var engine: Engine?
    var hasAfter = false
    var after: [Int32] = []
    var isSpill: Bool?
    var location: SourceLocation?
  }

  private mutating func attribute(
    _ entry: OperationTable.Entry, _ attributes: inout Attributes
  ) throws(Malformed) {
    let start = at
    if byte == UInt8(ascii: "@") {
      let found = try location()
      if attributes.location != nil {
        throw fail("a second place of origin", start, at, remedy: "remove one")
      }
      attributes.location = found
      return
    }
    let word = scanBareName()
    if word.isEmpty {
      throw unexpected(
        "a field of \(entry.name)", remedy: "fields are written name=value")
    }
    let field = entry.fieldNames.find(slice(word))
    // Noted even if the value is wrong, so that one mistake is one message.
    let isRepeated = field.map { attributes.given & (1 << UInt64($0)) != 0 } ?? false
    if let field { attributes.given |= 1 << UInt64(field) }
    let isEngine = field == nil && matches(word, "engine")
    let isAfter = field == nil && matches(word, "after")
    let isSpill = field == nil && matches(word, "spill")
    if field == nil && !isEngine && !isAfter && !isSpill { throw unknownField(word, entry) }
    if isRepeated || (isEngine && attributes.engine != nil) || (isAfter && attributes.hasAfter)
      || (isSpill && attributes.isSpill != nil)
    {
      throw fail(
        "'\(text(word.lowerBound, word.upperBound))' is given twice", word.lowerBound,
        word.upperBound, remedy: "remove one")
    }
    try expect("=", "after '\(text(word.lowerBound, word.upperBound))'")
    skipBlanks()
    let valueStart = at
    if let field {
      let value = try value(of: entry.fields[field])
      try expectSeparator(entry.fields[field].name)
      slots.append(FieldSlot(index: field, value: value))
      slotPlaces.append(
        Place(line: line, lineStart: lineStart, start: valueStart, end: at))
    } else if isEngine {
      attributes.engine = try engine()
      try expectSeparator("engine")
    } else if isSpill {
      attributes.isSpill = try flag("spill")
      try expectSeparator("spill")
    } else {
      attributes.hasAfter = true
      attributes.after = try after()
      try expectSeparator("after")
    }
  }

  /// Requires a blank, a comment or the end of the line after a value.
  private mutating func expectSeparator(_ field: String) throws(Malformed) {
    let byte = self.byte
    if byte != 10 && byte != 0x20 && byte != 9 && byte != UInt8(ascii: "#")
      && byte != UInt8(ascii: "@")
    {
      throw unexpected("a blank after the value of '\(field)'")
    }
  }

  private mutating func unknownField(
    _ word: Range<Int>, _ entry: OperationTable.Entry
  ) -> Malformed {
    let written = text(word.lowerBound, word.upperBound)
    return fail(
      "\(entry.name) has no field '\(written)'", word.lowerBound, word.upperBound,
      remedy: remedyForUnknown(written, known: entry.fields.map(\.name) + ["engine", "after"]))
  }

  private mutating func engine() throws(Malformed) -> Engine {
    let start = at
    let word = scanBareName()
    if word.isEmpty { throw unexpected("an engine") }
    let written = text(word.lowerBound, word.upperBound)
    guard let engine = Engine(name: written) else {
      throw fail(
        "there is no engine '\(written)'", start, at,
        remedy: remedyForUnknown(written, known: Engine.allCases.map(\.name)))
    }
    return engine
  }

  /// The list of an `after`; labels are resolved at the end of the file.
  private mutating func after() throws(Malformed) -> [Int32] {
    let instruction = program.instructions.count
    var position = 0
    return try list { (parser: inout TextParser) throws(Malformed) in
      parser.skipBlanks()
      let start = parser.at
      var label = -1
      var index = 0
      if TextSyntax.isDigit(parser.byte) || parser.byte == UInt8(ascii: "-") {
        index = try parser.integer("an instruction's number")
      } else {
        label = parser.intern(try parser.name("a label or an instruction's number"))
      }
      parser.references.append(
        LabelReference(
          instruction: instruction, position: position, label: label, index: index,
          place: Place(
            line: parser.line, lineStart: parser.lineStart, start: start, end: parser.at)))
      position += 1
      return -1
    }
  }

  /// `@file:line:col`, where the instruction came from.
  mutating func location() throws(Malformed) -> SourceLocation {
    at += 1
    let start = at
    let file: String
    if byte == UInt8(ascii: "\"") {
      file = String(decoding: try quotedString(), as: UTF8.self)
    } else {
      while at < lineEnd && TextSyntax.isFileByte(bytes[at]) { at += 1 }
      if at == start {
        throw unexpected("a file after '@'", remedy: "places are @file:line or @file:line:column")
      }
      let (index, isNew) = fileNames.insert(slice(start..<at))
      if isNew { files.append(text(start, at)) }
      file = files[index]
    }
    var location = SourceLocation(file: file, line: 0)
    if byte == UInt8(ascii: ":") {
      at += 1
      location.line = try integer("the line")
      if byte == UInt8(ascii: ":") {
        at += 1
        location.column = try integer("the column")
      }
    }
    return location
  }

  // MARK: Recovery

  /// Moves behind the field that begins at `start`.
  private mutating func recover(_ start: Int) {
    at = start
    skipBalanced()
    let endsWithEqual = at > start && bytes[at - 1] == UInt8(ascii: "=")
    skipBlanks()
    if byte == UInt8(ascii: "=") || endsWithEqual {
      if byte == UInt8(ascii: "=") { at += 1 }
      skipBlanks()
      skipBalanced()
    }
    if at == start { at += 1 }
  }

  /// Moves to the next blank that is not in brackets or quotes.
  private mutating func skipBalanced() {
    var depth = 0
    while at < lineEnd {
      switch bytes[at] {
      case UInt8(ascii: "["), UInt8(ascii: "("): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"): depth = max(0, depth - 1)
      case 0x20, 9: if depth == 0 { return }
      case UInt8(ascii: "#"): return
      case UInt8(ascii: "\""): skipQuoted()
      default: break
      }
      at = min(at + 1, lineEnd)
    }
  }

  private mutating func skipQuoted() {
    at += 1
    while at < lineEnd && bytes[at] != UInt8(ascii: "\"") {
      at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    at = min(at, lineEnd)
  }
}
