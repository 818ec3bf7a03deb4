import Device
public import ISA
public import Machine

extension Interpreter {
  /// Executes in program order until an exchange is next; `nil` when the program has ended.
  ///
  /// - Parameter before: Sees each instruction that is about to be executed, with its addresses as they are.
  /// - Throws: the machine's fault, with the index of its instruction.
  public mutating func runToExchange(
    _ program: Program, before: (Int, any Operation) -> Void
  ) throws(Trap) -> (index: Int, operation: any ExchangeOperation)? {
    while position < program.instructions.count {
      let index = position
      do throws(Trap) {
        var operation = program.instructions[index].operation
        if !Swift.type(of: operation).isControl {
          var sources: [Int32] = []
          if executed != nil { try resolve(&operation, of: program, &sources) }
          if let exchange = operation as? any ExchangeOperation { return (index, exchange) }
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
    return nil
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
