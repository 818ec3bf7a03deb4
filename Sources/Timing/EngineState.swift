extension Simulator {
  /// One engine, its sequencer and what the head of its queue waits for.
  ///
  /// The sequencer takes the queue in order: it waits for semaphores, executes control and triggers
  /// itself, and hands everything else to the engine, in front of which a few instructions may wait.
  struct EngineState {
    /// Device instructions in order.
    var queue: [Int32] = []
    var position = 0
    /// Begin of the instruction before the head.
    var head: Picoseconds = 0
    /// The sequencer can dispatch to the engine.
    var dispatch: Picoseconds = 0
    /// The sequencer can execute an instruction of its own.
    var control: Picoseconds = 0
    /// The same for one that has a wait, be it over or not.
    var controlWaiting: Picoseconds = 0
    /// What the sequencer has executed lately.
    var habits = Habits()
    /// DMA triggers executed.
    var triggers = 0
    /// DMAs of software executed right before the head.
    var softwareRow = 0
    /// The software of GpSimd can look at the next DMA; `max` when the last instruction was none.
    var accepted: Picoseconds = .max
    var nextAccepted: Picoseconds = .max
    /// End of the register instruction right before the head that makes its address; `min` for none.
    var addressed: Picoseconds = .min
    /// How long before the head's begin the sequencer is done with it.
    var lead: Picoseconds = 0
    /// The engine can take in the next instruction.
    var free: Picoseconds = 0
    var lastEnd: Picoseconds = 0
    /// Scattered elements that it has taken in and not yet written.
    var writes = WriteQueue()
    /// When few enough of them are left for the next instruction.
    var drained: Picoseconds = .min / 2
    /// Begins of the engine's last instructions, as a ring of the queue's depth.
    var begins: [Picoseconds] = []
    var dispatched = 0
    /// Instructions dispatched since the last one that the sequencer executed.
    var sinceControl = 2
    /// When the sequencer takes the head; `max` when blocked or finished.
    var begin: Picoseconds = .max
    var signalled: Picoseconds = 0
    /// When the sequencer and its queue let the head go.
    var structural: Picoseconds = 0
    /// Update that the head waited for last; -1 if none.
    var event: Int32 = -1
    /// Semaphore that blocks the head; -1 if none.
    var blockedOn: Int32 = -1
  }
}
