import Device
import Diagnostics
import ISA
import Machine

extension BinaryReader {
  mutating func readInstruction() throws(DiagnosticError) {
    let opcode = try byte()
    guard let layout = operations[Int(opcode)] else {
      throw fault("opcode \(opcode) has not been introduced")
    }
    let attributes = try byte()
    guard attributes & ~BinaryFormat.Attribute.all == 0 else {
      throw fault("unknown attributes", remedy: "use the trnsim that wrote the file")
    }
    var engine: Engine?
    if attributes & BinaryFormat.Attribute.engine != 0 {
      let raw = try byte()
      engine = try choice(Engine(rawValue: raw), "engine", raw)
    }
    let label = attributes & BinaryFormat.Attribute.label != 0 ? try string() : nil
    var after: [Int32] = []
    if attributes & BinaryFormat.Attribute.after != 0 {
      for _ in 0..<(try count("predecessors")) { after.append(try int32("a predecessor")) }
    }
    var scope: Int32 = -1
    if attributes & BinaryFormat.Attribute.scope != 0 {
      scope = try int32("the scope")
      guard program.scopes.indices.contains(Int(scope)) else {
        throw fault("scope \(scope) is named, the file has \(program.scopes.count)")
      }
    }
    let location = attributes & BinaryFormat.Attribute.location != 0 ? try location() : nil
    program.instructions.append(
      Instruction(
        try operation(layout), engine: engine, label: label, after: after, scope: scope,
        location: location, isSpill: attributes & BinaryFormat.Attribute.spill != 0))
  }

  private mutating func operation(
    _ layout: OperationLayout
  ) throws(DiagnosticError) -> any Operation {
    let entry = layout.entry
    var slots: [FieldSlot] = []
    slots.reserveCapacity(layout.fields.count)
    for index in layout.fields {
      let value = try value()
      // An operand that must be there has no absent value: it stays unset and is found below.
      if value == .absent && entry.fields[index].isRequired { continue }
      slots.append(FieldSlot(index: index, value: value))
    }
    for (index, field) in entry.fields.enumerated()
    where field.isRequired && !slots.contains(where: { $0.index == index }) {
      throw fault("\(entry.name) without '\(field.name)'")
    }
    let (operation, rejected) = entry.type.assembled(slots)
    if let first = rejected.first {
      throw fault("'\(entry.fields[slots[first].index].name)' of \(entry.name) has a wrong value")
    }
    return operation
  }

  private mutating func value() throws(DiagnosticError) -> FieldValue {
    let raw = try byte()
    switch try choice(BinaryFormat.ValueTag(rawValue: raw), "kind of value", raw) {
    case .absent: return .absent
    case .tile: return .tile(try pattern())
    case .number:
      let bits = UInt32(truncatingIfNeeded: try littleEndian(4))
      return .number(Double(Float(bitPattern: bits)))
    case .wideNumber: return .number(Double(bitPattern: try littleEndian(8)))
    case .integer: return .integer(try signed())
    case .no: return .flag(false)
    case .yes: return .flag(true)
    case .symbol: return .symbol(try string())
    case .integers:
      var values: [Int] = []
      for _ in 0..<(try count("integers")) { values.append(try signed()) }
      return .integers(values)
    case .pairs:
      var steps: [IndexStep] = []
      for _ in 0..<(try count("pairs")) {
        let step = try signed()
        steps.append(IndexStep(step: step, count: try signed()))
      }
      return .pairs(steps)
    case .register:
      let number = try signed()
      guard (0...Register.maximum).contains(number) else { throw fault("register \(number)") }
      return .register(number)
    case .text: return .text(try string())
    }
  }

  private mutating func littleEndian(_ count: Int) throws(DiagnosticError) -> UInt64 {
    var bits: UInt64 = 0
    for position in 0..<count { bits |= UInt64(try byte()) << UInt64(8 * position) }
    return bits
  }

  private mutating func pattern() throws(DiagnosticError) -> AccessPattern {
    let tensor = try signed()
    guard program.tensors.indices.contains(tensor) else {
      throw fault("tensor \(tensor) is named, the file has \(program.tensors.count)")
    }
    let start = try int32("the first row")
    let rows = try int32("the number of rows")
    let rowStride = try signed()
    let offset = try signed()
    let extent = try bits()
    let isDynamic = extent & UInt(BinaryFormat.dynamicPattern) != 0
    let rank = extent & ~UInt(BinaryFormat.dynamicPattern)
    guard rank <= UInt(FreeDimensions.maximum) else {
      throw fault("\(rank) free dimensions, operands have at most \(FreeDimensions.maximum)")
    }
    var free = FreeDimensions()
    for _ in 0..<rank {
      let stride = try int32("a stride")
      free.append(AccessDimension(stride: Int(stride), size: Int(try int32("a size"))))
    }
    var pattern = AccessPattern(
      tensor: TensorID(tensor), rowStart: Int(start), rows: Int(rows), rowStride: rowStride,
      offset: offset, free: free)
    if isDynamic {
      let register = try int32("a register")
      guard (0...Register.maximum).contains(Int(register)) else {
        throw fault("register \(register)")
      }
      pattern.register = register
      pattern.registerStride = try int32("a register's stride")
    }
    return pattern
  }
}
