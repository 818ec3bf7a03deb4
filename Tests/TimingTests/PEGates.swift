import Device
import Testing

@testable import Timing

/// One rule of the PE array per test, exact to the picosecond.
@Suite struct PEGates {
  /// The last two matmuls of a dense run, long after warm-up.
  private func warm(
    moving: Int, rate: MatmulRate = .single, transpose: Bool = false, fourByte: Bool = false,
    overrides: [String] = []
  ) throws -> (interval: Picoseconds, duration: Picoseconds) {
    var bench = Bench()
    for _ in 0..<200 {
      bench.matmul(moving: moving, rate: rate, transpose: transpose, fourByte: fourByte)
    }
    let timings = try bench.run(overrides).instructions
    let last = timings[timings.count - 1]
    let before = timings[timings.count - 3]
    #expect(!last.isCold)
    return (last.begin - before.begin, last.duration)
  }

  @Test func warmMatmulOf512IssuesEvery215Point8() throws {
    // (512 + 6) / 2.4 GHz = 215.833 ns; latency 512 / 2.4 + 165.8 = 379.133 ns.
    let measured = try warm(moving: 512)
    #expect(measured.interval == 215_833)
    #expect(measured.duration == 213_333 + 165_800)
  }

  @Test func warmMatmulOf128IssuesEvery55Point8() throws {
    // (128 + 6) / 2.4 = 55.833 ns (captured 55.8); the 32-cycle weight load hides behind it.
    #expect(try warm(moving: 128).interval == 55_833)
  }

  @Test func shortMatmulsTake64Cycles() throws {
    // max(1 + 6, 64) / 2.4 = 26.667 ns (trn1/inf2 architecture guide).
    #expect(try warm(moving: 1).interval == 26_667)
  }

  @Test func float32PassTakesTwoCyclesPerColumn() throws {
    // (2 × 512 + 6) / 2.4 = 429.167 ns (kernel-optimization tutorial: 428.6).
    let measured = try warm(moving: 512, rate: .float32Pass, fourByte: true)
    #expect(measured.interval == 429_167)
    // 1024 / 2.4 + 165.8 = 592.467 ns (tooltips 589 to 592).
    #expect(measured.duration == 426_667 + 165_800)
  }

  @Test func float32TransposeOf128() throws {
    // (2 × 128 + 6) / 2.4 = 109.167 ns, duration 256 / 2.4 + 165.8 = 272.467 ns (captured 273).
    let measured = try warm(moving: 128, rate: .float32Pass, transpose: true, fourByte: true)
    #expect(measured.interval == 109_167)
    #expect(measured.duration == 106_667 + 165_800)
  }

  @Test func slowWeightsLimitShortMatmuls() throws {
    // fp32 weights load in 256 cycles = 106.667 ns, starting 1.7 ns after the matmul before; moving 1
    // column would issue every 26.667 ns. Interval = 1.7 + 106.667 ns. The array streams only a quarter
    // of the time, so the clock's thresholds are lowered for it to be warm.
    let easy = ["pe_clock.cool_down_busy=0.01", "pe_clock.warm_up_busy=0.02"]
    let measured = try warm(moving: 1, rate: .float32Pass, fourByte: true, overrides: easy)
    #expect(measured.interval == 1_700 + 106_667)
  }

  @Test func isolatedWeightLoadAndMatmul() throws {
    // Warm is impossible for one matmul, so the cold array: LDWEIGHTS 2 × 32 / 2.4 = 26.667 ns until
    // the weights are there, matmul 2 × 128 / 2.4 + 207 = 313.667 ns (captured 311).
    var bench = Bench()
    let index = bench.matmul(moving: 128)
    let timings = try bench.run().instructions
    #expect(timings[index].isCold)
    #expect(timings[index].begin - timings[index - 1].begin == 26_667)
    #expect(timings[index].duration == 106_667 + 207_000)
    // Idle cold LDWEIGHTS: 26.667 + 73 ns (captured 101.7 to 105).
    #expect(timings[index - 1].duration == 26_667 + 73_000)
  }

  @Test func coldMatmulsRunAtHalfRate() throws {
    // 2 × 512 / 2.4 = 426.667 ns apart (captured 427), no overhead cycles.
    var bench = Bench()
    for _ in 0..<4 { bench.matmul(moving: 512) }
    let timings = try bench.run().instructions
    #expect(timings[3].begin - timings[1].begin == 426_667)
    #expect(timings[3].duration == 426_667 + 207_000)
  }

  @Test func theClockWarmsAtTheEndOfABusyWindow() throws {
    // Windows of 4096 / 1.2 GHz = 3413.333 ns. Work starts 26.667 ns into the first: 99 % busy.
    var bench = Bench()
    for _ in 0..<40 { bench.matmul(moving: 512) }
    let timeline = try bench.run()
    #expect(timeline.clockChanges.map(\.warm) == [true])
    #expect(timeline.clockChanges[0].time == 3_413_333)
    for timing in timeline.instructions {
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
}
