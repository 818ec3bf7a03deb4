import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Compiler

/// Which tiles of PSUM wait in SBUF where no order has room, counted by hand.
///
/// Each tile fills a bank, and there are eight.
struct BankSpillingTests {
  private let head = "trnsim program 1\nkernel k\ndependencies derived\n"

  private func tiles(_ count: Int) -> String {
    "tensor a: sbuf bfloat16 [128, 512]\n"
      + (0..<count).map {
        "tensor p\($0): psum float32 [128, 512]\ntensor c\($0): sbuf float32 [128, 512]\n"
      }.joined()
  }

  /// The lines after spilling.
  private func spilled(
    _ lines: String, tiles count: Int
  ) throws -> (lines: [String], spills: BankSpilling.Spills)? {
    let program = try Program(text: head + tiles(count) + lines, file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    guard let spills = BankSpilling.run(&draft) else { return nil }
    let after = draft.program(keepsScopes: true)
    return (after.instructions.indices.map { after.instructionText($0) }, spills)
  }

  private func product(_ tile: Int, _ more: String = "") -> String {
    "nc_matmul dst=p\(tile) stationary=a[:, 0:128] moving=a\(more)\n"
  }

  private func read(_ tile: Int) -> String { "tensor_copy dst=c\(tile) src=p\(tile)\n" }

  @Test func theTileThatIsNeededLastGoes() throws {
    // p8 needs a bank of eight; of those p3 is read last, and read where it was saved.
    let order = [0, 1, 2, 4, 5, 6, 7, 8, 3]
    let found = try #require(
      try spilled((0..<9).map { product($0) }.joined() + order.map(read).joined(), tiles: 9))
    #expect(found.spills == BankSpilling.Spills(tiles: 1, saved: 1, reloaded: 0))
    #expect(found.lines[4] == "tensor_copy dst=p3.save src=p3 engine=scalar spill=true")
    #expect(found.lines.last == "tensor_copy dst=c3 src=p3.save")
  }

  @Test func sumsThatGoOnComeBack() throws {
    let found = try #require(
      try spilled(
        (0..<9).map { product($0) }.joined() + (0..<9).map(read).joined()
          + (0..<9).map { product($0, " accumulate=true") }.joined() + (0..<9).map(read).joined(),
        tiles: 9))
    // p7 goes for p8, and comes back for its second product where p0, read last of all then, has gone.
    #expect(found.spills.reloaded > 0)
    #expect(found.lines.contains { $0.contains("restores=true") && $0.contains(".save") })
  }

  @Test func eightTilesStay() throws {
    #expect(
      try spilled((0..<8).map { product($0) }.joined() + (0..<8).map(read).joined(), tiles: 8)
        == nil)
  }

  /// Nine sums of two products each; what is added last depends on all that was added first, so that no order has room.
  private func sums() -> String {
    "tensor x: hbm input bfloat16 [128, 512]\ntensor y: hbm output float32 [128, 4608]\n"
      + tiles(9) + "tensor b: sbuf bfloat16 [128, 512]\ntensor s: sbuf float32 [128, 512]\n"
      + "dma_copy dst=a src=x\nmemset dst=s value=0.0\n" + (0..<9).map { product($0) }.joined()
      + (0..<9).map { "tensor_tensor dst=s data1=s data2=p\($0) op=add\n" }.joined()
      + "activation dst=b data=s op=sigmoid\n"
      + (0..<9).map {
        "nc_matmul dst=p\($0) stationary=a[:, 0:128] moving=b accumulate=true\n"
      }.joined()
      + (0..<9).map {
        read($0) + "dma_copy dst=y[:, \($0 * 512):\($0 * 512 + 512)] src=c\($0)\n"
      }.joined()
  }

  @Test(arguments: ["1", "2"]) func whatNoOrderHasRoomForRunsWithItsValues(
    generation: String
  ) throws {
    let hardware = try Hardware.load("trn2")
    let program = try Program(text: head + "meta nki = \(generation)\n" + sums(), file: "k.trn")
    var options = CompilerOptions()
    options.keepsPrograms = true
    let found = try Simulation.compiled(program, on: hardware, options: options)
    #expect(found.passes.contains { $0.name == "banks" })
    #expect(found.program.metadata["psum_reloads"].flatMap { Int($0) } ?? 0 > 0)
    let input = KernelInput("x", .bfloat16, [128, 512], .normal(mean: 0, deviation: 1))
    try Simulation.verify(found, of: program, on: hardware, inputs: [input.make(seed: 1)])
  }

  @Test(arguments: ["1", "2"]) func whoForbidsSpillsIsTold(generation: String) throws {
    let program = try Program(text: head + "meta nki = \(generation)\n" + sums(), file: "k.trn")
    var options = CompilerOptions()
    options.allowsSpills = false
    let error = #expect(throws: DiagnosticError.self) {
      _ = try Simulation.compiled(program, on: Hardware.load("trn2"), options: options)
    }
    #expect(error?.diagnostics.first?.message.contains("psum") == true)
  }
}
