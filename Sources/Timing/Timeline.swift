/// Simulated time and durations in integer picoseconds.
///
/// One picosecond divides no clock period of the machine exactly, so each duration is rounded once,
/// from cycles; sums of durations are exact.
public typealias Picoseconds = Int64

/// Why an instruction did not begin the moment it became the head of its engine's queue.
public enum StallReason: UInt8, CaseIterable, Hashable, Sendable {
  /// The engine was still taking in the instruction before it, or the PE array still streamed.
  case engineBusy
  /// Its weights, or (before a weight load) those before them, were still being loaded.
  case weightLoad
  /// A semaphore that another engine sets.
  case semaphore
  /// A semaphore that a DMA sets.
  case dma
  /// The hop from the semaphore to the engine.
  case dispatch
}

/// When one device instruction lived.
///
/// The intervals of its life tile `head..<end`.
public struct InstructionTiming: Hashable, Sendable {
  /// It became the head of its engine's queue: the instruction before it had begun.
  public var head: Picoseconds
  /// The engine could have taken it in (the instruction before it left room).
  public var free: Picoseconds
  /// Its last semaphore had reached the value; `head` or earlier if it waited for none.
  public var signalled: Picoseconds
  /// It began.
  public var begin: Picoseconds
  /// Its results are written.
  public var end: Picoseconds
  /// Device instruction whose completion it waited for last; -1 if none.
  public var producer: Int32
  /// Transfer whose completion it waited for last; -1 if none.
  public var producerTransfer: Int32
  /// Whether the PE array ran at its cold clock.
  public var isCold: Bool
  /// Whether loading weights is what it waited for last.
  public var waitedForWeights: Bool

  /// Makes a timing.
  public init(
    head: Picoseconds, free: Picoseconds, signalled: Picoseconds, begin: Picoseconds,
    end: Picoseconds, producer: Int32, producerTransfer: Int32, isCold: Bool,
    waitedForWeights: Bool = false
  ) {
    self.head = head
    self.free = free
    self.signalled = signalled
    self.begin = begin
    self.end = end
    self.producer = producer
    self.producerTransfer = producerTransfer
    self.isCold = isCold
    self.waitedForWeights = waitedForWeights
  }

  /// Time from begin to end.
  @inlinable public var duration: Picoseconds { end - begin }
}

/// When one transfer lived.
///
/// Its intervals (descriptor generation, waiting for a ring, moving data,
/// acknowledgement) tile `trigger..<complete`.
public struct TransferTiming: Hashable, Sendable {
  /// Its trigger instruction began.
  public var trigger: Picoseconds
  /// Its descriptors reached the rings.
  public var queued: Picoseconds
  /// The first ring started on it.
  public var firstRead: Picoseconds
  /// The last ring finished reading.
  public var lastRead: Picoseconds
  /// Its completion was visible on its semaphore.
  public var complete: Picoseconds

  /// Makes a timing.
  public init(
    trigger: Picoseconds, queued: Picoseconds, firstRead: Picoseconds, lastRead: Picoseconds,
    complete: Picoseconds
  ) {
    self.trigger = trigger
    self.queued = queued
    self.firstRead = firstRead
    self.lastRead = lastRead
    self.complete = complete
  }
}

/// A piece of an instruction's life with its reason.
public struct StallInterval: Hashable, Sendable {
  /// Why.
  public var reason: StallReason
  /// From when.
  public var begin: Picoseconds
  /// Until when.
  public var end: Picoseconds
}

/// What happened when: the result of Timing, and all that reports are made of.
public struct Timeline: Sendable {
  /// One entry per device instruction, by its index.
  public var instructions: [InstructionTiming] = []
  /// One entry per transfer, by its index.
  public var transfers: [TransferTiming] = []
  /// Busy time of each DMA ring.
  public var ringBusy: [Picoseconds] = []
  /// When the PE clock changed, and to what; it starts cold at 0.
  public var clockChanges: [(time: Picoseconds, warm: Bool)] = []
  /// When everything had completed.
  public var total: Picoseconds = 0
  /// What each resource alone would have needed.
  public var bounds = Bounds()

  /// Makes an empty timeline.
  public init() {}

  /// The waits of an instruction's life before it began, in order, without gaps.
  public func stalls(_ index: Int) -> [StallInterval] {
    let timing = instructions[index]
    var found: [StallInterval] = []
    var now = timing.head
    func add(_ reason: StallReason, until end: Picoseconds) {
      guard end > now else { return }
      found.append(StallInterval(reason: reason, begin: now, end: end))
      now = end
    }
    add(.engineBusy, until: min(timing.free, timing.begin))
    let reason: StallReason = timing.producerTransfer >= 0 ? .dma : .semaphore
    add(reason, until: min(timing.signalled, timing.begin))
    add(timing.waitedForWeights ? .weightLoad : .dispatch, until: timing.begin)
    return found
  }
}
