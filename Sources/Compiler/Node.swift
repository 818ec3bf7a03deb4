import Device
import Diagnostics
import ISA
import Machine
import Programs

/// One instruction of the program that passes work on; never changed, only replaced.
final class Node: Sendable {
  /// What an instruction does with its engine's accumulators.
  enum Accumulation {
    /// Nothing.
    case none
    /// It fills them, whatever they hold.
    case fills
    /// It goes on with what an earlier one left there, or reads it.
    case goesOn
  }

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
  /// Number of the operation without its patterns: what instructions have that differ in patterns alone; -1 where forms have no
  /// numbers.
  let form: Int32
  let operands: [Operand]
  /// The engine that runs it.
  let resolvedEngine: Engine
  /// Whether it is a fixed point of the order: control flow, and what other cores or people see.
  let isBarrier: Bool
  /// Whether DMA rings do its work.
  let isDMA: Bool
  /// Whether a pass added it, because a memory on chip had no room for a tile.
  let isSpill: Bool
  /// Whether it uses random numbers of its engine, which no operand shows.
  let isStateful: Bool
  /// What it does with its engine's accumulators, which no operand shows.
  let accumulation: Accumulation
  /// Whether it names rows in HBM by an operand: which ones is known only at run time.
  let isIndirect: Bool

  init(_ instruction: Instruction, line: Int32, _ forms: inout OperationForms?) {
    operation = instruction.operation
    engine = instruction.engine
    label = instruction.label
    after = instruction.after
    scope = instruction.scope
    location = instruction.location
    self.line = line
    opcode = Opcode(of: instruction.operation)
    let facts = opcode.facts
    operands = instruction.operation.operands(facts)
    form = forms?.number(of: instruction.operation, opcode, operands) ?? -1
    resolvedEngine = instruction.resolvedEngine
    isBarrier = facts.isBarrier
    isDMA = facts.isDMA
    isSpill = instruction.isSpill
    isStateful = facts.isStateful
    accumulation = facts.accumulation(instruction.operation)
    isIndirect = operands.contains { facts.isOffset($0.field) }
  }

  /// Another's place, with an operation of the same kind.
  ///
  /// - Parameters:
  ///   - operands: the operation's; only their patterns differ from the other's.
  ///   - form: the operation's, where it is not the other's.
  private init(
    _ other: Node, operation: any Operation, engine: Engine?, operands: [Operand],
    form: Int32? = nil
  ) {
    self.operation = operation
    self.engine = engine
    label = other.label
    after = other.after
    scope = other.scope
    location = other.location
    line = other.line
    opcode = other.opcode
    isBarrier = other.isBarrier
    isDMA = other.isDMA
    isSpill = other.isSpill
    resolvedEngine = engine ?? operation.defaultEngine
    self.form = form ?? other.form
    self.operands = operands
    isStateful = other.isStateful
    accumulation = other.accumulation
    isIndirect = other.isIndirect
  }

  /// An instruction of the compiler's own, of the same line, that saves a tile or loads it again.
  func spilling(_ operation: any Operation, _ forms: inout OperationForms?) -> Node {
    Node(
      Instruction(operation, scope: scope, location: location, isSpill: true), line: line, &forms)
  }

  /// The instruction as programs have it.
  func instruction(scope: Int32) -> Instruction {
    Instruction(
      operation, engine: engine, label: label, after: after, scope: scope, location: location,
      isSpill: isSpill)
  }

  /// The instruction as programs have it, with other numbers for its tensors.
  func instruction(scope: Int32, tensors numbers: [Int]) -> Instruction {
    var result = instruction(scope: scope)
    for operand in operands {
      var pattern = operand.pattern
      let number = numbers[Int(pattern.tensor.index)]
      guard number != Int(pattern.tensor.index) else { continue }
      pattern.tensor = TensorID(number)
      result.operation.replace(operand.field, pattern)
    }
    return result
  }

  /// The same instruction with another operation of the same kind.
  func with(_ operation: any Operation, _ forms: inout OperationForms?) -> Node {
    var changed = instruction(scope: scope)
    changed.operation = operation
    return Node(changed, line: line, &forms)
  }

  /// The same work on a named engine.
  func on(_ engine: Engine) -> Node {
    Node(self, operation: operation, engine: engine, operands: operands)
  }

  /// The same transfer in the operation's mode, started by a named engine; its operands are the same.
  func started(
    by engine: Engine, _ operation: any Operation, _ forms: inout OperationForms?
  ) -> Node {
    Node(
      self, operation: operation, engine: engine, operands: operands,
      form: forms?.number(of: operation, opcode, operands))
  }

  /// The same instruction with patterns in the place of those of some fields.
  func with(_ patterns: [(field: Int, pattern: AccessPattern)]) -> Node {
    var changed = operation
    var operands = operands
    for (field, pattern) in patterns {
      changed.replace(field, pattern)
      for index in operands.indices where operands[index].field == field {
        operands[index].pattern = pattern
      }
    }
    return Node(self, operation: changed, engine: engine, operands: operands)
  }

  /// The same instruction, itself if nothing changes, with patterns as `change` makes them, which says whether it did.
  ///
  /// - Parameter change: is asked about some patterns twice.
  func changing(_ change: (inout AccessPattern) -> Bool) -> Node {
    let first = operands.firstIndex { operand in
      var pattern = operand.pattern
      return change(&pattern)
    }
    guard let first else { return self }
    var operation = operation
    var operands = operands
    for index in first..<operands.count where change(&operands[index].pattern) {
      operation.replace(operands[index].field, operands[index].pattern)
    }
    return Node(self, operation: operation, engine: engine, operands: operands)
  }
}

/// Numbers for operations without their patterns: equal for those that differ in patterns alone.
struct OperationForms: Sendable {
  /// An operation that has one pattern in the place of all.
  private struct Form: Hashable {
    let operation: any Operation
    static func == (a: Form, b: Form) -> Bool { a.operation.isEqual(to: b.operation) }
    func hash(into hasher: inout Hasher) { operation.hash(into: &hasher) }
  }

  private static let pattern = AccessPattern(tensor: TensorID(0), rows: 1, free: FreeDimensions())
  private var numbers: [Form: Int32] = [:]
  /// By opcode: the one before, which most often comes again.
  private var last = [(form: Form, number: Int32)?](repeating: nil, count: 256)

  /// The number of an operation.
  mutating func number(
    of operation: any Operation, _ opcode: Opcode, _ operands: [Node.Operand]
  ) -> Int32 {
    var bare = operation
    for operand in operands { bare.replace(operand.field, Self.pattern) }
    let form = Form(operation: bare)
    let position = Int(opcode.rawValue)
    if let last = last[position], last.form == form { return last.number }
    let number: Int32
    if let known = numbers[form] {
      number = known
    } else {
      number = Int32(numbers.count)
      numbers[form] = number
    }
    last[position] = (form, number)
    return number
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
  fileprivate func operands(_ facts: OpcodeFacts) -> [Node.Operand] {
    var found: [Node.Operand] = []
    found.reserveCapacity(facts.operands.count)
    let replaces = replacesResult
    for (index, role) in facts.operands {
      guard let pattern = operandPattern(index) else { continue }
      found.append(
        Node.Operand(
          field: index, role: role == .readWrite && replaces ? .write : role, pattern: pattern))
    }
    return found
  }

  /// Puts a pattern in the place of a pattern.
  fileprivate mutating func replace(_ field: Int, _ pattern: AccessPattern) {
    let fits = setField(field, to: .tile(pattern))
    precondition(fits, "a pattern in the place of a pattern")
  }

  fileprivate func isEqual(to other: any Operation) -> Bool { (other as? Self) == self }
}

/// What passes need to know of each kind of operation, computed once from the declarations.
private final class OpcodeFacts: Sendable {
  let fieldIndices: [String: Int]
  /// The fields that can be tensors.
  let operands: [(field: Int, role: FieldRole)]
  /// The fields that name rows in HBM.
  private let offsets: [Int]
  /// The fields that say how results are added up, and where the sums go.
  private let reduction: (command: Int, result: Int?)?
  let isBarrier: Bool
  let isDMA: Bool
  let isStateful: Bool

  init(_ type: any Operation.Type) {
    let fields = type.fieldDescriptions
    fieldIndices = Dictionary(
      uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    operands = type.operandFields
    offsets = type.rowFields
    reduction = fields.firstIndex { $0.symbolSet == ReduceCommand.symbolSet }
      .map { ($0, fields.firstIndex { $0.name == "reduce_res" }) }
    isBarrier = type.isBarrier
    isDMA = type.isDMA
    isStateful = type.usesEngineState
  }

  func isOffset(_ field: Int) -> Bool { offsets.contains(field) }

  /// What an operation does with its engine's accumulators.
  func accumulation(_ operation: any Operation) -> Node.Accumulation {
    guard let reduction else { return .none }
    switch operation.fieldValue(reduction.command) {
    case ReduceCommand.reduce.fieldValue: return .goesOn
    case ReduceCommand.idle.fieldValue:
      let isRead = reduction.result.map { operation.fieldValue($0) != .absent } ?? false
      return isRead ? .goesOn : .none
    default: return .fills
    }
  }
}

extension Operation {
  fileprivate static var operandFields: [(field: Int, role: FieldRole)] {
    fields.indices.filter { fields[$0].isOperand }.map { ($0, fields[$0].role) }
  }

  fileprivate static var rowFields: [Int] { fields.indices.filter { fields[$0].namesRows } }
}

private let factsOfOpcodes: [OpcodeFacts?] = {
  var table = [OpcodeFacts?](repeating: nil, count: 256)
  for opcode in Opcode.allCases { table[Int(opcode.rawValue)] = OpcodeFacts(opcode.type) }
  return table
}()

extension Opcode {
  fileprivate var facts: OpcodeFacts {
    guard let facts = factsOfOpcodes[Int(rawValue)] else {
      preconditionFailure("every opcode has facts")
    }
    return facts
  }
  /// Position of a field in the operation's declaration.
  func fieldIndex(_ name: String) -> Int? { facts.fieldIndices[name] }
  /// Whether instructions up to the next `end_loop` repeat.
  var opensLoop: Bool { self == .loop || self == .whileLoop }
}
