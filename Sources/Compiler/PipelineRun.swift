import ISA
import Programs

/// One program on its way through a pipeline.
struct PipelineRun {
  private let source: Draft
  private let program: Program
  private let options: CompilerOptions
  /// The passes that it gets.
  private let pipeline: Pipeline
  private var generation: String? { program.metadata[Pipeline.generationKey] }
  private static let first = "1"
  private static let second = "2"

  /// A draft with what was done to it so far.
  private struct State {
    var draft: Draft
    var keepsScopes = true
    var passes: [PassResult] = []
    /// Whether each pass's result is kept.
    let keepsPrograms: Bool

    mutating func note(_ name: String, _ changes: KeyValuePairs<String, Int>) {
      note(name, changes.map { PassResult.Change(what: $0.key, count: $0.value) })
    }

    mutating func note(_ name: String, _ changes: [PassResult.Change]) {
      passes.append(
        PassResult(
          name: name, changes: changes,
          keepsScopes: keepsScopes, draft: keepsPrograms ? draft : nil))
    }
  }

  /// What is tried in turn until memory suffices: whether passes are merged, the share of SBUF that work ahead
  /// fills, and the share in which results are kept for later passes.
  private static let attempts: [(merges: Bool, share: Double, kept: Double)] = [
    (true, 0.75, 0.75), (true, 0.5, 0.75), (true, 0.5, 0.5), (false, 0.5, 0.0), (false, 0.25, 0.0),
  ]

  /// What is tried in turn when tiles have to go to HBM: the share of SBUF that stays filled, and whether the
  /// result is scheduled.
  ///
  /// As much as work ahead may fill where nothing spills, then less; then all of it in the
  /// kernel's own order.
  private static let spilled: [(share: Double, orders: Bool)] = [
    (0.75, true), (0.5, true), (1.0, false), (0.75, false), (0.5, false),
  ]

  init(
    _ program: Program, _ machine: TargetMachine, _ options: CompilerOptions, pipeline: Pipeline
  ) {
    self.program = program
    self.pipeline = pipeline
    self.options = options
    source = Draft(program, machine, numbersForms: pipeline == .firstGeneration)
  }

  // MARK: Pipelines

  /// What the passes make of the program.
  func compiled() throws(NoRoom) -> Compiled {
    switch pipeline {
    case .programOrder: try inProgramOrder()
    case .firstGeneration: try firstGeneration()
    case .secondGeneration: try secondGeneration()
    }
  }

  /// The author's order, with addresses.
  private func inProgramOrder() throws(NoRoom) -> Compiled {
    var state = begin()
    try place(&state)
    return finished(state)
  }

  /// Live ranges, engines, hoisting, forwarding, merging, ordering, placing; less of it where memory does not suffice.
  private func firstGeneration() throws(NoRoom) -> Compiled {
    var start = begin()
    split(&start)
    choose(&start, isSecond: false)
    var own: (compiled: Compiled, isSpilled: Bool)?
    for attempt in Self.attempts {
      if attempt.merges && !options.transformsLoops { continue }
      var state = scheduled(start, attempt.share, merges: attempt.merges, kept: attempt.kept)
      do throws(NoRoom) {
        try place(&state)
        return finished(state)
      } catch {
        if own == nil { own = try unscheduled(start) }
      }
      // Not even the kernel's own order fits: no other attempt will do.
      if own?.isSpilled == true { break }
    }
    if let own { return own.compiled }
    return try inProgramOrder()
  }

  /// The kernel's own order, or what spilling makes of it.
  private func unscheduled(
    _ start: State
  ) throws(NoRoom) -> (compiled: Compiled, isSpilled: Bool) {
    do throws(NoRoom) {
      var state = start
      try place(&state)
      return (finished(state), false)
    } catch {
      guard options.allowsSpills else { throw error }
      if let state = spilled(start) { return (finished(state), true) }
      guard let state = bankSpilled(start) else { throw error }
      return (finished(state), true)
    }
  }

  /// Tiles of PSUM that wait in SBUF, and with them tiles of SBUF that go to HBM; `nil` if that makes no room.
  private func bankSpilled(_ start: State) -> State? {
    var start = start
    guard let spills = BankSpilling.run(&start.draft) else { return nil }
    noteSaves(&start, spills.tiles, spills.saved, spills.reloaded)
    for orders in [true, false] {
      var state = start
      if orders { order(&state, Self.shares[1]) }
      do throws(NoRoom) {
        try place(&state)
        return state
      } catch {
        continue
      }
    }
    return generation == Self.second ? nil : spilled(start)
  }

  private func noteSaves(_ state: inout State, _ tiles: Int, _ saved: Int, _ reloaded: Int) {
    state.draft.note(Pipeline.savesKey, "\(saved)")
    state.draft.note(Pipeline.reloadsKey, "\(reloaded)")
    state.keepsScopes = false
    state.note("banks", ["tiles": tiles, "saved": saved, "reloaded": reloaded])
  }

  /// Repeated loads, live ranges, starters of DMAs, engines, copies, ordering, placing; less work ahead where memory does
  /// not suffice, and last results one by one.
  ///
  /// Nothing is merged, and no loop is interchanged (decoded streams of two MoE kernels; the DMA counts of AWS's thirty
  /// published builds equal their sources').
  private func secondGeneration() throws(NoRoom) -> Compiled {
    var start = begin()
    dropLoads(&start)
    split(&start)
    let removed = CopyRemoval.run(&start.draft)
    start.note("copies", ["removed": removed])
    if let saves = BankSaves.run(&start.draft) {
      noteSaves(&start, saves.tiles, saves.saved, saves.reloaded)
    }
    let joined = LiveRanges.join(&start.draft)
    start.note("join", ["joined": joined])
    choose(&start, isSecond: true)
    let reused = TileReuse.run(&start.draft)
    start.note("reuse", ["reused": reused])
    let problem = Ordering.Problem(start.draft, isWhole: true)
    for share in Self.shares {
      var state = start
      order(&state, problem, share)
      do throws(NoRoom) {
        try place(&state)
        return finished(state)
      } catch {
        continue
      }
    }
    for drops in [true, false] {
      var state = begin()
      if drops { dropLoads(&state) }
      split(&state)
      finishResults(&state)
      do throws(NoRoom) {
        try place(&state)
        return finished(state)
      } catch {
        continue
      }
    }
    if options.allowsSpills {
      var state = begin()
      dropLoads(&state)
      split(&state)
      if let state = bankSpilled(state) { return finished(state) }
    }
    return try inProgramOrder()
  }

  /// Shares of SBUF that work ahead fills, tried in turn until memory suffices.
  private static let shares = [0.9, 0.75, 0.5, 0.25]

  // MARK: Parts

  private func begin() -> State {
    var state = State(draft: source, keepsPrograms: options.keepsPrograms)
    if generation == Self.second {
      let policy: DMAStarters.Policy =
        pipeline == .programOrder || !source.limits.hasHardwareDGE ? .separate : .compiler
      let count = DMAStarters.run(&state.draft, policy: policy)
      state.note("starters", ["chosen": count])
    }
    if generation == Self.first, let sums = rowSums {
      state.draft.note(Pipeline.rowSumsKey, "\(sums)")
    }
    // What comes out is not to be compiled again.
    state.draft.note(Pipeline.generationKey, nil)
    if options.descriptors == .generated {
      let count = DescriptorChoice.run(&state.draft)
      state.note("descriptors", ["chosen": count])
    }
    return state
  }

  /// Activations that also sum their rows into a tensor; `nil` if there are none.
  ///
  /// The first generation's compiler is known to make again what leads to them: a public attention kernel (kda-for-trainium,
  /// gqa_full_v7b) takes 12.8 ms in the place of 8.6, with twice the products and loads. By which rule is not known.
  private var rowSums: Int? {
    let count = source.nodes.count {
      $0.operation is ActivationReduce || ($0.operation as? Activation)?.reduceRes != nil
    }
    return count > 0 ? count : nil
  }

  private func dropLoads(_ state: inout State) {
    let removed = RedundantLoads.run(&state.draft)
    state.note("loads", ["removed": removed])
  }

  private func choose(_ state: inout State, isSecond: Bool) {
    let chosen = EngineChoice.run(&state.draft, isSecond: isSecond)
    state.note("engines", ["chosen": chosen])
  }

  private func finishResults(_ state: inout State) {
    let moved = DepthFirst.run(&state.draft)
    state.keepsScopes = state.keepsScopes && moved == 0
    state.note("depth-first", ["moved": moved])
  }

  /// A tensor for each value of a tile.
  private func split(_ state: inout State) {
    let added = LiveRanges.run(&state.draft, keepsAffine: generation == Self.second)
    state.note("ranges", ["split": added])
  }

  /// Merged passes, in the scheduler's order.
  private func scheduled(
    _ start: State, _ share: Double, merges: Bool, kept: Double
  ) -> State {
    var state = start
    if merges && options.transformsLoops && !start.draft.hasOrder {
      let removed = Hoisting.run(
        &state.draft, room: Int(Double(state.draft.limits.sbufBytes) * kept))
      state.note("hoist", ["removed": removed])
      let room = LoopRoom(state.draft)
      let dropped = Forwarding.run(&state.draft, room: room)
      state.note("forward", ["removed": dropped])
      let merged = Merging.run(&state.draft, room: room)
      state.keepsScopes = false
      state.note("merge", ["merged": merged])
      order(&state, share, room: room)
      return state
    }
    order(&state, share)
    return state
  }

  private func order(_ state: inout State, _ share: Double, room: LoopRoom? = nil) {
    let problem = Ordering.Problem(state.draft, isWhole: generation == Self.second)
    order(&state, problem, share, room: room)
  }

  /// Orders the draft of which a problem was made.
  private func order(
    _ state: inout State, _ problem: Ordering.Problem, _ share: Double, room: LoopRoom? = nil
  ) {
    let before = state.draft.nodes
    let inverted = Ordering.run(&state.draft, problem, share: share, room: room)
    state.keepsScopes = false
    let moved = zip(before, state.draft.nodes).count { $0.line != $1.line }
    state.note(
      "order",
      [PassResult.Change(what: "moved", count: moved)]
        + inverted.filter { $0.pairs > 0 }.map {
          PassResult.Change(what: "inverted on \($0.engine)", count: $0.pairs)
        })
  }

  /// Tiles that go to HBM and come back; `nil` if that makes no room.
  ///
  /// Tiles are chosen in the kernel's own order, then the result is list-scheduled.
  private func spilled(_ start: State) -> State? {
    for (share, orders) in Self.spilled {
      var state = start
      let capacity = Int(Double(state.draft.limits.sbufBytes) * share)
      guard let spills = Spilling.run(&state.draft, capacity: capacity) else { continue }
      // Where PSUM is what has no room, another order may do, and nothing goes to HBM.
      if spills.tiles > 0 {
        state.draft.note("spill_save_bytes", "\(spills.saveBytes)")
        state.draft.note("spill_reload_bytes", "\(spills.reloadBytes)")
      }
      state.keepsScopes = false
      state.note(
        "spill",
        [
          "tiles": spills.tiles, "save_bytes": spills.saveBytes,
          "reload_bytes": spills.reloadBytes,
        ])
      if orders { order(&state, share) }
      do throws(NoRoom) {
        try place(&state)
        return state
      } catch {
        continue
      }
    }
    return nil
  }

  private func place(_ state: inout State) throws(NoRoom) {
    let count = state.draft.tensors.count { $0.isOnChip && $0.place == nil }
    try Placement.run(
      &state.draft, policy: options.allocation, keepsTensors: options.keepsTensors)
    state.note("place", ["placed": count])
  }

  private func finished(_ state: State) -> Compiled {
    guard !state.passes.isEmpty else { return Compiled(program: program, passes: []) }
    var result = state.draft.program(keepsScopes: state.keepsScopes)
    if !state.passes.allSatisfy({ Self.keepingPasses.contains($0.name) }) {
      result.metadata[Pipeline.orderKey] = Schedule.compiler.rawValue
    }
    let isTorn = !state.keepsScopes && !program.scopes.isEmpty
    return Compiled(
      program: result, passes: state.passes,
      scopes: isTorn ? SourceScopes(program.scopes, of: state.draft.nodes.map(\.scope)) : nil)
  }

  /// Passes that leave instructions and their order as they were given.
  private static let keepingPasses: Set = ["place", "starters", "descriptors"]
}
