import Device
import Diagnostics
import Formats
import ISA
import Machine

/// Appends the text of a program to a buffer of UTF-8 bytes.
struct TextPrinter {
  let program: Program
  let options: TextOptions
  var out: [UInt8] = []

  let layouts: [TensorLayout?]
  private let names: [[UInt8]]
  /// Labels that more than one instruction has, so that they cannot be referred to.
  private let ambiguous: Set<String>
  private var files: [String: [UInt8]] = [:]

  /// Scopes that are open, outermost first.
  private var open: [Int] = []
  /// Whether each scope is open.
  private var isOpen: [Bool]
  /// How many scopes of the table have been opened so far.
  private var created = 0
  /// Whether the last line ends with `{`, so that an empty block can be closed on it.
  private var endsWithBrace = false
  var selections: [DimensionSelection] = []

  init(_ program: Program, _ options: TextOptions) {
    self.program = program
    self.options = options
    layouts = program.tensors.enumerated().map { TensorLayout(TensorID($0.offset), $0.element) }
    names = program.tensors.map { Array(TextSyntax.name($0.name).utf8) }
    isOpen = [Bool](repeating: false, count: program.scopes.count)
    ambiguous = TextPrinter.ambiguousLabels(program)
  }

  private static func ambiguousLabels(_ program: Program) -> Set<String> {
    guard program.instructions.contains(where: { !$0.after.isEmpty }) else { return [] }
    var seen: Set<String> = []
    var twice: Set<String> = []
    for instruction in program.instructions {
      if let label = instruction.label, !seen.insert(label).inserted { twice.insert(label) }
    }
    return twice
  }

  // MARK: Pieces

  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { out.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) { out.append(contentsOf: text.utf8) }

  mutating func append(_ value: Int) {
    if value < 0 {
      append(String(value))
      return
    }
    var rest = value
    let start = out.count
    repeat {
      out.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    out[start...].reverse()
  }

  mutating func appendTensorName(_ id: TensorID) {
    if names.indices.contains(Int(id.index)) {
      out.append(contentsOf: names[Int(id.index)])
    } else {
      append("?\(id.index)")
    }
  }

  private mutating func appendLocation(_ location: SourceLocation?) {
    guard options.showsLocations, let location else { return }
    append("  @")
    if let known = files[location.file] {
      out.append(contentsOf: known)
    } else {
      let bytes = Array(
        (TextSyntax.isBareFile(location.file)
          ? location.file : TextSyntax.quoted(location.file)).utf8)
      files[location.file] = bytes
      out.append(contentsOf: bytes)
    }
    if location.line != 0 || location.column != 0 {
      append(":")
      append(location.line)
    }
    if location.column != 0 {
      append(":")
      append(location.column)
    }
  }

  // MARK: Head

  mutating func appendHead() {
    append("trnsim program \(TextSyntax.version)\nkernel \(TextSyntax.name(program.name))\n")
    for (key, value) in program.metadata.sorted(by: { $0.key < $1.key }) {
      append("meta \(TextSyntax.name(key)) = \(TextSyntax.freeText(value))\n")
    }
    append("dependencies \(program.dependencies.rawValue)\n")
    for tensor in program.tensors {
      append("tensor ")
      append(TextSyntax.name(tensor.name))
      append(": \(tensor.space.name) ")
      if tensor.role != .scratch { append("\(tensor.role) ") }
      append("\(tensor.dtype.name) \(tensor.shape)")
      if let base = tensor.base {
        append(" of ")
        appendTensorName(base)
      }
      appendPlace(tensor)
      appendLocation(tensor.location)
      append("\n")
    }
    append("\n")
  }

  private mutating func appendPlace(_ tensor: Tensor) {
    guard let place = tensor.place else { return }
    append(" at partition \(place.partition)")
    var byte = place.byte
    if tensor.space == .psum && byte >= 0 {
      append(" bank \(byte / TextSyntax.bankBytes)")
      byte %= TextSyntax.bankBytes
      if byte == 0 { return }
    }
    append(byte >= 10 ? " byte 0x\(String(byte, radix: 16))" : " byte \(byte)")
  }

  // MARK: Scopes

  /// Deepest nesting that is shown by indentation.
  private static let indentLimit = 16

  private mutating func beginLine() {
    if endsWithBrace { append("\n") }
    endsWithBrace = false
    for _ in 0..<min(open.count, TextPrinter.indentLimit) { append("  ") }
  }

  private mutating func closeScope() {
    let closed = open.removeLast()
    isOpen[closed] = false
    if endsWithBrace {
      append("}\n")
      endsWithBrace = false
    } else {
      beginLine()
      append("}\n")
    }
  }

  private mutating func push(_ scope: Int) {
    open.append(scope)
    isOpen[scope] = true
    endsWithBrace = true
  }

  private func parent(_ scope: Int) -> Int {
    let parent = Int(program.scopes[scope].parent)
    // Only an earlier scope can be a parent; `check` reports others.
    return parent < scope ? max(-1, parent) : -1
  }

  /// Makes `scope`, which has been opened before, or none (-1) the innermost open one.
  private mutating func enter(_ scope: Int) {
    if scope < 0 || isOpen[scope] {
      while let last = open.last, last != scope { closeScope() }
      return
    }
    var ancestor = parent(scope)
    while ancestor >= 0 && !isOpen[ancestor] { ancestor = parent(ancestor) }
    enter(ancestor)
    beginLine()
    append("resume \(scope) {")
    let name = program.scopes[scope].name
    push(scope)
    if TextSyntax.isBareText(name) {
      append("  # \(name)\n")
      endsWithBrace = false
    }
  }

  private mutating func moveTo(_ scope: Int) {
    while created <= scope {
      enter(parent(created))
      beginLine()
      switch program.scopes[created].kind {
      case .plain: break
      case .affine: append("affine ")
      case .ordered: append("ordered ")
      }
      append("scope \(TextSyntax.freeText(program.scopes[created].name)) {")
      push(created)
      created += 1
    }
    if open.last ?? -1 != scope { enter(scope) }
  }

  // MARK: Instructions

  mutating func appendInstruction(_ index: Int) {
    let instruction = program.instructions[index]
    moveTo(program.scopes.indices.contains(Int(instruction.scope)) ? Int(instruction.scope) : -1)
    beginLine()
    appendBody(instruction)
    append("\n")
  }

  /// Closes what is open and adds the scopes that no instruction is in.
  mutating func appendEnd() {
    moveTo(program.scopes.count - 1)
    while !open.isEmpty { closeScope() }
  }

  mutating func appendBody(_ instruction: Instruction) {
    if let label = instruction.label { append("\(TextSyntax.name(label)): ") }
    let entry = OperationTable.shared.entry(of: instruction.operation)
    append(entry.name)
    for (field, value) in zip(entry.fields, instruction.operation.fieldValues)
    where !value.isIdentical(to: field.defaultValue) {
      append(" ")
      append(field.name)
      append("=")
      appendValue(value)
    }
    if let engine = instruction.engine { append(" engine=\(engine.name)") }
    if !instruction.after.isEmpty {
      append(" after=[")
      for (position, other) in instruction.after.enumerated() {
        if position > 0 { append(", ") }
        appendReference(Int(other))
      }
      append("]")
    }
    if instruction.isSpill { append(" spill=true") }
    appendLocation(instruction.location)
  }

  private mutating func appendReference(_ index: Int) {
    if program.instructions.indices.contains(index),
      let label = program.instructions[index].label, !ambiguous.contains(label)
    {
      append(TextSyntax.name(label))
    } else {
      append(index)
    }
  }
}
