import Device
import Testing

@testable import Timing

/// Semaphores, DMA triggers and rings: one rule per test.
@Suite struct QueueGates {
  private let short = Work.stream(Stream(.tensorTensor, elements: 96))  // 100 ns + 159.4 ns

  @Test func crossEngineDependency() throws {
    // Vector's update comes 10.8 ns after its end, ScalarE starts 22.5 ns after that.
    var bench = Bench()
    let producer = bench.add(.vector, short, signals: [0])
    let consumer = bench.add(
      .scalar, .stream(Stream(.copy, elements: 128, readsPSUM: true)), waits: [(0, 1)])
    let timings = try bench.run().instructions
    #expect(timings[consumer].begin - timings[producer].end == 10_800 + 22_500)
    #expect(timings[consumer].producer == Int32(producer))
    // Vector itself: 10.8 + 22.9 ns; a PE consumer: 41.7 ns.
    var own = Bench()
    own.add(.vector, short, signals: [0])
    own.add(.vector, short, waits: [(0, 1)])
    own.matmul(moving: 64, waits: [(0, 1)])
    let mine = try own.run().instructions
    #expect(mine[1].begin - mine[0].end == 10_800 + 22_900)
    #expect(mine[2].begin - mine[0].end == 10_800 + 41_700)
  }

  @Test func aSemaphoreReachedLongAgoCostsNothing() throws {
    var bench = Bench()
    bench.add(.vector, short, signals: [0])
    for _ in 0..<10 { bench.add(.scalar, .stream(Stream(.activation, elements: 512))) }
    let last = bench.add(.scalar, .stream(Stream(.activation, elements: 512)), waits: [(0, 1)])
    let timings = try bench.run().instructions
    #expect(timings[last].begin - timings[last - 1].begin == 426_667 + 186_000)
  }

  @Test func hardwareDGEFromSync() throws {
    // Trigger 565 ns, 600 ns to the next; first descriptor after 1450 ns; 8 descriptors of 4000 B on
    // each ring: 8 × (125 + 4) / 0.85 GHz = 1214.118 ns, rounded up once per descriptor to
    // 151,765 ps; visible 350 ns later.
    var bench = Bench()
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, signals: 0)
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, signals: 1)
    let timeline = try bench.run()
    #expect(timeline.instructions[0].duration == 565_000)
    #expect(timeline.instructions[1].begin == 600_000)
    let transfer = timeline.transfers[0]
    #expect(transfer.queued == 1_450_000)
    #expect(transfer.firstRead == 1_450_000)
    #expect(transfer.lastRead == 1_450_000 + 8 * 151_765)
    #expect(transfer.complete == transfer.lastRead + 350_000)
  }

  @Test func oneQueueIsServedInOrder() throws {
    // Static rings: the first DMA of a queue arrives after 1425 ns, the next, 90 ns later, after
    // 890 ns would overtake it, but one queue keeps its order on every ring.
    var bench = Bench()
    bench.dma(.sync, .none, rows: 128, bytes: 4000, signals: 0)
    bench.dma(.sync, .none, rows: 128, bytes: 4000, signals: 1)
    let timeline = try bench.run()
    #expect(timeline.transfers[0].complete < timeline.transfers[1].complete)
  }

  @Test func twoQueuesShareARingInTurn() throws {
    // Both have 8 descriptors of 151,765 ps on each ring. Queue 0 starts alone; queue 1 arrives
    // while its n-th descriptor runs, and from then on they alternate: both finish within one
    // descriptor of 16 × 151,765 ps.
    var bench = Bench()
    bench.dma(.scalar, .hwdge, rows: 128, bytes: 4000, queue: 0)
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, queue: 1)
    let timeline = try bench.run()
    let first = timeline.transfers[0]
    let second = timeline.transfers[1]
    // Arrivals 1340 and 1450 ns: one descriptor is under way then (1340 + 151.765 > 1450).
    #expect(second.firstRead == first.firstRead + 151_765)
    #expect(second.lastRead == first.firstRead + 16 * 151_765)
    #expect(first.lastRead == second.lastRead - 151_765)
  }

  @Test func descriptorPrices() throws {
    func time(
      _ bytes: Int, writesHBM: Bool = false, kind: DescriptorKind = .contiguous, elements: Int = 0
    ) throws -> Picoseconds {
      var bench = Bench()
      bench.dma(
        .sync, .hwdge, rows: 16, bytes: bytes, writesHBM: writesHBM, kind: kind,
        elements: elements)
      let transfer = try bench.run().transfers[0]
      return transfer.lastRead - transfer.firstRead
    }
    func up(_ cycles: Double) -> Picoseconds {
      Picoseconds((cycles * 1000 / 0.85).rounded(.up))
    }
    // ceil(bytes / 32) + 4 cycles of 0.85 GHz: 4 B 5, 256 B 12, 512 B 20, 2304 B 76, 4096 B 132.
    #expect(try time(4) == up(5))
    #expect(try time(256) == up(12))
    #expect(try time(2304) == up(76))
    #expect(try time(4096) == up(132))
    // Writes to HBM in blocks of 512 B: 16 cycles each, + 4.
    #expect(try time(840, writesHBM: true) == up(2 * 16 + 4))
    #expect(try time(4000, writesHBM: true) == up(8 * 16 + 4))
    // 64 elements one by one: 64 + 4 cycles to read (captured 81 ns), 100 ns each to write.
    #expect(try time(128, kind: .elementRead, elements: 64) == up(68))
    #expect(try time(128, writesHBM: true, kind: .elementWrite, elements: 64) == 6_400_000)
    // A transpose has 90 % of the throughput.
    #expect(try time(4096, kind: .transpose) == up(132 / 0.9))
  }

  @Test func aSharedStackHalvesTheBandwidth() throws {
    // Two active cores: 358 GB/s for 16 rings is 22.375 B/ns each: 4096 B in 183.06 ns.
    var bench = Bench()
    bench.dma(.sync, .hwdge, rows: 16, bytes: 4096)
    let transfer = try bench.run(["hbm.active_cores=2"]).transfers[0]
    #expect(
      transfer.lastRead - transfer.firstRead == Picoseconds((4096_000 / 22.375).rounded(.up)))
  }

  @Test func softwareDGE() throws {
    // GpSimd: 43.7 ns, 580 ns to the next, first descriptor after 770 ns; 1182 ns from a semaphore.
    var bench = Bench()
    let producer = bench.add(.vector, short, signals: [0])
    bench.dma(.gpsimd, .swdge, rows: 128, bytes: 512)
    let waiting = bench.dma(.gpsimd, .swdge, rows: 128, bytes: 512, waits: [(0, 1)])
    let timeline = try bench.run()
    #expect(timeline.instructions[1].duration == 43_700)
    #expect(timeline.transfers[0].queued == 770_000)
    #expect(
      timeline.instructions[waiting].begin
        == timeline.instructions[producer].end + 10_800 + 1_182_000)
  }

  @Test func modesThatAnEngineLacksAreErrors() throws {
    var bench = Bench()
    bench.dma(.vector, .hwdge, rows: 16, bytes: 64)
    #expect(throws: TimingError.self) { try bench.run() }
  }

  @Test func deadlockNamesEveryEngine() throws {
    var bench = Bench()
    bench.add(.vector, short, waits: [(0, 1)], signals: [1])
    bench.add(.scalar, short, waits: [(1, 1)], signals: [0])
    bench.add(.gpsimd, .control)
    #expect {
      try bench.run()
    } throws: { error in
      guard case .deadlock(let blocked) = error as? TimingError else { return false }
      return blocked.map(\.engine) == [.vector, .scalar]
        && blocked.map(\.updaters) == [[.scalar], [.vector]] && blocked.map(\.reached) == [0, 0]
    }
  }

  @Test func outOfOrderUpdatesCountInTheOrderOfTheirTimes() throws {
    // A slow DMA is recorded before a fast one on the same semaphore; a wait for the first 16 goes
    // with the fast one.
    var bench = Bench()
    bench.dma(.scalar, .hwdge, rows: 128, bytes: 8192, queue: 0, signals: 0)
    bench.dma(.gpsimd, .swdge, rows: 16, bytes: 64, queue: 1, signals: 0)
    let consumer = bench.add(.vector, short, waits: [(0, 16)])
    let timeline = try bench.run()
    let fast = min(timeline.transfers[0].complete, timeline.transfers[1].complete)
    #expect(timeline.instructions[consumer].begin == fast + 22_900)
  }
}
