import Host
import ISA
public import Machine

/// Executes a program on a machine, one instruction after the other, loops and registers included.
///
/// The program may grow between calls. What it executes is recorded as a program without control
/// flow, if the program has any, since time is that of the executed stream.
public struct Interpreter: ~Copyable {
  /// The memories.
  public var machine: Machine
  /// Whether there are memories at all.
  private let hasMachine: Bool
  /// From this instruction on control flow alone is followed.
  private let valuesEnd: Int
  /// Whether values are computed; if not, control flow alone is followed.
  var computesValues: Bool { hasMachine && position <= valuesEnd }
  /// Whether the next instruction's values are computed.
  public var computesNext: Bool { hasMachine && position < valuesEnd }
  /// Next instruction in program order.
  public internal(set) var position = 0
  /// What was executed, with all dynamic addresses resolved; `nil` while nothing differs from the
  /// program.
  public internal(set) var executed: ExecutedStream?

  private let listener = PrintListener()
  var registers = RegisterFile()
  var loops: [OpenLoop] = []
  let geometry: Geometry
  /// Instructions executed since the first loop began.
  private var looped = 0
  /// Registers that were loaded from tensors so far.
  var loads = 0

  /// Most instructions that a program with loops may execute, so that a loop without end is found.
  ///
  /// Ten seconds and 5 GB of most hosts.
  public static let executionLimit = 20_000_000

  /// Begins before the first instruction.
  ///
  /// - Parameters:
  ///   - machine: the memories; `nil` follows control flow alone and computes no values.
  ///   - end: values of the instructions before this one alone are computed.
  public init(geometry: Geometry, machine: consuming Machine?, valuesUpTo end: Int = .max) {
    self.geometry = geometry
    valuesEnd = end
    switch consume machine {
    case .some(let machine):
      self.machine = machine
      hasMachine = true
    case .none:
      self.machine = Machine(geometry: geometry, tensors: [])
      hasMachine = false
    }
  }

  /// Chooses who is told of reads of memory that nothing wrote, with their instruction; nobody makes them faults.
  public mutating func onUndefinedRead(_ listener: ((Trap) -> Void)?) {
    let place = self.listener
    machine.onUndefinedRead = listener.map { listener in
      { trap in
        var trap = trap
        trap.instruction = place.instruction
        listener(trap)
      }
    }
  }

  /// Chooses who is told of results that the machine leaves undefined, with their instruction, or makes them faults.
  public mutating func onUndefinedResult(_ listener: ((Trap) -> Void)?, faults: Bool) {
    let place = self.listener
    machine.faultsOnUndefinedResults = faults
    machine.onUndefinedResult = listener.map { listener in
      { trap in
        var trap = trap
        trap.instruction = place.instruction
        listener(trap)
      }
    }
  }

  /// Sends what `device_print` shows, with its instruction's position, to `listener`, or to nobody.
  public mutating func onPrint(_ listener: ((Int, PrintedValue) -> Void)?) {
    let place = self.listener
    machine.onPrint = listener.map { listener in { listener(place.instruction, $0) } }
  }

  /// Executes in program order up to the instruction `end`, exclusive.
  ///
  /// - Throws: the machine's fault, with the index of its instruction.
  public mutating func run(_ program: Program, upTo end: Int) throws(Trap) {
    while position < end {
      let index = position
      position += 1
      do throws(Trap) {
        try step(index, of: program)
      } catch {
        var trap = error
        trap.instruction = trap.instruction ?? index
        throw trap
      }
    }
  }

  /// Executes in a given order, which a program without control flow can have.
  public mutating func run(_ program: Program, inOrder order: [Int]) throws(Trap) {
    for index in order {
      do throws(Trap) {
        try step(index, of: program)
      } catch {
        var trap = error
        trap.instruction = trap.instruction ?? index
        throw trap
      }
    }
    position = program.instructions.count
  }

  mutating func step(_ index: Int, of program: Program) throws(Trap) {
    if MemoryBudget.isExceeded { throw shortage() }
    listener.instruction = index
    let operation = program.instructions[index].operation
    if Swift.type(of: operation).isControl {
      if executed == nil { executed = ExecutedStream(program, upTo: index) }
      try control(operation, index, of: program)
      return
    }
    guard executed != nil else {
      try execute(operation, program.instructions[index])
      return
    }
    if !loops.isEmpty { try count() }
    try executeResolved(index, of: program)
  }

  private mutating func execute(
    _ operation: any Operation, _ instruction: Instruction
  ) throws(Trap) {
    guard computesValues else { return }
    try operation.execute(on: &machine, engine: instruction.resolvedEngine)
  }

  /// Stops a loop that runs for too long.
  mutating func count() throws(Trap) {
    looped += 1
    if looped > Interpreter.executionLimit {
      throw inLoops(
        Trap(
          .invalidValue, "the loop still runs after \(Interpreter.executionLimit) instructions",
          remedy: "check its bounds, or the register that ends it"))
    }
  }

  /// More of the host's memory is in use than there should be.
  private func shortage() -> Trap {
    var what = "the values need"
    if let executed {
      what = "the \(executed.next) instructions that were executed, and their values, need"
    }
    return inLoops(
      Trap(
        .hostMemory, "\(what) more than \(MemoryBudget.limit)",
        remedy: loops.isEmpty
          ? "give more with --memory or \(MemoryBudget.variable), or use smaller shapes"
          : "check the loop's bounds, or the register that ends it; "
            + "or give more with --memory or \(MemoryBudget.variable)"))
  }

  /// The fault at the outermost loop that is open, which names how often each has run.
  func inLoops(_ trap: Trap) -> Trap {
    var trap = trap
    trap.instruction = loops.first?.begin
    for loop in loops {
      trap.notes.append("the loop of instruction \(loop.begin) is in pass \(loop.passes)")
    }
    if !loops.isEmpty { trap.notes.append("registers: \(registers.description)") }
    return trap
  }

  /// Executes one instruction of a program with control flow and records it.
  private mutating func executeResolved(_ index: Int, of program: Program) throws(Trap) {
    var instruction = program.instructions[index]
    var sources: [Int32] = []
    try resolve(&instruction.operation, of: program, &sources)
    try execute(instruction.operation, instruction)
    executed?.append(instruction, from: index, sources: sources)
  }

  /// Replaces dynamic addresses by those that the registers have now.
  func resolve(
    _ operation: inout any Operation, of program: Program, _ sources: inout [Int32]
  ) throws(Trap) {
    var moved = false
    for (position, field) in Swift.type(of: operation).fieldDescriptions.enumerated() {
      guard field.kind == .tile || field.kind == .scalarOrTile,
        case .tile(var pattern) = operation.fieldValues[position], pattern.isDynamic
      else { continue }
      let value = try registers.value(Int(pattern.register), field.name)
      sources += registers.sources(Int(pattern.register))
      pattern.offset += Int(value) * Int(pattern.registerStride)
      pattern.register = -1
      pattern.registerStride = 0
      _ = operation.setField(position, to: .tile(pattern))
      moved = true
    }
    guard moved else { return }
    let engine = operation.defaultEngine
    for finding in operation.findings(
      geometry: geometry, tensors: program.tensors, engine: engine)
    where finding.field != "engine" {
      var trap = Trap(
        .outOfBounds, finding.message, operand: finding.field, remedy: finding.remedy)
      trap.notes = ["registers: \(registers.description)"]
      throw trap
    }
  }
}

/// Which instruction a printed value comes from.
private final class PrintListener {
  var instruction = 0
}
