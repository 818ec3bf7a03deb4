import Formats
import Hardware
import Kernels
import Programs
import Simulation
import Testing
import Workloads

@testable import Compiler

/// Accumulators of engines, which no operand shows: who goes on with them follows whoever filled them.
struct AccumulatorTests {
  private let tensors = """
    tensor x: hbm input float32 [128, 64]
    tensor y: hbm output float32 [128, 64]
    tensor z: hbm output float32 [128, 1]
    tensor a: sbuf float32 [128, 64]
    tensor b: sbuf float32 [128, 64]
    tensor c: sbuf float32 [128, 64]
    tensor d: sbuf float32 [128, 64]
    tensor r: sbuf float32 [128, 1]

    """

  /// What fills the accumulators waits for a load, what goes on with them does not.
  private func chain(_ filler: String, _ reader: String) -> String {
    tensors + """
      dma_copy dst=a src=x
      memset dst=b value=1.0 engine=gpsimd
      memset dst=r value=0.0 engine=gpsimd
      \(filler)
      \(reader)
      tensor_tensor dst=d data1=c data2=d op=add engine=gpsimd
      dma_copy dst=y src=d
      dma_copy dst=z src=r

      """
  }

  private func program(_ lines: String, _ generation: Int) throws -> Program {
    try Program(
      text: "trnsim program 1\nkernel k\ndependencies derived\nmeta nki = \(generation)\n" + lines,
      file: "k.trn")
  }

  private func verify(_ lines: String, _ generation: Int) throws {
    let program = try program(lines, generation)
    let hardware = try Hardware.load("trn2")
    var options = CompilerOptions()
    options.keepsPrograms = true
    let compiled = try Simulation.compiled(program, on: hardware, options: options)
    #expect(compiled.passes.contains { $0.name == "order" })
    let input = KernelInput("x", .float32, [128, 64], .normal(mean: 0, deviation: 1))
    try Simulation.verify(compiled, of: program, on: hardware, inputs: [input.make(seed: 1)])
  }

  private static let vector = (
    "tensor_scalar_cumulative dst=c src=a op0=add op1=add imm0=0.5 reduce_cmd=reset_reduce",
    "tensor_scalar_cumulative dst=d src=b op0=add op1=add imm0=0.5 reduce_cmd=reduce"
  )
  private static let scalar = (
    "activation dst=c data=a op=exp reduce_op=add reduce_cmd=reset_reduce",
    "activation dst=d data=b op=exp reduce_op=add reduce_res=r reduce_cmd=reduce"
  )
  /// It only reads them.
  private static let reading = (
    scalar.0, "activation dst=d data=b op=exp reduce_op=add reduce_res=r"
  )

  @Test(arguments: [1, 2], [vector, scalar, reading])
  func whoGoesOnFollowsTheFiller(_ generation: Int, _ pair: (String, String)) throws {
    try verify(chain(pair.0, pair.1), generation)
  }

  @Test func aFillerIsNotDroppedWhereEachPassNeedsIt() throws {
    // All passes fill the accumulators alike; the first generation does once what passes do alike.
    let passes = (0..<4).map { pass in
      let columns = "\(pass * 16):\(pass * 16 + 16)"
      return """
        affine scope i=\(pass) {
        activation dst=c data=a op=exp reduce_op=add reduce_cmd=reset_reduce
        activation dst=d[:, \(columns)] data=a[:, \(columns)] op=exp reduce_op=add reduce_res=r reduce_cmd=reduce
        tensor_scalar dst=b[:, \(columns)] data=c[:, \(columns)] op0=multiply operand0=r
        }

        """
    }
    try verify(
      tensors + "dma_copy dst=a src=x\n" + passes.joined() + "dma_copy dst=y src=b\n"
        + "dma_copy dst=z src=r\n", 1)
  }

  @Test func fillersThatNobodyGoesOnWithAreFree() throws {
    let lines = chain(
      Self.scalar.0,
      "activation dst=d data=b op=exp reduce_op=add reduce_res=r reduce_cmd=reset_reduce")
    let draft = Draft(try program(lines, 1), TargetMachine(try Hardware.load("trn2")))
    #expect(Array(draft.predecessors()[4]) == [1, 2])
    let open = Draft(
      try program(chain(Self.scalar.0, Self.scalar.1), 1),
      TargetMachine(try Hardware.load("trn2")))
    #expect(open.predecessors()[4].contains(3))
  }
}
