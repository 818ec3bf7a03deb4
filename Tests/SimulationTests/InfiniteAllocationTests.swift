import Compiler
import Diagnostics
import Formats
import Hardware
import Programs
import Simulation
import Testing
import Workloads

/// Values of programs whose tensors no memory has room for.
@Suite struct InfiniteAllocationTests {
  /// Tiles of 40,000 bytes of a partition that are all needed to the end; trn2 has 212,728.
  private static func text(tiles: Int) -> String {
    let names = (0..<tiles).map { "t\($0)" }
    let head = [
      "trnsim program 1", "kernel k", "tensor x: hbm input float32 [128, 10000]",
      "tensor y: hbm output float32 [128, 10000]",
    ]
    return
      (head + names.map { "tensor \($0): sbuf float32 [128, 10000]" }
      + names.map { "dma_copy dst=\($0) src=x" }
      + names.dropFirst().map { "tensor_tensor dst=t0 data1=t0 data2=\($0) op=add" }
      + ["dma_copy dst=y src=t0"]).joined(separator: "\n") + "\n"
  }

  private func run(tiles: Int, _ mode: Simulation.Mode = .valuesAndTiming) throws -> CoreRun {
    let program = try Program(text: Self.text(tiles: tiles), file: "k.trn")
    let x = KernelTensor(
      name: "x", dtype: .float32, shape: [128, 10000],
      values: (0..<1_280_000).map { Float($0 % 1000) })
    var options = Simulation.Options()
    options.mode = mode
    options.compiler.allocation = .infinite
    return try SimulationTests.run(
      program, on: try Hardware.load("trn2"), inputs: mode == .timingOnly ? [] : [x],
      options: options)
  }

  @Test func valuesHaveNoTime() throws {
    let run = try run(tiles: 7)
    #expect(run.timeline == nil && run.device == nil)
    #expect(run.outputs[0].values == (0..<1_280_000).map { Double($0 % 1000 * 7) })
    let notes = run.compilerNotes
    #expect(notes.count == 1)
    #expect(
      notes.first?.hasPrefix("sbuf has 212728 bytes in each partition, and the tensors need 280")
        == true,
      "\(notes)")
    #expect(notes.first?.hasSuffix("and there is no time") == true)
  }

  @Test func timeAloneIsRefused() throws {
    let error = try #require(throws: DiagnosticError.self) { try run(tiles: 7, .timingOnly) }
    #expect(error.diagnostics[0].message.contains("there is no time"))
  }

  @Test func whatHasRoomHasItsTime() throws {
    for mode in [Simulation.Mode.valuesAndTiming, .timingOnly] {
      let run = try run(tiles: 5, mode)
      #expect(run.timeline != nil && run.compilerNotes.isEmpty)
    }
  }
}
