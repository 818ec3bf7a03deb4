import Device
import ISA
import Machine
import Programs
import Timing

/// Changes of the counters that do not come from transfers, in the order of time.
struct TraceSamples {
  /// A counter that such a change belongs to.
  enum Counter: UInt8 {
    case peClock
    case sbuf
    case psum
  }

  /// One change.
  struct Change {
    var time: Picoseconds
    var counter: Counter
    /// Of the PE clock, 1 for warm and 0 for cold; of memories, bytes more or less.
    var amount: Int
  }

  var changes: [Change] = []

  init(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline, detail: TraceOptions.Detail
  ) {
    changes.append(Change(time: 0, counter: .peClock, amount: 0))
    for change in timeline.clockChanges {
      changes.append(Change(time: change.time, counter: .peClock, amount: change.warm ? 1 : 0))
    }
    // Reading every operand takes longer than a lean trace.
    if detail == .full { addMemories(program, device, timeline) }
    changes.sort {
      ($0.time, $0.counter.rawValue, $0.amount) < ($1.time, $1.counter.rawValue, $1.amount)
    }
  }

  /// A tensor's bytes count from its first write to its last use.
  private mutating func addMemories(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline
  ) {
    var first = Array(repeating: Picoseconds.max, count: program.tensors.count)
    var last = Array(repeating: Picoseconds.min, count: program.tensors.count)
    var source: Int32 = -1
    var cache = OperationCache<[(tensor: Int, isWrite: Bool)]>()
    var used: [(tensor: Int, isWrite: Bool)] = []
    for (index, instruction) in device.instructions.enumerated() {
      if instruction.source != source {
        source = instruction.source
        used = []
        guard program.instructions.indices.contains(Int(source)) else { continue }
        if let known = cache.value(Int(source), in: program) {
          used = known
        } else {
          used = program.onChipTensors(Int(source))
          cache.store(used, Int(source), in: program)
        }
      }
      let begin = timeline.instructions[index].begin
      var end = timeline.instructions[index].end
      if case .trigger(let transfer) = instruction.work {
        end = timeline.transfers[Int(transfer)].complete
      }
      for use in used {
        if use.isWrite { first[use.tensor] = min(first[use.tensor], begin) }
        last[use.tensor] = max(last[use.tensor], end)
      }
    }
    for (index, tensor) in program.tensors.enumerated() where first[index] < last[index] {
      let counter: Counter = tensor.space == .sbuf ? .sbuf : .psum
      let bytes = tensor.partitions * tensor.freeBytes
      changes.append(Change(time: first[index], counter: counter, amount: bytes))
      changes.append(Change(time: last[index], counter: counter, amount: -bytes))
    }
  }
}

extension Program {
  /// The SBUF and PSUM tensors that an instruction touches.
  fileprivate func onChipTensors(_ source: Int) -> [(tensor: Int, isWrite: Bool)] {
    guard instructions.indices.contains(source) else { return [] }
    return instructions[source].operation.operands.compactMap { operand in
      let tensor = Int(operand.pattern.tensor.index)
      guard tensors.indices.contains(tensor), tensors[tensor].space != .hbm else { return nil }
      return (tensor, operand.role != .read)
    }
  }
}
