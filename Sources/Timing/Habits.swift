/// What a sequencer has executed lately.
///
/// Instructions of one kind take longer the first times, and again the first times after some WRITEs of
/// other kinds. Captures show it on every machine and in every kernel at the same instructions, so it
/// follows from the stream; caches and branch prediction of the sequencer's processor would do this.
struct Habits {
  /// What its processor distinguishes.
  enum Kind {
    case write
    case scratchWrite
    case event
    case nop
  }

  /// By kind: executions since it was new.
  private var practice: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
  /// By kind: WRITEs of other kinds since its last execution.
  private var others: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)

  /// Executes an instruction; returns whether it is one of the first `limit` of its kind, or of the
  /// first `limit` after `forgottenAfter` WRITEs of other kinds.
  mutating func execute(_ kind: Kind, limit: Int, forgottenAfter: Int) -> Bool {
    var practised = Habits.value(practice, kind)
    let foreign = Habits.value(others, kind)
    if foreign >= forgottenAfter || practised == 0 && foreign > 0 {
      practised = 0
    } else if practised == 0 {
      // Nothing else was executed before: what is first is used to at once.
      practised = Int32(clamping: limit)
    }
    Habits.set(&practice, kind, min(practised + 1, Int32(clamping: limit)))
    if kind == .write || kind == .scratchWrite {
      others.0 += 1
      others.1 += 1
      others.2 += 1
      others.3 += 1
    }
    Habits.set(&others, kind, 0)
    return practised < limit
  }

  private static func value(_ values: (Int32, Int32, Int32, Int32), _ kind: Kind) -> Int32 {
    switch kind {
    case .write: values.0
    case .scratchWrite: values.1
    case .event: values.2
    case .nop: values.3
    }
  }

  private static func set(
    _ values: inout (Int32, Int32, Int32, Int32), _ kind: Kind, _ value: Int32
  ) {
    switch kind {
    case .write: values.0 = value
    case .scratchWrite: values.1 = value
    case .event: values.2 = value
    case .nop: values.3 = value
    }
  }
}
