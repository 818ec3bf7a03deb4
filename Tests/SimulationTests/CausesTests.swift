import Device
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Timing

/// What programs' and kernels' time was spent on: every life and the whole time are tiled.
@Suite struct CausesTests {
  @Test(arguments: 1...UInt64(30), ["trn2", "trn1"])
  func randomPrograms(_ seed: UInt64, _ hardwareName: String) throws {
    let hardware = try Hardware.load(hardwareName)
    var generator = RunnableGenerator(
      seed: seed, geometry: Geometry(hardware), handsOn: seed % 2 == 0)
    let program = generator.program(instructions: 90)
    var options = Simulation.Options()
    options.mode = .timingOnly
    try requireExplained(
      Simulation.run(ProgramSet(program), on: hardware, options: options), "seed \(seed)")
  }

  @Test(arguments: KernelName.allCases, ["trn2", "trn3"])
  func kernels(_ name: KernelName, _ hardwareName: String) throws {
    let hardware = try Hardware.load(hardwareName)
    var options = Simulation.Options()
    options.mode = .timingOnly
    try requireExplained(
      checked(try name.make(), on: hardware, options: options), "\(name) on \(hardwareName)")
  }

  private func requireExplained(_ run: Run, _ name: String) throws {
    let causes = try #require(try run.causes())
    #expect(causes.unexplained == 0, "\(name)")
    #expect(causes.total == run.total, "\(name)")
    let path = causes.criticalPath()
    #expect(isTiled(path, from: 0, to: try #require(run.total)), "\(name): \(path)")
    let slack = causes.slack()
    #expect(slack.instructions.joined().allSatisfy { $0 >= 0 }, "\(name)")
    #expect(slack.transfers.joined().allSatisfy { $0 >= 0 }, "\(name)")
    for case let life? in path.map(\.causer) {
      switch life.subject {
      case .instruction(let index): #expect(slack.instructions[life.core][index] == 0, "\(name)")
      case .transfer(let index): #expect(slack.transfers[life.core][index] == 0, "\(name)")
      }
    }
    for (core, one) in run.cores.enumerated() {
      let timeline = try #require(one.timeline)
      for (index, timing) in timeline.instructions.enumerated() {
        let pieces = causes.intervals(of: Life(core: core, .instruction(index)))
        let begin = pieces.first?.begin ?? timing.end
        #expect(
          begin <= timing.begin && isTiled(pieces, from: begin, to: timing.end),
          "\(name): instruction \(index): \(pieces)")
      }
      for (index, timing) in timeline.transfers.enumerated() {
        #expect(
          isTiled(
            causes.intervals(of: Life(core: core, .transfer(index))), from: timing.trigger,
            to: timing.complete), "\(name): transfer \(index)")
      }
    }
  }

  private func isTiled(
    _ pieces: [CausedInterval], from begin: Picoseconds, to end: Picoseconds
  ) -> Bool {
    var now = begin
    for piece in pieces {
      guard piece.begin == now, piece.end > now, piece.cause != .unexplained else { return false }
      now = piece.end
    }
    return now == end
  }
}
