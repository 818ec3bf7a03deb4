import Compiler
import Device
import Diagnostics
import Formats
import Host
import ISA
import Machine
import Programs
import Workloads

/// The values of the cores of a layout: machines that meet at exchanges.
final class CoresExecution {
  /// One core.
  private final class Core {
    let place: CorePlace
    let program: Program
    var interpreter: Interpreter
    let undefined = UndefinedReadsSeen()
    let results = UndefinedResultsSeen()
    /// The exchange that it waits at.
    var waiting: (index: Int, operation: any ExchangeOperation, exchange: Exchange)?
    /// Whether its program has ended.
    var hasEnded = false

    init(_ place: CorePlace, _ program: Program, _ interpreter: consuming Interpreter) {
      self.place = place
      self.program = program
      self.interpreter = interpreter
    }
  }

  private let set: ProgramSet
  private let options: Simulation.Options
  private let callers: [Simulation.Caller]
  private var cores: [Core] = []
  /// By rank.
  private var accesses: [SharedAccesses]
  /// By rank: the first race, where races are noted.
  private(set) var races: [Trap?]
  /// How many instructions a core executes before it is the next one's turn.
  private var turn = Int.max

  /// - Parameters:
  ///   - inputs: By rank.
  ///   - callers: By rank.
  init(
    _ set: ProgramSet, _ geometry: Geometry, _ inputs: [[KernelTensor]],
    _ callers: [Simulation.Caller], _ options: Simulation.Options
  ) throws {
    self.set = set
    self.options = options
    self.callers = callers
    accesses = (0..<set.layout.ranks).map { _ in SharedAccesses(cores: set.layout.coresPerRank) }
    races = Array(repeating: nil, count: set.layout.ranks)
    let ends = options.mode == .timingOnly ? set.valueEnds : []
    let isGivenAll = (0..<set.layout.count).allSatisfy { hasInputs(of: $0, inputs) }
    let isFollowed = ends.contains { $0 > 0 } && isGivenAll
    let hasValues = options.mode != .timingOnly || isFollowed
    let takesTurns = hasValues && options.coreRaces != .fault && set.layout.coresPerRank > 1
    turn = takesTurns ? 1 : .max
    for place in set.layout.places {
      let program = set.programs[place.id]
      guard hasValues else {
        cores.append(Core(place, program, Interpreter(geometry: geometry, machine: nil)))
        continue
      }
      var given = inputs.indices.contains(place.rank) ? inputs[place.rank] : []
      // The other core of the rank may declare what this one does not.
      let caller = caller(of: place.id)
      let declared = program.givenTensors.filter { !caller.gives($0.tensor.name) }
      given.removeAll { tensor in
        !declared.contains { $0.tensor.name == tensor.name }
          && isGivenToOther(than: place, tensor.name)
      }
      let filled = try Simulation.complete(
        given, declared.map { ($0.tensor.name, $0.tensor.dtype, $0.tensor.shape) }
      ) { _ in nil }
      var machine = Machine(
        geometry: geometry, tensors: [],
        rounding: options.stochasticRoundingSeed.map { .stochastic(seed: $0) } ?? .nearestEven)
      let first = place.core > 0 ? cores[place.rank * set.layout.coresPerRank] : nil
      for tensor in program.tensors {
        if let first, tensor.isShared,
          let other = first.program.tensors.firstIndex(where: {
            $0.name == tensor.name && $0.isShared
          })
        {
          try machine.declare(tensor, sharing: first.interpreter.machine, TensorID(other))
        } else if tensor.hasOwnMemory || set.layout.coresPerRank == 1,
          let memory = caller.memory[tensor.name]
        {
          try machine.declare(tensor, in: memory)
        } else {
          // What one core's program has in memory the other's may have on chip.
          machine.declare(tensor)
        }
      }
      if let missing = machine.missing {
        throw DiagnosticError(
          "the system has no memory for \(missing); \(MemoryBudget.shortage)",
          remedy: "use --timing-only, or smaller shapes")
      }
      // What the first core declares too is prepared already.
      if first == nil { Simulation.prepareOutputs(of: program, on: &machine, options, caller) }
      func isGiven(_ name: String, _ first: Core?) -> Bool {
        first?.program.givenTensors.contains { $0.tensor.name == name } ?? false
      }
      for (id, tensor) in declared {
        guard let input = filled.first(where: { $0.name == tensor.name }) else { continue }
        if !isGiven(tensor.name, first) { machine.fill(id, bytes: input.bytes) }
      }
      for (id, tensor) in program.givenTensors where !isGiven(tensor.name, first) {
        if let contents = caller.contents[tensor.name] { machine.fill(id, lazily: contents) }
      }
      let end = ends.isEmpty ? Int.max : ends[place.id]
      let core = Core(
        place, program, Interpreter(geometry: geometry, machine: machine, valuesUpTo: end))
      core.interpreter.onPrint(caller.onPrint)
      core.undefined.listen(to: &core.interpreter, options)
      core.results.listen(to: &core.interpreter, options)
      cores.append(core)
    }
  }

  /// Whether another core of the rank takes an input of this name.
  private func isGivenToOther(than place: CorePlace, _ name: String) -> Bool {
    set.layout.places.contains { other in
      other.rank == place.rank && other.core != place.core
        && set.programs[other.id].givenTensors.contains { $0.tensor.name == name }
    }
  }

  private func caller(of core: Int) -> Simulation.Caller {
    let rank = set.layout.places[core].rank
    return callers.indices.contains(rank) ? callers[rank] : Simulation.Caller()
  }

  /// Whether the contents of all that a core's program reads are there.
  private func hasInputs(of core: Int, _ inputs: [[KernelTensor]]) -> Bool {
    let rank = set.layout.places[core].rank
    let given = inputs.indices.contains(rank) ? inputs[rank] : []
    let caller = caller(of: core)
    return set.programs[core].givenTensors.allSatisfy { _, tensor in
      caller.gives(tensor.name) || given.contains { $0.name == tensor.name }
    }
  }

  /// Runs all cores to their ends.
  func run() throws {
    try runWhilePossible()
    let stuck = cores.filter { $0.waiting != nil }
    guard stuck.isEmpty else { throw deadlock(stuck) }
    for rank in accesses.indices { try requireNoRace(rank) }
  }

  /// Runs all cores until each has ended or waits for one that has.
  func runWhilePossible() throws {
    while true {
      var hasAdvanced = false
      for core in cores where core.waiting == nil && !core.hasEnded {
        try advance(core)
        hasAdvanced = true
      }
      // They meet when none can go on by itself: what each did before its exchange is done by then.
      if try !hasAdvanced && !meet() { return }
    }
  }

  /// Whether a race on what the cores of a rank share would be of interest.
  private func looksForRaces(_ rank: Int) -> Bool {
    options.coreRaces != .allow && races[rank] == nil
  }

  /// Runs a core that has no other to meet to its end.
  private func runAlone(_ core: Core) throws {
    try Simulation.annotated(core.program) { () throws(Trap) in
      if let order = try core.program.executionOrder() {
        try core.interpreter.run(core.program, inOrder: order)
      } else {
        try core.interpreter.run(core.program, upTo: core.program.instructions.count)
      }
    }
    core.hasEnded = true
  }

  /// Lets a core run to its next exchange, or for its turn.
  private func advance(_ core: Core) throws {
    guard set.layout.count > 1 else { return try runAlone(core) }
    let rank = core.place.rank
    let looksForRaces = looksForRaces(rank)
    do throws(Trap) {
      let stop = try core.interpreter.runToExchange(core.program, atMost: turn) {
        index, operation in
        guard looksForRaces else { return }
        accesses[rank].note(operation, index, of: core.program, core: core.place.core)
      }
      switch stop {
      case .ended: core.hasEnded = true
      case .paused: break
      case .exchange(let index, let operation):
        // A barrier names what it orders, and touches nothing.
        if looksForRaces, !(operation is CoreBarrier) {
          accesses[rank].note(operation, index, of: core.program, core: core.place.core)
        }
        core.waiting = (index, operation, operation.exchange(core.program.tensors))
      }
    } catch {
      var trap = Simulation.annotate(error, core.program)
      if trap.kind == .uninitializedRead && set.layout.coresPerRank > 1 {
        trap.notes.append(
          "if the rank's other core writes it: put a core_barrier between its write and this read")
      }
      throw core.place.named(trap)
    }
  }

  /// Executes an exchange that all have come to; `false` when there is none.
  private func meet() throws -> Bool {
    for core in cores {
      guard let waiting = core.waiting else { continue }
      let participants = try participants(core, waiting.exchange)
      let key = ExchangeKey(participants, pipe: waiting.exchange.pipe)
      let others = participants.map { cores[$0] }
      var ready = true
      for other in others {
        guard let theirs = other.waiting,
          try self.participants(other, theirs.exchange) == key.participants,
          theirs.exchange.pipe == key.pipe
        else {
          ready = false
          break
        }
      }
      guard ready else { continue }
      try execute(others)
      return true
    }
    return false
  }

  private func participants(_ core: Core, _ exchange: Exchange) throws -> [Int] {
    if let found = exchange.participants(with: core.place) { return found }
    throw fault(
      core,
      "ranks \(exchange.group.map { Int($0) }) take part, the program runs on \(set.layout.ranks) "
        + "and is rank \(core.place.rank)",
      remedy: "name ranks below \(set.layout.ranks), this one among them")
  }

  private func execute(_ cores: [Core]) throws {
    guard let first = cores.first, let mine = first.waiting else { return }
    var parts: [ExchangePart] = []
    for core in cores { try requireOther(core) }
    for core in cores {
      guard let theirs = core.waiting else { return }
      guard theirs.exchange.kind == mine.exchange.kind else {
        throw fault(
          core,
          "\(theirs.exchange.kind.rawValue) meets \(mine.exchange.kind.rawValue) of "
            + first.place.description,
          remedy: "all who take part must call the same exchange in the same order")
      }
      if core.interpreter.computesNext {
        let part = try on(core) { () throws(Trap) in
          try theirs.operation.part(from: core.interpreter.machine)
        }
        if let part { parts.append(part) }
      }
      guard theirs.exchange.bytes == mine.exchange.bytes,
        parts.last?.dtype == parts.first?.dtype, parts.last?.rows == parts.first?.rows
      else {
        throw fault(
          core,
          "gives \(theirs.exchange.bytes) B and \(first.place.description) \(mine.exchange.bytes) B",
          remedy: "all who take part must give equal shapes of one type")
      }
    }
    for (index, core) in cores.enumerated() {
      guard let theirs = core.waiting else { return }
      try on(core) { () throws(Trap) in
        let isStored = !parts.isEmpty && core.interpreter.computesNext
        if let result = isStored ? theirs.operation.result(parts, for: index) : nil {
          try theirs.operation.store(result, on: &core.interpreter.machine)
        }
        try core.interpreter.passExchange(core.program)
      }
      core.waiting = nil
    }
    // Cores of one rank have met; those of other ranks share nothing.
    for rank in Set(cores.map(\.place.rank))
    where cores.count(where: { $0.place.rank == rank }) == set.layout.coresPerRank {
      try requireNoRace(rank)
    }
  }

  /// Tells of a core that sends to itself while the other one waits for what it sends.
  private func requireOther(_ core: Core) throws {
    guard set.layout.coresPerRank > 1, let waiting = core.waiting,
      let send = waiting.operation as? SendRecv, send.sendTo == core.place.core
    else { return }
    var trap = Trap(
      .undefinedResult,
      "core \(core.place.core) sends to itself: what it sends to the rank's other core, and gets from it, is not defined",
      operand: "send_to_rank", remedy: "name the other core: send_to_rank=\(1 - core.place.core)")
    trap.instruction = waiting.index
    trap = core.place.named(trap)
    guard options.undefinedResults == .note else {
      throw Simulation.annotate(trap, core.program)
    }
    core.results.add(trap)
  }

  private func on<Value>(_ core: Core, _ body: () throws(Trap) -> Value) throws -> Value {
    do throws(Trap) {
      return try body()
    } catch {
      var trap = error
      trap.instruction = trap.instruction ?? core.waiting?.index
      throw core.place.named(Simulation.annotate(trap, core.program))
    }
  }

  private func fault(_ core: Core, _ message: String, remedy: String) -> Trap {
    var trap = Trap(.mismatch, message, remedy: remedy)
    trap.instruction = core.waiting?.index
    return core.place.named(Simulation.annotate(trap, core.program))
  }

  private func deadlock(_ stuck: [Core]) -> Trap {
    var trap = Trap(
      .deadlock, "\(stuck.count) core(s) wait at exchanges for others that never come",
      remedy: "all who take part must call the same exchanges in the same order")
    for core in stuck {
      guard let waiting = core.waiting else { continue }
      trap.location = trap.location ?? core.program.instructions[waiting.index].location
      trap.notes.append(
        "\(core.place.description) is at instruction \(waiting.index), "
          + "\(core.program.instructionText(waiting.index)), and waits for "
          + absent(core).map { set.layout.places[$0].description }.joined(separator: ", "))
    }
    trap.waits = WaitGraph(
      members: cores.map { core in
        guard let waiting = core.waiting else { return WaitGraph.Member(core.place.description) }
        return WaitGraph.Member(
          core.place.description, at: waiting.index,
          text: core.program.instructionText(waiting.index),
          location: core.program.instructions[waiting.index].location)
      },
      waits: stuck.flatMap { core in
        let text = core.waiting.map { core.program.instructionText($0.index) } ?? ""
        return absent(core).map { WaitGraph.Wait(of: core.place.id, for: $0, text) }
      })
    return trap
  }

  /// Those who take part in the exchange that a core waits at, and have not come to it.
  private func absent(_ core: Core) -> [Int] {
    guard let waiting = core.waiting,
      let participants = waiting.exchange.participants(with: core.place)
    else { return [] }
    let key = ExchangeKey(participants, pipe: waiting.exchange.pipe)
    return participants.filter { id in
      guard id != core.place.id else { return false }
      guard let theirs = cores[id].waiting,
        let others = theirs.exchange.participants(with: cores[id].place)
      else { return true }
      return ExchangeKey(others, pipe: theirs.exchange.pipe) != key
    }
  }

  private func requireNoRace(_ rank: Int) throws {
    guard looksForRaces(rank), let race = accesses[rank].meet() else { return }
    let core = cores[rank * set.layout.coresPerRank + 1]
    var trap = Trap(
      .race,
      "both cores of rank \(rank) touch byte \(race.byte) of '\(race.tensor)', one of them writes, and "
        + "they do not meet in between",
      remedy: "put a core_barrier between the two")
    trap.instruction = race.instructions[1]
    let other = cores[rank * set.layout.coresPerRank]
    trap.notes = [
      "\(other.place.description), instruction \(race.instructions[0]): "
        + other.program.instructionText(race.instructions[0])
    ]
    trap = core.place.named(Simulation.annotate(trap, core.program))
    guard options.coreRaces == .note else { throw trap }
    races[rank] = trap
  }

  // MARK: - Results

  /// The outputs that a core declares and the caller lent no memory for; the other core of its rank may
  /// have written parts of them.
  func outputs(of core: Int) throws -> [KernelTensor] {
    guard options.mode != .timingOnly else { return [] }
    let lent = caller(of: core).memory
    let core = cores[core]
    return try core.program.returnedTensors.compactMap { id, tensor in
      if options.unwrittenOutputs == .fault, let region = core.interpreter.machine.unwritten(id) {
        throw core.place.named(Simulation.incomplete(tensor, region))
      }
      guard lent[tensor.name] == nil else { return nil }
      return KernelTensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
        bytes: core.interpreter.machine.contents(of: id).bytes)
    }
  }

  /// A core's reads of memory that nothing wrote, where they are no faults.
  func undefinedReads(of core: Int) -> [Trap] {
    let core = cores[core]
    return core.undefined.traps.map { Simulation.annotate($0, core.program) }
  }

  /// A core's results that the machine leaves undefined, where they are no faults.
  func undefinedResults(of core: Int) -> [Trap] {
    let core = cores[core]
    return core.results.traps.map { Simulation.annotate($0, core.program) }
  }

  /// What of a core's outputs neither it nor the other core of its rank wrote.
  func unwritten(of core: Int) -> [UnwrittenRegion] {
    guard options.mode != .timingOnly else { return [] }
    let core = cores[core]
    return core.program.returnedTensors.compactMap { id, _ in
      core.interpreter.machine.unwritten(id)
    }
  }

  /// Copies a tensor's contents, and for each element whether it was written.
  func copy(
    _ tensor: TensorID, of core: Int, into target: UnsafeMutableRawBufferPointer,
    written: UnsafeMutableBufferPointer<UInt8>?
  ) {
    cores[core].interpreter.machine.copy(tensor, into: target, written: written)
  }

  /// How many tensors a core's program had.
  func tensorCount(of core: Int) -> Int { cores[core].program.tensors.count }

  /// What a core executed, if its program has control flow.
  func executed(by core: Int) -> ExecutedStream? { cores[core].interpreter.executed }
}
