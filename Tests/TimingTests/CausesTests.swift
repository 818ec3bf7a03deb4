import Device
import Hardware
import Testing

@testable import Timing

/// Why things happen when they do: lives and the critical path are tiled, slack is what it says.
@Suite struct CausesTests {
  @Test(arguments: 1...UInt64(40))
  func everythingIsExplained(_ seed: UInt64) throws {
    let hardware = try Hardware.load(seed % 3 == 0 ? "trn1" : "trn2")
    let program = RandomBench(seed: seed, on: hardware).make(120).program
    let found = try causes(program, on: hardware)
    try requireExplained(found.causes, [found.timeline], [program], "seed \(seed)")
  }

  @Test func coresThatWaitForEachOther() throws {
    // The second core comes 4 × 512 elements later to the barrier: the first one's time is then the second's.
    let hardware = try Hardware.load("trn2")
    let programs = [0, 4].map { streams in
      var bench = Bench()
      for _ in 0..<streams { bench.add(.gpsimd, .stream(Stream(.iota, elements: 512))) }
      bench.add(.gpsimd, .stream(Stream(.iota, elements: 8)), signals: [0])
      var part = Transfer(
        firstRun: 0, runCount: 0, bytes: 0, hbmReadBytes: 0, hbmWriteBytes: 0, descriptors: 0,
        queue: 0, mode: .swdge)
      part.exchange = 0
      part.completion = SemaphoreUpdate(semaphore: 1, amount: 1)
      bench.program.semaphores = 2
      bench.program.transfers.append(part)
      bench.program.exchanges.append(
        Exchange(.barrier, bytes: 0))
      bench.add(.gpsimd, .trigger(transfer: 0), waits: [(0, 1)])
      bench.add(.vector, .stream(Stream(.tensorTensor, elements: 96)), waits: [(1, 1)])
      return bench.program
    }
    let layout = CoreLayout(ranks: 1, coresPerRank: 2)
    let (timelines, causes) = try Timing.causes(programs, of: layout, on: hardware)
    try requireExplained(causes, timelines, programs, "barrier")
    let path = causes.criticalPath()
    #expect(path.contains { $0.cause == .exchange })
    #expect(path.contains { $0.causer == Life(core: 1, .instruction(0)) })
    let waiting = causes.intervals(of: Life(core: 0, .transfer(0)))
    #expect(
      waiting.contains { $0.cause == .exchange && $0.causer == Life(core: 1, .transfer(0)) })
  }

  /// Where an instruction takes as long whenever it begins, the longest way without a wait is the time without it.
  @Test(arguments: 1...UInt64(20))
  func aRemovedWaitShortensTheTimeAsTheMomentsSay(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    let program = RandomBench(seed: seed, on: hardware, streamsOnly: true).make(60).program
    let (timeline, causes) = try causes(program, on: hardware)
    var shorter = 0
    for index in program.instructions.indices where program.instructions[index].waitCount > 0 {
      var changed = program
      changed.instructions[index].waitCount = 0
      let life = Life(.instruction(index))
      let told = causes.total { _, waiting, cause in waiting == life && cause == .semaphore }
      let total = try Timing.run(changed, on: hardware).total
      #expect(told == total, "seed \(seed), instruction \(index)")
      if total < timeline.total { shorter += 1 }
    }
    #expect(shorter > 0)
  }

  /// An instruction that takes longer by less than its slack changes nothing, one that takes longer by more does.
  @Test(arguments: 1...UInt64(10))
  func slackIsWhatAnInstructionMayTakeLonger(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    let program = RandomBench(seed: seed, on: hardware, streamsOnly: true).make(60).program
    let (timeline, causes) = try causes(program, on: hardware)
    let slack = causes.slack().instructions[0]
    for index in program.instructions.indices where slack[index] == 0 {
      guard case .stream(var stream) = program.instructions[index].work else { continue }
      var changed = program
      stream.elements += 512
      changed.instructions[index].work = .stream(stream)
      // On the path both its end and the next one's begin come later.
      if causes.criticalPath().contains(where: {
        $0.causer == Life(.instruction(index)) && $0.cause == .work
      }) {
        #expect(try Timing.run(changed, on: hardware).total > timeline.total)
      }
    }
    for index in program.instructions.indices where slack[index] > 2_000_000 {
      guard case .stream(var stream) = program.instructions[index].work else { continue }
      var changed = program
      stream.elements += 64
      changed.instructions[index].work = .stream(stream)
      #expect(try Timing.run(changed, on: hardware).total == timeline.total)
    }
  }

  @Test func startsOfDMAsAreWhatTakesTheTime() throws {
    // 64 DMAs of 512 B each on Sync: the next one may begin 600 ns later.
    var bench = Bench()
    for _ in 0..<64 { bench.dma(.sync, .hwdge, rows: 1, bytes: 512) }
    let (timeline, causes) = try causes(bench.program, on: Hardware.load("trn2"))
    let path = causes.criticalPath()
    func time(_ cause: Cause) -> Picoseconds {
      path.reduce(0) { $0 + ($1.cause == cause ? $1.duration : 0) }
    }
    // 63 × 600 ns, and of the last one what comes until its descriptors are there.
    #expect(time(.descriptorGeneration) == 63 * 600_000 + 1_340_000)
    #expect(path.reduce(0) { $0 + $1.duration } == timeline.total)
    #expect(causes.total(scaling: .descriptorGeneration, by: 0.5) < timeline.total * 3 / 5)
  }

  /// Several engines count one semaphore up: each may be late until all others have come, as launches that are late show.
  @Test(arguments: 1...UInt64(20))
  func slackOfOneOfSeveralUpdates(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    let counting: [Engine] = [.vector, .gpsimd, .scalar]
    var bench = Bench()
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    for engine in counting {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bench.add(
        engine,
        .stream(
          Stream(
            engine == .scalar ? .activation : .tensorTensor,
            elements: 16 + Int(state >> 40) % 4000)), signals: [0])
    }
    bench.add(.sync, .control, waits: [(0, 3)])
    let (timeline, causes) = try causes(bench.program, on: hardware)
    let slack = causes.slack().instructions[0]
    #expect(slack.prefix(3).contains(0))
    for (index, engine) in counting.enumerated() {
      func total(late: Picoseconds) throws -> Picoseconds {
        var released = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
        released[Int(engine.rawValue)] = late
        return try Timing.run(
          bench.program, on: hardware, options: TimingOptions(released: released)
        ).total
      }
      #expect(try total(late: slack[index]) == timeline.total, "seed \(seed), \(engine)")
      #expect(try total(late: slack[index] + 1) == timeline.total + 1, "seed \(seed), \(engine)")
    }
  }

  /// Who waits for fewer updates than another one does not depend on the later ones.
  @Test func waitsForDifferentCountsOfOneSemaphore() throws {
    var bench = Bench()
    bench.add(.vector, .stream(Stream(.tensorTensor, elements: 64)), signals: [0])
    bench.add(.gpsimd, .stream(Stream(.tensorTensor, elements: 2000)), signals: [0])
    bench.add(.scalar, .stream(Stream(.activation, elements: 4000)), signals: [0])
    bench.add(.sync, .control, waits: [(0, 3)])
    bench.add(.tensor, .control, waits: [(0, 1)])
    bench.add(.tensor, .control, waits: [(0, 2)])
    let (timeline, causes) = try causes(bench.program, on: Hardware.load("trn2"))
    try requireExplained(causes, [timeline], [bench.program], "counts")
    let slack = causes.slack().instructions[0]
    // Both are late until Scalar's update; Tensor's waits end long before.
    let ends = timeline.instructions.prefix(3).map(\.end)
    #expect(slack[0] >= ends[1] - ends[0] && slack[2] == 0)
  }

  /// What the compiler added for spilling is told as such, whatever it does; nothing else changes.
  @Test(arguments: 1...UInt64(10))
  func spillsAreACauseOfTheirOwn(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    let program = RandomBench(seed: seed, on: hardware).make(120).program
    var marked = program
    for index in marked.instructions.indices where index % 3 == 0 {
      marked.instructions[index].isSpill = true
      if case .trigger(let transfer) = marked.instructions[index].work {
        marked.transfers[Int(transfer)].isSpill = true
      }
    }
    let plain = try causes(program, on: hardware).causes.criticalPath()
    let (timeline, found) = try causes(marked, on: hardware)
    try requireExplained(found, [timeline], [marked], "seed \(seed)")
    let path = found.criticalPath()
    func isMarked(_ life: Life?) -> Bool {
      switch life?.subject {
      case .instruction(let index): marked.instructions[index].isSpill
      case .transfer(let index): marked.transfers[index].isSpill
      case nil: false
      }
    }
    func sum(_ pieces: [CausedInterval], _ holds: (CausedInterval) -> Bool) -> Picoseconds {
      pieces.reduce(0) { $0 + (holds($1) ? $1.duration : 0) }
    }
    let wanted = sum(plain) { isMarked($0.causer) && $0.cause != .launch }
    #expect(sum(path) { $0.cause == .spill } == wanted, "seed \(seed)")
    for cause in Cause.allCases where cause != .spill {
      let others = sum(plain) { $0.cause == cause && (!isMarked($0.causer) || cause == .launch) }
      #expect(sum(path) { $0.cause == cause } == others, "seed \(seed), \(cause)")
    }
  }

  private func causes(
    _ program: DeviceProgram, on hardware: Hardware
  ) throws -> (timeline: Timeline, causes: Causes) {
    let (timelines, causes) = try Timing.causes([program], of: CoreLayout(), on: hardware)
    let plain = try Timing.run(program, on: hardware)
    #expect(timelines[0].instructions == plain.instructions)
    #expect(timelines[0].transfers == plain.transfers)
    return (timelines[0], causes)
  }
}

/// Checks what must hold of the causes of any simulation.
func requireExplained(
  _ causes: Causes, _ timelines: [Timeline], _ programs: [DeviceProgram], _ name: String
) throws {
  #expect(causes.unexplained == 0, "\(name)")
  let total = timelines.map(\.total).max() ?? 0
  #expect(causes.total == total, "\(name)")
  func requireTiled(_ pieces: [CausedInterval], _ range: Range<Picoseconds>, _ what: String) {
    var now = range.lowerBound
    var isTiled = true
    for piece in pieces {
      isTiled = isTiled && piece.begin == now && piece.end > now && piece.cause != .unexplained
      now = piece.end
    }
    #expect(isTiled && now == range.upperBound, "\(name): \(what): \(pieces)")
  }
  let path = causes.criticalPath()
  requireTiled(path, 0..<total, "critical path")
  let slack = causes.slack()
  #expect(slack.instructions.allSatisfy { $0.allSatisfy { $0 >= 0 } }, "\(name)")
  #expect(slack.transfers.allSatisfy { $0.allSatisfy { $0 >= 0 } }, "\(name)")
  for piece in path {
    guard let causer = piece.causer else {
      #expect(piece.cause == .launch)
      continue
    }
    switch causer.subject {
    case .instruction(let index): #expect(slack.instructions[causer.core][index] == 0)
    case .transfer(let index): #expect(slack.transfers[causer.core][index] == 0)
    }
  }
  for (core, (timeline, program)) in zip(timelines, programs).enumerated() {
    for (index, timing) in timeline.instructions.enumerated() {
      let pieces = causes.intervals(of: Life(core: core, .instruction(index)))
      requireTiled(
        pieces, min(pieces.first?.begin ?? timing.end, timing.begin)..<timing.end,
        "instruction \(index)")
      if timing.end > timing.head { #expect(!pieces.isEmpty, "\(name): instruction \(index)") }
    }
    for (index, timing) in timeline.transfers.enumerated()
    where program.transfers[index].exchange < 0 {
      requireTiled(
        causes.intervals(of: Life(core: core, .transfer(index))),
        timing.trigger..<timing.complete, "transfer \(index)")
    }
  }
}

/// Random device programs: every instruction has a semaphore of its own, and waits for some that come before.
struct RandomBench {
  private var state: UInt64
  private let hardware: Hardware
  private let streamsOnly: Bool
  private var bench = Bench()

  init(seed: UInt64, on hardware: Hardware, streamsOnly: Bool = false) {
    state = seed &* 0x9E37_79B9_7F4A_7C15
    self.hardware = hardware
    self.streamsOnly = streamsOnly
  }

  private mutating func pick(_ range: Range<Int>) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return range.lowerBound + Int(state >> 33) % range.count
  }

  func make(_ count: Int) -> Bench {
    var made = self
    for index in 0..<count { made.add(index) }
    return made.bench
  }

  private mutating func add(_ index: Int) {
    var waits: [(Int, Int)] = []
    for _ in 0..<pick(0..<3) where index > 0 { waits.append((pick(max(0, index - 20)..<index), 1)) }
    let elements = [1, 8, 96, 512][pick(0..<4)]
    var stream = Stream(.copy, elements: elements, readsPSUM: pick(0..<3) == 0)
    if pick(0..<3) == 0 { stream.outputStrideBytes = 64 }
    if pick(0..<4) == 0 { stream.inputStrideBytes = 64 }
    switch pick(0..<(streamsOnly ? 4 : 12)) {
    case 0, 1: bench.add(.vector, .stream(stream), waits: waits, signals: [index])
    case 2: bench.add(.scalar, .stream(stream), waits: waits, signals: [index])
    case 3: bench.add(.gpsimd, .stream(stream), waits: waits, signals: [index])
    case 4: bench.add(.vector, .control, waits: waits, signals: [index])
    case 5:
      bench.add(
        [.tensor, .scalar, .sync][pick(0..<3)], .control, waits: waits, signals: [index],
        opcode: .nop)
    case 6, 7:
      bench.matmul(
        moving: [8, 64, 512][pick(0..<3)], rate: [.single, .float32Pass][pick(0..<2)],
        fourByte: pick(0..<3) == 0, waits: waits, signals: [index])
    case 8:
      bench.add(
        .tensor,
        .loadWeights(
          LoadWeights(
            rows: 128, columns: [32, 128][pick(0..<2)], fourByte: pick(0..<2) == 0,
            transpose: false, strideBytes: [2, 18, 72][pick(0..<3)])), waits: waits,
        signals: [index])
    default: addTransfer(index, waits)
    }
  }

  private mutating func addTransfer(_ index: Int, _ waits: [(Int, Int)]) {
    let kind = pick(0..<(hardware.dma.hwdge == nil ? 2 : 4))
    let engine: Engine = kind == 0 ? .gpsimd : kind == 1 ? .vector : kind == 2 ? .sync : .scalar
    let mode: DGEMode = kind == 0 ? .swdge : kind == 1 ? .none : .hwdge
    if kind == 0 && pick(0..<3) == 0 {
      bench.add(.gpsimd, .control, opcode: .addressLoad)
      bench.add(.gpsimd, .control, opcode: .addressALU)
    }
    bench.dma(
      engine, mode, rows: [1, 16, 128][pick(0..<3)], bytes: [64, 512, 4000][pick(0..<3)],
      queue: kind, writesHBM: pick(0..<2) == 0, waits: waits)
    let transfer = bench.program.transfers.count - 1
    bench.program.transfers[transfer].readsAnew = pick(0..<3) == 0
    bench.program.transfers[transfer].completion = SemaphoreUpdate(
      semaphore: Int32(index), amount: 1)
    bench.program.semaphores = max(bench.program.semaphores, index + 1)
  }
}
