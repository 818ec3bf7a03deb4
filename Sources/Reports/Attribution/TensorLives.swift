import Device
import ISA
import Machine
import Programs
import Timing

/// From when until when tensors on chip hold something: from their first write to their last use.
///
/// Tensors that are another one's memory live as that one.
struct TensorLives {
  /// One tensor's.
  struct Life: Hashable {
    var tensor: Int
    var begin: Picoseconds
    var end: Picoseconds
  }

  /// In the order of the tensors; of those that were written.
  private(set) var lives: [Life] = []

  init(_ program: Program, _ device: DeviceProgram, _ timeline: Timeline) {
    var begins = Array(repeating: Picoseconds.max, count: program.tensors.count)
    var ends = Array(repeating: Picoseconds.min, count: program.tensors.count)
    var source: Int32 = -1
    var cache = OperationCache<[Use]>()
    var used: [Use] = []
    for (index, instruction) in device.instructions.enumerated() {
      if instruction.source != source {
        source = instruction.source
        used = []
        guard program.instructions.indices.contains(Int(source)) else { continue }
        if let known = cache.value(Int(source), in: program) {
          used = known
        } else {
          used = TensorLives.uses(program, Int(source))
          cache.store(used, Int(source), in: program)
        }
      }
      let begin = timeline.instructions[index].begin
      var end = timeline.instructions[index].end
      if case .trigger(let transfer) = instruction.work {
        end = timeline.transfers[Int(transfer)].complete
      }
      for use in used {
        if use.isWrite { begins[use.tensor] = min(begins[use.tensor], begin) }
        ends[use.tensor] = max(ends[use.tensor], end)
      }
    }
    for tensor in program.tensors.indices where begins[tensor] < ends[tensor] {
      lives.append(Life(tensor: tensor, begin: begins[tensor], end: ends[tensor]))
    }
  }

  private struct Use {
    var tensor: Int
    var isWrite: Bool
  }

  /// The memories on chip that an instruction uses.
  private static func uses(_ program: Program, _ source: Int) -> [Use] {
    program.instructions[source].operation.operands.compactMap { operand in
      guard program.tensors.indices.contains(Int(operand.pattern.tensor.index)) else { return nil }
      let owner = Int(program.owner(of: operand.pattern.tensor).index)
      guard program.tensors[owner].space != .hbm else { return nil }
      return Use(tensor: owner, isWrite: operand.role != .read)
    }
  }
}
