import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Compiler

/// Which passes a program gets, and that all of them keep its values.
struct PipelineTests: PassTesting {
  @Test func givenAddressesAndExplicitDependenciesAreNeverChanged() throws {
    let text = """
      trnsim program 1
      kernel k
      dependencies explicit
      tensor y: hbm output float32 [128, 16]
      tensor a: sbuf float32 [128, 16] at partition 0 byte 0x40
      one: memset dst=a value=1.0 engine=vector
      dma_copy dst=y src=a after=[one]
      """
    let program = try Program(text: text, file: "k.trn")
    let found = try Simulation.compiled(program, on: Hardware.load("trn2"))
    #expect(found.passes.isEmpty && found.program == program)
  }

  @Test func aKernelOfAScriptIsCompiledOnce() throws {
    let found = try compiled("meta nki = 1\n" + scaledPasses("affine ")) { $0.schedule = nil }
    #expect(names(found.program).count == 3)
    let again = try Simulation.compiled(found.program, on: Hardware.load("trn2"))
    #expect(again.passes.isEmpty && again.program == found.program)
  }

  @Test func theSecondGenerationSplitsTilesAndDropsLoads() throws {
    let lines = """
      meta nki = 2
      tensor x: hbm input float32 [128, 16]
      tensor y: hbm output float32 [128, 32]
      tensor a: sbuf float32 [128, 16]
      tensor b: sbuf float32 [128, 16]
      tensor c: sbuf float32 [128, 16]
      dma_copy dst=a src=x
      tensor_scalar dst=c data=a op0=add operand0=1.0
      dma_copy dst=y[:, 0:16] src=c
      dma_copy dst=b src=x
      tensor_scalar dst=c data=b op0=add operand0=2.0
      dma_copy dst=y[:, 16:32] src=c
      """
    let found = try compiled(lines) { $0.schedule = nil }
    #expect(count("removed", "loads", found) == 1)
    #expect(count("split", "ranges", found) == 1)
    // Program order stays what it is.
    let own = try compiled(lines) { $0.schedule = .program }
    #expect(names(own.program).count == 6)
    #expect(!own.passes.contains { $0.name == "ranges" || $0.name == "loads" })
  }

  @Test func descriptorsCanBeTheDevices() throws {
    let lines = """
      tensor x: hbm input float32 [128, 16]
      tensor h: hbm float32 [128, 16]
      tensor y: hbm output float32 [128, 16]
      tensor a: sbuf float32 [128, 16]
      dma_copy dst=a src=x dge_mode=none
      dma_copy dst=h src=a dge_mode=none
      dma_copy dst=a src=h dge_mode=none
      dma_copy dst=y src=a dge_mode=none
      """
    let found = try compiled(lines) { $0.descriptors = .generated }
    let modes = found.program.instructions.map {
      "\(($0.operation as? DMACopy)?.dgeMode.rawValue ?? "") \($0.resolvedEngine)"
    }
    #expect(modes == ["swdge gpsimd", "hwdge scalar", "hwdge sync", "swdge gpsimd"])
  }

  /// Activations with `reduce_res`, for which the first generation's compiler is known to make again what leads to them.
  @Test func sumsInsideActivationsAreNoted() throws {
    func sums(_ generation: String, _ activation: String) throws -> String? {
      try compiled(
        "meta nki = \(generation)\n" + tiles
          + """
          tensor a: sbuf float32 [128, 512]
          tensor b: sbuf float32 [128, 512]
          tensor r: sbuf float32 [128, 1]
          dma_copy dst=a src=x
          \(activation)
          dma_copy dst=y src=b
          """
      ).program.metadata[Pipeline.rowSumsKey]
    }
    let summed = "activation dst=b data=a op=exp reduce_op=add reduce_res=r reduce_cmd=reset_reduce"
    #expect(try sums("1", summed) == "1")
    #expect(
      try sums("1", "activation_reduce dst=b op=exp data=a reduce_op=add reduce_res=r") == "1")
    #expect(try sums("1", "activation dst=b data=a op=exp") == nil)
    #expect(try sums("2", summed) == nil)
  }

  /// Random programs with hazards everywhere: every pass keeps their values, bit for bit.
  @Test(arguments: 0..<24 as Range<UInt64>)
  func passesKeepValues(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    var generator = RunnableGenerator(
      seed: seed, geometry: Geometry(hardware), handsOn: seed % 2 == 1)
    var program = generator.program(instructions: 60)
    // Placed tensors overlap; without places each is memory of its own, which is another program.
    if seed % 3 != 0 {
      for index in program.tensors.indices { program.tensors[index].place = nil }
    }
    var options = CompilerOptions()
    options.schedule = .compiler
    options.keepsPrograms = true
    let inputs = program.givenTensors.map { _, tensor in
      KernelInput(tensor.name, tensor.dtype, tensor.shape, .normal(mean: 0, deviation: 1))
        .make(seed: seed)
    }
    let compiled = try Simulation.compiled(program, on: hardware, options: options)
    #expect(compiled.passes.contains { $0.name == "order" })
    try Simulation.verify(compiled, of: program, on: hardware, inputs: inputs)
  }

  /// The verifier finds a pass that reads what is not there yet.
  @Test func verificationFindsAnOrderThatIsWrong() throws {
    let found = try compiled(scaledPasses(""))
    let text = "trnsim program 1\nkernel k\ndependencies derived\n" + scaledPasses("")
    let program = try Program(text: text, file: "k.trn")
    let hardware = try Hardware.load("trn2")
    var draft = Draft(program, TargetMachine(hardware))
    draft.nodes.swapAt(0, 1)
    let wrong = PassResult(name: "swap", changes: [], keepsScopes: true, draft: draft)
    let input = KernelInput("x", .float32, [128, 512], .normal(mean: 0, deviation: 1))
    let inputs = [input.make(seed: 1)]
    try Simulation.verify(found, of: program, on: hardware, inputs: inputs)
    let error = #expect(throws: DiagnosticError.self) {
      try Simulation.verify(
        Compiled(program: program, passes: [wrong]), of: program, on: hardware, inputs: inputs)
    }
    #expect(error?.diagnostics.first?.message.hasPrefix("after 'swap'") == true)
  }
}
