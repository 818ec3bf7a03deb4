import Compiler
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

/// Passes of the second generation: each has a test here that fails without it, and one for what it leaves alone.
struct SecondGenerationTests {
  /// What the second generation's compiler makes of the lines of a program.
  private func compiled(
    _ lines: String, schedule: Schedule? = nil, hardware: String = "trn2",
    keepsPrograms: Bool = false
  ) throws -> Compiled {
    var options = CompilerOptions()
    options.schedule = schedule
    options.keepsPrograms = keepsPrograms
    return try Simulation.compiled(
      program(lines), on: Hardware.load(hardware), options: options)
  }

  private func program(_ lines: String) throws -> Program {
    try Program(
      text: "trnsim program 1\nkernel k\ndependencies derived\nmeta nki = 2\n" + lines,
      file: "k.trn")
  }

  /// Requires that every pass keeps the values, bit for bit.
  private func verify(
    _ compiled: Compiled, _ lines: String, inputs: [(name: String, shape: [Int])]
  ) throws {
    let given = inputs.map {
      KernelInput($0.name, .bfloat16, $0.shape, .normal(mean: 0, deviation: 1)).make(seed: 1)
    }
    try Simulation.verify(
      compiled, of: program(lines), on: Hardware.load("trn2"), inputs: given)
  }

  private func names(_ program: Program) -> [String] {
    program.instructions.map { Swift.type(of: $0.operation).name }
  }

  private func count(_ what: String, _ pass: String, _ compiled: Compiled) -> Int? {
    compiled.passes.last { $0.name == pass }?.changes.first { $0.what == what }?.count
  }

  /// Mode and engine of each DMA, sorted.
  private func starters(_ compiled: Compiled) -> [String] {
    compiled.program.instructions.compactMap { instruction in
      (instruction.operation as? DMACopy).map {
        "\($0.dgeMode.rawValue) \(instruction.resolvedEngine)"
      }
    }
  }

  private let tensors = """
    tensor x: hbm input float32 [128, 64]
    tensor h: hbm float32 [128, 64]
    tensor y: hbm output float32 [128, 64]
    tensor a: sbuf float32 [128, 64]

    """

  @Test func softwareStartsWhatHasAllPartitions() throws {
    let found = try compiled(
      tensors + """
        dma_copy dst=a src=x
        dma_copy dst=y src=a
        """)
    #expect(starters(found) == ["swdge gpsimd", "swdge gpsimd"])
    #expect(count("chosen", "starters", found) == 2)
  }

  @Test func fewerPartitionsHavePreparedDescriptors() throws {
    let found = try compiled(
      tensors + """
        dma_copy dst=a[0:64, :] src=x[0:64, :]
        dma_copy dst=y[0:1, :] src=a[0:1, :]
        """)
    #expect(starters(found) == ["none sync", "none gpsimd"])
  }

  @Test func theMakerStoresASinglePartitionToTheKernelsOwnTensors() throws {
    let found = try compiled(
      tensors + """
        tensor b: sbuf float32 [128, 64]
        memset dst=a value=1.0 engine=vector
        dma_copy dst=h[0:1, :] src=a[0:1, :]
        dma_copy dst=b[0:1, :] src=h[0:1, :]
        dma_copy dst=y[0:1, :] src=b[0:1, :]
        """)
    #expect(starters(found) == ["none vector", "hwdge sync", "none gpsimd"])
  }

  @Test func whatTheAuthorChoseStarts() throws {
    let found = try compiled(
      tensors + """
        dma_copy dst=a src=x engine=scalar
        dma_copy dst=y src=a dge_mode=hwdge
        """)
    #expect(starters(found) == ["unknown scalar", "hwdge sync"])
  }

  @Test func inTheAuthorsOrderStoresHaveAQueueOfTheirOwn() throws {
    let found = try compiled(
      tensors + """
        dma_copy dst=a src=x
        dma_copy dst=y src=a
        """, schedule: .program)
    #expect(starters(found) == ["unknown sync", "unknown gpsimd"])
  }

  @Test func addressesOfARegisterAreMadeOnGpSimd() throws {
    let found = try compiled(
      """
      tensor x: hbm input float32 [1024, 64]
      tensor i: hbm input int32 [1, 2]
      tensor y: hbm output float32 [128, 64]
      tensor n: sbuf int32 [1, 2]
      tensor a: sbuf float32 [128, 64]
      dma_copy dst=n src=i
      dma_copy dst=a src=x[64:192, :] scalar_offset=n[0:1, 0:1] indirect=src
      dma_copy dst=y src=a
      """)
    let device = try Lowering.lower(found.program, on: Hardware.load("trn2"))
    let own = device.instructions.filter { $0.engine == .gpsimd }
    #expect(
      own.prefix(6).map(\.opcode) == [
        .addressLoad, .addressMove, .addressMove, .addressMove, .addressALU, .dmaTrigger,
      ])
    // The index is waited for once, by the first of them.
    #expect(own.prefix(6).map(\.waitCount) == [1, 0, 0, 0, 0, 0])
  }

  // MARK: Copies

  private let product = """
    tensor x: hbm input bfloat16 [128, 128]
    tensor y: hbm output float32 [128, 128]
    tensor a: sbuf bfloat16 [128, 128]
    tensor t: sbuf bfloat16 [128, 128]
    tensor p: psum float32 [128, 128]
    tensor b: sbuf float32 [128, 128]
    tensor c: sbuf float32 [128, 128]
    dma_copy dst=a src=x

    """

  @Test func copiesWithinSBUFGoValueByValue() throws {
    // The same tile has two values, one after the other; the PE array reads the source of both.
    let found = try compiled(
      product + """
        tensor_copy dst=t[:, 0:64] src=a[:, 0:64]
        nc_matmul dst=p[0:64, :] stationary=t[:, 0:64] moving=a
        tensor_copy dst=t[:, 0:64] src=a[:, 64:128]
        nc_matmul dst=p[64:128, :] stationary=t[:, 0:64] moving=a
        activation dst=c data=p op=copy
        dma_copy dst=y src=c
        """)
    #expect(count("removed", "copies", found) == 2)
    let weights = found.program.instructions.compactMap { ($0.operation as? NCMatmul)?.stationary }
    #expect(weights.map(\.offset).sorted() == [0, 64])
    #expect(weights.allSatisfy { found.program.tensors[Int($0.tensor.index)].name == "a" })
  }

  @Test func activationsReadPSUMInThePlaceOfACopy() throws {
    let found = try compiled(
      product + """
        nc_matmul dst=p stationary=a moving=a
        tensor_copy dst=b src=p
        activation dst=c data=b op=copy
        dma_copy dst=y src=c
        """)
    #expect(count("removed", "copies", found) == 1)
  }

  @Test func copiesThatAreNeededStay() throws {
    // For a DMA; for tensor_tensor; with a source that changes before the reader; where the author names the engine.
    let readers = [
      "tensor_copy dst=b src=p\ndma_copy dst=y src=b",
      "tensor_copy dst=b src=p\ntensor_tensor dst=c data1=b data2=b op=add\ndma_copy dst=y src=c",
      "tensor_copy dst=b src=p\nmemset dst=p[0:64, :] value=0.0\nactivation dst=c data=b op=copy\n"
        + "tensor_tensor dst=c data1=c data2=p op=add\ndma_copy dst=y src=c",
      "tensor_copy dst=b src=p engine=vector\nactivation dst=c data=b op=copy\ndma_copy dst=y src=c",
    ]
    for reader in readers {
      let found = try compiled(product + "nc_matmul dst=p stationary=a moving=a\n" + reader)
      #expect(count("removed", "copies", found) == 0)
    }
  }

  @Test func aSourceThatIsReplacedWholeIsAnotherValue() throws {
    // Live ranges give the memset a tensor of its own, so the product's value is still there for the reader.
    let found = try compiled(
      product + """
        nc_matmul dst=p stationary=a moving=a
        tensor_copy dst=b src=p
        memset dst=p value=0.0
        activation dst=c data=b op=copy
        dma_copy dst=y src=c
        """)
    #expect(count("removed", "copies", found) == 1)
  }

  // MARK: Banks

  /// As many products, all of which are read in the end.
  private func products(_ count: Int) -> String {
    "tensor x: hbm input bfloat16 [128, 128]\ntensor y: hbm output float32 [128, \(16 * count)]\n"
      + "tensor a: sbuf bfloat16 [128, 128]\n"
      + (0..<count).map {
        "tensor p\($0): psum float32 [128, 16]\ntensor c\($0): sbuf float32 [128, 16]\n"
      }
      .joined()
      + "dma_copy dst=a src=x\n"
      + (0..<count).map { "nc_matmul dst=p\($0) stationary=a moving=a[:, 0:16]\n" }.joined()
      + (0..<count).map {
        "activation dst=c\($0) data=p\($0) op=copy\ndma_copy dst=y[:, \($0 * 16):\($0 * 16 + 16)] src=c\($0)\n"
      }.joined()
  }

  @Test func tilesThatFindNoBankInPSUMWaitInSBUF() throws {
    // Each of ten tiles takes a bank; three of eight are for what passes through: one product at a time, and two.
    let found = try compiled(products(10))
    #expect(count("tiles", "banks", found) == 5)
    #expect(count("saved", "banks", found) == 5 && count("reloaded", "banks", found) == 0)
    let copies = found.program.instructions.filter { $0.operation is TensorCopy }
    #expect(copies.map(\.resolvedEngine) == [Engine](repeating: .scalar, count: 5))
    #expect(found.program.metadata["psum_saves"] == "5")
  }

  @Test func valuesOfATileThatWaitsComeBackBeforeTheNextOnes() throws {
    // Three passes through ten tiles, which are cleared together: two keep a bank at most.
    let tiles = (0..<10).map {
      "tensor p\($0): psum float32 [128, 16]\ntensor c\($0): sbuf float32 [128, 16]\n"
    }
    let pass =
      (0..<10).map { "memset dst=p\($0) value=0.0\n" }
      + (0..<10).map { "nc_matmul dst=p\($0) stationary=a moving=a[:, 0:16]\n" }
      + (0..<10).map {
        "activation dst=c\($0) data=p\($0) op=copy\ndma_copy dst=y[:, \($0 * 16):\($0 * 16 + 16)] src=c\($0)\n"
      }
    let head =
      "tensor x: hbm input bfloat16 [128, 128]\ntensor y: hbm output float32 [128, 160]\n"
      + "tensor a: sbuf bfloat16 [128, 128]\n"
    let lines =
      head + tiles.joined() + "dma_copy dst=a src=x\n"
      + (0..<3).map { "scope i=\($0) {\n\(pass.joined())}\n" }.joined()
    let found = try compiled(lines, keepsPrograms: true)
    try verify(found, lines, inputs: [("x", [128, 128])])
    let number = try #require(count("tiles", "banks", found))
    // Each of three sums is saved; two come back before the next is cleared.
    #expect(count("saved", "banks", found) == number * 3)
    #expect(count("reloaded", "banks", found) == number * 2)
    let copies = found.program.instructions.filter {
      ($0.operation is TensorCopy) && $0.resolvedEngine == .scalar
    }
    #expect(copies.count == number * 5)
  }

  @Test(arguments: [1, 2]) func aTileInPSUMKeepsItsMemory(halves: Int) throws {
    // Sixteen passes clear, sum up and copy, in one half or in two in turn.
    let passes = (0..<16).map { pass in
      let part = "p[:, \(pass % halves * 512):\(pass % halves * 512 + 512)]"
      return "scope i=\(pass) {\nmemset dst=\(part) value=0.0\n"
        + "nc_matmul dst=\(part) stationary=a moving=b\n"
        + "tensor_copy dst=c[:, \(pass * 512):\(pass * 512 + 512)] src=\(part)\n}\n"
    }
    let lines =
      "tensor x: hbm input bfloat16 [128, 128]\ntensor z: hbm input bfloat16 [128, 512]\n"
      + "tensor y: hbm output float32 [128, 8192]\ntensor a: sbuf bfloat16 [128, 128]\n"
      + "tensor b: sbuf bfloat16 [128, 512]\ntensor c: sbuf float32 [128, 8192]\n"
      + "tensor p: psum float32 [128, \(512 * halves)]\n"
      + "dma_copy dst=a src=x\ndma_copy dst=b src=z\n" + passes.joined()
      + "dma_copy dst=y src=c\n"
    let found = try compiled(lines, keepsPrograms: true)
    try verify(found, lines, inputs: [("x", [128, 128]), ("z", [128, 512])])
    #expect(found.program.tensors.count { $0.space == .psum } == 1)
  }

  @Test func eightTilesInPSUMStay() throws {
    let found = try compiled(products(8))
    #expect(!found.passes.contains { $0.name == "banks" })
    #expect(!names(found.program).contains("tensor_copy"))
  }

  // MARK: Reuse

  /// A result of each pass in a tile of its own.
  private func results(_ source: (String, String) -> String) -> String {
    "tensor x: hbm input float32 [128, 64]\ntensor y: hbm output float32 [128, 64]\n"
      + "tensor a: sbuf float32 [128, 64]\n"
      + (0..<4).map { "tensor b\($0): sbuf float32 [128, 16]\n" }.joined()
      + "dma_copy dst=a src=x\n"
      + (0..<4).map { pass in
        let columns = "\(pass * 16):\(pass * 16 + 16)"
        return source("b\(pass)", columns) + "dma_copy dst=y[:, \(columns)] src=b\(pass)\n"
      }.joined()
  }

  @Test func aTileThatOneEngineMakesForAnotherHasOneBuffer() throws {
    let program =
      tensors + "tensor c: sbuf float32 [128, 64]\n"
      + (0..<4).map { "tensor b\($0): sbuf float32 [128, 16]\n" }.joined()
      + "dma_copy dst=a src=x\n"
      + (0..<4).map { pass in
        let columns = "\(pass * 16):\(pass * 16 + 16)"
        return "activation dst=b\(pass) data=a[:, \(columns)] op=exp\n"
          + "reciprocal dst=c[:, \(columns)] data=b\(pass)\n"
      }.joined() + "dma_copy dst=y src=c\n"
    #expect(count("reused", "reuse", try compiled(program)) == 3)
  }

  @Test func whatManyPartitionsStoreKeepsItsBuffers() throws {
    let found = try compiled(results { "activation dst=\($0) data=a[:, \($1)] op=exp\n" })
    #expect(count("reused", "reuse", found) == 0)
  }

  @Test func whatDMAsLoadKeepsItsBuffers() throws {
    let found = try compiled(results { "dma_copy dst=\($0) src=x[:, \($1)]\n" })
    #expect(count("reused", "reuse", found) == 0)
  }

  // MARK: Engines

  @Test func scalarMultipliesAndAdds() throws {
    let found = try compiled(
      tensors + """
        tensor b: sbuf float32 [128, 64]
        dma_copy dst=a src=x
        tensor_scalar dst=b data=a op0=multiply operand0=2.0
        tensor_scalar dst=b data=b op0=maximum operand0=0.0
        tensor_scalar dst=b data=b op0=add operand0=1.0 engine=vector
        dma_copy dst=y src=b
        """)
    let engines = found.program.instructions.compactMap {
      $0.operation is TensorScalar ? $0.resolvedEngine : nil
    }
    #expect(engines == [.scalar, .vector, .vector])
    #expect(count("chosen", "engines", found) == 1)
  }

  // MARK: Order

  private func stages(_ places: String = "") -> String {
    (0..<4).map { pass in
      let at = places.isEmpty ? "" : " at partition 0 byte \(pass * 256)"
      return "tensor a\(pass): sbuf float32 [128, 16]\(at)\n"
    }.joined()
      + "tensor x: hbm input float32 [128, 64]\ntensor y: hbm output float32 [128, 64]\n"
      + (0..<4).map { pass in
        let columns = "\(pass * 16):\(pass * 16 + 16)"
        return """
          affine scope i=\(pass) {
            dma_copy dst=a\(pass) src=x[:, \(columns)] @k.py:1
            activation dst=a\(pass) data=a\(pass) op=exp @k.py:2
            dma_copy dst=y[:, \(columns)] src=a\(pass) @k.py:3
          }

          """
      }.joined()
  }

  @Test func loadsGoAheadOfStoresAndNothingIsMerged() throws {
    let found = try compiled(stages())
    #expect(names(found.program).count == 12)
    let copies = found.program.instructions.compactMap { $0.operation as? DMACopy }
    let isLoad = copies.map { found.program.tensors[Int($0.src.tensor.index)].space == .hbm }
    #expect(Array(isLoad.prefix(4)) == [true, true, true, true])
  }

  @Test func whoPlacesAllTilesKeepsTheOrder() throws {
    let found = try compiled(stages("given"))
    #expect(
      names(found.program) == (0..<4).flatMap { _ in ["dma_copy", "activation", "dma_copy"] })
  }
}
