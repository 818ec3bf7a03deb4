import Compiler
import Hardware
import Kernels
import Testing
import Timing
import Workloads

/// What the strategies are for, in simulated time on trn2.
struct StrategyTests {
  private func time(
    _ kernel: KernelName, _ settings: String
  ) throws -> (total: Picoseconds, bound: Picoseconds) {
    let program = try Case(kernel, settings).make().build(.test)
    let hardware = try Hardware.load("trn2")
    let timeline = try Timing.run(Lowering.lower(program, on: hardware), on: hardware)
    return (timeline.total, timeline.bounds.largest)
  }

  /// Neither the start-up of the first loads nor the cold clock makes up half of the time.
  @Test(arguments: ["", "dtype=float32", "lhs_layout=mk", "m=512 k=4096 n=512"])
  func matmulIsBoundByWork(_ settings: String) throws {
    let (total, bound) = try time(.matmul, settings)
    #expect(Double(total) < 1.65 * Double(bound))
  }

  @Test func matmulNeedsSpareBuffers() throws {
    #expect(try time(.matmul, "").total < time(.matmul, "buffers=1").total)
  }

  @Test(arguments: [KernelName.rmsnorm, .addRMSNorm, .silu, .softmax, .rope, .expertRouter])
  func spareBuffersOverlapLoadsAndCompute(_ kernel: KernelName) throws {
    let several = try time(kernel, "tokens=512").total
    #expect(try several < time(kernel, "tokens=512 buffers=1").total)
  }

  @Test func fusingTheAdditionSavesTime() throws {
    let fused = try time(.addRMSNorm, "tokens=512").total
    #expect(try fused < time(.addRMSNorm, "tokens=512 form=separate").total)
  }

  /// Vector adds for the next tile before it waits for Scalar's root of this one.
  @Test(arguments: [KernelName.addRMSNorm, .silu, .softmax, .expertRouter])
  func interleavingSavesTime(_ kernel: KernelName) throws {
    let interleaved = try time(kernel, "tokens=512").total
    #expect(try interleaved < time(kernel, "tokens=512 interleave=false").total)
  }

  @Test func oneActivationIsFasterThanFiveSteps() throws {
    #expect(try time(.silu, "form=one").total < time(.silu, "form=five").total)
  }
}
