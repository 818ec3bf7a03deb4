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

  /// Loops end, and registers that are read are written somewhere; which ones are.
  func checkControlFlow() -> (found: [Diagnostic], written: Set<Int>) {
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
    return (found, written)
  }

  /// The registers that the places of an instruction's operands are in are written somewhere.
  func checkRegisters(
    of operands: [(name: String, register: Int)], _ index: Int, written: Set<Int>
  ) -> [Diagnostic] {
    operands.filter { !written.contains($0.register) }.map { operand in
      problem(
        "register r\(operand.register) of operand '\(operand.name)' is never written", index,
        "write it with register_move, register_load, register_alu or loop")
    }
  }

  private func problem(_ message: String, _ index: Int, _ remedy: String) -> Diagnostic {
    Diagnostic(
      .error, message,
      at: instructions[index].location ?? SourceLocation(file: "instruction \(index)", line: 0),
      remedy: remedy, instruction: index)
  }
}
