import Device
import Diagnostics
import Formats
import ISA
import Machine

extension TextParser {
  /// One line that is not empty.
  mutating func parseLine() {
    do throws(Malformed) { try statement() } catch {}
  }

  private mutating func statement() throws(Malformed) {
    let start = at
    if byte == UInt8(ascii: "}") {
      at += 1
      if openScopes.popLast() == nil {
        report("'}' closes nothing", start, at, remedy: "remove it, or open a scope before it")
      }
      expectEnd()
      return
    }
    let word: ScannedName
    if TextSyntax.beginsName(byte) {
      _ = scanBareName()
      word = ScannedName(start: start, end: at, quoted: nil)
    } else if byte == UInt8(ascii: "\"") {
      word = try name("a statement")
    } else {
      throw unexpected("a statement, an operation or a label")
    }
    if accept(":") {
      try labelled(word, start)
    } else if let index = withBytes(of: word, { table.names.find($0) }) {
      instruction(table.entries[index], label: nil, start, opcodeEnd: word.end)
    } else {
      try directive(word)
    }
  }

  private mutating func labelled(_ label: ScannedName, _ start: Int) throws(Malformed) {
    let number = define(label)
    skipBlanks()
    let place = at
    let word = scanBareName()
    guard let index = table.names.find(slice(word)) else {
      lostInstructions += 1
      if word.isEmpty { throw unexpected("an operation after the label") }
      throw unknownOperation(text(word.lowerBound, word.upperBound), place, at)
    }
    instruction(table.entries[index], label: labels[number], start, opcodeEnd: at)
  }

  private mutating func define(_ label: ScannedName) -> Int {
    let number = intern(label)
    labelTargets[number] =
      labelTargets[number] == -1 ? Int32(clamping: program.instructions.count) : -2
    return number
  }

  /// The number of a label, defined or only referred to.
  mutating func intern(_ label: ScannedName) -> Int {
    let inserted: (index: Int, isNew: Bool)
    if let quoted = label.quoted {
      inserted = quoted.withUnsafeBufferPointer { labels.insert($0) }
    } else {
      inserted = labels.insert(slice(label.start..<label.end))
    }
    if inserted.isNew { labelTargets.append(-1) }
    return inserted.index
  }

  private mutating func unknownOperation(_ word: String, _ start: Int, _ end: Int) -> Malformed {
    fail(
      "there is no operation '\(word)'", start, end,
      remedy: remedyForUnknown(word, known: Opcode.names + TextParser.statements))
  }

  // MARK: Directives

  private mutating func directive(_ word: ScannedName) throws(Malformed) {
    let known = text(word.start, word.end)
    switch known {
    case "kernel": try kernel(word)
    case "meta": try meta()
    case "dependencies": try dependencies(word)
    case "tensor": try tensor(word)
    case "scope": try scope(word, .plain)
    case "affine": try scopeOfKind(word, .affine)
    case "ordered": try scopeOfKind(word, .ordered)
    case "resume": try resume(word)
    case "trnsim":
      throw fail("the first line is repeated", word.start, word.end, remedy: "remove it")
    default:
      lostInstructions += 1
      throw unknownOperation(known, word.start, word.end)
    }
    expectEnd()
  }

  private mutating func kernel(_ word: ScannedName) throws(Malformed) {
    if let first = seenKernel {
      throw fail("the kernel has a name already, at line \(first)", word.start, word.end)
    }
    seenKernel = line
    program.name = string(try name("the kernel's name"))
  }

  private mutating func meta() throws(Malformed) {
    let key = try name("a key")
    try expect("=", "after the key")
    let value = try freeText("a value")
    if program.metadata.updateValue(value, forKey: string(key)) != nil {
      throw fail("'\(string(key))' is given twice", key.start, key.end, remedy: "remove one")
    }
  }

  private mutating func dependencies(_ word: ScannedName) throws(Malformed) {
    if let first = seenDependencies {
      throw fail("dependencies are chosen already, at line \(first)", word.start, word.end)
    }
    seenDependencies = line
    skipBlanks()
    let start = at
    let choice = scanBareName()
    let known = Program.Dependencies.allCases.map(\.rawValue)
    guard
      let found = Program.Dependencies(rawValue: text(choice.lowerBound, choice.upperBound))
    else {
      at = start
      throw unexpected(
        known.joined(separator: " or "),
        remedy: "derived: from the access patterns; explicit: by after=[…] alone")
    }
    program.dependencies = found
  }

  // MARK: Scopes

  /// `affine scope NAME {`, `ordered scope NAME {`.
  private mutating func scopeOfKind(
    _ word: ScannedName, _ kind: Scope.Kind
  ) throws(Malformed) {
    skipBlanks()
    let start = at
    guard matches(scanBareName(), "scope") else {
      at = start
      throw unexpected(
        "'scope' after '\(text(word.start, word.end))'",
        remedy: "as in '\(text(word.start, word.end)) scope k=0 {'")
    }
    try scope(word, kind)
  }

  private mutating func scope(_ word: ScannedName, _ kind: Scope.Kind) throws(Malformed) {
    let name = try freeText("the scope's name", stop: UInt8(ascii: "{"))
    let parent = openScopes.last?.scope ?? -1
    program.scopes.append(Scope(name: name, parent: parent, kind: kind))
    try open(Int32(program.scopes.count - 1), word)
  }

  private mutating func resume(_ word: ScannedName) throws(Malformed) {
    skipBlanks()
    let start = at
    let number = try integer("the number of a scope")
    guard program.scopes.indices.contains(number) else {
      report(
        "scope \(number) has not been opened before", start, at,
        remedy: "scopes are numbered from 0 in the order in which they are opened")
      try open(-1, word)
      return
    }
    try open(Int32(number), word)
  }

  private mutating func open(_ scope: Int32, _ word: ScannedName) throws(Malformed) {
    try expect("{", "after the scope")
    let place = Place(line: line, lineStart: lineStart, start: word.start, end: word.end)
    if accept("}") { return }
    if openScopes.count >= TextParser.scopeDepthLimit {
      report(
        "scopes nest deeper than \(TextParser.scopeDepthLimit)", place, remedy: "use fewer levels")
    }
    openScopes.append((scope, place))
  }

  // MARK: Tensors

  private mutating func tensor(_ word: ScannedName) throws(Malformed) {
    let name = try name("the tensor's name")
    let written = string(name)
    let inserted: (index: Int, isNew: Bool)
    if let quoted = name.quoted {
      inserted = quoted.withUnsafeBufferPointer { tensorNames.insert($0) }
    } else {
      inserted = tensorNames.insert(slice(name.start..<name.end))
    }
    guard inserted.isNew else {
      let first = program.tensors[inserted.index].location
      throw fail(
        "tensor '\(written)' is declared twice", name.start, name.end,
        remedy: first.map { "the first is at \($0)" } ?? "rename one of them")
    }
    // Registered before it is complete, so that a mistake here is not reported at every use.
    program.tensors.append(
      Tensor(name: written, space: .hbm, dtype: .float32, shape: [1], location: place(word.start)))
    layouts.append(nil)
    var tensor = program.tensors[inserted.index]
    try expect(":", "after the tensor's name")
    try tensorKind(&tensor)
    skipBlanks()
    let bracket = at
    tensor.shape = try list { (parser: inout TextParser) throws(Malformed) in
      try parser.integer("an extent")
    }
    try checkShape(tensor, bracket)
    try tensorBase(&tensor)
    try tensorPlace(&tensor, written, name)
    if !options.ownPlaces { tensor.location = nil }
    skipBlanks()
    if byte == UInt8(ascii: "@") { tensor.location = try location() }
    program.tensors[inserted.index] = tensor
    layouts[inserted.index] = TensorLayout(TensorID(inserted.index), tensor)
  }

  private mutating func tensorKind(_ tensor: inout Tensor) throws(Malformed) {
    let space = try name("hbm, sbuf or psum")
    guard let found = MemorySpace.allCases.first(where: { $0.name == string(space) }) else {
      throw fail(
        "there is no memory '\(string(space))'", space.start, space.end,
        remedy: remedyForUnknown(string(space), known: MemorySpace.allCases.map(\.name)))
    }
    tensor.space = found
    var type = try name("an element type")
    if let role = Tensor.Role.allCases.first(where: { "\($0)" == string(type) }) {
      tensor.role = role
      type = try name("an element type")
    }
    guard let dtype = DType(name: string(type)) else {
      let known = DType.allCases.map(\.name) + Tensor.Role.allCases.map { "\($0)" }
      throw fail(
        "there is no element type '\(string(type))'", type.start, type.end,
        remedy: remedyForUnknown(string(type), known: known))
    }
    tensor.dtype = dtype
  }

  /// `of x`: the elements of an earlier tensor's memory.
  private mutating func tensorBase(_ tensor: inout Tensor) throws(Malformed) {
    skipBlanks()
    let start = at
    guard matches(scanBareName(), "of") else {
      at = start
      return
    }
    let base = try name("the tensor whose memory it is")
    guard let index = withBytes(of: base, { tensorNames.find($0) }),
      index < program.tensors.count - 1
    else {
      throw fail(
        "there is no tensor '\(string(base))' before this one", base.start, base.end,
        remedy: "declare it first")
    }
    tensor.base = TensorID(index)
  }

  private mutating func checkShape(_ tensor: Tensor, _ start: Int) throws(Malformed) {
    if tensor.shape.isEmpty {
      throw fail("a tensor without dimensions", start, at, remedy: "a scalar is [1, 1]")
    }
    if let wrong = tensor.shape.first(where: { $0 < 1 }) {
      throw fail("an extent of \(wrong)", start, at, remedy: "extents start at 1")
    }
    if TensorLayout(TensorID(0), tensor) == nil {
      throw fail(
        "a tensor of more than \(TensorLayout.maximumElements) elements", start, at,
        remedy: "no memory is as large; check the shape")
    }
  }

  private mutating func tensorPlace(
    _ tensor: inout Tensor, _ written: String, _ name: ScannedName
  ) throws(Malformed) {
    skipBlanks()
    var start = at
    guard matches(scanBareName(), "at") else {
      // The compiler places what has no place.
      at = start
      return
    }
    if tensor.space == .hbm {
      throw fail(
        "'\(written)' is in hbm and has no place on chip", start, at,
        remedy: "remove 'at …', or declare it in sbuf or psum")
    }
    var place = OnChipPlace()
    let words = ["partition", "bank", "byte"].filter { $0 != "bank" || tensor.space == .psum }
    var seen: Set<String> = []
    while true {
      skipBlanks()
      start = at
      let range = scanBareName()
      let word = text(range.lowerBound, range.upperBound)
      if word.isEmpty && !seen.isEmpty {
        tensor.place = place
        return
      }
      guard words.contains(word) else {
        at = start
        throw unexpected(
          words.joined(separator: " or "),
          remedy: "a place is 'at partition 0 \(tensor.space == .psum ? "bank 1" : "byte 0x1000")'")
      }
      guard seen.insert(word).inserted else {
        throw fail("'\(word)' is given twice", start, at, remedy: "remove one")
      }
      switch word {
      case "partition":
        place.partition = try coordinate("the partition", limit: TensorLayout.maximumPartition)
      case "bank":
        let limit = (TensorLayout.maximumAddress - place.byte) / TextSyntax.bankBytes
        place.byte += TextSyntax.bankBytes * (try coordinate("the bank", limit: limit))
      default:
        let limit = TensorLayout.maximumAddress - place.byte
        place.byte += try coordinate("the byte", limit: limit)
      }
    }
  }

  private mutating func coordinate(
    _ what: String, limit: Int
  ) throws(Malformed) -> Int {
    skipBlanks()
    let place = at
    let value = try integer(what)
    guard (0...limit).contains(value) else {
      throw fail(
        "\(what) is \(value), must be from 0 to \(limit)", place, at,
        remedy: "places are counted from 0")
    }
    return value
  }
}
