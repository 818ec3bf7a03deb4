import Diagnostics
import ISA
import Machine

extension Program {
  /// Whether registers or loops decide what is executed.
  public var hasControlFlow: Bool {
    instructions.contains { Swift.type(of: $0.operation).isControl }
  }

  /// The instruction after the last that loads a register from a tensor, or after the loop around it.
  ///
  /// What is executed can depend on the values of what comes before it. 0 if there is none.
  public var valuesEnd: Int {
    var end = 0
    var depth = 0
    var holdsLoad = false
    for (index, instruction) in instructions.enumerated() {
      switch instruction.operation {
      case is Loop, is WhileLoop: depth += 1
      case is EndLoop: depth -= 1
      case is RegisterLoad: holdsLoad = true
      default: continue
      }
      if depth == 0 && holdsLoad {
        end = index + 1
        holdsLoad = false
      }
    }
    return end
  }

  /// Loops end, and registers that are read are written somewhere.
  func checkControlFlow() -> [Diagnostic] {
    var found: [Diagnostic] = []
    var open: [Int] = []
    var written: Set<Int> = []
    var read: [(register: Int, index: Int)] = []
    for (index, instruction) in instructions.enumerated() {
      let operation = instruction.operation
      guard Swift.type(of: operation).isControl else { continue }
      switch operation {
      case is Loop, is WhileLoop: open.append(index)
      case is EndLoop:
        if open.popLast() == nil {
          found.append(problem("end_loop ends no loop", index, "remove it"))
        }
      default: break
      }
      for (field, value) in zip(Swift.type(of: operation).fieldDescriptions, operation.fieldValues)
      {
        guard case .register(let number) = value else { continue }
        if field.role == .write {
          written.insert(number)
        } else {
          read.append((number, index))
        }
      }
    }
    for index in open { found.append(problem("the loop has no end_loop", index, "add end_loop")) }
    for (register, index) in read where !written.contains(register) {
      found.append(
        problem(
          "register r\(register) is never written", index,
          "write it with register_move, register_load, register_alu or loop"))
    }
    return found + checkDynamicOperands(written)
  }

  private func checkDynamicOperands(_ written: Set<Int>) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for (index, instruction) in instructions.enumerated() {
      for operand in instruction.operation.operands
      where operand.pattern.isDynamic && !written.contains(Int(operand.pattern.register)) {
        found.append(
          problem(
            "register r\(operand.pattern.register) of operand '\(operand.name)' is never written",
            index, "write it with register_move, register_load, register_alu or loop"))
      }
    }
    return found
  }

  private func problem(_ message: String, _ index: Int, _ remedy: String) -> Diagnostic {
    Diagnostic(
      .error, message,
      at: instructions[index].location ?? SourceLocation(file: "instruction \(index)", line: 0),
      remedy: remedy, instruction: index)
  }
}
