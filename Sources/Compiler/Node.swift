import Device
import Diagnostics
import ISA
import Machine
import Programs

/// One instruction of the program that passes work on; never changed, only replaced.
final class Node: Sendable {
  /// A tensor operand of the instruction.
  struct Operand: Sendable {
    /// Position of the field in the operation's declaration.
    var field: Int
    /// What the operation does with it.
    var role: FieldRole
    /// What it touches.
    var pattern: AccessPattern
  }

  let operation: any Operation
  /// The author's engine, or the compiler's.
  let engine: Engine?
  let label: String?
  /// What the author lets it wait for; where there is any, instructions keep their numbers.
  let after: [Int32]
  /// Index of the scope in the program; -1 for none.
  let scope: Int32
  let location: SourceLocation?
  /// The user's line as a number: equal for equal lines.
  let line: Int32
  let opcode: Opcode
  let operands: [Operand]
  /// The engine that runs it.
  let resolvedEngine: Engine
  /// Whether it is a fixed point of the order: control flow, and what other cores or people see.
  let isBarrier: Bool
  /// Whether DMA rings do its work.
  let isDMA: Bool
  /// Whether it uses registers of its engine that no operand shows.
  let isStateful: Bool

  init(_ instruction: Instruction, line: Int32) {
    operation = instruction.operation
    engine = instruction.engine
    label = instruction.label
    after = instruction.after
    scope = instruction.scope
    location = instruction.location
    self.line = line
    opcode = Opcode(of: instruction.operation)
    operands = instruction.operation.rolesOfOperands
    resolvedEngine = instruction.resolvedEngine
    isBarrier = opcode.isBarrier
    isDMA = opcode.isDMA
    isStateful = opcode.isStateful || instruction.operation.continuesAccumulation
  }

  private init(_ other: Node, operation: any Operation, engine: Engine?) {
    self.operation = operation
    self.engine = engine
    label = other.label
    after = other.after
    scope = other.scope
    location = other.location
    line = other.line
    opcode = other.opcode
    operands = operation.rolesOfOperands
    resolvedEngine = engine ?? operation.defaultEngine
    isBarrier = other.isBarrier
    isDMA = other.isDMA
    isStateful = opcode.isStateful || operation.continuesAccumulation
  }

  /// An instruction of the compiler's own, of the same line.
  func neighbour(_ operation: any Operation) -> Node {
    Node(Instruction(operation, scope: scope, location: location), line: line)
  }

  /// The instruction as programs have it.
  func instruction(scope: Int32) -> Instruction {
    Instruction(
      operation, engine: engine, label: label, after: after, scope: scope, location: location)
  }

  /// The same instruction with another operation of the same kind.
  func with(_ operation: any Operation) -> Node { Node(self, operation: operation, engine: engine) }

  /// The same work on a named engine.
  func on(_ engine: Engine) -> Node { Node(self, operation: operation, engine: engine) }

  /// The same instruction with patterns in the place of those of some fields.
  func with(_ patterns: [(field: Int, pattern: AccessPattern)]) -> Node {
    var changed = operation
    for (field, pattern) in patterns {
      let fits = changed.setField(field, to: .tile(pattern))
      precondition(fits, "a pattern in the place of a pattern")
    }
    return with(changed)
  }

  /// The value of a field, if the operation has it.
  func value(_ name: String) -> FieldValue? {
    opcode.fieldIndex(name).map { operation.fieldValue($0) }
  }

  /// The pattern of a field, if it is a tensor.
  func pattern(_ name: String) -> AccessPattern? {
    guard let index = opcode.fieldIndex(name) else { return nil }
    return operands.first { $0.field == index }?.pattern
  }

}

extension Node.Operand {
  /// Whether the instruction leaves new values there.
  var isWritten: Bool { role != .read }
  /// Whether the instruction looks at what was there before, or leaves some of it.
  var isRead: Bool { role != .write }
}

extension Operation {
  /// The operands, with what this instruction (not just any of its kind) does with each.
  fileprivate var rolesOfOperands: [Node.Operand] {
    var found: [Node.Operand] = []
    let fields = Self.fields
    let replaces = replacesResult
    for index in fields.indices where fields[index].isOperand {
      guard let pattern = fields[index].operand(self) else { continue }
      let role = fields[index].role
      found.append(
        Node.Operand(
          field: index, role: role == .readWrite && replaces ? .write : role, pattern: pattern))
    }
    return found
  }

  func fieldValue(_ index: Int) -> FieldValue { Self.fields[index].get(self) }

  /// Whether what it is declared to add to is replaced: a product that starts a sum.
  private var replacesResult: Bool {
    switch self {
    case let product as NCMatmul: !product.accumulate
    case let product as NCMatmulMX: !product.accumulate
    default: false
    }
  }

  /// Whether it goes on with what an earlier instruction left in its engine's accumulators.
  fileprivate var continuesAccumulation: Bool {
    guard let index = Opcode(of: self).fieldIndex("reduce_cmd") else { return false }
    let value = Self.fields[index].get(self)
    return value != .symbol("reset_reduce") && value != Self.fields[index].get(Self())
  }
}

/// What passes need to know of each kind of operation, computed once from the declarations.
private struct OpcodeFacts {
  var fieldNames: [String]
  var fieldIndices: [String: Int]
  var isBarrier: Bool
  var isDMA: Bool
  var isStateful: Bool
}

private let factsOfOpcodes: [OpcodeFacts?] = {
  let moved: Set<String> = [DMACopy.name, DMATranspose.name, DMACompute.name]
  var table = [OpcodeFacts?](repeating: nil, count: 256)
  for opcode in Opcode.allCases {
    let type = opcode.type
    let names = type.fieldDescriptions.map(\.name)
    table[Int(opcode.rawValue)] = OpcodeFacts(
      fieldNames: names, fieldIndices: Dictionary(uniqueKeysWithValues: zip(names, names.indices)),
      isBarrier: type.isBarrier, isDMA: moved.contains(type.name),
      isStateful: type.usesEngineState)
  }
  return table
}()

extension Opcode {
  private var facts: OpcodeFacts? { factsOfOpcodes[Int(rawValue)] }
  /// Position of a field in the operation's declaration.
  func fieldIndex(_ name: String) -> Int? { facts?.fieldIndices[name] }
  /// A field's name.
  func fieldName(_ index: Int) -> String { facts?.fieldNames[index] ?? "" }
  /// Whether instructions up to the next `end_loop` repeat.
  var opensLoop: Bool { self == .loop || self == .whileLoop }
  var isBarrier: Bool { facts?.isBarrier ?? true }
  var isDMA: Bool { facts?.isDMA ?? false }
  var isStateful: Bool { facts?.isStateful ?? false }
}
