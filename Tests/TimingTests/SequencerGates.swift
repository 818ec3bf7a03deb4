import Device
import Testing

@testable import Timing

/// What sequencers execute themselves: one rule per test.
@Suite struct SequencerGates {
  private let copy = Work.stream(Stream(.copy, elements: 128, readsPSUM: true))

  /// Durations in the order of the program.
  private func durations(_ timeline: Timeline) -> [Picoseconds] {
    timeline.instructions.map(\.duration)
  }

  @Test func writesOfInputsOnSync() throws {
    // 57.5 ns each; the first 32.5 more, the second 3.3 more, and each fourth instruction of the queue,
    // which is the last of a fetched group, 3.3 more. 24.2 ns between them (captured: 90, 60.8, 57.5,
    // 60.8).
    var bench = Bench()
    for _ in 0..<5 { bench.dma(.sync, .none, rows: 16, bytes: 64) }
    let timeline = try bench.run()
    #expect(durations(timeline) == [90_000, 60_800, 57_500, 60_800, 57_500])
    for (earlier, later) in zip(timeline.instructions, timeline.instructions.dropFirst()) {
      #expect(later.begin == earlier.end + 24_200)
    }
  }

  @Test func writesOfTheKernelsOwnTensorsAreShorter() throws {
    // GpSimd: 45.8 ns for outputs and 25.8 for scratch; its first 37.5 and its second 11.7 more. The first
    // two of another kind after two writes take 6.2 more.
    var bench = Bench()
    for _ in 0..<3 { bench.dma(.gpsimd, .none, rows: 16, bytes: 64, writesHBM: true) }
    for index in 3..<6 {
      bench.dma(.gpsimd, .none, rows: 16, bytes: 64, writesHBM: true)
      bench.program.transfers[index].isScratch = true
    }
    let timeline = try bench.run()
    #expect(durations(timeline) == [83_300, 57_500, 45_800, 32_000, 32_000, 25_800])
    #expect(timeline.instructions[1].begin == timeline.instructions[0].end + 35_800)
  }

  @Test func kindsThatWereNotExecutedLatelyTakeLonger() throws {
    // NOPs behind WRITEs on GpSimd: 19.2 + 6.2 twice, then 19.2 ns (captured: 25.8, 25.8, 19.2).
    var bench = Bench()
    bench.dma(.gpsimd, .none, rows: 16, bytes: 64, writesHBM: true)
    for _ in 0..<3 {
      let nop = bench.add(.gpsimd, .control)
      bench.program.instructions[nop].opcode = .nop
    }
    #expect(durations(try bench.run()).dropFirst() == [25_400, 25_400, 19_200])
    // EVENT_SEMAPHOREs and WRITEs in turn on ScalarE: 41.7 + 14.2 twice, then 41.7; no WRITE is forgotten.
    var turns = Bench()
    for _ in 0..<4 {
      turns.dma(.scalar, .none, rows: 16, bytes: 64)
      turns.add(.scalar, .control)
    }
    let events = durations(try turns.run()).enumerated().filter { $0.offset % 2 == 1 }
    #expect(events.map(\.element) == [55_900, 55_900, 41_700, 41_700])
    // Without WRITEs there is nothing to get used to.
    var alone = Bench()
    alone.add(.scalar, .control)
    #expect(durations(try alone.run()) == [41_700])
  }

  @Test func aWaitThatIsOverTakesTimeToo() throws {
    // Vector signals after 270.2 ns. Sync's 8 events of 20 ns with 24.2 between them, two of them 3.3
    // longer, end at 336 ns; then 24.2 + 11.6 ns.
    var bench = Bench()
    bench.add(.vector, .stream(Stream(.tensorTensor, elements: 96)), signals: [0])
    for _ in 0..<8 { bench.add(.sync, .control) }
    let waiting = bench.add(.sync, .control, waits: [(0, 1)])
    let timings = try bench.run().instructions
    #expect(timings[waiting - 1].end == 8 * 20_000 + 7 * 24_200 + 2 * 3_300)
    #expect(timings[waiting].begin == timings[waiting - 1].end + 24_200 + 11_600)
  }

  @Test func anEngineGoesOnAfterItsSequencersOwnInstruction() throws {
    // ScalarE: 12.5 ns after a WRITE's end, and also after a DMA that it starts itself, 572.5 ns.
    for (mode, duration) in [(DGEMode.none, 71_700), (.hwdge, 572_500)] {
      var bench = Bench()
      bench.dma(.scalar, mode, rows: 16, bytes: 64)
      let next = bench.add(.scalar, copy)
      let timings = try bench.run().instructions
      #expect(timings[0].duration == Picoseconds(duration))
      #expect(timings[next].begin == timings[0].end + 12_500)
    }
    // Sequencers without a WRITE: LDWEIGHTS begins 24.2 ns after an EVENT_SEMAPHORE of 54.2 ns.
    var tensor = Bench()
    tensor.add(.tensor, .control)
    tensor.matmul(moving: 64)
    #expect(try tensor.run().instructions[1].begin == 54_200 + 24_200)
  }

  @Test func softwareDMAsInARow() throws {
    // 31.7 ns, 20 more behind one and 40 behind two or more (captured: 31.7, 50, 70.8 to 75).
    var bench = Bench()
    for _ in 0..<4 { bench.dma(.gpsimd, .swdge, rows: 16, bytes: 64) }
    #expect(durations(try bench.run()) == [31_700, 51_700, 71_700, 71_700])
  }
}
