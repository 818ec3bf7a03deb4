import Device
import Formats
import Hardware
import ISA
import Machine
import Programs

/// Every operation on every small operand: types, memories and engines, then places, strides and shapes.
///
/// The two halves are counted out, not drawn: the cases are a permutation of all combinations, so that a short run sees some of
/// each and a long one all. Immediates are drawn.
package struct InstructionsTarget: FuzzTarget {
  package static let name = "instructions"
  package static let summary =
    "every operation on all small operands: types, memories, engines, places, strides, shapes"

  /// Combinations as digits of a number.
  private struct Digits {
    var rest: Int
    mutating func next<Value>(_ values: [Value]) -> Value {
      defer { rest /= values.count }
      return values[rest % values.count]
    }
  }

  /// How an operand lies: what it is of, and the way through it.
  private struct Shape {
    var space = MemorySpace.sbuf
    var dtype = DType.float32
    var start = 0
    var rows = 32
    var free: [(stride: Int, size: Int)] = [(1, 8)]
  }

  private static let starts = [0, 1, 31, 32, 64, 96]
  private static let rows = [1, 2, 4, 32, 33, 128]
  private static let strides = [1, 2, 3, 0, -1]
  private static let sizes: [[Int]] = [[1], [2], [5], [8], [2, 4], [2, 2, 2]]

  private static let typeCases =
    Opcode.allCases.count * Engine.allCases.count * DType.allCases.count * DType.allCases.count
    * MemorySpace.allCases.count * MemorySpace.allCases.count
  private static let placeCases =
    Opcode.allCases.count * starts.count * starts.count * rows.count * strides.count * strides.count
    * sizes.count

  /// All combinations.
  package var size: Int? { InstructionsTarget.typeCases + InstructionsTarget.placeCases }

  private let programs: ProgramDrive

  package init(_ place: FuzzPlace) throws { programs = try ProgramDrive() }

  package func run(_ fuzz: FuzzCase) {
    let all = InstructionsTarget.typeCases + InstructionsTarget.placeCases
    // A prime that divides no number of combinations: each comes once.
    let place = fuzz.number % all * 2_147_483_647 % all
    let program =
      place < InstructionsTarget.typeCases
      ? ofTypes(Digits(rest: place), fuzz)
      : ofPlaces(Digits(rest: place - InstructionsTarget.typeCases), fuzz)
    fuzz.feed(Array(program.text.utf8), "input.trn")
    programs.drive(ProgramSet(program), fuzz)
  }

  private func ofTypes(_ given: Digits, _ fuzz: FuzzCase) -> Program {
    var digits = given
    let opcode = digits.next(Opcode.allCases)
    let engine = digits.next(Engine.allCases)
    var (written, read) = (Shape(), Shape())
    written.dtype = digits.next(DType.allCases)
    read.dtype = digits.next(DType.allCases)
    written.space = digits.next(MemorySpace.allCases)
    read.space = digits.next(MemorySpace.allCases)
    return program(opcode, engine, written, read, fuzz)
  }

  private func ofPlaces(_ given: Digits, _ fuzz: FuzzCase) -> Program {
    var digits = given
    let opcode = digits.next(Opcode.allCases)
    var (written, read) = (Shape(), Shape())
    written.start = digits.next(InstructionsTarget.starts)
    read.start = digits.next(InstructionsTarget.starts)
    written.rows = digits.next(InstructionsTarget.rows)
    read.rows = written.rows
    let (outer, inner) = (
      digits.next(InstructionsTarget.strides), digits.next(InstructionsTarget.strides)
    )
    let sizes = digits.next(InstructionsTarget.sizes)
    written.free = InstructionsTarget.dimensions(sizes, outer)
    read.free = InstructionsTarget.dimensions(sizes, inner)
    // What is rare in the other half: types that go together, and memories that do.
    let dtype = fuzz.random.pick([DType.float32, .bfloat16, .int32, .uint8])
    (written.dtype, read.dtype) = (dtype, dtype)
    written.space =
      opcode.type.fieldDescriptions.contains { $0.name == "stationary" } ? .psum : .sbuf
    return program(opcode, nil, written, read, fuzz)
  }

  private static func dimensions(_ sizes: [Int], _ stride: Int) -> [(stride: Int, size: Int)] {
    var reach = stride
    var found: [(stride: Int, size: Int)] = []
    for size in sizes.reversed() {
      found.insert((reach, size), at: 0)
      reach *= size
    }
    return found
  }

  /// Inputs that fill what is read, the instruction, and outputs of what is written.
  private func program(
    _ opcode: Opcode, _ engine: Engine?, _ written: Shape, _ read: Shape, _ fuzz: FuzzCase
  ) -> Program {
    var program = Program(name: opcode.type.name)
    var stores: [(AccessPattern, Tensor)] = []
    var slots: [FieldSlot] = []
    for (index, field) in opcode.type.fieldDescriptions.enumerated() {
      let isWritten = field.role == .write || field.role == .readWrite
      switch field.kind {
      case .tile, .scalarOrTile:
        // What need not be there most often is not.
        guard field.isRequired || fuzz.random.once(in: 4) else { continue }
        let isNumber = field.kind == .scalarOrTile && fuzz.random.once(in: 2)
        guard !isNumber else {
          slots.append(FieldSlot(index: index, value: .number(number(fuzz))))
          continue
        }
        let pattern = operand(isWritten ? written : read, "\(field.name)", &program)
        let tensor = program.tensors[Int(pattern.tensor.index)]
        if tensor.space != .hbm {
          load(pattern.tensor, tensor, &program)
          if isWritten { stores.append((.whole(of: pattern.tensor, tensor), tensor)) }
        } else {
          program.tensors[Int(pattern.tensor.index)].role = isWritten ? .inout : .input
        }
        slots.append(FieldSlot(index: index, value: .tile(pattern)))
      default:
        guard field.isRequired || fuzz.random.once(in: 2), let value = immediate(field, fuzz) else {
          continue
        }
        slots.append(FieldSlot(index: index, value: value))
      }
    }
    program.instructions.append(
      Instruction(opcode.type.assembled(slots).operation, engine: engine))
    for (pattern, tensor) in stores {
      var outside = tensor
      (outside.space, outside.place, outside.role) = (.hbm, nil, .output)
      outside.name = "out_\(tensor.name)"
      program.tensors.append(outside)
      let target = AccessPattern.whole(of: TensorID(program.tensors.count - 1), outside)
      program.instructions.append(Instruction(DMACopy(dst: target, src: pattern)))
    }
    return program
  }

  /// A tensor as large as the way through it, at its own place.
  private func operand(_ shape: Shape, _ name: String, _ program: inout Program) -> AccessPattern {
    // From the lowest element on, so that steps may go backwards.
    let lowest = shape.free.reduce(0) { $0 + min(0, $1.stride * ($1.size - 1)) }
    let highest = shape.free.reduce(0) { $0 + max(0, $1.stride * ($1.size - 1)) }
    let columns = highest - lowest + 1
    let used =
      program.tensors.filter { $0.space == shape.space && $0.space != .hbm }
      .map { ($0.place?.byte ?? 0) + 2048 }.max() ?? 0
    let tensor = Tensor(
      name: name, space: shape.space, dtype: shape.dtype, shape: [shape.rows, columns],
      place: shape.space == .hbm ? nil : OnChipPlace(partition: shape.start, byte: used))
    program.tensors.append(tensor)
    let id = TensorID(program.tensors.count - 1)
    return AccessPattern(
      tensor: id, rows: shape.rows, rowStride: shape.space == .hbm ? columns : 0, offset: -lowest,
      free: FreeDimensions(shape.free.map { AccessDimension(stride: $0.stride, size: $0.size) }))
  }

  private func load(_ id: TensorID, _ tensor: Tensor, _ program: inout Program) {
    var outside = tensor
    (outside.space, outside.place, outside.role) = (.hbm, nil, .input)
    outside.name = "in_\(tensor.name)"
    program.tensors.append(outside)
    let source = AccessPattern.whole(of: TensorID(program.tensors.count - 1), outside)
    program.instructions.append(Instruction(DMACopy(dst: .whole(of: id, tensor), src: source)))
  }

  private func number(_ fuzz: FuzzCase) -> Double {
    fuzz.random.pick([
      0, 1, -1, 2, 0.5, 3, 127, 255, 256, .infinity, .nan, Double(Float.greatestFiniteMagnitude),
      Double(Float.leastNonzeroMagnitude), -0.0,
    ])
  }

  private func integer(_ fuzz: FuzzCase) -> Int {
    fuzz.random.once(in: 8)
      ? fuzz.random.pick([Int.min, Int.max, 1 << 31, -(1 << 31), 1 << 40, 129, -2])
      : fuzz.random.pick([0, 1, 2, 3, 4, 8, 16, 32])
  }

  private func immediate(_ field: FieldDescription, _ fuzz: FuzzCase) -> FieldValue? {
    switch field.kind {
    case .number:
      .number(
        field.isWide && fuzz.random.once(in: 4)
          ? Double(fuzz.random.pick([Int(Int32.max), Int(Int32.min), Int(UInt32.max), 16_777_217]))
          : number(fuzz))
    case .integer: .integer(integer(fuzz))
    case .flag: .flag(fuzz.random.once(in: 2))
    case .symbol(let names): .symbol(fuzz.random.pick(names))
    case .integers: .integers((0..<fuzz.random.pick(0...4)).map { _ in integer(fuzz) })
    case .pairs:
      .pairs(
        (0..<fuzz.random.pick(0...3)).map { _ in
          IndexStep(step: integer(fuzz), count: integer(fuzz))
        })
    case .register: .register(fuzz.random.pick(0...3))
    case .registerOrInteger:
      fuzz.random.once(in: 2) ? .register(fuzz.random.pick(0...3)) : .integer(integer(fuzz))
    case .text: .text("text")
    case .tile, .scalarOrTile: nil
    }
  }
}
