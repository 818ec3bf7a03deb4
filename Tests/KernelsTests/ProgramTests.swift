import Device
import Diagnostics
import Formats
import ISA
import Kernels
import Machine
import Programs
import Testing
import Workloads

/// What the programs look like: traffic, reuse, capacity, strategies.
struct ProgramTests {
  /// Default strategies at the model's sizes, for all kinds of token counts and both types.
  @Test(arguments: KernelName.allCases, [1, 7, 127, 128, 129, 300])
  func buildsForAnyTokenCount(_ name: KernelName, _ tokens: Int) throws {
    for dtype in ["float32", "bfloat16"] {
      let program = try name.make(name.sizes(tokens) + ["dtype=\(dtype)"]).build(.test)
      #expect(program.check(.test).map { $0.rendered() } == [])
    }
  }

  @Test(arguments: ["float32", "bfloat16"])
  func fusedAddMovesThreeFifths(_ dtype: String) throws {
    func traffic(_ settings: [String]) throws -> Int {
      let common = ["tokens=300", "hidden=256", "dtype=\(dtype)"]
      let program = try KernelName.addRMSNorm.make(common + settings).build(.test)
      let (read, written) = trafficOfHBM(program)
      return read + written
    }
    let size = dtype == "float32" ? 4 : 2
    let activation = 300 * 256 * size
    // gamma is read once and reaches the partitions through the PE array.
    let gamma = 256 * size
    #expect(try traffic([]) == 3 * activation + gamma)
    #expect(try traffic(["form=separate"]) == 5 * activation + gamma)
    #expect(try traffic(["residual_out=true"]) == 4 * activation + gamma)
    #expect(try traffic(["form=separate", "residual_out=true"]) == 5 * activation + gamma)
    // By DMA it is read once per partition.
    #expect(try traffic(["gamma_broadcast=dma"]) == 3 * activation + 128 * gamma)
  }

  /// Three passes store and load scores and weights; that is what fusion saves.
  @Test func fusedAttentionKeepsScoresOnChip() throws {
    let operand = 128 * 512 * 4
    let fused = trafficOfHBM(try KernelName.attention.make().build(.test))
    #expect(fused.read == 3 * operand && fused.written == operand)
    let separate = trafficOfHBM(try KernelName.attention.make(["form=three_pass"]).build(.test))
    let scores = 512 * 512 * 4
    #expect(separate.read == 3 * operand + 2 * scores)
    #expect(separate.written == operand + 2 * scores)
  }

  /// The default blocks of a 1024³ product: each operand crosses the rings once.
  @Test func matmulLoadsEachOperandOnce() throws {
    let program = try KernelName.matmul.make().build(.test)
    let (read, written) = trafficOfHBM(program)
    #expect(read == 2 * 1024 * 1024 * 2)
    #expect(written == 1024 * 1024 * 2)
    let products = program.instructions.filter { $0.operation is NCMatmul }
    #expect(products.count == 8 * 8 * 2)
    let stores = program.instructions.filter { $0.engine == .gpsimd }
    #expect(stores.count == 8 * 2)
  }

  @Test func matmulWithoutSpareBuffersLoadsAgain() throws {
    let program = try KernelName.matmul.make(["buffers=1"]).build(.test)
    // lhs has two stripes in one buffer, so each of the two columns of blocks loads it anew.
    #expect(trafficOfHBM(program).read == 3 * 1024 * 1024 * 2)
  }

  @Test func evictionsAreBalanced() throws {
    let program = try KernelName.matmul.make().build(.test)
    let evictions = program.instructions.filter { $0.operation is TensorCopy }
    #expect(evictions.filter { $0.engine == .vector }.count == 8)
    #expect(evictions.filter { $0.engine == .scalar }.count == 8)
  }

  @Test func scopesNest() throws {
    let program = try KernelName.addRMSNorm.make(["tokens=129", "form=separate"]).build(.test)
    let names = program.scopes.map { scope in
      (scope.parent < 0 ? "" : program.scopes[Int(scope.parent)].name + "/") + scope.name
    }
    #expect(
      names == [
        "gamma", "add", "add/tile 0", "add/tile 1", "rmsnorm", "rmsnorm/tile 0", "rmsnorm/tile 1",
      ])
    #expect(program.instructions.allSatisfy { $0.scope >= 0 })
  }

  /// Scopes that are entered again, locations, metadata: all survive the text form.
  @Test(arguments: KernelName.allCases)
  func textRoundTrips(_ name: KernelName) throws {
    let program = try name.make(name.sizes(300) + ["dtype=float32"]).build(.test)
    let again = try Program(text: program.text(), file: "kernel.txt")
    #expect(again.difference(from: program) == nil)
  }

  // MARK: - Capacity

  @Test func tooMuchSBUFIsReported() throws {
    let kernel = try KernelName.matmul.make(["k=8192", "block_k=64", "dtype=float32"])
    let found = diagnostics { _ = try kernel.build(.test) }
    #expect(found.count == 1)
    let message = try #require(found.first?.message)
    // Two stripes of 64 × 512 float32 of each operand, and the out tiles of 512.
    let needed = 4 * 64 * 512 * 4 + 2 * 512 * 4
    #expect(message.contains("need \(needed) bytes"))
    #expect(message.contains("sbuf has 196608"))
    #expect(message.contains("lhs_tile 2 × 131072"))
    #expect(found.first?.remedy?.contains("fewer buffers") == true)
  }

  @Test func tooManyBanksAreReported() throws {
    let kernel = try KernelName.matmul.make(["psum_buffers=8", "lhs_layout=mk"])
    let found = diagnostics { _ = try kernel.build(.test) }
    #expect(found.count == 1)
    #expect(found.first?.message.contains("need 20480 bytes") == true)
    #expect(found.first?.message.contains("psum has 16384: sum 8 × 2048") == true)
  }

  @Test func tilesLieSideBySide() throws {
    let builder = KernelBuilder("test", geometry: .test)
    let small = builder.tile("small", .bfloat16, partitions: 128, free: [3])
    let pool = builder.pool("pool", .float32, partitions: 64, free: [2, 5], buffers: 2)
    let bank = builder.pool("bank", .float32, partitions: 128, free: [10], buffers: 2, in: .psum)
    let program = try builder.finish()
    #expect(program.tensors.map(\.name) == ["small", "pool.0", "pool.1", "bank.0", "bank.1"])
    #expect(program.tensors.map(\.address) == [0, 64, 128, 0, 2048])
    #expect(small.freeShape == [3])
    #expect(pool.next() == pool.tiles[0])
    #expect(pool.next() == pool.tiles[1])
    #expect(pool.next() == pool.tiles[0])
    #expect(bank.tiles[1].space == .psum)
    #expect(program.tensors[1].location?.description.hasPrefix("KernelsTests/ProgramTests") == true)
  }
}

extension KernelName {
  /// Settings that give a kernel about as many rows as asked for.
  fileprivate func sizes(_ rows: Int) -> [String] {
    switch self {
    case .matmul: ["m=\(rows)"]
    case .parallelMatmul: ["n=\(rows)"]
    case .vectorAdd: ["elements=\(rows * 3)", "partitions=3"]
    case .transpose: ["rows=\(rows)"]
    case .attention: ["sequence=\((rows + 127) / 128 * 128)"]
    case .decodeAttention: ["context=\(rows)"]
    case .argmax: ["vocabulary=\(rows * 1024)"]
    // Smaller than the model's, so that the programs stay short.
    case .expertMLP: ["tokens=\(rows)", "form=dense", "hidden=256", "inner=64", "experts=16"]
    case .qwen3Layer:
      [
        "phase=prefill", "tokens=\(rows)", "hidden=256", "q_heads=8", "kv_heads=2", "head_dim=32",
        "inner=64", "experts=16",
      ]
    default: ["tokens=\(rows)"]
    }
  }
}
