import Device
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

  /// A tensor's bytes count from its first write to its last use; those of tensors that are another's memory count once.
  private mutating func addMemories(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline
  ) {
    for life in TensorLives(program, device, timeline).lives {
      let tensor = program.tensors[life.tensor]
      let counter: Counter = tensor.space == .sbuf ? .sbuf : .psum
      let bytes = tensor.partitions * tensor.freeBytes
      changes.append(Change(time: life.begin, counter: counter, amount: bytes))
      changes.append(Change(time: life.end, counter: counter, amount: -bytes))
    }
  }
}
