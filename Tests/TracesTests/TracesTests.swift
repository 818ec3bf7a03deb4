import Device
import Diagnostics
import Foundation
import Hardware
import Kernels
import Machine
import Programs
import Reports
import Simulation
import Testing
import Timing
import Workloads

/// The programs of `traces/`: what each gives is in `Goldens/`; `RECORD_GOLDENS=1` rewrites it.
@Suite struct TracesTests {
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let folder = here.appendingPathComponent("../../traces").standardizedFileURL

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".trn") }.map { String($0.dropLast(4)) }.sorted()
  }()

  @Test func thereAreTraces() throws {
    #expect(!Self.names.isEmpty)
    let goldens = try FileManager.default.contentsOfDirectory(
      atPath: Self.here.appendingPathComponent("Goldens").path)
    #expect(goldens.sorted() == Self.names.map { "\($0).txt" }.sorted())
  }

  @Test(arguments: names)
  func golden(_ name: String) throws {
    let actual = try Self.outcome(name)
    let file = Self.here.appendingPathComponent("Goldens/\(name).txt")
    if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil {
      try actual.write(to: file, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(actual == expected)
  }

  /// All that each spends time on has a cause, and the critical path is the whole time.
  @Test(arguments: names)
  func everythingHasACause(_ name: String) throws {
    let text = try String(
      contentsOf: Self.folder.appendingPathComponent("\(name).trn"), encoding: .utf8)
    let program = try Program(text: text, file: "traces/\(name).trn")
    var options = Simulation.Options()
    options.mode = .timingOnly
    // Some programs show a fault, and some need values for what they execute.
    guard !program.hasControlFlow,
      let run = try? Simulation.run(
        ProgramSet(program), on: Hardware.load("trn2"), options: options)
    else { return }
    let causes = try #require(try run.causes())
    #expect(causes.unexplained == 0)
    #expect(causes.criticalPath().reduce(0) { $0 + $1.duration } == run.total)
  }

  /// The run's figures, or the machine's fault as a person sees it.
  private static func outcome(_ name: String) throws -> String {
    let text = try String(
      contentsOf: folder.appendingPathComponent("\(name).trn"), encoding: .utf8)
    let program = try Program(text: text, file: "traces/\(name).trn")
    let hardware = try Hardware.load("trn2")
    do {
      return figures(try run(program, on: hardware))
    } catch let trap as Trap {
      return trap.rendered() + "\n"
    }
  }

  /// Programs that were emitted from a kernel are also compared with the kernel's reference.
  private static func run(_ program: Program, on hardware: Hardware) throws -> Run {
    if let kernel = KernelName(rawValue: program.name) {
      let settings = program.metadata.map { "\($0.key)=\($0.value)" }
      let run = try Simulation.check(
        ProgramSet(program), of: kernel.make(settings), on: hardware)
      #expect(!run.checks.isEmpty && run.checks.allSatisfy(\.passed), "\(run.checks)")
      return run
    }
    let inputs = program.tensors(.input).map { _, tensor in
      KernelInput(tensor.name, tensor.dtype, tensor.shape, .normal(mean: 0, deviation: 1))
        .make(seed: 0)
    }
    return try Simulation.run(ProgramSet(program), on: hardware, inputs: [inputs])
  }

  private static func figures(_ run: Run) -> String {
    guard let timed = Report(run).timed, let device = run.cores[0].device else {
      return "not timed\n"
    }
    let summary = timed.summary
    return """
      total            \(summary.total) ps
      bottleneck       \(timed.bottleneck.key)
      instructions     \(device.instructions.count)
      waits            \(device.waits.count)
      transfers        \(summary.transfers.count)
      descriptors      \(summary.transfers.packets)
      HBM read         \(summary.hbmReadBytes) B
      HBM written      \(summary.hbmWriteBytes) B
      longest chain    \(timed.bounds.dependencyChain) ps
      DMA rings alone  \(timed.bounds.rings) ps

      """
  }
}
