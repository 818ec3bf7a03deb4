import Device
import Diagnostics
import Hardware
import Simulation
import Testing
import Timing

@testable import Reports

@Suite struct StallTests {
  @Test func reasonsAreTheTimelines() throws {
    let run = try Fixture.run()
    let timeline = try #require(run.cores[0].timeline)
    for (index, timing) in timeline.instructions.enumerated() {
      let waits = Waits(timing)
      for reason in StallReason.allCases {
        let expected = timeline.stalls(index).filter { $0.reason == reason }
          .reduce(0) { $0 + $1.end - $1.begin }
        #expect(waits[reason] == expected, "instruction \(index), \(reason)")
      }
    }
  }

  @Test func tensorWaitedForTheLoad() throws {
    let stalls = try #require(try Report(Fixture.run()).timed).stalls[.tensor]
    // LDWEIGHTS: 0 … 3,000,000 for the transfer, 41,700 of dispatch.
    #expect(stalls[.dma] == 3_000_000)
    #expect(stalls[.dispatch] == 41_700)
    // First MATMUL: 3,041,700 … 3,055,000 for its weights.
    #expect(stalls[.weightLoad] == 13_300)
    // Second MATMUL: 3,055,000 … 3,268,000 while the first streamed: work, not waiting.
    #expect(stalls[.engineBusy] == 213_000)
    #expect(stalls.waited == 3_055_000)
    #expect(stalls.largest == .dma)
    let wait = try #require(stalls.producers.first)
    #expect(stalls.producers.count == 1)
    #expect(wait.producer == .queue(0))
    #expect(wait.producerName == "qSyncDynamicHW")
    #expect(wait.text == "dma_copy w.3")
    #expect(wait.location == SourceLocation(file: "tiny.swift", line: 10))
    #expect(wait.time == 3_000_000)
    #expect(wait.count == 1)
  }

  @Test func vectorWaitedForTensor() throws {
    let stalls = try #require(try Report(Fixture.run()).timed).stalls[.vector]
    #expect(stalls[.semaphore] == 3_627_200)
    #expect(stalls[.dispatch] == 22_800)
    #expect(stalls.producers.first?.producer == .engine(.tensor))
    #expect(stalls.producers.first?.text == "nc_matmul acc")
  }

  private func bottleneck(_ change: (inout Bounds) -> Void) throws -> Bottleneck {
    var run = try Fixture.run()
    var bounds = Bounds()
    change(&bounds)
    run.cores[0].timeline?.bounds = bounds
    return try #require(Report(run).timed).bottleneck
  }

  @Test func ringsBind() throws {
    let found = try bottleneck { $0.rings = 9_300_000 }
    #expect(found.kind == .resource(.rings))
    #expect(found.share == 0.93)
    // Scalar and Sync are busier, but of the engines that compute and wait Tensor has most work.
    #expect(
      found.sentence
        == "DMA-bound: the DMA rings are busy 93 % of the time; Tensor waited 30 % for "
        + "queue qSyncDynamicHW (dma_copy w.3 at tiny.swift:10)")
    #expect(found.engine == .tensor)
  }

  @Test func aResourceGoesBeforeTheChain() throws {
    let found = try bottleneck {
      $0.engines[Int(Engine.tensor.rawValue)] = 8_000_000
      $0.dependencyChain = 9_900_000
    }
    #expect(found.kind == .resource(.tensor))
    #expect(found.engine == .tensor)
    #expect(
      found.sentence
        == "Tensor-bound: the engine has work for 80 % of the time; Tensor waited 30 % for "
        + "queue qSyncDynamicHW (dma_copy w.3 at tiny.swift:10)")
  }

  @Test func latencyBinds() throws {
    let found = try bottleneck {
      $0.rings = 7_990_000
      $0.dependencyChain = 9_500_000
    }
    #expect(found.kind == .latency)
    #expect(
      found.sentence.hasPrefix(
        "latency-bound: the longest chain of dependent work takes 95 % of the time; "
          + "DMA rings alone would take 80 %"))
  }

  @Test func aChainBindsFromHalfOfTheTimeOn() throws {
    #expect(
      try bottleneck {
        $0.rings = 3_000_000
        $0.dependencyChain = 7_700_000
      }.kind == .latency)
    #expect(
      try bottleneck {
        $0.rings = 3_000_000
        $0.dependencyChain = 4_900_000
      }.kind == .none)
    #expect(
      try bottleneck {
        $0.rings = 7_700_000
        $0.dependencyChain = 6_000_000
      }.kind == .none)
  }

  @Test func nothingBinds() throws {
    let found = try bottleneck { $0.rings = 5_000_000 }
    #expect(found.kind == .none)
    #expect(
      found.sentence.hasPrefix(
        "not bound by one resource: DMA rings alone would take 50 % of the time"))
  }
}
