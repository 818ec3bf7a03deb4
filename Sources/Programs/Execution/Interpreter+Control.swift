import Device
import ISA
import Machine

/// A loop whose end has not been reached.
struct OpenLoop {
  /// Position of the instruction that began it.
  var begin: Int
  /// Where the pass at hand began in the executed stream.
  var firstExecuted: Int32
  /// The counter and what is added to it; `nil` for a loop that a register ends.
  var counter: (register: Int, next: Int, stop: Int, step: Int)?
  /// The register that ends it.
  var condition: Int?
  /// Register loads that the bounds come from.
  var sources: [Int32]
  /// The pass at hand, from 1.
  var passes = 1
  /// What registers held when the pass at hand began, and how many of them had been loaded until then; of a loop that a register
  /// ends.
  var registers: [Int: Int32] = [:]
  var loads = 0
}

extension Interpreter {
  /// Executes an instruction of the sequencers.
  mutating func control(
    _ operation: any Operation, _ index: Int, of program: Program
  ) throws(Trap) {
    switch operation {
    case let move as RegisterMove:
      let (value, sources) = try read(move.src, "src")
      registers.set(move.dst.number, value, sources: sources)
      record(index, of: program, sources: sources)
    case let alu as RegisterALU:
      let (left, leftSources) = try read(alu.src0, "src0")
      let (right, rightSources) = try read(alu.src1, "src1")
      let sources = leftSources + rightSources.filter { !leftSources.contains($0) }
      registers.set(alu.dst.number, alu.op.apply(left, right), sources: sources)
      record(index, of: program, sources: sources)
    case let load as RegisterLoad: try self.load(load, index, of: program)
    case let store as RegisterStore:
      let value = try registers.value(store.src.number, "src")
      if computesValues { try store.store(value, on: &machine) }
      record(index, of: program, sources: registers.sources(store.src.number))
    case let loop as Loop: try begin(loop, index, of: program)
    case let loop as WhileLoop: try begin(loop, index, of: program)
    case is EndLoop: try end(index, of: program)
    default: preconditionFailure("\(Swift.type(of: operation).name) is no control operation")
    }
  }

  private func read(
    _ operand: RegisterOperand, _ name: String
  ) throws(Trap) -> (value: Int32, sources: [Int32]) {
    switch operand {
    case .immediate(let value): (Int32(truncatingIfNeeded: value), [])
    case .register(let register):
      (try registers.value(register.number, name), registers.sources(register.number))
    }
  }

  private mutating func record(_ index: Int, of program: Program, sources: [Int32]) {
    executed?.append(program.instructions[index], from: index, sources: sources)
  }

  private mutating func load(
    _ load: RegisterLoad, _ index: Int, of program: Program
  ) throws(Trap) {
    guard computesValues else {
      throw Trap(
        .invalidValue, "a register is loaded from a tensor, whose values are not computed",
        operand: "src", remedy: "compute values too: without --timing-only")
    }
    loads += 1
    let value = try load.load(from: machine)
    let position = executed?.next ?? 0
    record(index, of: program, sources: [])
    registers.set(load.dst.number, value, sources: [position])
  }

  // MARK: - Loops

  private mutating func begin(_ loop: Loop, _ index: Int, of program: Program) throws(Trap) {
    let (start, first) = try read(loop.start, "start")
    let (stop, second) = try read(loop.stop, "stop")
    let (step, third) = try read(loop.step, "step")
    guard step > 0 else {
      throw Trap(
        .invalidValue, "the loop's step is \(step)", operand: "step",
        remedy: "steps are at least 1")
    }
    let sources = first + second + third
    record(index, of: program, sources: sources)
    guard start < stop else {
      try skip(from: index, of: program)
      return
    }
    registers.set(loop.variable.number, start, sources: sources)
    loops.append(
      OpenLoop(
        begin: index, firstExecuted: executed?.next ?? 0,
        counter: (loop.variable.number, Int(start) + Int(step), Int(stop), Int(step)),
        condition: nil, sources: sources))
  }

  private mutating func begin(
    _ loop: WhileLoop, _ index: Int, of program: Program
  ) throws(Trap) {
    let condition = loop.condition.number
    let value = try registers.value(condition, "condition")
    record(index, of: program, sources: registers.sources(condition))
    guard value != 0 else {
      try skip(from: index, of: program)
      return
    }
    loops.append(
      OpenLoop(
        begin: index, firstExecuted: executed?.next ?? 0, counter: nil, condition: condition,
        sources: [], registers: registers.values, loads: loads))
  }

  /// Goes to the instruction after the end of the loop that begins at `index`.
  private mutating func skip(from index: Int, of program: Program) throws(Trap) {
    var depth = 0
    for other in index..<program.instructions.count {
      let operation = program.instructions[other].operation
      if operation is Loop || operation is WhileLoop { depth += 1 }
      if operation is EndLoop { depth -= 1 }
      if depth == 0 {
        position = other + 1
        return
      }
    }
    throw Trap(.invalidValue, "the loop has no end", remedy: "add end_loop")
  }

  private mutating func end(_ index: Int, of program: Program) throws(Trap) {
    guard var loop = loops.popLast() else {
      throw Trap(.invalidValue, "no loop is open here", remedy: "remove it")
    }
    try count()
    var sources = loop.sources
    if let condition = loop.condition { sources = registers.sources(condition) }
    // Each engine that has work in the loop counts and branches on its own.
    for engine in executed?.engines(from: loop.firstExecuted) ?? [] {
      var branch = program.instructions[index]
      branch.engine = engine
      executed?.append(branch, from: index, sources: sources)
    }
    if var counter = loop.counter {
      guard counter.next < counter.stop else { return }
      registers.set(
        counter.register, Int32(truncatingIfNeeded: counter.next), sources: loop.sources)
      counter.next += counter.step
      loop.counter = counter
    } else if let condition = loop.condition {
      guard try registers.value(condition, "condition") != 0 else { return }
      let values = registers.values
      if loop.loads == loads && loop.registers == values {
        // All that its passes depend on is as it was: each will be as this one.
        loops.append(loop)
        throw inLoops(
          Trap(
            .invalidValue, "the loop never ends: a pass leaves all registers as they were",
            operand: "condition",
            remedy: "change the register that ends it: register_alu, register_move, register_load"))
      }
      (loop.registers, loop.loads) = (values, loads)
    }
    loop.passes += 1
    loop.firstExecuted = executed?.next ?? 0
    loops.append(loop)
    position = loop.begin + 1
  }
}
