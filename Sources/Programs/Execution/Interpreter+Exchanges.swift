import Device
public import ISA
public import Machine

/// Where one core of several has come to.
public enum CoreStop {
  /// An exchange is next, with its addresses as they are.
  case exchange(index: Int, operation: any ExchangeOperation)
  /// It executed as many instructions as it was allowed.
  case paused
  /// The program has ended.
  case ended
}

extension Interpreter {
  /// Executes in program order until an exchange is next.
  ///
  /// - Parameters:
  ///   - limit: Instructions to execute at most.
  ///   - before: Sees each instruction that is about to be executed, with its addresses as they are.
  /// - Throws: the machine's fault, with the index of its instruction.
  public mutating func runToExchange(
    _ program: Program, atMost limit: Int = .max, before: (Int, any Operation) -> Void
  ) throws(Trap) -> CoreStop {
    var left = limit
    while position < program.instructions.count {
      guard left > 0 else { return .paused }
      left -= 1
      let index = position
      do throws(Trap) {
        var operation = program.instructions[index].operation
        if !Swift.type(of: operation).isControl {
          var sources: [Int32] = []
          if executed != nil { try resolve(&operation, of: program, &sources) }
          if let exchange = operation as? any ExchangeOperation {
            return .exchange(index: index, operation: exchange)
          }
          before(index, operation)
        }
        position += 1
        try step(index, of: program)
      } catch {
        var trap = error
        trap.instruction = trap.instruction ?? index
        throw trap
      }
    }
    return .ended
  }

  /// Goes behind the exchange that is next, which somebody else has executed.
  public mutating func passExchange(_ program: Program) throws(Trap) {
    let index = position
    position += 1
    guard executed != nil else { return }
    var instruction = program.instructions[index]
    var sources: [Int32] = []
    try resolve(&instruction.operation, of: program, &sources)
    executed?.append(instruction, from: index, sources: sources)
  }
}
