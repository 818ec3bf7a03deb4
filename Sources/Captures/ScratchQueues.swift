import Device

extension Capture {
  /// Queues of prepared descriptors that move the kernel's own HBM tensors, not inputs or outputs.
  ///
  /// The tables do not say. The compiler numbers queues in the order of their names: those for its own
  /// tensors come first, by engine, and those for inputs and outputs behind them, by engine again. So
  /// the last run of queues whose engines ascend is that of inputs and outputs.
  static func scratchQueues(
    _ matches: [Int: CapturedTransfer], of program: DeviceProgram
  ) -> Set<Int> {
    var owners: [Int: Engine] = [:]
    for (index, transfer) in matches where program.instructions[index].opcode == .write {
      owners[transfer.queue] = program.instructions[index].engine
    }
    let descending = owners.sorted { $0.key > $1.key }
    var scratch: Set<Int> = []
    var before = Int.max
    for (queue, engine) in descending {
      // The names of the engines in the queues': Act, DVE, PE, Pool, SP.
      let rank =
        switch engine {
        case .scalar: 0
        case .vector: 1
        case .tensor: 2
        case .gpsimd: 3
        case .sync: 4
        }
      if !scratch.isEmpty || rank >= before {
        scratch.insert(queue)
      } else {
        before = rank
      }
    }
    return scratch
  }
}
