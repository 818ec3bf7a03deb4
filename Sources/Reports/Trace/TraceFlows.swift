import Device
import Timing

/// The dependencies that are drawn as arrows: who ends an instruction's wait.
struct TraceFlows {
  /// First instruction that each instruction lets go; -1 for none.
  private var afterInstruction: [Int32] = []
  /// First instruction that each transfer lets go; -1 for none.
  private var afterTransfer: [Int32] = []
  /// The next instruction that the same producer lets go; -1 for none.
  private var next: [Int32] = []

  /// No arrows.
  init() {}

  /// Arrows between engines, and from transfers.
  init(_ device: DeviceProgram, _ timeline: Timeline) {
    afterInstruction = Array(repeating: -1, count: device.instructions.count)
    afterTransfer = Array(repeating: -1, count: device.transfers.count)
    next = Array(repeating: -1, count: device.instructions.count)
    for index in device.instructions.indices.reversed() {
      let timing = timeline.instructions[index]
      let consumer = Int32(truncatingIfNeeded: index)
      if timing.producerTransfer >= 0 {
        let transfer = Int(timing.producerTransfer)
        guard timeline.transfers[transfer].complete <= timing.begin else { continue }
        next[index] = afterTransfer[transfer]
        afterTransfer[transfer] = consumer
      } else if timing.producer >= 0 {
        let producer = Int(timing.producer)
        // An arrow must not point back in time, or Perfetto drops it.
        guard timeline.instructions[producer].end <= timing.begin,
          device.instructions[producer].engine != device.instructions[index].engine
        else { continue }
        next[index] = afterInstruction[producer]
        afterInstruction[producer] = consumer
      }
    }
  }

  var isEmpty: Bool { next.isEmpty }

  /// First instruction that waits for this one; -1 for none.
  @inline(__always)
  func first(after instruction: Int) -> Int32 { afterInstruction[instruction] }

  /// First instruction that waits for this transfer; -1 for none.
  @inline(__always)
  func first(afterTransfer transfer: Int) -> Int32 { afterTransfer[transfer] }

  /// The next one that waits for the same.
  @inline(__always)
  func next(_ consumer: Int32) -> Int32 { next[Int(consumer)] }

  /// Numbers are different for each arrow: one ends at each consumer, one at each transfer.
  static func number(consumer: Int) -> UInt64 { UInt64(consumer) * 2 + 1 }

  static func number(triggered transfer: Int) -> UInt64 { UInt64(transfer) * 2 + 2 }
}
