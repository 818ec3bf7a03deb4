import Diagnostics
import Formats
import Kernels
import Machine
import Programs
import Testing
import Workloads

/// The decoder layer in bfloat16, its routing, and inputs that are made as they are read.
struct LayerTests {
  static let small = [
    "q_heads=4", "kv_heads=2", "head_dim=32", "hidden=128", "experts=16", "inner=64", "context=70",
  ]

  /// ‖a - b‖ / ‖b‖.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (difference / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  /// Rows of bfloat16 with float32 sums are within 1 % of float64; of float32 within 0.01 %.
  @Test(arguments: [
    ["phase=decode"], ["phase=decode", "weights=int8"], ["phase=decode", "weights=float8_e4m3"],
    ["phase=prefill", "tokens=140"],
    ["phase=prefill", "tokens=140", "experts_form=grouped", "block_tokens=32"],
    ["phase=decode", "dtype=float32"], ["phase=prefill", "tokens=40", "dtype=float32"],
  ])
  func isNearFloat64(_ settings: [String]) throws {
    let kernel = try KernelName.qwen3Layer.make(Self.small + settings)
    let program = try kernel.build(.test)
    #expect(program.check(.test).map { $0.rendered() } == [])
    let inputs = kernel.makeInputs(seed: 3)
    let results = try execute(program, inputs)
    let values = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.values) })
    let reference = kernel.reference(ReferenceInputs(values), results: results)
    let limit = settings.contains("dtype=float32") ? 1e-4 : 1e-2
    for name in ["out", "k_new", "v_new", "expert_weights"] {
      let result = try #require(results[name])
      #expect(distance(result, try #require(reference[name])) < limit, "\(name)")
    }
    #expect(results["expert_indices"] == reference["expert_indices"])
  }

  /// A rank's part of the whole trial inputs, cut or made as it is read.
  @Test(arguments: [["tp=2"], ["tp=2", "lnc=2"], ["tp=2", "experts_split=expert"]])
  func shardsAreTheSameBytesHoweverTheyAreMade(_ settings: [String]) throws {
    let kernel = try #require(
      try KernelName.qwen3Layer.make(Self.small + settings) as? any MultiCoreKernel)
    for input in kernel.inputs {
      let whole = input.make(seed: 4)
      for rank in 0..<2 {
        let cut = try #require(kernel.inputs([whole], of: rank).first)
        #expect(cut.shape == (kernel.shard(of: input, rank: rank)?.shape ?? input.shape))
        guard input.isLazy else { continue }
        let contents = kernel.contents(of: input, rank: rank, seed: 4)
        var made = [UInt8](repeating: 0, count: cut.bytes.count)
        let blocks = (made.count + contents.blockBytes - 1) / contents.blockBytes
        made.withUnsafeMutableBytes { buffer in
          guard let base = buffer.baseAddress else { return }
          for block in (0..<blocks).reversed() {
            let first = block * contents.blockBytes
            contents.fill(block, base + first, min(contents.blockBytes, buffer.count - first))
          }
        }
        #expect(made == cut.bytes, "\(input.name) of rank \(rank)")
      }
    }
  }

  /// Ranks and cores hold each head, column and expert once.
  @Test func shardsTileTheWhole() throws {
    let kernel = try #require(
      try KernelName.qwen3Layer.make(Self.small + ["tp=2", "lnc=2"]) as? any MultiCoreKernel)
    for input in kernel.inputs where ["w_o", "gate_up", "down", "k_cache"].contains(input.name) {
      // Numbers instead of weights: each must come once.
      let count = input.shape.reduce(1, *)
      let numbers = KernelTensor(
        name: input.name, dtype: .float32, shape: input.shape, values: (0..<count).map { Float($0) }
      )
      let all = (0..<2).flatMap { kernel.inputs([numbers], of: $0)[0].values }
      #expect(all.sorted() == (0..<count).map { Double($0) }, "\(input.name)")
    }
  }

  /// Prompts of the challenge's lengths fit into what programs can use of trn2's SBUF.
  @Test(arguments: [402, 512, 640, 1024], ["dense", "grouped"])
  func longPromptsFit(_ tokens: Int, _ form: String) throws {
    var geometry = Geometry.test
    geometry.sbufBytes = 212_728
    let kernel = try KernelName.qwen3Layer.make([
      "phase=prefill", "tokens=\(tokens)", "experts_form=\(form)", "experts=16",
    ])
    let program = try kernel.build(geometry)
    let tops = program.tensors.filter { $0.space == .sbuf }.map { $0.address + $0.freeBytes }
    #expect(try #require(tops.max()) <= geometry.sbufBytes)
    #expect(program.check(geometry).map { $0.rendered() } == [])
  }

  /// What does not fit says which tiles take the room.
  @Test func whatDoesNotFitIsListed() throws {
    let found = diagnostics {
      _ = try KernelName.qwen3Layer.make(["phase=prefill", "tokens=1024", "dtype=float32"])
        .build(.test)
    }
    let message = try #require(found.first?.message)
    #expect(message.contains("bytes of each partition, sbuf has 196608: "))
    #expect(
      message.contains("qkv.0 1 × 20480") && message.contains("are used by two tiles in turn"))
  }

  /// A float32 router sees what a bfloat16 one rounds.
  @Test func exactRoutersAreNearer() throws {
    func error(_ type: String) throws -> Double {
      let kernel = try KernelName.qwen3Layer.make(
        Self.small + ["phase=prefill", "tokens=140", "router_dtype=\(type)"])
      let inputs = kernel.makeInputs(seed: 3)
      let results = try execute(try kernel.build(.test), inputs)
      let values = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.values) })
      let reference = kernel.reference(ReferenceInputs(values), results: results)
      #expect(results["expert_indices"] == reference["expert_indices"])
      #expect(kernel.remarks(reference).first?.hasPrefix("router: ") == true)
      return distance(
        try #require(results["expert_weights"]), try #require(reference["expert_weights"]))
    }
    #expect(try error("float32") < error("same"))
  }

  /// What the reference takes over from a simulation is a tie, never a wrong choice.
  @Test func wrongExpertsAreNotTakenOver() throws {
    let kernel = try KernelName.qwen3Layer.make(Self.small + ["dtype=float32"])
    let values = Dictionary(
      uniqueKeysWithValues: kernel.makeInputs(seed: 3).map { ($0.name, $0.values) })
    let right = kernel.reference(ReferenceInputs(values), results: [:])
    let chosen = try #require(right["expert_indices"])
    for wrong in [
      Array(chosen.reversed()), Array(chosen.dropLast()) + [chosen[0]],
      Array(chosen.dropLast()) + [99], chosen.map { 15 - $0 },
    ] {
      let found = kernel.reference(ReferenceInputs(values), results: ["expert_indices": wrong])
      #expect(found["expert_indices"] == chosen)
    }
  }

  /// Every expert's path: one that no token chose, one that all chose.
  @Test(arguments: ["selected", "dense", "grouped", "grouped blocks=worst"])
  func formsCoverEmptyAndFullExperts(_ form: String) throws {
    let kernel = try Case(
      .expertMLP,
      "tokens=33 hidden=64 inner=32 experts=16 skew=1 block_tokens=8 dtype=float32 form=\(form)"
    ).make()
    let inputs = kernel.makeInputs(seed: 1)
    let indices = try #require(inputs.first { $0.name == "indices" }).values
    #expect(Set(indices) == Set((0..<8).map { Double($0) }))
    let results = try execute(kernel.build(.test), inputs)
    let wanted = try #require(try kernel.reference(inputs)["out"])
    #expect(distance(try #require(results["out"]), wanted) < 1e-5)
  }

  /// The same bytes whether an input is made at once or block by block, whatever is read first.
  @Test func lazyInputsAreTheSameBytes() throws {
    let kernel = try KernelName.projection.make(["k=100", "n=100"])
    let input = try #require(kernel.inputs.first { $0.name == "w" })
    #expect(input.isLazy)
    let all = input.make(seed: 5)
    let lazy = ReferenceInputs([], lazy: [input], seed: 5)
    #expect(lazy["w"] == all.values)
    #expect(lazy["w", 4000..<8300] == Array(all.values[4000..<8300]))
    #expect(lazy["w", 9999..<10_000] == Array(all.values[9999...]))
    // 10,000 sums of four uniform numbers: deviation within 4/√(2n).
    let variance = all.values.reduce(0) { $0 + $1 * $1 } / 10_000
    #expect(abs((variance * 100).squareRoot() - 1) < 0.03)
  }

  @Test func mistakesAreNamed() {
    let mistakes = [
      (["tokens=2"], "tokens is 2, decode computes one token"),
      (["q_heads=3"], "q_heads is 3, must be a multiple of kv_heads, 2"),
      (["tp=3"], "tp is 3"),
      (["double_row=true"], "double_row needs float8 weights, they are bfloat16"),
      (["head_dim=31"], "head_dim is 31, must be even"),
    ]
    for (settings, message) in mistakes {
      let names = settings.map { $0.split(separator: "=")[0] + "=" }
      let rest = Self.small.filter { setting in !names.contains { setting.hasPrefix($0) } }
      let found = diagnostics {
        _ = try KernelName.qwen3Layer.make(rest + settings).build(.test)
      }
      #expect(found.map(\.message).contains(message), "\(found)")
    }
  }
}
