import Diagnostics
import Hardware
import Kernels
import Reports
import Testing
import Workloads

@testable import Sweeps

/// Faster and slower machines.
@Suite struct WhatIfTests {
  private static let names = Hardware.builtinNames

  /// Every time and rate that a kernel's own time depends on belongs to one part, so that all parts
  /// twice as fast are a machine that is twice as fast.
  @Test(arguments: names) func partsCoverTheMachine(_ name: String) throws {
    let hardware = try Hardware.load(name)
    let elsewhere = ["clocks.neuroncore", "clocks.sync", "pe_clock.phase"]
    for path in hardware.paths {
      let unit = try #require(hardware.unit(of: path))
      let owners = MachinePart.allCases.filter { $0.isRate(path, unit: unit) != nil }
      #expect(owners.count <= 1, "\(path)")
      // What cores exchange is outside of each of them; single values can be scaled.
      guard ["ns", "GHz", "GB/s", "ns/element"].contains(unit), !path.hasPrefix("launch."),
        !path.hasPrefix("exchange."), !elsewhere.contains(path)
      else { continue }
      #expect(owners.count == 1, "\(path) (\(unit))")
    }
  }

  @Test func everythingTwiceAsFastTakesHalf() throws {
    let found = try WhatIf(
      Variant("matmul", [Setting("m", "256"), Setting("k", "256"), Setting("n", "512")]),
      scales: [(.part(.dmaBandwidth), [0.5, 1, 2])], evaluator: Evaluator(kernels: .builtIn))
    let all = try #require(found.twice.last?.outcome.measurement)
    // Each duration is rounded to picoseconds by itself; the PE clock's windows are in cycles, and so
    // follow its clock.
    let half = Double(found.base.time) / 2
    #expect(abs(Double(all.time) - half) < 0.002 * half)
    for row in found.twice {
      let time = try #require(row.outcome.measurement).time
      #expect(Double(time) >= half * 0.998)
    }
    let scales = found.scales[0].compactMap { $0.outcome.measurement?.time }
    #expect(scales.count == 3)
    #expect(scales[1] == found.base.time)
    #expect(scales[0] > scales[1] && scales[1] > scales[2])
    #expect(found.gain(.dmaBandwidth) == Double(scales[2] - scales[1]) / Double(scales[1]))
    #expect(found.text().contains("all of them"))
    #expect(found.text().contains("twice as fast gives -"))
    #expect(found.text().contains("DMA rings ×"))
    #expect(found.json.text().contains("\"twice_as_fast\""))
  }

  /// A report's figures, from the run itself, are those of the table.
  @Test(arguments: ["matmul", "rmsnorm", "softmax", "vector_add", "core_sum"])
  func gainsOfARunAreThoseOfTheTable(_ kernel: String) throws {
    var variant = Variant(kernel)
    if kernel == "core_sum" {
      variant.parameters = [Setting("tp", "2"), Setting("lnc", "2"), Setting("tokens", "1")]
    }
    let run = try Evaluator(kernels: .builtIn).run(variant)
    let found = try #require(try WhatIf.gains(of: run, runner: ParallelRunner(width: 2)))
    let table = try WhatIf(variant, scales: [], evaluator: Evaluator(kernels: .builtIn)).gains
    for gain in table.gains {
      // Parts that the run does not use are left out, and give nothing.
      #expect(found.gains.first { $0.key == gain.key } == gain || gain.change == 0, "\(gain)")
    }
    #expect(found.gains.allSatisfy { table.gains.contains($0) })
    #expect(found.sentence == table.sentence)
    #expect(
      !found.gains.contains { $0.key == "tensor" } || !["softmax", "core_sum"].contains(kernel))
  }

  @Test func sentencesNameTheBottleneck() {
    func gain(_ target: ScaledTarget, _ change: Double) -> PartGains.Gain { target.gain(change) }
    let source = "(what-if, timing only)"
    let rings = gain(.part(.dmaBandwidth), -0.3721)
    let vector = gain(.part(.vector), -0.0099)
    #expect(
      PartGains([vector, rings]).sentence
        == "the DMA rings are the bottleneck: twice as fast gives -37.2 % \(source)")
    // Together they give not twice as much as one of them alone …
    #expect(PartGains([rings, gain(.memory, -0.45)]).bottleneck == rings)
    // … or much more.
    #expect(
      PartGains([gain(.part(.dmaLatency), -0.038), gain(.memory, -0.4567)]).sentence
        == "DMA and HBM together are the bottleneck: twice as fast gives -45.7 % \(source)")
    #expect(
      PartGains([gain(.part(.scalar), -0.0512), vector]).sentence
        == "nothing alone is the bottleneck: ScalarE twice as fast gives most, -5.1 % \(source)")
    #expect(PartGains([vector]).sentence == "no part twice as fast gives 1 % or more \(source)")
    #expect(PartGains([]).bottleneck == nil)
  }

  @Test func wholeNumbersStayWhole() throws {
    let hardware = try Hardware.load("trn2")
    let rings = try ScaledTarget("dma.rings", on: hardware)
    #expect(rings.overrides(0.5, on: hardware) == [Setting("dma.rings", "8")])
    #expect(rings.overrides(1, on: hardware).isEmpty)
    let clock = try ScaledTarget("clocks.vector", on: hardware)
    #expect(clock.overrides(2, on: hardware) == [Setting("clocks.vector", "1.92")])
    for bad in ["vectors", "dtypes.storage", "clocks", ""] {
      #expect(throws: DiagnosticError.self) { try ScaledTarget(bad, on: hardware) }
    }
  }

  @Test(arguments: [
    "0.5..4": [0.5, 0.7071, 1, 1.4142, 2, 2.8284, 4], "1,2": [1, 2], "1..1.5": [1, 1.2247, 1.5],
    "3": [3],
  ]) func factorsAreRangesAndLists(_ text: String, _ factors: [Double]) throws {
    #expect(try WhatIf.factors(text) == factors)
  }

  @Test(arguments: ["", "x", "0..1", "2..1", "1,,2", "-1", "1..", "..1", "1e9", "nan"])
  func badFactors(_ text: String) {
    #expect(throws: DiagnosticError.self) { try WhatIf.factors(text) }
  }
}
