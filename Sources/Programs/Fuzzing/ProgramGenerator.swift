import Device
import Diagnostics
import Formats
public import ISA
import Machine

/// Makes random programs that files can express, from the declared fields of the operations.
///
/// They are well formed (every reference exists), but hardware would reject most of them.
public struct ProgramGenerator {
  var random: SeededGenerator

  /// Makes a generator; the same seed gives the same programs.
  public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// A program with instructions of random operations.
  public mutating func program() -> Program {
    var opcodes: [Opcode] = []
    for _ in 0..<random.pick(0...12) { opcodes.append(random.pick(Opcode.allCases)) }
    return program(of: opcodes)
  }

  /// A program with one instruction for each opcode.
  public mutating func program(of opcodes: [Opcode]) -> Program {
    var program = Program(
      name: name(), dependencies: random.pick(Program.Dependencies.allCases))
    for _ in 0..<random.pick(0...3) { program.metadata[name()] = name() }
    var taken: Set<[UInt8]> = []
    for _ in 0..<random.pick(1...6) {
      var tensor = self.tensor()
      while !taken.insert(Array(tensor.name.utf8)).inserted { tensor.name += "\(taken.count)" }
      program.tensors.append(tensor)
    }
    for scope in 0..<random.pick(0...5) {
      program.scopes.append(
        Scope(name: name(), parent: Int32(random.pick(-1...max(-1, scope - 1)))))
    }
    for opcode in opcodes {
      program.instructions.append(instruction(opcode, in: program, of: opcodes.count))
    }
    return program
  }

  // MARK: Parts

  private mutating func name() -> String {
    switch random.pick(0...9) {
    case 0:
      random.pick([
        "", " ", "nan", "INF", "true", "absent", "x.ap", "a b", "tile 0", "a  b", "#", "ä", "a\"b",
        "\\", "\n", "\u{0}", "\u{7F}\u{85}", "e\u{301}", "\u{1F600}", "\u{202E}", "a:b", "a{b}",
        "@", "128", "1.5", "-", "tensor", "at", "dma_copy", "engine", "x=1", "\r\n",
      ])
    case 1: "\(random.pick(["tile", "expert", "layer/0.attn"])) \(random.pick(0...99))"
    default: "\(random.pick(["x", "w", "acc", "y_tile", "%v", "$k", "h.1"]))\(random.pick(0...9))"
    }
  }

  private mutating func location() -> SourceLocation? {
    switch random.pick(0...3) {
    case 0: nil
    case 1: SourceLocation(file: name(), line: random.pick([0, 1, -5, Int.max]))
    default:
      SourceLocation(
        file: "kernels/\(name()).swift", line: random.pick(1...500), column: random.pick(0...80))
    }
  }

  private mutating func tensor() -> Tensor {
    let space = random.pick(MemorySpace.allCases)
    var shape: [Int] = []
    for _ in 0..<random.pick(1...(random.once(in: 8) ? 9 : 4)) {
      shape.append(random.pick([1, 1, 2, 3, 5, 16, 64]))
    }
    if random.once(in: 10) { shape = [random.pick([1, 1 << 20]), 1 << random.pick(1...26)] }
    var tensor = Tensor(
      name: name(), space: space, dtype: random.pick(DType.allCases), shape: shape,
      role: random.pick(Tensor.Role.allCases), place: nil, location: location())
    if space != .hbm && !random.once(in: 4) { tensor.place = place() }
    return tensor
  }

  /// A place on chip.
  private mutating func place() -> OnChipPlace {
    OnChipPlace(
      partition: random.pick([0, 0, 32, 127]),
      byte: random.pick([0, 4, 512, 2048, 6144, 1 << 30]))
  }

  /// The program with a place on chip for one of its HBM tensors, which no program may have; `nil`
  /// if it has no such tensor.
  mutating func misplaced(_ program: Program) -> Program? {
    let inHBM = program.tensors.indices.filter { program.tensors[$0].space == .hbm }
    guard !inHBM.isEmpty else { return nil }
    var program = program
    let place = place()
    program.tensors[random.pick(inHBM)].place =
      place == OnChipPlace() ? OnChipPlace(byte: 4) : place
    return program
  }

  private mutating func instruction(
    _ opcode: Opcode, in program: Program, of count: Int
  ) -> Instruction {
    var after: [Int32] = []
    if random.once(in: 3) {
      for _ in 0..<random.pick(1...3) { after.append(Int32(random.pick(0...count - 1))) }
    }
    return Instruction(
      operation(opcode, tensors: program.tensors),
      engine: random.once(in: 3) ? random.pick(Engine.allCases) : nil,
      label: random.once(in: 3) ? name() : nil, after: after,
      scope: Int32(random.pick(-1...program.scopes.count - 1)), location: location())
  }

  /// An operation with random values in all of its fields.
  private mutating func operation(_ opcode: Opcode, tensors: [Tensor]) -> any Operation {
    var slots: [FieldSlot] = []
    for (index, field) in opcode.type.fieldDescriptions.enumerated() {
      if !field.isRequired && random.once(in: 2) { continue }
      let value: FieldValue =
        field.isWide && random.once(in: 2)
        ? .number(wideNumber()) : value(field.kind, tensors)
      slots.append(FieldSlot(index: index, value: value))
    }
    return opcode.type.assembled(slots).operation
  }

  private mutating func value(_ kind: FieldKind, _ tensors: [Tensor]) -> FieldValue {
    switch kind {
    case .tile: return .tile(pattern(tensors))
    case .scalarOrTile:
      return random.once(in: 2) ? .tile(pattern(tensors)) : .number(number())
    case .number: return .number(number())
    case .integer: return .integer(integer())
    case .flag: return .flag(random.once(in: 2))
    case .symbol(let names): return .symbol(random.pick(names))
    case .integers: return .integers((0..<random.pick(0...5)).map { _ in integer() })
    case .pairs:
      return .pairs(
        (0..<random.pick(0...4)).map { _ in IndexStep(step: integer(), count: integer()) })
    case .register: return .register(random.pick(0...Register.maximum))
    case .registerOrInteger:
      return random.once(in: 2) ? .register(random.pick(0...9)) : .integer(integer())
    case .text: return .text(name())
    }
  }

  private mutating func integer() -> Int {
    random.once(in: 8)
      ? random.pick([Int.min, Int.max, 1 << 31, -(1 << 31), 1 << 53]) : random.pick(-130...520)
  }

  /// Of more digits than fp32 has.
  private mutating func wideNumber() -> Double {
    random.once(in: 2)
      ? random.pick([
        Double(Int32.max), Double(Int32.min), Double(UInt32.max), 16_777_217, -16_777_217, 0x1p53,
        0x1p53 - 1, -0x1p53, 0.1, 1e300,
      ]) : Double(random.pick(-1 << 53...1 << 53))
  }

  private mutating func number() -> Double {
    switch random.pick(0...4) {
    case 0: return Double(random.pick(-10...1000))
    case 1:
      return random.pick([
        0, -0.0, .infinity, -.infinity, .nan, -.nan, Double(Float.leastNonzeroMagnitude),
        Double(-Float.greatestFiniteMagnitude), Double(Float(0.1)), 16_777_217 - 1,
      ])
    case 2: return Double(Float(random.pick(1...99999)) / 1000)
    default:
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
      return value.isSignalingNaN ? Double(Float(nan: 0x1234, signaling: false)) : Double(value)
    }
  }

  private mutating func pattern(_ tensors: [Tensor]) -> AccessPattern {
    let index = random.pick(0...tensors.count - 1)
    let id = TensorID(index)
    guard let layout = TensorLayout(id, tensors[index]), !random.once(in: 4) else {
      return arbitraryPattern(id)
    }
    if random.once(in: 3), let whole = layout.whole { return whole }
    var pattern = AccessPattern(tensor: id, rows: 1, free: FreeDimensions())
    var hasRows = layout.isOnChip
    for (dimension, extent) in layout.shape.enumerated() {
      let start = random.pick(0...extent - 1)
      let isRow = dimension == 0 && layout.isOnChip
      let step = isRow || random.once(in: 2) ? 1 : random.pick(1...3)
      let size = random.pick(1...((extent - 1 - start) / step + 1))
      pattern.offset += start * layout.strides[dimension]
      if isRow {
        pattern.rowStart = Int32(start)
        pattern.rows = Int32(size)
      } else if random.once(in: 4) || pattern.free.count == FreeDimensions.maximum {
        continue
      } else if hasRows {
        pattern.free.append(
          AccessDimension(stride: layout.strides[dimension] * step, size: size))
      } else {
        hasRows = true
        pattern.rows = Int32(size)
        pattern.rowStride = layout.strides[dimension] * step
      }
    }
    return pattern
  }

  /// Any pattern at all that files can express.
  private mutating func arbitraryPattern(_ id: TensorID) -> AccessPattern {
    func small(_ random: inout SeededGenerator) -> Int {
      random.once(in: 6)
        ? random.pick([Int(Int32.max), Int(Int32.min), 0, -1]) : random.pick(-3...512)
    }
    var free = FreeDimensions()
    for _ in 0..<random.pick(0...FreeDimensions.maximum) {
      free.append(AccessDimension(stride: small(&random), size: small(&random)))
    }
    let start = random.once(in: 2) ? 0 : random.pick(-4...128)
    let isDynamic = random.once(in: 3)
    return AccessPattern(
      tensor: id, rowStart: start, rows: random.pick([0, 1, 64, 128, -1]),
      rowStride: random.once(in: 2) ? 0 : integer(), offset: integer(), free: free,
      register: isDynamic ? random.pick(0...9) : -1, registerStride: isDynamic ? small(&random) : 0)
  }
}
