import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Timing

/// Programs of several cores: what they exchange, when, and what can be wrong between them.
struct CoresTests {
  private static let hardware = Result { try Hardware.load("trn2") }
  private static let rows = 8
  private static let columns = 12

  /// A program for each core: x (HBM) → a (SBUF), what `body` emits on a and b, b → y.
  private func programs(
    ranks: Int = 1, cores: Int = 1, result: [Int] = [rows, columns], dtype: DType = .float32,
    _ body: (KernelBuilder, CorePlace, TensorView, TensorView) -> Void
  ) throws -> ProgramSet {
    let layout = CoreLayout(ranks: ranks, coresPerRank: cores)
    let geometry = Geometry(try Self.hardware.get())
    return ProgramSet(
      layout: layout,
      programs: try layout.places.map { place in
        let builder = KernelBuilder("exchange", geometry: geometry)
        // Tensors of one name are the rank's: each core has its own.
        let x = builder.input("x\(place.core)", dtype, [Self.rows, Self.columns])
        let y = builder.output("y\(place.core)", dtype, result)
        let a = builder.tile("a", dtype, partitions: Self.rows, free: [Self.columns])
        let b = builder.tile("b", dtype, partitions: result[0], free: [result[1]])
        builder.emit(DMACopy(dst: a.ap, src: x.ap))
        body(builder, place, a, b)
        builder.emit(DMACopy(dst: y.ap, src: b.ap))
        return try builder.finish()
      })
  }

  /// x of a core: 1000 · core id + position.
  private func inputs(_ set: ProgramSet, dtype: DType = .float32) -> [[KernelTensor]] {
    (0..<set.layout.ranks).map { rank in
      (0..<set.layout.coresPerRank).map { core in
        KernelTensor(
          name: "x\(core)", dtype: dtype, shape: [Self.rows, Self.columns],
          values: given(rank * set.layout.coresPerRank + core).map { Float($0) })
      }
    }
  }

  private func given(_ core: Int) -> [Double] {
    (0..<Self.rows * Self.columns).map { Double(1000 * core + $0) }
  }

  private func run(
    _ set: ProgramSet, options: Simulation.Options = .init()
  ) throws -> Run {
    try Simulation.run(
      set, on: try Self.hardware.get(),
      inputs: options.mode == .timingOnly ? [] : inputs(set), options: options)
  }

  /// y of each core.
  private func results(_ run: Run) -> [[Double]] {
    run.outputs.flatMap { $0.map(\.values) }
  }

  /// Columns of rows.
  private func part(_ values: [Double], _ columns: Range<Int>) -> [Double] {
    (0..<Self.rows).flatMap { values[$0 * Self.columns..<($0 + 1) * Self.columns][row: columns] }
  }

  // MARK: - Values

  @Test func allReduceAddsUpAllRanks() throws {
    for (op, wanted) in [
      (ReduceChoice.add, { (i: Int) in Double(6000 + 4 * i) }),
      (.minimum, { Double($0) }), (.maximum, { Double(3000 + $0) }),
    ] {
      let set = try programs(ranks: 4) { builder, _, a, b in
        builder.emit(AllReduce(dst: b.ap, src: a.ap, op: op))
      }
      let found = results(try run(set))
      #expect(found.count == 4)
      for values in found { #expect(values == (0..<96).map(wanted), "\(op)") }
    }
  }

  @Test func groupsReduceApart() throws {
    let set = try programs(ranks: 4) { builder, place, a, b in
      builder.emit(AllReduce(dst: b.ap, src: a.ap, group: place.rank % 2 == 0 ? [0, 2] : [3, 1]))
    }
    let found = results(try run(set))
    for rank in 0..<4 {
      let sum = rank % 2 == 0 ? 2000.0 : 4000
      #expect(found[rank] == (0..<96).map { sum + Double(2 * $0) })
    }
  }

  @Test func bfloat16SumsAreRoundedOnce() throws {
    // 256 + 1 + 1 + 1 = 259 rounds to 260 in bfloat16; rounded at each step it would stay 256.
    let layout = CoreLayout(ranks: 4, coresPerRank: 1)
    let set = try programs(ranks: 4, dtype: .bfloat16) { builder, _, a, b in
      builder.emit(AllReduce(dst: b.ap, src: a.ap))
    }
    let given = (0..<layout.ranks).map { rank in
      [
        KernelTensor(
          name: "x0", dtype: .bfloat16, shape: [Self.rows, Self.columns],
          values: Array(repeating: rank == 0 ? 256 : 1, count: 96))
      ]
    }
    let found = try Simulation.run(set, on: try Self.hardware.get(), inputs: given)
    for values in results(found) { #expect(values == Array(repeating: 260, count: 96)) }
  }

  @Test func allGatherAlongRowsAndColumns() throws {
    let rows = try programs(ranks: 3, result: [24, 12]) { builder, _, a, b in
      builder.emit(AllGather(dst: b.ap, src: a.ap, dim: 0))
    }
    for values in results(try run(rows)) {
      #expect(values == given(0) + given(1) + given(2))
    }
    let columns = try programs(ranks: 2, result: [8, 24]) { builder, _, a, b in
      builder.emit(AllGather(dst: b.ap, src: a.ap, dim: 1))
    }
    var wanted: [Double] = []
    for row in 0..<8 {
      for rank in 0..<2 { wanted += given(rank)[row * 12..<(row + 1) * 12] }
    }
    for values in results(try run(columns)) { #expect(values == wanted) }
  }

  @Test func reduceScatterGivesEachItsPiece() throws {
    let set = try programs(ranks: 4, result: [8, 3]) { builder, _, a, b in
      builder.emit(ReduceScatter(dst: b.ap, src: a.ap, dim: 1))
    }
    let sums = (0..<96).map { Double(6000 + 4 * $0) }
    for (rank, values) in results(try run(set)).enumerated() {
      #expect(values == part(sums, rank * 3..<(rank + 1) * 3))
    }
  }

  @Test func allToAllTransposesRanksAndPieces() throws {
    let set = try programs(ranks: 4) { builder, _, a, b in
      builder.emit(AllToAll(dst: b.ap, src: a.ap, dim: 0))
    }
    // Piece i of what rank r gets is piece r of what rank i gave; a piece is two rows.
    for (rank, values) in results(try run(set)).enumerated() {
      var wanted: [Double] = []
      for other in 0..<4 { wanted += given(other)[rank * 24..<(rank + 1) * 24] }
      #expect(values == wanted)
    }
  }

  @Test func collectivePermuteSendsAround() throws {
    let set = try programs(ranks: 3) { builder, _, a, b in
      builder.emit(CollectivePermute(dst: b.ap, src: a.ap, targets: [1, 2, 0]))
    }
    #expect(results(try run(set)) == [given(2), given(0), given(1)])
  }

  @Test func sendRecvSwapsTilesWithinARank() throws {
    let set = try programs(ranks: 2, cores: 2) { builder, place, a, b in
      builder.emit(
        SendRecv(dst: b.ap, src: a.ap, sendTo: 1 - place.core, recvFrom: 1 - place.core))
    }
    #expect(results(try run(set)) == [given(1), given(0), given(3), given(2)])
  }

  @Test func pipesPassEachOther() throws {
    // Core 0 uses pipe 0 then 1, core 1 the other way round: both would wait for ever without pipes.
    // They do wait here: each core is at one exchange at a time.
    let set = try programs(cores: 2) { builder, place, a, b in
      for step in 0..<2 {
        let pipe = place.core == 0 ? step : 1 - step
        builder.emit(
          SendRecv(
            dst: b.ap, src: a.ap, sendTo: 1 - place.core, recvFrom: 1 - place.core, pipe: pipe))
      }
    }
    let trap = #expect(throws: Trap.self) { try run(set) }
    #expect(trap?.kind == .deadlock)
  }

  // MARK: - HBM that two cores share

  /// Each core writes half of a shared tensor and reads the other's half.
  private func crossing(barrier: Bool) throws -> ProgramSet {
    try programs(cores: 2) { builder, place, a, b in
      let shared = builder.shared("s", .float32, [2 * Self.rows, Self.columns])
      builder.emit(DMACopy(dst: shared.rows(place.core * Self.rows, Self.rows).ap, src: a.ap))
      if barrier { builder.emit(CoreBarrier(data: shared.ap)) }
      builder.emit(
        DMACopy(dst: b.ap, src: shared.rows((1 - place.core) * Self.rows, Self.rows).ap))
    }
  }

  @Test func aBarrierOrdersSharedMemory() throws {
    let run = try run(crossing(barrier: true))
    #expect(results(run) == [given(1), given(0)])
    // The read starts after the other core's write has arrived.
    for core in 0..<2 {
      let timeline = try #require(run.cores[core].timeline)
      let other = try #require(run.cores[1 - core].timeline)
      #expect(timeline.transfers[3].firstRead >= other.transfers[1].complete)
    }
  }

  @Test func withoutABarrierItIsNotThere() throws {
    let trap = #expect(throws: Trap.self) { try run(crossing(barrier: false)) }
    #expect(trap?.kind == .uninitializedRead)
    #expect(trap?.rendered().contains("put a core_barrier between its write and this read") == true)
  }

  @Test func bothWritingOnePlaceIsARace() throws {
    let set = try programs(cores: 2) { builder, _, a, b in
      let shared = builder.shared("s", .float32, [Self.rows, Self.columns])
      builder.emit(TensorCopy(dst: b.ap, src: a.ap), on: .vector)
      builder.emit(DMACopy(dst: shared.rows(3, 2).ap, src: a.rows(2).ap))
    }
    let trap = #expect(throws: Trap.self) { try run(set) }
    #expect(trap?.kind == .race)
    let text = trap?.rendered() ?? ""
    #expect(text.contains("both cores of rank 0 touch byte 144 of 's'"), "\(text)")
    #expect(text.contains("put a core_barrier between the two"))
    #expect(text.contains("rank 0 core 0, instruction 2: dma_copy"), "\(text)")
  }

  // MARK: - What does not fit together

  @Test func aMissingPartnerIsADeadlock() throws {
    let set = try programs(ranks: 3) { builder, place, a, b in
      if place.rank == 2 {
        builder.emit(TensorCopy(dst: b.ap, src: a.ap), on: .vector)
      } else {
        builder.emit(AllReduce(dst: b.ap, src: a.ap))
      }
    }
    for mode in [Simulation.Mode.valuesAndTiming, .timingOnly] {
      var options = Simulation.Options()
      options.mode = mode
      let trap = #expect(throws: Trap.self) { try run(set, options: options) }
      #expect(trap?.kind == .deadlock)
      let text = trap?.rendered() ?? ""
      #expect(text.contains("all_reduce"), "\(text)")
      #expect(text.contains("rank 2"), "\(text)")
    }
  }

  @Test func differentExchangesDoNotMeet() throws {
    let kinds = try programs(ranks: 2) { builder, place, a, b in
      if place.rank == 0 {
        builder.emit(AllReduce(dst: b.ap, src: a.ap))
      } else {
        builder.emit(AllToAll(dst: b.ap, src: a.ap, dim: 0))
      }
    }
    let sizes = try programs(ranks: 2) { builder, place, a, b in
      let rows = place.rank == 0 ? 8 : 4
      builder.emit(Memset(dst: b.ap, value: 0), on: .vector)
      builder.emit(AllReduce(dst: b.rows(rows).ap, src: a.rows(rows).ap))
    }
    let beyond = try programs(ranks: 2) { builder, _, a, b in
      builder.emit(AllReduce(dst: b.ap, src: a.ap, group: [0, 1, 2]))
    }
    for (set, words) in [
      (kinds, "all_to_all meets all_reduce"), (sizes, "192 B"), (beyond, "ranks [0, 1, 2]"),
    ] {
      let trap = #expect(throws: Trap.self) { try run(set) }
      #expect(trap?.kind == .mismatch)
      let text = trap?.rendered() ?? ""
      #expect(text.contains(words), "\(text)")
      #expect(text.contains("CoresTests.swift"), "\(text)")
    }
  }

  @Test func aCollectiveAloneIsOfOneRank() throws {
    let set = try programs { builder, _, a, b in
      builder.emit(AllReduce(dst: b.ap, src: a.ap, group: [0, 1]))
    }
    let trap = #expect(throws: Trap.self) {
      try Simulation.run(
        ProgramSet(set.programs[0]), on: try Self.hardware.get(), inputs: [inputs(set)[0]])
    }
    #expect(trap?.kind == .mismatch)
  }

  // MARK: - Time

  /// From the last core's arrival, at the costs of `exchange.*` in hwconfigs/trn2.yaml.
  @Test func exchangesTakeTheirCostAfterTheLastArrival() throws {
    // 8 × 12 float32 = 384 B of 4 ranks. Collective: 2500 ns + 1500 ns a step + bytes / 128 GB/s.
    // all_reduce: 2 steps, 2 · 384 · 3/4 = 576 B; all_gather 3 · 384 = 1152 B; all_to_all 288 B.
    // sendrecv: 1307 ns + 384 B / 435 GB/s; barrier 85 ns.
    let cases: [(ranks: Int, cores: Int, result: [Int], any ExchangeOperation, Double)] = [
      (4, 1, [8, 12], AllReduce(), 2500 + 2 * 1500 + 576.0 / 128),
      (4, 1, [32, 12], AllGather(), 2500 + 1500 + 1152.0 / 128),
      (4, 1, [8, 12], AllToAll(), 2500 + 1500 + 288.0 / 128),
      (1, 2, [8, 12], SendRecv(), 1307 + 384.0 / 435),
    ]
    for (ranks, cores, result, operation, nanoseconds) in cases {
      let set = try programs(ranks: ranks, cores: cores, result: result) { builder, place, a, b in
        if place.id == 1 {
          // This core comes later.
          for _ in 0..<20 {
            builder.emit(
              TensorScalar(dst: a.ap, data: a.ap, op0: .add, operand0: .immediate(0)), on: .vector)
          }
        }
        switch operation {
        case is AllReduce: builder.emit(AllReduce(dst: b.ap, src: a.ap))
        case is AllGather: builder.emit(AllGather(dst: b.ap, src: a.ap))
        case is AllToAll: builder.emit(AllToAll(dst: b.ap, src: a.ap))
        default:
          builder.emit(
            SendRecv(dst: b.ap, src: a.ap, sendTo: 1 - place.core, recvFrom: 1 - place.core))
        }
      }
      let run = try run(set)
      let timelines = try run.cores.map { try #require($0.timeline).transfers[1] }
      let last = try #require(timelines.map(\.queued).max())
      #expect(timelines[1].queued == last)
      for timing in timelines {
        #expect(timing.firstRead == last)
        #expect(timing.complete - last == Picoseconds((nanoseconds * 1000).rounded()))
      }
    }
  }

  /// A kernel that may run on several cores is the same program on one.
  @Test func oneCoreOfAKernelIsAsAlone() throws {
    let geometry = Geometry(try Self.hardware.get())
    let kernel = try KernelName.parallelMatmul.make(["k=512", "n=256", "m=16"])
    let set = try kernel.programs(geometry)
    #expect(set.programs == [try kernel.build(geometry)])
    #expect(set.layout == CoreLayout())
  }

  /// What is given beside the declared inputs is an error, also where a tensor has its name.
  @Test func whatIsNoInputCannotBeGiven() throws {
    let set = try programs { builder, _, a, b in builder.emit(TensorCopy(dst: b.ap, src: a.ap)) }
    var given = inputs(set)
    given[0].append(
      KernelTensor(
        name: "y0", dtype: .float32, shape: [Self.rows, Self.columns],
        values: Array(repeating: 0, count: 96)))
    let error = #expect(throws: DiagnosticError.self) {
      try Simulation.run(set, on: try Self.hardware.get(), inputs: given)
    }
    #expect(error?.description.contains("there is no input 'y0'") == true)
  }

  /// Right on every rank, the same bits on all, twice the same; no core below its own bounds.
  @Test(arguments: [
    ["tp=2"], ["lnc=2"], ["tp=2", "lnc=2"], ["tp=4", "lnc=2", "reduce=scatter_gather"],
    ["tp=4", "dtype=float32"],
  ])
  func parallelProductsAreRight(_ settings: [String]) throws {
    let hardware = try Self.hardware.get()
    let kernel = try #require(
      try KernelName.parallelMatmul.make(["k=512", "n=256", "m=16"] + settings)
        as? any MultiCoreKernel)
    let run = try checked(kernel, on: hardware)
    #expect(run.checks.map(\.rank) == Array(0..<kernel.layout.ranks))
    for check in run.checks { #expect(check.passed) }
    #expect(Set(run.outputs.map { $0.map(\.bytes) }).count == 1)
    let again = try checked(kernel, on: hardware)
    #expect(again.total == run.total)
    for core in run.cores { try requireInvariants(core) }
  }

  /// What ranks kernels takes the core that ends last, and the checks of all ranks.
  @Test func theSlowestCoreStandsForAll() throws {
    let hardware = try Self.hardware.get()
    let kernel = try #require(
      try KernelName.parallelMatmul.make(["k=512", "n=256", "m=16", "tp=2", "lnc=2"])
        as? any MultiCoreKernel)
    let all = try checked(kernel, on: hardware)
    #expect(all.slowestCore.timeline?.total == all.total)
    #expect(all.cores.allSatisfy { $0.timeline?.total ?? .max <= all.total ?? 0 })
    #expect(all.checks.map(\.rank) == [0, 1])
    #expect(all.outputs.count == 2)
  }

  @Test(arguments: [
    ["tp=4"], ["lnc=2"], ["tp=4", "lnc=2"], ["tp=2", "lnc=2", "tokens=130", "dtype=float32"],
  ])
  func sumsOverCoresAreRight(_ settings: [String]) throws {
    let tokens = settings.contains { $0.hasPrefix("tokens=") } ? [] : ["tokens=1"]
    let kernel = try #require(
      try KernelName.coreSum.make(["hidden=64"] + tokens + settings) as? any MultiCoreKernel)
    let run = try checked(kernel, on: try Self.hardware.get())
    for check in run.checks { #expect(check.passed) }
    #expect(Set(run.outputs.map { $0.map(\.bytes) }).count == 1)
  }

  /// Loops whose count a register says: times alone are those of the run with values.
  @Test func valuesThatDecideAreFollowed() throws {
    let kernel = try #require(
      try KernelName.qwen3Layer.make([
        "q_heads=8", "kv_heads=2", "head_dim=32", "hidden=256", "experts=16", "inner=64",
        "context=70", "tp=2", "lnc=2", "experts_split=expert",
      ]) as? any MultiCoreKernel)
    var options = Simulation.Options()
    options.mode = .timingOnly
    let hardware = try Self.hardware.get()
    let timed = try checked(kernel, on: hardware, options: options)
    #expect(timed.checks.isEmpty)
    #expect(timed.total == (try checked(kernel, on: hardware).total))
  }

  @Test func coresOfARankShareTheirStack() throws {
    // 716 GB/s of a stack: half each for the two cores of a rank.
    let hardware = try Self.hardware.get()
    let pair = hardware.shared(by: CoreLayout(ranks: 2, coresPerRank: 2))
    #expect(pair.hbmBandwidth == 358)
    let apart = hardware.shared(by: CoreLayout(ranks: 4, coresPerRank: 1))
    #expect(apart.hbmBandwidth == hardware.hbmBandwidth)
  }
}

extension ArraySlice<Double> {
  /// Elements by their position in the slice.
  fileprivate subscript(row range: Range<Int>) -> [Double] {
    Array(self[startIndex + range.lowerBound..<startIndex + range.upperBound])
  }
}
