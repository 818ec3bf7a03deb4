/// What a piece of time was spent on, or waited for.
package enum Cause: UInt8, CaseIterable, Hashable, Sendable {
  /// The queues of the engines had not started yet.
  case launch
  /// An engine worked.
  case work
  /// The PE array worked at its cold clock: what the warm one would not have taken.
  case peClock
  /// Weights went into the PE array.
  case weightLoad
  /// A table of activation functions was loaded.
  case tableLoad
  /// The engine still took in what is before.
  case engineBusy
  /// What is before in the queue had not gone yet.
  case queueOrder
  /// The queue in front of the engine was full.
  case queueDepth
  /// The sequencer took its time, or a semaphore's way to it did.
  case dispatch
  /// A semaphore that somebody had not set yet, or the instructions that do nothing but wait.
  case semaphore
  /// Starting a DMA.
  case dmaIssue
  /// Making its descriptors.
  case descriptorGeneration
  /// The ring had others' descriptors.
  case ringWait
  /// The ring moved data.
  case ring
  /// The ring moved data at its share of HBM's bandwidth.
  case hbm
  /// The first read of HBM where nothing has read.
  case firstRead
  /// From the last byte to the semaphore that says so.
  case completion
  /// Other cores.
  case exchange
  /// What the compiler added because a memory on chip had no room for a tile, whatever it does.
  case spill
  /// A time that was given and not predicted.
  case given
  /// A rule of Timing that the recorder does not know; no program has any.
  case unexplained
}

/// How one moment follows from another one.
enum Dependency: UInt8 {
  case launch
  /// The sequencer goes on after it has handed an instruction to its engine.
  case dispatch
  /// The sequencer goes on after an instruction of its own.
  case control
  /// A place in the engine's queue.
  case room
  /// A semaphore's update, and its way.
  case semaphore
  /// An instruction that does nothing but wait.
  case event
  case work
  /// The engine has room for the next, or ends in order.
  case engine
  case clock
  case weights
  case table
  case issue
  case generation
  case queueOrder
  case ringOrder
  case ring
  case hbm
  case firstRead
  case completion
  case exchange
  case given
  case unexplained

  /// What the time between the two moments was spent on.
  var cause: Cause {
    switch self {
    case .launch: .launch
    case .dispatch, .control, .room: .dispatch
    case .semaphore, .event: .semaphore
    case .work, .engine: .work
    case .clock: .peClock
    case .weights: .weightLoad
    case .table: .tableLoad
    case .issue: .dmaIssue
    case .generation: .descriptorGeneration
    case .queueOrder: .queueOrder
    case .ringOrder: .ringWait
    case .ring: .ring
    case .hbm: .hbm
    case .firstRead: .firstRead
    case .completion: .completion
    case .exchange: .exchange
    case .given: .given
    case .unexplained: .unexplained
    }
  }

  /// Whether that time is of what comes first, where the two are of different lives.
  var isOfFirst: Bool {
    switch self {
    case .launch, .dispatch, .control, .room, .semaphore, .exchange, .unexplained: false
    default: true
    }
  }

  /// What the second waits for until the first moment.
  var awaited: Cause {
    switch self {
    case .control, .queueOrder: .queueOrder
    case .room: .queueDepth
    case .engine, .work: .engineBusy
    default: cause
    }
  }

  /// What the second waits for from the first moment on, if that is of another life.
  var following: Cause {
    switch self {
    case .semaphore: .dispatch
    case .engine, .work: .engineBusy
    default: cause
    }
  }
}
