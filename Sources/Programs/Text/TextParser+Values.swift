import Diagnostics
import ISA
import Machine

extension TextParser {
  /// The value of a field, according to its kind.
  mutating func value(of field: OperationTable.FieldEntry) throws(Malformed) -> FieldValue {
    skipBlanks()
    if case .symbol = field.kind { return try symbol(field) }
    if acceptAbsent() { return .absent }
    switch field.kind {
    case .tile: return .tile(try operand())
    case .scalarOrTile:
      if beginsNumber() { return .number(try number("'\(field.name)'")) }
      return .tile(try operand())
    case .number: return .number(try number("'\(field.name)'", isWide: field.isWide))
    case .integer: return .integer(try integer("'\(field.name)'"))
    case .flag: return .flag(try flag(field.name))
    case .symbol: return try symbol(field)
    case .integers:
      return .integers(
        try list { (parser: inout TextParser) throws(Malformed) in
          try parser.integer("an entry of '\(field.name)'")
        })
    case .pairs:
      return .pairs(
        try list { (parser: inout TextParser) throws(Malformed) in
          let (step, count) = try parser.pair()
          return IndexStep(step: step, count: count)
        })
    case .register: return .register(try register())
    case .registerOrInteger:
      if byte == UInt8(ascii: "r") { return .register(try register()) }
      return .integer(try integer("'\(field.name)'"))
    case .text: return .text(string(try name("'\(field.name)', a text")))
    }
  }

  /// A register: `r` and its number.
  mutating func register() throws(Malformed) -> Int {
    skipBlanks()
    let start = at
    let isRegister = byte == UInt8(ascii: "r")
    let word = scanBareName()
    let digits = text(word.lowerBound, word.upperBound).dropFirst()
    guard isRegister, let number = Int(digits),
      (0...Register.maximum).contains(number)
    else {
      at = start
      throw unexpected("a register", remedy: "registers are r0 to r\(Register.maximum)")
    }
    return number
  }

  private mutating func acceptAbsent() -> Bool {
    guard byte == UInt8(ascii: "a") else { return false }
    let start = at
    if matches(scanBareName(), "absent") && byte != UInt8(ascii: "[") { return true }
    at = start
    return false
  }

  private mutating func symbol(
    _ field: OperationTable.FieldEntry
  ) throws(Malformed) -> FieldValue {
    let found = try name("'\(field.name)', one of a few words")
    if let index = withBytes(of: found, { field.symbolNames.find($0) }) {
      return .symbol(field.symbols[index])
    }
    let word = string(found)
    if word == "absent" { return .absent }
    throw fail(
      "'\(field.name)' cannot be '\(word)'", found.start, found.end,
      remedy: remedyForUnknown(word, known: field.symbols))
  }

  mutating func flag(_ field: String) throws(Malformed) -> Bool {
    let start = at
    let word = scanBareName()
    if matches(word, "true") || matches(word, "True") { return true }
    if matches(word, "false") || matches(word, "False") { return false }
    at = start
    throw unexpected("'\(field)', true or false")
  }

  /// A list in brackets.
  mutating func list<Element>(
    _ element: (inout TextParser) throws(Malformed) -> Element
  ) throws(Malformed) -> [Element] {
    try expect("[", "before a list")
    var elements: [Element] = []
    if accept("]") { return elements }
    while true {
      elements.append(try element(&self))
      if accept("]") { return elements }
      try expect(",", "or ']' in a list")
    }
  }

  /// Two integers in brackets.
  mutating func pair() throws(Malformed) -> (Int, Int) {
    try expect("[", "before a pair")
    let first = try integer("the first of a pair")
    try expect(",", "between the two of a pair")
    let second = try integer("the second of a pair")
    try expect("]", "after a pair")
    return (first, second)
  }

  // MARK: Operands

  /// A tensor, whole, sliced or with a general access pattern.
  mutating func operand() throws(Malformed) -> AccessPattern {
    skipBlanks()
    var name = try name("a tensor")
    // Names may contain dots, so `.ap` before a parenthesis is cut off again.
    var isGeneral = false
    if byte == UInt8(ascii: "("), name.quoted == nil, name.end - name.start > 3,
      matches(name.end - 3..<name.end, ".ap")
    {
      name.end -= 3
      isGeneral = true
    } else if name.quoted != nil, at + 4 <= lineEnd, matches(at..<at + 4, ".ap(") {
      at += 3
      isGeneral = true
    }
    guard let index = withBytes(of: name, { tensorNames.find($0) }) else {
      throw unknownTensor(name)
    }
    // Its declaration was wrong and has been reported.
    guard let layout = layouts[index] else {
      hasErrors = true
      throw Malformed()
    }
    let id = TensorID(index)
    if isGeneral { return try generalPattern(id, layout) }
    if byte == UInt8(ascii: "[") { return try slicedPattern(id, layout, name) }
    guard let whole = layout.whole else {
      throw fail(
        "'\(string(name))' has more than \(Int32.max) elements per row", name.start, name.end,
        remedy: "name a slice of it")
    }
    return whole
  }

  private mutating func unknownTensor(_ name: ScannedName) -> Malformed {
    let written = string(name)
    let known = (0..<min(tensorNames.count, Program.nearestNameLimit)).map { tensorNames[$0] }
    unknownTensors.append((written, diagnostics.count))
    return fail(
      "there is no tensor '\(written)'", name.start, name.end,
      remedy: known.isEmpty
        ? "declare it: tensor \(TextSyntax.name(written)): …"
        : remedyForUnknown(written, known: known))
  }

  /// An integer that access patterns can hold.
  private mutating func int32(_ value: Int, _ what: String, _ start: Int) throws(Malformed) -> Int {
    guard Int(Int32(truncatingIfNeeded: value)) == value else {
      throw fail(
        "\(what) is \(value), which does not fit into 32 bits", start, at,
        remedy: "from \(Int32.min) to \(Int32.max)")
    }
    return value
  }

  /// What follows `.ap`.
  private mutating func generalPattern(
    _ id: TensorID, _ layout: TensorLayout
  ) throws(Malformed) -> AccessPattern {
    let start = at
    try expect("(", "after .ap")
    skipBlanks()
    let listStart = at
    let pairs = try list { (parser: inout TextParser) throws(Malformed) in
      parser.skipBlanks()
      let place = parser.at
      let (stride, size) = try parser.pair()
      return (stride: stride, size: size, start: place, end: parser.at)
    }
    let rowDimensions = layout.isOnChip ? 0 : 1
    if pairs.count < rowDimensions {
      throw fail(
        "the pattern of an hbm tensor begins with its rows", listStart, at,
        remedy: "write .ap([[row_stride, rows], [stride, size], …])")
    }
    if pairs.count - rowDimensions > FreeDimensions.maximum {
      throw fail(
        "\(pairs.count - rowDimensions) free dimensions, operands have at most "
          + "\(FreeDimensions.maximum)", listStart, at,
        remedy: "merge dimensions, or split the instruction")
    }
    var pattern = AccessPattern(tensor: id, rows: layout.shape[0], free: FreeDimensions())
    for (position, pair) in pairs.enumerated() {
      guard Int(Int32(truncatingIfNeeded: pair.size)) == pair.size else {
        throw fail("size \(pair.size) does not fit into 32 bits", pair.start, pair.end)
      }
      if position < rowDimensions {
        pattern.rowStride = pair.stride
        pattern.rows = Int32(pair.size)
        continue
      }
      guard Int(Int32(truncatingIfNeeded: pair.stride)) == pair.stride else {
        throw fail("stride \(pair.stride) does not fit into 32 bits", pair.start, pair.end)
      }
      pattern.free.append(AccessDimension(stride: pair.stride, size: pair.size))
    }
    while accept(",") { try patternArgument(&pattern, layout) }
    if !accept(")") { throw unexpected("',' or ')' in .ap(…)") }
    if layout.isOnChip && layout.shape[0] > Int(Int32.max) {
      throw fail("the tensor has more rows than a pattern can have", start, at)
    }
    return pattern
  }

  private mutating func patternArgument(
    _ pattern: inout AccessPattern, _ layout: TensorLayout
  ) throws(Malformed) {
    skipBlanks()
    let start = at
    let word = scanBareName()
    if matches(word, "offset") {
      try expect("=", "after offset")
      pattern.offset = try integer("offset")
    } else if matches(word, "rows") && layout.isOnChip {
      try expect("=", "after rows")
      skipBlanks()
      let place = at
      let first = try int32(try integer("the first row"), "the first row", place)
      try expect(":", "between the first row and the one after the last")
      let end = try integer("the row after the last")
      let count = end.subtractingReportingOverflow(first)
      pattern.rowStart = Int32(first)
      pattern.rows = Int32(
        try int32(count.overflow ? Int.max : count.partialValue, "the number of rows", place))
    } else if matches(word, "row_stride") && layout.isOnChip {
      try expect("=", "after row_stride")
      pattern.rowStride = try integer("row_stride")
    } else if matches(word, "row_start") && !layout.isOnChip {
      try expect("=", "after row_start")
      skipBlanks()
      let place = at
      pattern.rowStart = Int32(try int32(try integer("row_start"), "row_start", place))
    } else if matches(word, "moved") {
      try expect("=", "after moved")
      try expect("[", "before a register and its stride")
      pattern.register = Int32(try register())
      try expect(",", "between a register and its stride")
      skipBlanks()
      let place = at
      pattern.registerStride = Int32(
        try int32(try integer("the register's stride"), "the register's stride", place))
      try expect("]", "after a register's stride")
    } else {
      at = start
      throw unexpected(
        layout.isOnChip ? "rows= or offset= in .ap(…)" : "offset= in .ap(…)",
        remedy: layout.isOnChip
          ? ".ap([[stride, size], …], rows=start:stop, offset=n)"
          : ".ap([[row_stride, rows], [stride, size], …], offset=n)")
    }
  }
}
