import Device

extension Capture {
  /// Leaves out waits for counts that nothing in the capture ever reaches, with a note.
  ///
  /// Another core, the runtime or a transfer without a trace can have updated the semaphore.
  static func leaveOutUnreached(
    _ program: inout DeviceProgram, _ rows: [CapturedInstruction], notes: inout CaptureNotes
  ) {
    var totals = Array(repeating: Int64(0), count: program.semaphores)
    for update in program.updates { totals[Int(update.semaphore)] += Int64(update.amount) }
    for transfer in program.transfers {
      if let update = transfer.completion { totals[Int(update.semaphore)] += Int64(update.amount) }
    }
    guard program.waits.contains(where: { Int64($0.value) > totals[Int($0.semaphore)] }) else {
      return
    }
    var kept: [SemaphoreWait] = []
    for index in program.instructions.indices {
      let first = Int32(kept.count)
      for wait in program.waits(of: program.instructions[index]) {
        if Int64(wait.value) <= totals[Int(wait.semaphore)] {
          kept.append(wait)
        } else {
          notes.add(
            "a wait is left out: nothing in the tables lets its semaphore reach the value",
            rows[index])
        }
      }
      program.instructions[index].firstWait = first
      program.instructions[index].waitCount = UInt16(kept.count - Int(first))
    }
    program.waits = kept
  }
}
