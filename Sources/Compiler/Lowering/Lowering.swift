public import Device
import Diagnostics
public import Hardware
import ISA
public import Machine
public import Programs

/// What the Neuron compiler does between a kernel and the core: engines, passes, ACT tables,
/// descriptors on rings, and semaphores for every data dependency.
///
/// Engine queues keep program order. An instruction waits for another when they touch the same bytes
/// and one writes; a wait that an earlier wait of the same engine implies is left out.
public struct Lowering {
  let program: Program
  let hardware: Hardware
  var device = DeviceProgram()
  private var emitter: Emitter
  private let descriptors: DescriptorSplit
  private var tracker: HazardTracker
  private var known: KnownCompletions
  /// Operands of the emission at hand.
  private var touches: [HazardTracker.Touch] = []
  /// Whom the emission at hand must come after.
  private var required: [Producer] = []
  private var queueIndex: [QueueKey: Int32] = [:]
  private var loadedTable: String?
  /// Engines whose instructions wait for this device instruction, as a bit set.
  var waiters: [UInt8] = []
  /// Per device instruction: its position in its engine's queue.
  private var positions: [Int32] = []
  private var queueLengths: [Int32]
  /// Per transfer: the device instruction that starts it.
  var triggers: [Int] = []
  /// Per program instruction: the last that it became, for `after`; `nil` before it is lowered.
  private var completions: [Producer?]
  var pendingWaits: [PendingWait] = []
  /// Transfers that write what the caller will read.
  var outputTransfers: [Int] = []
  /// Tensors in HBM that a transfer reads.
  private var readTensors: Set<Int32> = []
  /// By queue: its transfers, in order.
  private var queued: [[Int]] = []
  /// What is undefined inside instructions, where somebody asks.
  private var effects: UndefinedEffects?
  /// By tensor, whether the author placed it; empty where nobody asks.
  private var isPlacedByAuthor: [Bool] = []

  private struct QueueKey: Hashable {
    var engine: Engine
    var mode: DGEMode
  }

  /// A wait whose semaphore value is fixed once all updates are known.
  struct PendingWait {
    var instruction: Int32
    var producer: Producer

    /// - Parameter triggers: Per transfer: the device instruction that starts it.
    func requireLookingBack(_ triggers: [Int]) {
      let other = producer.instruction(triggers)
      Invariant.waitsLookBack.require(
        other < Int(instruction), "device instruction \(instruction) waits for \(other)")
    }
  }

  /// Lowers a program that has passed its checks.
  ///
  /// - Throws: a race of an explicit program, or a deadlock.
  /// - Parameters:
  ///   - placed: Names of the tensors on chip that the author placed: what was written through one of them and is read through
  ///     another is told. Views of a tensor, and what the compiler placed, share bytes as they should.
  ///   - onUndefined: Is told what the machine leaves undefined inside an instruction, the first of each place; nobody looks for
  ///     it without.
  public static func lower(
    _ program: Program, on hardware: Hardware, placedByAuthor placed: Set<String> = [],
    onUndefined: ((Trap) -> Void)? = nil
  ) throws(Trap) -> DeviceProgram {
    var lowering = Lowering(program, hardware)
    if onUndefined != nil {
      lowering.effects = UndefinedEffects()
      if placed.count > 1 {
        lowering.isPlacedByAuthor = program.tensors.map { placed.contains($0.name) }
        lowering.tracker.looksForAliases = true
      }
    }
    defer { if let onUndefined { lowering.effects?.found.forEach(onUndefined) } }
    let order = try program.executionOrder()
    if let order {
      for index in order { try lowering.lower(index) }
    } else {
      for index in program.instructions.indices { try lowering.lower(index) }
    }
    return lowering.finish()
  }

  /// What the machine leaves undefined inside instructions of a program that is not lowered otherwise.
  public static func undefinedEffects(of program: Program, on hardware: Hardware) -> [Trap] {
    var effects = UndefinedEffects()
    var emitter = Emitter(
      engine: .tensor, tensors: program.tensors, geometry: Geometry(hardware))
    for index in program.instructions.indices {
      emitter.begin(on: program.instructions[index].resolvedEngine)
      program.instructions[index].operation.lower(into: &emitter)
      effects.look(at: index, of: program, emitter)
    }
    return effects.found
  }

  private init(_ program: Program, _ hardware: Hardware) {
    self.program = program
    self.hardware = hardware
    emitter = Emitter(engine: .tensor, tensors: program.tensors, geometry: Geometry(hardware))
    descriptors = DescriptorSplit(hardware)
    tracker = HazardTracker(
      tensors: program.tensors, sbufBytes: hardware.sbuf.bytesPerPartition,
      psumBytes: hardware.psum.bytesPerPartition)
    // A product is two device instructions; what has more or fewer evens out.
    let expected = program.instructions.count * 2
    known = KnownCompletions(
      tracksTransfers: program.dependencies == .explicit, expecting: expected)
    queueLengths = Array(repeating: 0, count: Engine.allCases.count)
    completions = Array(repeating: nil, count: program.instructions.count)
    device.instructions.reserveCapacity(expected)
    waiters.reserveCapacity(expected)
    positions.reserveCapacity(expected)
  }

  // MARK: - One program instruction

  private mutating func lower(_ index: Int) throws(Trap) {
    let engine = program.instructions[index].resolvedEngine
    emitter.begin(on: engine)
    program.instructions[index].operation.lower(into: &emitter)
    effects?.look(at: index, of: program, emitter)
    for position in emitter.emissions.indices {
      let emission = emitter.emissions[position]
      device.onChip += emitter.onChipBytes(of: emission)
      loadTable(for: emission, engine, source: index)
      let device = emit(emission, engine, source: index)
      waitForQueue(device, engine)
      if position == 0 {
        for other in program.instructions[index].after {
          if let producer = completions[Int(other)] { wait(device, engine, for: producer) }
        }
      }
      completions[index] = try order(emission, device, engine, source: index)
    }
  }

  /// Waits for (or, in an explicit program, checks) everything that the emission's bytes require.
  ///
  /// - Returns: whose completion is the emission's: the instruction's or its transfer's.
  private mutating func order(
    _ emission: Emission, _ device: Int, _ engine: Engine, source: Int
  ) throws(Trap) -> Producer {
    var lane = engine.rawValue
    var producer = Producer.instruction(device)
    if !emission.kind.isWork {
      lane = HazardTracker.transferLane
      let transfer = self.device.transfers.count - 1
      producer = .transfer(transfer)
      self.device.transfers[transfer].isScratch =
        emission.reads.allSatisfy(isScratch) && emission.writes.allSatisfy(isScratch)
      self.device.transfers[transfer].readsAnew = readsAnew(emission, transfer)
      if emission.writes.contains(where: { isOutput(emitter.operands[$0]) }) {
        outputTransfers.append(transfer)
      }
    }
    touches.removeAll(keepingCapacity: true)
    for operand in emission.reads {
      touches.append(tracker.touch(emitter.operands[operand], isWrite: false))
    }
    for operand in emission.writes {
      touches.append(tracker.touch(emitter.operands[operand], isWrite: true))
    }
    if !isPlacedByAuthor.isEmpty { lookForAliases(emission, source) }
    required.removeAll(keepingCapacity: true)
    for touch in touches { tracker.find(touch, lane: lane, into: &required) }
    // Latest first: waiting for it makes waits for what its engine had waited for unnecessary.
    if required.count > 1 {
      let triggers = triggers
      required.sort { $0.instruction(triggers) > $1.instruction(triggers) }
    }
    for index in required.indices {
      let earlier = required[index]
      if program.dependencies == .explicit && isRace(earlier, device, engine) {
        throw race(earlier, source)
      }
      wait(device, engine, for: earlier)
    }
    known.seal(device, on: engine)
    for touch in touches { tracker.record(touch, by: producer, lane: lane) }
    return producer
  }

  /// Tells of reads through one tensor of what was written last through another one, on the same bytes of a memory on chip.
  private mutating func lookForAliases(_ emission: Emission, _ source: Int) {
    for (touch, operand) in zip(touches, emission.reads) {
      let pattern = emitter.operands[operand]
      guard isPlacedByAuthor[Int(pattern.tensor.index)],
        let (producer, tensor) = tracker.foreignWriter(touch), isPlacedByAuthor[Int(tensor)]
      else { continue }
      let writer = Int(device.instructions[producer.instruction(triggers)].source)
      let place =
        program.instructions[writer].location.map { "\($0)" } ?? program.describe(writer)
      let (mine, theirs) = (
        program.tensors[Int(pattern.tensor.index)].name, program.tensors[Int(tensor)].name
      )
      var trap = Trap(
        .undefinedResult, "read of '\(mine)' sees what \(place) wrote through '\(theirs)'",
        remedy: "give the tensors places of their own, or write '\(mine)' before it is read")
      trap.instruction = source
      effects?.add(trap, key: "\(mine) \(theirs)")
    }
  }

  /// Whether a transfer is the first to read its HBM tensor, or reads one that the kernel wrote.
  ///
  /// What the kernel wrote is read back once, as a rule; a later part of an input is not new.
  private mutating func readsAnew(_ emission: Emission, _ transfer: Int) -> Bool {
    // Prepared descriptors were not seen to stall after a queue's first.
    guard device.transfers[transfer].mode != .none else { return false }
    var isNew = false
    for operand in emission.reads {
      let tensor = emitter.operands[operand].tensor
      guard program.tensors[Int(tensor.index)].space == .hbm else { continue }
      if isScratch(operand) { isNew = true }
      if readTensors.insert(tensor.index).inserted { isNew = true }
    }
    return isNew
  }

  private func isScratch(_ operand: Int) -> Bool {
    program.tensors[Int(emitter.operands[operand].tensor.index)].role == .scratch
  }

  private func isOutput(_ pattern: AccessPattern) -> Bool {
    program.tensors[Int(program.owner(of: pattern.tensor).index)].role.isReturned
  }

  /// Loads the table of functions that the emission needs, if another one (or none) is loaded.
  ///
  /// The first instruction of ScalarE always pays one load, also a copy (trn2 captures). A kernel that
  /// starts with copies loads the table that its first other function needs.
  private mutating func loadTable(for emission: Emission, _ engine: Engine, source: Int) {
    guard engine == .scalar, case .work(.stream) = emission.kind else { return }
    let needed = table(of: emission)
    if let loadedTable {
      guard let needed, needed != loadedTable else { return }
    }
    loadedTable = needed ?? firstTable(from: source + 1) ?? "resident"
    let load = append(
      DeviceInstruction(
        engine: .scalar, opcode: .actTableLoad,
        work: .stream(Stream(.tableLoad, elements: 0)), source: source))
    known.seal(load, on: .scalar)
  }

  /// The table set of the emission's function; `nil` for functions that are in every set.
  private func table(of emission: Emission) -> String? {
    guard let function = emission.activation?.rawValue,
      !hardware.scalar.residentFunctions.contains(function)
    else { return nil }
    // A function that the configuration puts into no set has one of its own.
    return hardware.scalar.tableSet(of: function) ?? function
  }

  private func firstTable(from index: Int) -> String? {
    for instruction in program.instructions[index...]
    where instruction.resolvedEngine == .scalar {
      var emitter = emitter
      emitter.begin(on: .scalar)
      instruction.operation.lower(into: &emitter)
      for emission in emitter.emissions {
        if let table = table(of: emission) { return table }
      }
    }
    return nil
  }

  private mutating func emit(_ emission: Emission, _ engine: Engine, source: Int) -> Int {
    let work: Work
    switch emission.kind {
    case .work(let asked): work = asked
    case .transfer(let shape):
      work = .trigger(transfer: Int32(device.transfers.count))
      triggers.append(device.instructions.count)
      split(shape, engine)
      self.device.transfers[self.device.transfers.count - 1].isSpill =
        program.instructions[source].isSpill
    case .exchange(let exchange):
      work = .trigger(transfer: Int32(device.transfers.count))
      triggers.append(device.instructions.count)
      add(exchange)
    }
    return append(
      DeviceInstruction(engine: engine, opcode: emission.opcode, work: work, source: source))
  }

  mutating func append(_ instruction: DeviceInstruction) -> Int {
    var instruction = instruction
    instruction.isSpill = program.instructions[Int(instruction.source)].isSpill
    device.instructions.append(instruction)
    waiters.append(0)
    let engine = Int(instruction.engine.rawValue)
    positions.append(queueLengths[engine])
    queueLengths[engine] += 1
    return device.instructions.count - 1
  }

  // MARK: - DMA

  /// Adds a transfer with its descriptors.
  private mutating func split(_ shape: TransferShape, _ engine: Engine) {
    let mode = descriptors.mode(shape.mode, on: engine)
    let transfer = descriptors.split(shape, mode, into: &device.runs)
    device.transfers.append(transfer)
    device.transfers[device.transfers.count - 1].queue = Int32(queue(engine, mode))
  }

  /// A part of an exchange is a transfer without descriptors, in a queue of its own.
  private mutating func add(_ exchange: Exchange) {
    let queue =
      device.queues.firstIndex(of: Lowering.exchangeQueue)
      ?? {
        device.queues.append(Lowering.exchangeQueue)
        return device.queues.count - 1
      }()
    var transfer = Transfer(
      firstRun: device.runs.count, runCount: 0, bytes: exchange.bytes, hbmReadBytes: 0,
      hbmWriteBytes: 0, descriptors: 0, queue: queue, mode: .none)
    transfer.exchange = Int32(device.exchanges.count)
    device.exchanges.append(exchange)
    device.transfers.append(transfer)
  }

  /// Name of the queue of what several cores do together.
  private static let exchangeQueue = "qCollective"

  /// The queue's index; named as the profiler names them.
  private mutating func queue(_ engine: Engine, _ mode: DGEMode) -> Int {
    let key = QueueKey(engine: engine, mode: mode)
    if let found = queueIndex[key] { return Int(found) }
    let suffix =
      switch mode {
      case .none: "IO0"
      case .hwdge: "DynamicHW"
      case .swdge: "Dynamic"
      }
    queueIndex[key] = Int32(device.queues.count)
    device.queues.append("q\(engine.displayName)\(suffix)")
    return device.queues.count - 1
  }

  // MARK: - Semaphores

  /// A trigger waits until the semaphore that its transfer will count on is free.
  private mutating func waitForQueue(_ device: Int, _ engine: Engine) {
    guard case .trigger(let transfer) = self.device.instructions[device].work else { return }
    let queue = Int(self.device.transfers[Int(transfer)].queue)
    while queued.count <= queue { queued.append([]) }
    let earlier = queued[queue].count - hardware.dma.transfersPerQueue
    queued[queue].append(Int(transfer))
    guard earlier >= 0 else { return }
    let producer = Producer.transfer(queued[queue][earlier])
    if program.dependencies == .explicit {
      // What the author did not order stays a race, whatever happens to order it here.
      pendingWaits.append(PendingWait(instruction: Int32(device), producer: producer))
    } else {
      wait(device, engine, for: producer)
    }
  }

  private mutating func wait(_ index: Int, _ engine: Engine, for producer: Producer) {
    let consumer = device.instructions.waiting(index)
    if let transfer = producer.transfer {
      guard known.learn(transfer: transfer, trigger: triggers[transfer], on: engine) else {
        return
      }
    } else {
      let index = device.instructions.signalling(Int(producer.value))
      let lane = device.instructions[index].engine
      guard known.learn(index, at: positions[index], of: lane, on: engine) else { return }
      waiters[index] |= 1 << engine.rawValue
      pendingWaits.append(
        PendingWait(instruction: Int32(consumer), producer: .instruction(index)))
      return
    }
    pendingWaits.append(PendingWait(instruction: Int32(consumer), producer: producer))
  }

  private func isRace(_ producer: Producer, _ device: Int, _ engine: Engine) -> Bool {
    if let transfer = producer.transfer { return !known.knows(transfer: transfer, on: engine) }
    let index = Int(producer.value)
    let lane = self.device.instructions[index].engine
    // A weight load's own position is enough: `after` names whole operations.
    return lane != engine && !known.knows(positions[index], of: lane, on: engine)
  }

  private func race(_ producer: Producer, _ source: Int) -> Trap {
    let other = Int(device.instructions[producer.instruction(triggers)].source)
    var trap = Trap(
      .race,
      "\(program.describe(source)) and \(program.describe(other)) touch the same bytes, "
        + "one of them writes, and nothing orders them",
      remedy: "add after=[…] to the later one, or use derived dependencies")
    trap.instruction = source
    trap.location = program.instructions[source].location
    trap.operand = sharedOperand(source, other)
    return trap
  }

  private func sharedOperand(_ a: Int, _ b: Int) -> String? {
    let theirs = program.instructions[b].operation.operands
    for mine in program.instructions[a].operation.operands {
      let place = emitter.place(mine.pattern)
      let footprint = Footprint(mine.pattern, place)
      for other in theirs where mine.role != .read || other.role != .read {
        let otherPlace = emitter.place(other.pattern)
        guard place.space == otherPlace.space,
          place.space != .hbm
            || program.owner(of: mine.pattern.tensor) == program.owner(of: other.pattern.tensor)
        else { continue }
        if footprint.overlaps(Footprint(other.pattern, otherPlace)) { return mine.name }
      }
    }
    return nil
  }
}

// Of the array: as methods of the lowering they copied all of it at each call.
extension [DeviceInstruction] {
  /// The instruction that waits for what this one needs.
  ///
  /// A matmul waits for nothing: the weight load before it waits for both (all trn2 captures).
  fileprivate func waiting(_ index: Int) -> Int {
    if case .matmul = self[index].work { return index - 1 }
    // The steps of a DMA's address wait for what the DMA waits for (decoded trn2 streams of MoE kernels).
    var first = index
    if case .trigger = self[index].work {
      while first > 0, self[first - 1].opcode.makesAddress,
        self[first - 1].source == self[index].source
      {
        first -= 1
      }
    }
    return first
  }

  /// The instruction whose completion says that this one has completed.
  ///
  /// A weight load ends before the matmul that went before it, so it cannot count on the same
  /// semaphore; the matmul that follows it stands for both.
  fileprivate func signalling(_ index: Int) -> Int {
    if case .loadWeights = self[index].work { return index + 1 }
    return index
  }
}
