import Diagnostics
import ISA
import Machine

/// Thrown after a diagnostic has been recorded, to leave the construct that it is about.
struct Malformed: Error {}

/// Reads program texts: line by line, on UTF-8 bytes, reporting every error of the file at once.
///
/// Within a line it recovers after each field, so that several faults of one line are all found.
struct TextParser {
  /// Most diagnostics that are kept; a note tells that there were more.
  static let diagnosticLimit = 200

  /// Deepest nesting of scopes.
  static let scopeDepthLimit = Program.scopeDepthLimit

  let bytes: UnsafeBufferPointer<UInt8>
  let file: String
  let options: ParseOptions
  let table = OperationTable.shared

  // The cursor.
  var at = 0
  var line = 0
  var lineStart = 0
  var lineEnd = 0

  var program = Program(name: "")
  var diagnostics: [Diagnostic] = []
  var hasErrors = false
  var isFull = false
  var stoppedAtHeader = false

  // What was seen.
  var seenKernel: Int?
  var seenDependencies: Int?
  var tensorNames = NameTable()
  var layouts: [TensorLayout?] = []
  var labels = NameTable()
  /// Instruction of each label: -1 not defined, -2 defined more than once.
  var labelTargets: [Int32] = []
  var references: [LabelReference] = []
  var openScopes: [(scope: Int32, place: Place)] = []
  /// Instructions that had errors; indices into the stream are then meaningless.
  var lostInstructions = 0
  var unknownTensors: [(name: String, diagnostic: Int)] = []
  var fileNames = NameTable()
  var files: [String] = []
  var slots: [FieldSlot] = []
  var slotPlaces: [Place] = []

  /// Where something stands in the bytes.
  struct Place {
    var line: Int
    var lineStart: Int
    var start: Int
    var end: Int
  }

  /// An entry of an `after` list, resolved at the end because labels may follow.
  struct LabelReference {
    var instruction: Int
    var position: Int
    /// Number of the label; -1 for an index.
    var label: Int
    var index: Int
    var place: Place
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, options: ParseOptions) {
    self.bytes = bytes
    self.file = file
    self.options = options
  }

  // MARK: Reporting

  /// Records an error about the bytes `start..<end` of the current line.
  mutating func report(
    _ message: String, _ start: Int, _ end: Int, remedy: String? = nil
  ) {
    report(
      message, Place(line: line, lineStart: lineStart, start: start, end: end), remedy: remedy)
  }

  mutating func report(_ message: String, _ place: Place, remedy: String? = nil) {
    hasErrors = true
    if diagnostics.count >= TextParser.diagnosticLimit {
      isFull = true
      return
    }
    let shown = excerpt(place)
    diagnostics.append(
      Diagnostic(
        .error, message,
        at: SourceLocation(file: file, line: place.line, column: shown.column),
        sourceLine: shown.line, length: shown.length, remedy: remedy))
  }

  /// Records an error and leaves the construct.
  mutating func fail(
    _ message: String, _ start: Int, _ end: Int, remedy: String? = nil
  ) -> Malformed {
    report(message, start, end, remedy: remedy)
    return Malformed()
  }

  /// The column in characters, the text of the line, and how many characters to underline.
  private func excerpt(_ place: Place) -> (column: Int, line: String?, length: Int) {
    // Long lines are not shown whole: nobody can read them, and 200 of them are a lot of text.
    let shownLimit = 400
    var end = place.lineStart
    let limit = min(bytes.count, place.lineStart + shownLimit)
    while end < limit && bytes[end] != 10 && bytes[end] != 13 { end += 1 }
    let start = min(place.start, bytes.count)
    if start - place.lineStart > shownLimit - 40 {
      var column = 1
      for i in place.lineStart..<start where bytes[i] & 0xC0 != 0x80 { column += 1 }
      return (column, nil, max(1, place.end - start))
    }
    let before = text(place.lineStart, start)
    let whole = text(place.lineStart, end)
    return (before.count + 1, whole, max(1, text(start, min(place.end, end)).count))
  }

  /// The bytes as a string.
  func text(_ start: Int, _ end: Int) -> String {
    guard start < end else { return "" }
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
  }

  /// A few characters from the cursor on, to say what was found instead.
  func found(_ start: Int, _ end: Int) -> String {
    if start >= lineEnd { return "the end of the line" }
    let stop = min(end, start + 40)
    return "'\(text(start, stop))\(stop < end ? "…" : "")'"
  }

  // MARK: Lines

  mutating func parse() -> Result<Program, DiagnosticError> {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    let isUTF8 = bytes.allSatisfy { $0 < 0x80 } || validate()
    var sawHeader = false
    var next = at
    while next < bytes.count && !isFull {
      line += 1
      lineStart = next
      lineEnd = next
      while lineEnd < bytes.count && bytes[lineEnd] != 10 { lineEnd += 1 }
      next = lineEnd + 1
      if lineEnd > lineStart && bytes[lineEnd - 1] == 13 { lineEnd -= 1 }
      at = lineStart
      if !isUTF8, let bad = firstInvalidByte() {
        report(
          "byte 0x\(String(bytes[bad], radix: 16)) is not UTF-8", bad, bad + 1,
          remedy: "save the file as UTF-8")
        continue
      }
      skipBlanks()
      if at == lineEnd { continue }
      if !sawHeader {
        sawHeader = true
        if !parseHeader() {
          stoppedAtHeader = true
          break
        }
        continue
      }
      parseLine()
    }
    finish(sawHeader: sawHeader)
    if hasErrors { return .failure(DiagnosticError(diagnostics)) }
    return .success(program)
  }

  private func validate() -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  private func firstInvalidByte() -> Int? {
    let slice = UnsafeBufferPointer(rebasing: bytes[lineStart..<lineEnd])
    if slice.allSatisfy({ $0 < 0x80 }) { return nil }
    var decoder = UTF8()
    var source = slice.makeIterator()
    var position = lineStart
    while true {
      switch decoder.decode(&source) {
      case .scalarValue(let scalar): position += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return min(position, lineEnd - 1)
      }
    }
  }

  /// The first line; false when the file is so different that further messages would be noise.
  private mutating func parseHeader() -> Bool {
    let start = at
    let word = scanBareName()
    guard matches(word, "trnsim") else {
      at = start
      report(
        "not a program text: the first line must be 'trnsim program \(TextSyntax.version)', found "
          + found(start, lineEnd), start, lineEnd, remedy: "add that line")
      return startsLikeStatement()
    }
    skipBlanks()
    let kind = at
    guard matches(scanBareName(), "program") else {
      report(
        "expected 'program' after 'trnsim', found \(found(kind, lineEnd))", kind, lineEnd,
        remedy: "the first line is 'trnsim program \(TextSyntax.version)'")
      return false
    }
    skipBlanks()
    let place = at
    guard let version = try? integer("the version") else { return true }
    if version != TextSyntax.version {
      report(
        "version \(version) of program texts, this trnsim reads version \(TextSyntax.version)",
        place, at, remedy: version > TextSyntax.version ? "use a newer trnsim" : nil)
      return false
    }
    expectEnd()
    return true
  }

  /// Whether the line could belong to a program, its header forgotten; if so it is parsed.
  private mutating func startsLikeStatement() -> Bool {
    let start = at
    let word = scanBareName()
    let isKnown =
      TextParser.statements.contains(text(word.lowerBound, word.upperBound))
      || table.names.find(slice(word)) != nil
    at = start
    if isKnown { parseLine() }
    return isKnown
  }

  static let statements = [
    "kernel", "meta", "dependencies", "tensor", "scope", "affine", "ordered", "resume",
  ]

  private mutating func finish(sawHeader: Bool) {
    if !sawHeader {
      line = max(line, 1)
      report(
        "the program is empty", 0, 0,
        remedy: "the first line is 'trnsim program \(TextSyntax.version)'")
    } else if !isFull && !stoppedAtHeader {
      if seenKernel == nil {
        report(
          "the program has no name",
          Place(line: line, lineStart: lineStart, start: lineStart, end: lineStart),
          remedy: "add a line 'kernel NAME' after the first")
      }
      for open in openScopes {
        report("this scope is never closed", open.place, remedy: "add a line '}'")
      }
      resolveReferences()
      explainLateTensors()
    }
    // In the order of their places, though some are found only at the end.
    diagnostics = diagnostics.enumerated().sorted {
      let a = $0.element.location
      let b = $1.element.location
      return (a?.line ?? 0, a?.column ?? 0, $0.offset) < (b?.line ?? 0, b?.column ?? 0, $1.offset)
    }.map(\.element)
    if isFull {
      diagnostics.append(
        Diagnostic(
          .note, "more than \(TextParser.diagnosticLimit) errors, the rest is not shown",
          at: SourceLocation(file: file, line: 0), remedy: "repair these first"))
    }
  }

  private mutating func explainLateTensors() {
    for (name, index) in unknownTensors where diagnostics.indices.contains(index) {
      guard let late = program.tensors.first(where: { $0.name == name }) else { continue }
      diagnostics[index].remedy =
        "declare tensors before their first use; this one is declared "
        + (late.location.map { "at \($0)" } ?? "below")
    }
  }

  private func definedLabels() -> [String] {
    var known: [String] = []
    for label in 0..<labels.count where known.count < Program.nearestNameLimit {
      if labelTargets[label] >= 0 { known.append(labels[label]) }
    }
    return known
  }

  private mutating func resolveReferences() {
    for reference in references {
      var target = reference.index
      if reference.label >= 0 {
        target = Int(labelTargets[reference.label])
        if target < 0 {
          let name = labels[reference.label]
          let known = definedLabels()
          report(
            target == -1
              ? "no instruction has the label '\(name)'"
              : "several instructions have the label '\(name)'", reference.place,
            remedy: target == -1
              ? (known.isEmpty
                ? "label an instruction: \(TextSyntax.name(name)): dma_copy …"
                : remedyForUnknown(name, known: known)) : "rename all but one of them")
          continue
        }
      } else if lostInstructions == 0 && !program.instructions.indices.contains(target) {
        report(
          "instruction \(target) does not exist, the program has \(program.instructions.count)",
          reference.place, remedy: "instructions are numbered from 0; labels are safer")
        continue
      }
      // A lost instruction leaves its references behind; the program is then not used.
      if !hasErrors {
        program.instructions[reference.instruction].after[reference.position] = Int32(
          clamping: target)
      }
    }
  }
}
