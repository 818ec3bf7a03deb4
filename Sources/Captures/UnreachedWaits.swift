import Device
import Diagnostics

extension Capture {
  /// Refuses semaphores that count further than the simulation does.
  static func checkCounts(
    _ program: DeviceProgram, _ builder: ProgramBuilder, _ path: String
  ) throws(DiagnosticError) {
    let totals = totals(program)
    guard let semaphore = totals.firstIndex(where: { $0 > Int64(Int32.max) }) else { return }
    let captured = builder.capturedSemaphore(Int32(semaphore)) ?? semaphore
    throw DiagnosticError(
      "the semaphore S[\(captured)] gets to \(totals[semaphore]), more than \(Int32.max)",
      at: SourceLocation(file: path, line: 0), remedy: "replay an unchanged table of a capture")
  }

  /// By semaphore: how far all updates together bring it.
  private static func totals(_ program: DeviceProgram) -> [Int64] {
    var totals = Array(repeating: Int64(0), count: program.semaphores)
    for update in program.updates { totals[Int(update.semaphore)] += Int64(update.amount) }
    for transfer in program.transfers {
      if let update = transfer.completion { totals[Int(update.semaphore)] += Int64(update.amount) }
    }
    return totals
  }

  /// Leaves out waits for counts that nothing in the capture ever reaches, with a note.
  ///
  /// Another core, the runtime or a transfer without a trace can have updated the semaphore.
  static func leaveOutUnreached(
    _ program: inout DeviceProgram, _ rows: [CapturedInstruction], notes: inout CaptureNotes
  ) {
    let totals = totals(program)
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
