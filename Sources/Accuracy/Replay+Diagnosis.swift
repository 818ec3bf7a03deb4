import Captures
import Device
import Diagnostics
import Timing

extension Replay {
  /// Why a capture cannot be replayed, in the capture's own rows and semaphore numbers.
  static func describe(_ error: TimingError, _ capture: Capture) -> DiagnosticError {
    let name = capture.name
    switch error {
    case .unsupported(let instruction, let message):
      return DiagnosticError(
        "\(message) on this hardware ('\(name)', row \(capture.labels[instruction]))",
        remedy: "replay it on the hardware that it was captured on")
    case .tooLong:
      return DiagnosticError(
        "the replay of '\(name)' takes longer than 13 days of simulated time",
        remedy: "check the hardware configuration for values that are far too slow")
    case .deadlock(let blocked):
      return DiagnosticError(
        "the replay of '\(name)' cannot go on: "
          + blocked.map { describe($0, capture) }.joined(separator: "; "),
        remedy: "see whether the tables lack instructions or semaphore records: a wait "
          + "whose updates were dropped never ends")
    }
  }

  private static func describe(_ blocked: BlockedEngine, _ capture: Capture) -> String {
    let updates = updates(blocked.semaphore, capture.program)
    let number = capture.semaphoreNumbers[Int(blocked.semaphore)]
    return "row \(capture.labels[blocked.instruction]) waits for S[\(number)] >= "
      + "\(blocked.value), which is \(blocked.reached) and gets to \(updates) in all; "
      + blocked.settersText
  }

  /// What all instructions and DMAs of a program add to a semaphore.
  private static func updates(_ semaphore: Int32, _ program: DeviceProgram) -> Int {
    program.instructions.reduce(0) { sum, instruction in
      program.allUpdates(of: instruction).filter { $0.semaphore == semaphore }
        .reduce(sum) { $0 + Int($1.amount) }
    }
  }
}
