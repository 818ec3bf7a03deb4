package import Device

/// When something happened on the device, in picoseconds after the first user instruction's begin.
package struct MeasuredInterval: Hashable, Sendable {
  /// Begin.
  package var begin: Int64
  /// End.
  package var end: Int64

  package init(begin: Int64, end: Int64) {
    self.begin = begin
    self.end = end
  }

  /// End minus begin.
  package var duration: Int64 { end - begin }
}

/// When a captured transfer went through its stages, in picoseconds like `MeasuredInterval`.
package struct MeasuredTransfer: Hashable, Sendable {
  /// Its trigger instruction began.
  package var trigger: Int64
  /// The first of its descriptors was started on.
  package var firstRead: Int64
  /// The last of its descriptors was read.
  package var lastRead: Int64
  /// Its semaphore had all increments.
  package var complete: Int64
}

/// A run of a real device: its user region as a device program, and when everything happened.
package struct Capture: Sendable {
  /// The capture's name: the file's, without its extensions.
  package var name: String
  /// The user region's instructions and transfers.
  package var program: DeviceProgram
  /// By device instruction.
  package var instructions: [MeasuredInterval]
  /// By transfer.
  package var transfers: [MeasuredTransfer]
  /// By device instruction: engine, index in the captured stream, opcode and operands.
  package var labels: [String]
  /// By the program's semaphore: its number in the capture.
  package var semaphoreNumbers: [Int]
  /// By ring: time of the user region in which at least one descriptor was being read.
  package var ringBusy: [Int64]
  /// Changes of the PE clock that the device recorded; none if the capture has no record of them.
  package var clockChanges: [MeasuredClockChange]
  /// What the profiler gives as the run's total time, launch included, in picoseconds; `nil` if unknown.
  package var totalTime: Int64?

  /// Whether it is a simulated run: nothing came before it, while a device's engines begin as the runtime lets them.
  package var isSimulated = false

  /// What is taken on trust: priced by a rule that no capture supports, left out, or missing.
  package var notes: [String]

  /// From the first instruction's begin to the last one's end, in picoseconds.
  package var userSpan: Int64 {
    (instructions.map(\.end).max() ?? 0) - (instructions.map(\.begin).min() ?? 0)
  }
}
