public import Device

/// When something happened on the device, in picoseconds after the first user instruction's begin.
public struct MeasuredInterval: Hashable, Sendable {
  /// Begin.
  public var begin: Int64
  /// End.
  public var end: Int64

  /// Makes an interval.
  public init(begin: Int64, end: Int64) {
    self.begin = begin
    self.end = end
  }

  /// End minus begin.
  public var duration: Int64 { end - begin }
}

/// When a captured transfer went through its stages, in picoseconds like `MeasuredInterval`.
public struct MeasuredTransfer: Hashable, Sendable {
  /// Its trigger instruction began.
  public var trigger: Int64
  /// The first of its descriptors was started on.
  public var firstRead: Int64
  /// The last of its descriptors was read.
  public var lastRead: Int64
  /// Its semaphore had all increments.
  public var complete: Int64

  /// Makes a transfer's times.
  public init(trigger: Int64, firstRead: Int64, lastRead: Int64, complete: Int64) {
    self.trigger = trigger
    self.firstRead = firstRead
    self.lastRead = lastRead
    self.complete = complete
  }
}

/// A run of a real device: its user region as a device program, and when everything happened.
public struct Capture: Sendable {
  /// The capture's name: the file's, without its extensions.
  public var name: String
  /// The user region's instructions and transfers.
  public var program: DeviceProgram
  /// By device instruction.
  public var instructions: [MeasuredInterval]
  /// By transfer.
  public var transfers: [MeasuredTransfer]
  /// By device instruction: engine, index in the captured stream, opcode and operands.
  public var labels: [String]
  /// By the program's semaphore: its number in the capture.
  public var semaphoreNumbers: [Int]
  /// By ring: time of the user region in which at least one descriptor was being read.
  public var ringBusy: [Int64]
  /// Changes of the PE clock that the device recorded; none if the capture has no record of them.
  public var clockChanges: [MeasuredClockChange]
  /// What the profiler gives as the run's total time, launch included, in picoseconds; `nil` if unknown.
  public var totalTime: Int64?

  /// What is taken on trust: priced by a rule that no capture supports, left out, or missing.
  public var notes: [String]

  /// From the first instruction's begin to the last one's end, in picoseconds.
  public var userSpan: Int64 {
    (instructions.map(\.end).max() ?? 0) - (instructions.map(\.begin).min() ?? 0)
  }
}
