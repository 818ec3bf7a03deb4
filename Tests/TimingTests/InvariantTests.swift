import Device
import Hardware
import Testing

@testable import Timing

/// Invariants of Timing, each broken on purpose in a process of its own.
@Suite struct TimingInvariantTests {
  private func said(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  /// A simulation of one DMA, of an instruction that waits for it, and of one that does nothing.
  static func simulator() throws -> Simulator {
    var bench = Bench()
    bench.add(.scalar, .control, opcode: .nop)
    bench.dma(.sync, .hwdge, rows: 128, bytes: 4000, signals: 0)
    bench.add(.vector, .stream(Stream(.tensorTensor, elements: 96)), waits: [(0, 1)])
    return Simulator(bench.program, try Hardware.load(named: "trn2"), TimingOptions())
  }

  @Test func nothingIsBrokenWithoutAChange() throws {
    var simulator = try Self.simulator()
    try simulator.run()
  }

  @Test func aSliceOfMoreThanThereIsEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var ring = Ring()
      _ = ring.add(
        Ring.Entry(transfer: 0, queue: 0, remaining: 0, bytes: 64, price: 100), at: 0)
      _ = ring.finish()
    }
    #expect(said(result).contains("invariant 'ring-slice' is broken"), "\(said(result))")
  }

  @Test func aSliceThatEndsBeforeItBeginsEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var ring = Ring()
      _ = ring.add(
        Ring.Entry(transfer: 0, queue: 0, remaining: 2, bytes: 64, price: -100), at: 1000)
      _ = ring.finish()
    }
    #expect(said(result).contains("invariant 'ring-slice' is broken"), "\(said(result))")
  }

  @Test func anInstructionThatEndsBeforeItBeginsEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var simulator = try TimingInvariantTests.simulator()
      simulator.prepareAll()
      simulator.engines[Int(Engine.scalar.rawValue)].lead = -1000
      while try simulator.step() {}
    }
    #expect(said(result).contains("invariant 'engine-order' is broken"), "\(said(result))")
  }

  @Test func aTransferThatIsReadBeforeItsTriggerEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var simulator = try TimingInvariantTests.simulator()
      simulator.prepareAll()
      while simulator.timeline.transfers[0].queued == 0 { _ = try simulator.step() }
      simulator.timeline.transfers[0].trigger = .max / 2
      while try simulator.step() {}
    }
    #expect(said(result).contains("invariant 'transfer-order' is broken"), "\(said(result))")
  }

  @Test func aRunMoreThanATransferHasEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var simulator = try TimingInvariantTests.simulator()
      simulator.runsLeft[0] = 0
      try simulator.run()
    }
    #expect(said(result).contains("invariant 'transfer-runs' is broken"), "\(said(result))")
  }

  @Test func aSemaphoreThatShrinksEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var board = SemaphoreBoard(count: 1, expectedUpdates: 2)
      _ = board.add(0, time: 10, amount: 1, producer: 0)
      _ = board.add(0, time: 20, amount: -1, producer: 1)
    }
    #expect(said(result).contains("invariant 'semaphore-growth' is broken"), "\(said(result))")
  }
}
