import Device
import Diagnostics
import Formats
import ISA
import Machine

/// Appends the records of a program to a buffer of bytes.
struct BinaryWriter {
  let program: Program
  var out: [UInt8] = []
  private var payload: [UInt8] = []
  private var strings: [String: Int] = [:]
  private var describedOpcodes: Set<UInt8> = []

  init(_ program: Program) { self.program = program }

  // MARK: Pieces

  private static func append(_ value: Int, to bytes: inout [UInt8]) {
    var rest = UInt(bitPattern: value)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A number that is not negative, or the bits of any.
  private mutating func append(_ value: Int) { BinaryWriter.append(value, to: &payload) }

  /// A number with a sign.
  private mutating func appendSigned(_ value: Int) { append((value << 1) ^ (value >> 63)) }

  private mutating func append(string: String) { append(number(of: string)) }

  private mutating func emit(_ tag: BinaryFormat.Tag) {
    BinaryWriter.record(tag, payload, to: &out)
    payload.removeAll(keepingCapacity: true)
  }

  private static func record(
    _ tag: BinaryFormat.Tag, _ payload: [UInt8], to out: inout [UInt8]
  ) {
    out.append(tag.rawValue)
    append(payload.count, to: &out)
    out.append(contentsOf: payload)
  }

  /// The number of a string, which is written first if it is new.
  ///
  /// Strings that differ in their bytes only, such as composed and decomposed accents, share a number
  /// here as they are equal in Swift.
  private mutating func number(of string: String) -> Int {
    if let known = strings[string] { return known }
    let number = strings.count
    strings[string] = number
    BinaryWriter.record(.string, Array(string.utf8), to: &out)
    return number
  }

  private mutating func append(_ location: SourceLocation) {
    append(string: location.file)
    appendSigned(location.line)
    appendSigned(location.column)
  }

  // MARK: Records

  mutating func appendHead() {
    out += BinaryFormat.magic
    BinaryWriter.append(BinaryFormat.version, to: &out)
    append(string: program.name)
    append(BinaryFormat.dependencies.firstIndex(of: program.dependencies) ?? 0)
    emit(.program)
    for (key, value) in program.metadata.sorted(by: { $0.key < $1.key }) {
      append(string: key)
      append(string: value)
      emit(.metadata)
    }
    for tensor in program.tensors {
      append(string: tensor.name)
      payload += [tensor.space.rawValue, tensor.dtype.rawValue, tensor.role.rawValue]
      append(tensor.shape.count)
      for extent in tensor.shape { appendSigned(extent) }
      appendSigned(tensor.partition)
      appendSigned(tensor.address)
      payload.append(
        (tensor.location == nil ? 0 : BinaryFormat.TensorExtra.location)
          | (tensor.base == nil ? 0 : BinaryFormat.TensorExtra.base)
          | (tensor.isUnplaced ? BinaryFormat.TensorExtra.unplaced : 0))
      if let location = tensor.location { append(location) }
      if let base = tensor.base { appendSigned(Int(base.index)) }
      emit(.tensor)
    }
    for scope in program.scopes {
      append(string: scope.name)
      appendSigned(Int(scope.parent))
      if scope.kind != .plain {
        payload.append(UInt8(BinaryFormat.scopeKinds.firstIndex(of: scope.kind) ?? 0))
      }
      emit(.scope)
    }
  }

  mutating func appendInstruction(_ index: Int) {
    let instruction = program.instructions[index]
    let entry = OperationTable.shared.entry(of: instruction.operation)
    describe(entry)
    var attributes: UInt8 = 0
    if instruction.engine != nil { attributes |= BinaryFormat.Attribute.engine }
    if instruction.label != nil { attributes |= BinaryFormat.Attribute.label }
    if !instruction.after.isEmpty { attributes |= BinaryFormat.Attribute.after }
    if instruction.scope != -1 { attributes |= BinaryFormat.Attribute.scope }
    if instruction.location != nil { attributes |= BinaryFormat.Attribute.location }
    if instruction.isSpill { attributes |= BinaryFormat.Attribute.spill }
    payload += [entry.opcode.rawValue, attributes]
    if let engine = instruction.engine { payload.append(engine.rawValue) }
    if let label = instruction.label { append(string: label) }
    if !instruction.after.isEmpty {
      append(instruction.after.count)
      for other in instruction.after { appendSigned(Int(other)) }
    }
    if instruction.scope != -1 { appendSigned(Int(instruction.scope)) }
    if let location = instruction.location { append(location) }
    for value in instruction.operation.fieldValues { append(value) }
    emit(.instruction)
  }

  mutating func appendEnd() {
    append(program.instructions.count)
    emit(.end)
  }

  private mutating func describe(_ entry: OperationTable.Entry) {
    guard describedOpcodes.insert(entry.opcode.rawValue).inserted else { return }
    payload.append(entry.opcode.rawValue)
    append(string: entry.name)
    append(entry.fields.count)
    for field in entry.fields { append(string: field.name) }
    emit(.operation)
  }

  // MARK: Values

  private mutating func append(tag: BinaryFormat.ValueTag) { payload.append(tag.rawValue) }

  private mutating func append(_ value: FieldValue) {
    switch value {
    case .absent: append(tag: .absent)
    case .tile(let pattern): append(pattern)
    case .number(let number): append(number)
    case .integer(let integer):
      append(tag: .integer)
      appendSigned(integer)
    case .flag(let flag): append(tag: flag ? .yes : .no)
    case .symbol(let name):
      append(tag: .symbol)
      append(string: name)
    case .integers(let values):
      append(tag: .integers)
      append(values.count)
      for value in values { appendSigned(value) }
    case .pairs(let steps):
      append(tag: .pairs)
      append(steps.count)
      for step in steps {
        appendSigned(step.step)
        appendSigned(step.count)
      }
    case .register(let number):
      append(tag: .register)
      appendSigned(number)
    case .text(let text):
      append(tag: .text)
      append(string: text)
    }
  }

  private mutating func append(_ number: Double) {
    let single = Float(number)
    if Double(single).bitPattern == number.bitPattern {
      append(tag: .number)
      withUnsafeBytes(of: single.bitPattern.littleEndian) { payload.append(contentsOf: $0) }
    } else {
      append(tag: .wideNumber)
      withUnsafeBytes(of: number.bitPattern.littleEndian) { payload.append(contentsOf: $0) }
    }
  }

  private mutating func append(_ pattern: AccessPattern) {
    append(tag: .tile)
    appendSigned(Int(pattern.tensor.index))
    appendSigned(Int(pattern.rowStart))
    appendSigned(Int(pattern.rows))
    appendSigned(pattern.rowStride)
    appendSigned(pattern.offset)
    append(pattern.free.count + (pattern.isDynamic ? BinaryFormat.dynamicPattern : 0))
    for dimension in pattern.free {
      appendSigned(Int(dimension.stride))
      appendSigned(Int(dimension.size))
    }
    if pattern.isDynamic {
      appendSigned(Int(pattern.register))
      appendSigned(Int(pattern.registerStride))
    }
  }
}
