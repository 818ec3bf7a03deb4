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
    // Trigger 565 ns, 600 ns to the next; first descriptor after 1340 ns on ring 0, 11 ns later on each
    // next; 8 descriptors of 4000 B on each ring, read from HBM at 375 GB/s for 16 rings: 4000 / 23.4375
    // = 170.667 ns each; visible 350 ns later.
    var bench = Bench()
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, signals: 0)
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, signals: 1)
    let timeline = try bench.run()
    #expect(timeline.instructions[0].duration == 565_000)
    #expect(timeline.instructions[1].begin == 600_000)
    let transfer = timeline.transfers[0]
    #expect(transfer.queued == 1_340_000)
    #expect(transfer.firstRead == 1_340_000)
    #expect(transfer.lastRead == 1_340_000 + 15 * 11_000 + 8 * 170_667)
    #expect(transfer.complete == transfer.lastRead + 350_000)
  }

  @Test func readingWhatNothingHasReadStalls() throws {
    // 450 ns on each ring before its first descriptor is through; the ring is not busy meanwhile.
    var bench = Bench()
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000)
    bench.program.transfers[0].readsAnew = true
    let timeline = try bench.run()
    #expect(timeline.transfers[0].firstRead == 1_340_000)
    #expect(timeline.transfers[0].lastRead == 1_340_000 + 450_000 + 15 * 11_000 + 8 * 170_667)
    #expect(timeline.ringBusy.allSatisfy { $0 == 8 * 170_667 })
  }

  @Test func anotherQueueGoesOnDuringAStall() throws {
    // Queue 0 gets to ring 0 at 1260 ns and stalls until 1710 ns; queue 1 comes at 1340 ns and has
    // moved two descriptors by 1681 ns. Its third is under way at 1710 ns, then they take turns.
    var bench = Bench()
    bench.dma(.scalar, .hwdge, rows: 128, bytes: 4000, queue: 0)
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, queue: 1)
    bench.program.transfers[0].readsAnew = true
    let timeline = try bench.run()
    #expect(timeline.transfers[0].firstRead == 1_260_000)
    #expect(timeline.transfers[1].firstRead == 1_340_000)
    #expect(timeline.transfers[0].lastRead == 1_340_000 + 15 * 11_000 + 16 * 170_667)
    // Queue 1 is through before, at its 8th: 3 alone and 5 in turn with the first 5 of queue 0.
    #expect(timeline.transfers[1].lastRead == timeline.transfers[0].lastRead - 3 * 170_667)
  }

  @Test func aTransferBeginsWhileTheNextOfAnotherQueueStalls() throws {
    // Ring 0 has queue 0's first descriptor of 32,000 B, 1365.334 ns, from 1340 ns on. Behind it in the queue is a
    // transfer that stalls; queue 1's begins at that moment, too.
    var bench = Bench()
    bench.dma(.sync, .hwdge, rows: 16, bytes: 32000, queue: 0)
    bench.dma(.sync, .hwdge, rows: 16, bytes: 4000, queue: 0)
    bench.dma(.sync, .hwdge, rows: 16, bytes: 4000, queue: 1)
    bench.program.transfers[1].readsAnew = true
    let timeline = try bench.run()
    #expect(timeline.transfers[1].firstRead == 1_340_000 + 1_365_334)
    #expect(timeline.transfers[2].firstRead == 1_340_000 + 1_365_334)
  }

  @Test func oneQueueIsServedInOrder() throws {
    // Static rings: the first DMA of a queue arrives after 1480 ns, the next, 85 ns later, after 780 ns
    // would overtake it, but one queue keeps its order on every ring.
    var bench = Bench()
    bench.dma(.sync, .none, rows: 128, bytes: 4000, signals: 0)
    bench.dma(.sync, .none, rows: 128, bytes: 4000, signals: 1)
    let timeline = try bench.run()
    #expect(timeline.transfers[0].complete < timeline.transfers[1].complete)
  }

  @Test func twoQueuesShareARingInTurn() throws {
    // Both have 8 descriptors of 170,667 ps on each ring. Queue 0 starts alone; queue 1 arrives
    // while its n-th descriptor runs, and from then on they alternate: both finish within one
    // descriptor of 16 × 170,667 ps, the last ring 15 × 11 ns after the first.
    var bench = Bench()
    bench.dma(.scalar, .hwdge, rows: 128, bytes: 4000, queue: 0)
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, queue: 1)
    let timeline = try bench.run()
    let first = timeline.transfers[0]
    let second = timeline.transfers[1]
    // Arrivals 1260 and 1340 ns: one descriptor is under way then (1260 + 170.667 > 1340).
    #expect(second.firstRead == first.firstRead + 170_667)
    #expect(second.lastRead == first.firstRead + 165_000 + 16 * 170_667)
    #expect(first.lastRead == second.lastRead - 170_667)
  }

  @Test func descriptorPrices() throws {
    func time(
      _ bytes: Int, writesHBM: Bool = false, kind: DescriptorKind = .contiguous, elements: Int = 0,
      writtenPieces: Int = 1
    ) throws -> Picoseconds {
      var bench = Bench()
      bench.dma(
        .sync, .hwdge, rows: 16, bytes: bytes, writesHBM: writesHBM, kind: kind,
        elements: elements)
      for run in bench.program.runs.indices {
        bench.program.runs[run].writtenPieces = Int32(writtenPieces)
      }
      let transfer = try bench.run().transfers[0]
      // Ring 15 starts 15 × 11 ns after ring 0.
      return transfer.lastRead - transfer.firstRead - 165_000
    }
    func up(_ cycles: Double) -> Picoseconds {
      Picoseconds((cycles * 1000 / 0.85).rounded(.up))
    }
    // ceil(bytes / 32) + 4 cycles of 0.85 GHz: 4 B 5, 256 B 12.
    #expect(try time(4) == up(5))
    #expect(try time(256) == up(12))
    // Reads of HBM: 375 GB/s for 16 rings is 23.4375 B/ns each.
    #expect(try time(2304) == Picoseconds((2304_000 / 23.4375).rounded(.up)))
    #expect(try time(4096) == Picoseconds((4096_000 / 23.4375).rounded(.up)))
    // Writes to HBM in blocks of 512 B: 16 cycles each, + 6.5; at least ceil(bytes / 32) + 4.
    #expect(try time(256, writesHBM: true) == up(16 + 6.5))
    #expect(try time(840, writesHBM: true) == up(2 * 16 + 6.5))
    #expect(try time(4000, writesHBM: true) == up(8 * 16 + 6.5))
    #expect(try time(4096, writesHBM: true) == up(8 * 16 + 6.5))
    // 64 elements one by one: 64 + 4 cycles to read (captured 81 ns); to write 95 ns each, 107 ns if
    // they have less than 4 bytes.
    #expect(try time(256, writesHBM: true, kind: .elementWrite, elements: 64) == 6_080_000)
    #expect(try time(128, kind: .elementRead, elements: 64) == up(68))
    #expect(try time(128, writesHBM: true, kind: .elementWrite, elements: 64) == 6_848_000)
    // A transpose has 90 % of the throughput; of elements of 4 bytes it takes a cycle each, + 4.
    #expect(try time(512, writesHBM: true, kind: .transpose) == up(22.5 / 0.9))
    #expect(try time(512, kind: .transpose, elements: 256) == up(20 / 0.9))
    #expect(try time(512, kind: .transpose, elements: 128) == up(132))
    // Elements that are written apart within a partition take 8.8 cycles each, whatever reads them.
    #expect(try time(128, kind: .elementRead, elements: 64, writtenPieces: 64) == up(64 * 8.8))
    #expect(try time(256, kind: .transpose, elements: 128, writtenPieces: 128) == up(128 * 8.8))
  }

  @Test func trn1RingsMove17BytesPerNanosecond() throws {
    func time(_ bytes: Int, writesHBM: Bool = false) throws -> Double {
      var bench = Bench()
      bench.dma(.sync, .none, rows: 16, bytes: bytes, writesHBM: writesHBM)
      let transfer = try bench.run(on: "trn1").transfers[0]
      return Double(transfer.lastRead - transfer.firstRead - 165_000) / 1000
    }
    // ceil(bytes / 20) + 32 cycles of 0.85 GHz: 128 B 39, 2 KiB 135, 32 KiB 1671 (published: 43, 134, 1646).
    for (bytes, cycles) in [(128, 39.0), (2048, 135), (32768, 1671)] {
      #expect(abs(try time(bytes) - cycles / 0.85) < 0.001)
    }
    // Writes: 3.2 cycles for each 64 B, + 14, at least ceil(bytes / 20) + 32: 32 KiB 1671 (published: 1669).
    #expect(abs(try time(32768, writesHBM: true) - 1671 / 0.85) < 0.001)
  }

  @Test func aSharedStackHalvesTheBandwidth() throws {
    // Two active cores: 358 GB/s for 16 rings is 22.375 B/ns each: 4096 B in 183.06 ns, if the core
    // itself could read more.
    var bench = Bench()
    bench.dma(.sync, .hwdge, rows: 16, bytes: 4096)
    let transfer = try bench.run(["hbm.active_cores=2", "hbm.read_bandwidth_per_core=700"])
      .transfers[0]
    #expect(
      transfer.lastRead - transfer.firstRead - 165_000
        == Picoseconds((4096_000 / 22.375).rounded(.up)))
  }

  @Test func softwareDGE() throws {
    // GpSimd: 31.7 ns, 20 ns more behind another, 580 ns to the next, first descriptor after 770 ns; 1182 ns from the moment that
    // the software can start: at once for the first, at the semaphore for the second.
    var bench = Bench()
    let producer = bench.add(.vector, short, signals: [0])
    bench.dma(.gpsimd, .swdge, rows: 128, bytes: 512)
    let waiting = bench.dma(.gpsimd, .swdge, rows: 128, bytes: 512, waits: [(0, 1)])
    let timeline = try bench.run()
    #expect(timeline.instructions[1].duration == 31_700)
    #expect(timeline.instructions[1].begin == 1_182_000)
    #expect(timeline.transfers[0].queued == 1_182_000 + 770_000)
    #expect(
      timeline.instructions[waiting].begin
        == max(
          timeline.instructions[1].begin + 580_000,
          timeline.instructions[producer].end + 10_800 + 24_200 + 1_182_000))
  }

  @Test func addressesFromRegisters() throws {
    // TENSOR_LOAD 290 ns, REG_MOVE 42 and REG_ALU 46, 35.8 apart; the DMA begins 1161 ns after the last one's end. The
    // sequencer goes on 548 ns before that.
    var bench = Bench()
    for _ in 0..<2 {
      bench.add(.gpsimd, .control, opcode: .addressLoad)
      bench.add(.gpsimd, .control, opcode: .addressMove)
      bench.add(.gpsimd, .control, opcode: .addressALU)
      bench.dma(.gpsimd, .swdge, rows: 128, bytes: 512)
    }
    let timings = try bench.run().instructions
    let address: Picoseconds = 290_000 + 42_000 + 46_000 + 2 * 35_800
    #expect(timings[0].begin == 0 && timings[2].end == address)
    #expect(timings[3].begin == address + 1_161_000)
    #expect(timings[4].begin == timings[3].begin - 548_000)
    #expect(timings[7].begin == timings[4].begin + address + 1_161_000)
  }

  @Test func smallPiecesCostTheSameWhateverTheirSize() throws {
    // One descriptor of 8 rows on a ring: rows of 96 and 256 B take 25.5 cycles of 0.85 GHz each,
    // 8 x 25.5 / 0.85 = 240 ns; rows of 512 B 16 + 6.5, 8 x 22.5 / 0.85 = 211.765 ns.
    for (row, time) in [(96, 240_000), (256, 240_000), (512, 211_765)] {
      var bench = Bench()
      bench.dma(.gpsimd, .none, rows: 16, bytes: 8 * row)
      for run in bench.program.runs.indices { bench.program.runs[run].pieces = 8 }
      #expect(try bench.run().ringBusy[0] == time)
    }
  }

  @Test func piecesWrittenToAPartitionCostTheirNumber() throws {
    // 1152 B contiguous take 36 + 4 cycles of 0.85 GHz; written in 64 pieces of 18 B 64 x 8.8 / 0.85 =
    // 662.588 ns (captured 646), and so 2304 B (678).
    for bytes in [1152, 2304] {
      var bench = Bench()
      bench.dma(.gpsimd, .none, rows: 16, bytes: bytes)
      for run in bench.program.runs.indices { bench.program.runs[run].writtenPieces = 64 }
      #expect(try bench.run().ringBusy[0] == 662_589)
    }
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
