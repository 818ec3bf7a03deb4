import Device
import Testing

@testable import Timing

/// One rule of the PE array per test, exact to the picosecond.
@Suite struct PEGates {
  /// The last two matmuls of a dense run, long after warm-up.
  private func warm(
    moving: Int, rate: MatmulRate = .single, transpose: Bool = false, fourByte: Bool = false,
    overrides: [String] = [], on machine: String = "trn2"
  ) throws -> (interval: Picoseconds, duration: Picoseconds) {
    var bench = Bench()
    for _ in 0..<200 {
      bench.matmul(moving: moving, rate: rate, transpose: transpose, fourByte: fourByte)
    }
    let timings = try bench.run(overrides, on: machine).instructions
    let last = timings[timings.count - 1]
    let before = timings[timings.count - 3]
    #expect(!last.isCold)
    return (last.begin - before.begin, last.duration)
  }

  @Test func warmMatmulOf512IssuesEvery215Point8() throws {
    // (512 + 6) / 2.4 GHz = 215.833 ns; begins 2.5 ns before its first column, ends 163.3 ns after its
    // last: 512 / 2.4 + 165.8 = 379.133 ns.
    let measured = try warm(moving: 512)
    #expect(measured.interval == 215_833)
    #expect(measured.duration == 213_333 + 165_800)
  }

  @Test func warmMatmulOf128IssuesEvery55Point8() throws {
    // (128 + 6) / 2.4 = 55.833 ns (captured 55.8); the 32-cycle weight load hides behind it.
    #expect(try warm(moving: 128).interval == 55_833)
  }

  @Test func shortMatmulsTake64Cycles() throws {
    // max(1 + 6, 64) / 2.4 = 26.667 ns (trn1/inf2 architecture guide). Few columns stream, so the clock's
    // thresholds are lowered for it to be warm.
    let easy = ["pe_clock.cool_down_busy=0.001", "pe_clock.warm_up_busy=0.002"]
    #expect(try warm(moving: 1, overrides: easy).interval == 26_667)
  }

  @Test func float32PassTakesTwoCyclesPerColumn() throws {
    // (2 × 512 + 6) / 2.4 = 429.167 ns (kernel-optimization tutorial: 428.6).
    let measured = try warm(moving: 512, rate: .float32Pass, fourByte: true)
    #expect(measured.interval == 429_167)
    // 1024 / 2.4 + 165.8 = 592.467 ns (tooltips 589 to 592).
    #expect(measured.duration == 426_667 + 165_800)
  }

  @Test func productsOfMXDataTakeOneCyclePerColumn() throws {
    // 512 rows of K in the time of 128: (512 + 6) / 2.4 = 215.833 ns, as bfloat16.
    let measured = try warm(moving: 512, rate: .mx, on: "trn3")
    #expect(measured.interval == 215_833)
    #expect(measured.duration == 213_333 + 165_800)
  }

  @Test func float32TransposeOf128() throws {
    // (2 × 128 + 6) / 2.4 = 109.167 ns, duration 256 / 2.4 + 165.8 = 272.467 ns (captured 273).
    let measured = try warm(moving: 128, rate: .float32Pass, transpose: true, fourByte: true)
    #expect(measured.interval == 109_167)
    #expect(measured.duration == 106_667 + 165_800)
  }

  @Test func slowWeightsLimitShortMatmuls() throws {
    // fp32 weights load in 256 cycles = 106.667 ns, from the first column of the matmul before; the next
    // first column follows 5 ns later (captured intervals: 111.7). Moving 1 column would issue every
    // 26.667 ns. The array streams hardly at all, so the clock's thresholds are lowered for it to be warm.
    let easy = ["pe_clock.cool_down_busy=0.001", "pe_clock.warm_up_busy=0.002"]
    let measured = try warm(moving: 1, rate: .float32Pass, fourByte: true, overrides: easy)
    #expect(measured.interval == 106_667 + 5_000)
  }

  @Test(arguments: [(80, true), (20, false)])
  func halfAnArrayDoesNotKeepTheClockWarmForEver(_ hold: Int, _ isWarm: Bool) throws {
    // 60 full products of 512 columns warm the clock (two windows of 3.413 us, cold 0.43 us each). Products of 64 of 128
    // rows stream half as much: neither enough to warm it nor so little as to cool it. 600 of them take 600 x 0.2158 = 130 us,
    // 38 windows: within 80 (bmm_v2 of kda-for-trainium stays warm for 219 us), beyond 20.
    var bench = Bench()
    for _ in 0..<60 { bench.matmul(moving: 512) }
    for _ in 0..<600 { bench.matmul(moving: 512, rows: 64) }
    let timeline = try bench.run(["pe_clock.hold_windows=\(hold)"])
    let last = try #require(timeline.clockChanges.last)
    #expect(last.warm == isWarm)
  }

  @Test func isolatedWeightLoadAndMatmul() throws {
    // Warm is impossible for one matmul, so the cold array: LDWEIGHTS 2 × 32 / 2.4 = 26.667 ns until
    // the weights are there; the matmul is dispatched 4.2 ns after it, streams 2 × 128 / 2.4 ns and
    // ends 158.3 ns later: 287.434 ns (captured 286.7 to 289.2).
    var bench = Bench()
    let index = bench.matmul(moving: 128)
    let timings = try bench.run().instructions
    #expect(timings[index].isCold)
    #expect(timings[index].begin - timings[index - 1].begin == 4_200)
    #expect(timings[index].duration == 26_667 - 4_200 + 106_667 + 158_300)
    // Idle cold LDWEIGHTS: 26.667 + 75.8 ns (captured 101.7 to 105).
    #expect(timings[index - 1].duration == 26_667 + 75_800)
  }

  @Test func coldMatmulsRunAtHalfRate() throws {
    // 2 × 512 / 2.4 = 426.667 ns apart (captured 427), no overhead cycles. Behind another matmul each
    // begins 46.7 ns before its first column (captured durations: 630.8 to 634).
    var bench = Bench()
    for _ in 0..<4 { bench.matmul(moving: 512) }
    let timings = try bench.run().instructions
    #expect(timings[5].begin - timings[3].begin == 426_667)
    #expect(timings[5].duration == 46_700 + 426_667 + 158_300)
    // The second begins 46.7 ns early, the first did not: 426.667 - 46.7 after the first's first
    // column, which comes 26.667 - 4.2 ns after its begin, when its weights are there (captured 380 ns
    // between the begins, with a dispatch 30.8 ns after the weight load).
    #expect(timings[3].begin - timings[1].begin == 26_667 - 4_200 + 426_667 - 46_700)
  }

  @Test func theClockWarmsAtTheEndOfABusyWindow() throws {
    // Windows of 4096 / 1.2 GHz = 3413.333 ns. Work starts 26.667 ns into the first: 99 % busy.
    var bench = Bench()
    for _ in 0..<40 { bench.matmul(moving: 512) }
    let timeline = try bench.run()
    #expect(timeline.clockChanges.map(\.warm) == [true])
    #expect(timeline.clockChanges[0].time == 3_413_333)
    // An instruction that begins up to the lead of 46.7 ns before the change may be either.
    for timing in timeline.instructions where abs(timing.begin - 3_413_333) > 46_700 {
      #expect(timing.isCold == (timing.begin < 3_413_333))
    }
  }

  @Test func anIdleWindowCoolsTheClock() throws {
    var bench = Bench()
    for _ in 0..<40 { bench.matmul(moving: 512) }
    // Vector keeps a semaphore back for about 10 µs: 4 × 2400 / 0.96 ns.
    for _ in 0..<4 { bench.add(.vector, .stream(Stream(.tensorTensor, elements: 2400))) }
    bench.add(.vector, .stream(Stream(.tensorTensor, elements: 1)), signals: [0])
    let last = bench.matmul(moving: 512, waits: [(0, 1)])
    let timeline = try bench.run()
    // Dense work ends after about 12 µs, Vector's after 10: no idle window, still warm.
    #expect(!timeline.instructions[last].isCold)

    var idle = Bench()
    for _ in 0..<40 { idle.matmul(moving: 512) }
    for _ in 0..<10 { idle.add(.vector, .stream(Stream(.tensorTensor, elements: 2400))) }
    idle.add(.vector, .stream(Stream(.tensorTensor, elements: 1)), signals: [0])
    let late = idle.matmul(moving: 512, waits: [(0, 1)])
    let cooled = try idle.run()
    #expect(cooled.clockChanges.map(\.warm) == [true, false])
    #expect(cooled.instructions[late].isCold)
  }

  @Test func aMatmulAcrossAChangeOfTheClockStreamsPartlyFast() throws {
    // Windows are lengthened so that the first ends at 10,000 ns; matmuls of 512 run cold for
    // 426.667 ns from 26.667 on: the 24th streams from 9,840.0. In the 160 ns left of the window it
    // does 80 ns of warm work, and the other 133.333 ns afterwards: 293.333 ns in all.
    var bench = Bench()
    for _ in 0..<30 { bench.matmul(moving: 512) }
    let timings = try bench.run(["pe_clock.window_cycles=12000"]).instructions
    let change = timings[2 * 23 + 1]
    let first = 26_667 + 23 * 426_667
    #expect(abs(change.end - (Picoseconds(first) + 293_333 + 158_300)) <= 20)
  }

  @Test func stridedWeightsAreLimitedByTheirReading() throws {
    // 128 cycles of 2.4 GHz = 53.333 ns for 16-bit weights 18 bytes apart, cold as warm, + 83.3 ns
    // (captured 136.7 cold and idle, 137.5 warm).
    var bench = Bench()
    let index = bench.add(
      .tensor,
      .loadWeights(
        LoadWeights(rows: 128, columns: 128, fourByte: false, transpose: false, strideBytes: 18)))
    #expect(try bench.run().instructions[index].duration == 53_333 + 83_300)
  }

  @Test func weightsWithALongStrideTakeLonger() throws {
    // fp16, 36 bytes: 181 cycles = 75.417 ns, and the next load begins 13 ns before they are read: 62.417 ns
    // from load to load (captured 62.5), each lasting 75.417 + 83.3 ns (captured 162 to 164).
    var bench = Bench()
    for _ in 0..<6 {
      bench.add(
        .tensor,
        .loadWeights(
          LoadWeights(rows: 128, columns: 128, fourByte: false, transpose: false, strideBytes: 36)))
      bench.add(
        .tensor,
        .matmul(Matmul(rows: 128, columns: 128, moving: 14, rate: .float16, transpose: false)))
    }
    let timings = try bench.run().instructions
    #expect(timings[8].begin - timings[6].begin == 62_417)
    // fp32, 72 bytes: 2.24 x 256 cycles = 238.933 ns + 83.3 ns (captured 320 to 321.7).
    var wide = Bench()
    let index = wide.add(
      .tensor,
      .loadWeights(
        LoadWeights(rows: 128, columns: 128, fourByte: true, transpose: false, strideBytes: 72)))
    #expect(try wide.run().instructions[index].duration == 238_933 + 83_300)
  }

  @Test func misalignedRowsCostTwoCyclesEach() throws {
    // 30 rows of 14: (420 + 60 + 6) / 2.4 GHz = 202.5 ns apart, 420 + 60 cycles + 165.8 = 365.8 ns (captured
    // 365.8, aligned ones 340.8).
    var bench = Bench()
    for _ in 0..<200 {
      bench.add(
        .tensor,
        .loadWeights(
          LoadWeights(rows: 128, columns: 128, fourByte: false, transpose: false, strideBytes: 2)))
      bench.add(
        .tensor,
        .matmul(
          Matmul(
            rows: 128, columns: 128, moving: 420, rate: .float16, transpose: false,
            misalignedRows: 30)))
    }
    let timings = try bench.run().instructions
    #expect(timings[399].begin - timings[397].begin == 202_500)
    #expect(timings[399].duration == 200_000 + 165_800)
    // The cold array is slower than its reading: 840 cycles, aligned or not.
    #expect(timings[5].isCold && timings[5].begin - timings[3].begin == 350_000)
  }

  @Test func rowsThatBeginAtAnOddHalfwordAreCounted() {
    // 30 rows 16 elements apart from 2 mod 4: all; 4 rows 15 apart: every other one.
    #expect(misalignedRows(begin: 1, outer: [(16, 30)]) == 30)
    #expect(misalignedRows(begin: 0, outer: [(16, 30)]) == 0)
    #expect(misalignedRows(begin: 0, outer: [(15, 5), (8, 2)]) == 4)
  }

  @Test func halfOfTheRowsDoNotWarmTheClock() throws {
    // Columns stream all the time, through 64 of 128 rows: half of the full activity, below 0.745.
    for (rows, changes) in [(128, [true]), (64, [])] {
      var bench = Bench()
      for _ in 0..<40 {
        bench.add(
          .tensor,
          .matmul(Matmul(rows: rows, columns: 128, moving: 512, rate: .single, transpose: false)))
      }
      #expect(try bench.run().clockChanges.map(\.warm) == changes)
    }
  }

  @Test func sequencerRunsAheadOfTheArray() throws {
    // An EVENT_SEMAPHORE behind three pairs is taken while the first matmul streams: the pairs are
    // dispatched 4.2 ns apart.
    var bench = Bench()
    for _ in 0..<3 { bench.matmul(moving: 512) }
    let event = bench.add(.tensor, .control)
    let timings = try bench.run().instructions
    #expect(timings[event].begin == 6 * 4_200)
    #expect(timings[event].begin < timings[3].begin)
  }
}
