import Device
import Hardware
import Machine
import Programs
import Simulation
import Testing

@testable import Reports
@testable import Sweeps

/// The one sentence that everybody reads.
@Suite struct VerdictTests {
  private static let timing = {
    var options = Simulation.Options()
    options.mode = .timingOnly
    return options
  }()

  /// The largest gain is the verdict, and whatever is busy for 80 % of the time or more is named.
  @Test(arguments: 1...UInt64(24), ["trn2", "trn1"])
  func ofRandomPrograms(_ seed: UInt64, _ hardwareName: String) throws {
    let hardware = try Hardware.load(hardwareName)
    var generator = RunnableGenerator(seed: seed, geometry: Geometry(hardware))
    var program = generator.program(instructions: 60)
    // Some are nearly all one thing, so that there is something to name.
    if seed % 3 == 0, let first = program.instructions.last {
      program.instructions += Array(repeating: first, count: 120)
    }
    let run = try Simulation.run(ProgramSet(program), on: hardware, options: Self.timing)
    let gains = try #require(try WhatIf.gains(of: run, runner: ParallelRunner(width: 1)))
    let report = Report(run, gains: gains, causes: try run.causes())
    try requireRight(report, gains, "seed \(seed)")
  }

  private func requireRight(_ report: Report, _ gains: PartGains, _ name: String) throws {
    let timed = try #require(report.timed)
    let sentence = timed.bottleneck.sentence
    let parts = gains.gains.filter { !$0.isGroup }
    let largest = try #require(parts.map(\.change).min())
    if largest <= -PartGains.threshold {
      let found = try #require(gains.bottleneck)
      // A group is the verdict where none of its parts gives half of it.
      #expect(
        found.isGroup ? found.change < 2 * largest : found.change == largest, "\(name): \(sentence)"
      )
      #expect(sentence.hasPrefix(gains.sentence), "\(name)")
      #expect(
        sentence.contains(found.subject) || sentence.contains(found.name), "\(name): \(sentence)")
    }
    for part in parts where part.change >= PartGains.anomalyThreshold {
      #expect(
        sentence.contains("\(part.name) twice as fast makes it slower"), "\(name): \(sentence)")
    }
    for engine in Engine.allCases
    where timed.summary.share(timed.summary[engine].activeTime) >= Bottleneck.threshold {
      #expect(sentence.contains(engine.displayName), "\(name): \(sentence)")
    }
    if timed.summary.share(timed.summary.busiestRing) >= Bottleneck.threshold {
      #expect(sentence.contains("DMA ring"), "\(name): \(sentence)")
    }
    for engine in Engine.allCases
    where timed.summary.share(timed.bounds[.starts(engine)]) >= Bottleneck.threshold {
      #expect(sentence.contains("\(engine.displayName) starts"), "\(name): \(sentence)")
    }
    #expect(!sentence.contains("not bound by one resource"), "\(name): \(sentence)")
  }

  @Test func anAnomalySaysSo() {
    let gains = PartGains([
      ScaledTarget.part(.vector).gain(0.023), ScaledTarget.part(.dmaStarts).gain(-0.4),
    ])
    #expect(gains.anomalies.map(\.key) == ["vector"])
    #expect(
      gains.others == [
        "VectorE twice as fast makes it slower, +2.3 %: a scheduling anomaly, earlier work gets in "
          + "the way of what the end waits for"
      ])
    #expect(
      gains.sentence
        == "starting DMAs is the bottleneck: twice as fast gives -40.0 % (what-if, timing only)")
  }
}
