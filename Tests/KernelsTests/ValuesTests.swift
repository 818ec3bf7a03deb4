import Diagnostics
import Formats
import Kernels
import Machine
import Programs
import Testing
import Workloads

/// Every kernel, executed in program order, against its float64 reference.
struct ValuesTests {
  static let matmul = [
    "m=1 k=64 n=8 dtype=float32",
    "m=129 k=300 n=520 dtype=float32",
    "m=129 k=300 n=520 dtype=bfloat16 loop_order=mn",
    "m=200 k=520 n=130 dtype=float32 tile_m=64 tile_k=32 tile_n=48 block_m=2 block_n=2",
    // k in several stripes: the sums pass through sbuf.
    "m=130 k=700 n=140 dtype=float32 block_k=2 dma_k=1 tile_n=128",
    "m=130 k=700 n=140 dtype=bfloat16 block_k=3 block_m=1 buffers=1 evict=scalar",
    "m=129 k=300 n=70 dtype=float32 lhs_layout=mk",
    "m=300 k=1300 n=70 dtype=bfloat16 lhs_layout=mk block_k=5 block_m=1",
    "m=300 k=200 n=1100 dtype=float32 lhs_layout=mk block_m=3 loop_order=mn",
    "m=600 k=200 n=1100 dtype=float32 lhs_layout=mk block_m=1 buffers=3",
    "m=129 k=300 n=70 dtype=bfloat16 lhs_layout=mk transpose=dma evict=vector",
    "m=130 k=128 n=512 psum_buffers=1 buffers=3 load_engine=gpsimd store_engine=scalar",
  ].map { Case(.matmul, $0) }

  static let norms = [KernelName.rmsnorm, .addRMSNorm].flatMap { name in
    [
      "tokens=1 hidden=96 dtype=float32", "tokens=7 hidden=100",
      "tokens=127 hidden=64 dtype=float32 sum_squares=tensor_ops tile_tokens=32",
      "tokens=128 hidden=64 root=vector", "tokens=129 hidden=64 dtype=float32 buffers=1",
      "tokens=300 hidden=64 buffers=3 apply=scalar", "tokens=130 hidden=64 apply=vector",
      "tokens=300 hidden=64 eps=0.5 dtype=float32 interleave=false",
    ].map { Case(name, $0) }
  }

  static let others = [
    Case(.addRMSNorm, "tokens=129 hidden=64 form=separate dtype=float32"),
    Case(.addRMSNorm, "tokens=300 hidden=64 form=separate residual_out=true"),
    Case(.addRMSNorm, "tokens=129 hidden=64 residual_out=true dtype=float32"),
    Case(.addRMSNorm, "tokens=129 hidden=64 residual_out=true dtype=bfloat16"),
    Case(.silu, "tokens=1 dtype=float32"), Case(.silu, "tokens=500 width=40"),
    Case(.silu, "tokens=129 width=33 dtype=float32"),
    Case(.silu, "tokens=300 width=64 form=one interleave=false"),
    Case(.silu, "tokens=127 width=1 buffers=1"),
    Case(.silu, "tokens=129 width=64 reciprocal=scalar dtype=float32"),
    Case(.softmax, "tokens=1 dtype=float32"), Case(.softmax, "tokens=129 dtype=float32"),
    Case(.softmax, "tokens=300 experts=60 interleave=false"),
    Case(.softmax, "tokens=7 experts=1 tile_tokens=3"),
    Case(.rope, "tokens=1 dtype=float32"),
    Case(.rope, "tokens=129 q_heads=3 k_heads=1 gpsimd_share=0 tile_tokens=64"),
    Case(.rope, "tokens=300 q_heads=2 k_heads=2 head_dim=6 dtype=float32 gpsimd_share=60"),
    Case(.rope, "tokens=7 q_heads=2 k_heads=2 head_dim=8 gpsimd_share=100"),
    Case(.expertRouter, "tokens=1 hidden=128 dtype=float32"),
    Case(
      .expertRouter,
      "tokens=129 hidden=200 dtype=float32 transpose=dma interleave=false tile_tokens=100"),
    Case(.expertRouter, "tokens=300 hidden=192 probabilities=true buffers=1"),
    Case(.expertRouter, "tokens=7 hidden=60 experts=8 dtype=float32 evict=vector"),
  ]

  static let captured =
    [
      Case(.vectorAdd, "elements=1 partitions=1"), Case(.vectorAdd, "tile_free=2000 dge=none"),
      Case(.vectorAdd, "elements=1290 partitions=43 tile_free=4 buffers=1 dtype=bfloat16"),
      Case(.vectorAdd, "elements=1290 partitions=43 tile_free=7 engine=gpsimd buffers=3"),
      Case(.transpose, "rows=1 columns=1"), Case(.transpose, "rows=300 columns=200 first_store=4"),
      Case(.transpose, "rows=200 columns=300 buffers=2 psum_buffers=1 dtype=bfloat16 dge=none"),
      Case(.transpose, "rows=70 columns=90 tile=32 buffers=5 first_store=3 evict=alternate"),
    ]
    + ["fused", "three_pass"].flatMap { form in
      [
        "", "dtype=bfloat16", "sequence=128 head_dim=1", "sequence=384 head_dim=64 group=2",
        "sequence=640 head_dim=96 group=3 dma_tiles=1 dtype=bfloat16",
        "sequence=1024 head_dim=32 group=8 v_copies=vs weight_copies=sv score_copies=vs",
      ].map { Case(.attention, "form=\(form) \($0)") }
    }

  private static let heads = "q_heads=6 kv_heads=2 head_dim=32"
  private static let mlp = "hidden=64 inner=32 experts=16"

  static let layer =
    [
      Case(.projection, "tokens=1 k=96 n=20 dtype=float32"),
      Case(.projection, "tokens=3 k=200 n=700 weight_bytes=800 weight_buffers=2 tile_n=100"),
      Case(.projection, "tokens=150 k=192 n=100 norm=fused residual=true dtype=float32"),
      Case(.projection, "tokens=129 k=256 n=70 norm=fused load_engine=both evict=scalar"),
      Case(.projection, "tokens=2 k=256 n=70 weights=int8 dtype=float32"),
      Case(.projection, "tokens=2 k=256 n=70 weights=float8_e4m3 residual=true"),
      Case(.projection, "tokens=2 k=256 n=70 weights=float8_e4m3 weight_scale=0.125"),
      Case(.projection, "tokens=2 k=256 n=70 weights=float8_e4m3 double_row=true"),
      Case(.headNorm, "tokens=130 q_heads=3 kv_heads=1 head_dim=12 head_group=2"),
      Case(.headNorm, "tokens=5 rope=fused \(heads) dtype=float32 gpsimd_share=100"),
      Case(.headNorm, "tokens=140 rope=fused \(heads) tile_tokens=33 buffers=1 gpsimd_share=0"),
      Case(.decodeAttention, "context=1 \(heads) dtype=float32"),
      Case(.decodeAttention, "context=127 \(heads)"),
      Case(.decodeAttention, "context=128 \(heads) heads=apart dtype=float32"),
      Case(.decodeAttention, "context=600 q_heads=4 kv_heads=4 head_dim=16 evict=vector"),
      Case(.prefillAttention, "tokens=1 \(heads) dtype=float32"),
      Case(.prefillAttention, "tokens=130 \(heads) tile_keys=128 buffers=1"),
      Case(.prefillAttention, "tokens=300 \(heads) tile_keys=128 dtype=float32"),
      Case(.prefillAttention, "tokens=300 q_heads=2 kv_heads=1 head_dim=16 tile_keys=256"),
      Case(.prefillAttention, "tokens=140 \(heads) form=three_pass tile_keys=128 dtype=float32"),
      Case(.prefillAttention, "tokens=40 \(heads) form=three_pass"),
      Case(.normRouter, "tokens=1 hidden=128 dtype=float32"),
      Case(.normRouter, "tokens=150 hidden=192 experts=40 router_dtype=float32"),
      Case(.normRouter, "tokens=130 hidden=96 experts=16 buffers=1 evict=vector"),
      Case(.cacheWrite, "places=9 position=0 kv_heads=2 head_dim=16"),
      Case(.cacheWrite, "tokens=130 places=140 position=10 kv_heads=2 head_dim=16"),
      Case(.cacheWrite, "tokens=140 places=300 position=77 kv_heads=3 head_dim=8 keys=dma"),
      Case(.cacheWrite, "places=40 position=39 kv_heads=1 head_dim=128 keys=dma dtype=float32"),
      Case(.argmax, "vocabulary=64 lanes=8"), Case(.argmax, "vocabulary=1000 lanes=1"),
      Case(.argmax, "vocabulary=1024 dtype=float32"),
    ]
    + ["selected", "dense", "grouped"].flatMap { form in
      [
        "tokens=1", "tokens=5 dtype=float32", "tokens=5 weights=int8",
        "tokens=4 weights=float8_e4m3 dtype=float32",
      ].map { Case(.expertMLP, "form=\(form) \(mlp) \($0) block_tokens=3") }
    }
    + [
      Case(
        .expertMLP,
        "form=selected hidden=256 inner=256 experts=9 weights=float8_e4m3 double_row=true"),
      // More than one tile of tokens; experts with no token, with all tokens, with part of a block.
      Case(.expertMLP, "form=dense \(mlp) tokens=140 skew=1 dtype=float32"),
      Case(.expertMLP, "form=grouped \(mlp) tokens=140 skew=1 block_tokens=32 dtype=float32"),
      Case(.expertMLP, "form=grouped \(mlp) tokens=140 skew=0.5 block_tokens=128"),
      Case(.expertMLP, "form=grouped \(mlp) tokens=20 block_tokens=1 buffers=1"),
      Case(.expertMLP, "form=grouped \(mlp) tokens=140 blocks=worst block_tokens=32"),
    ]
    + [
      "context=40", "context=130 weight_bytes=1024 weight_buffers=2 load_engine=both",
      "phase=prefill tokens=20", "phase=prefill tokens=200 experts_form=dense",
      "phase=prefill tokens=140 experts_form=grouped block_tokens=48 tile_keys=128",
      "phase=prefill tokens=140 experts_form=grouped blocks=worst skew=0.7",
    ].map {
      Case(.qwen3Layer, "q_heads=4 kv_heads=2 head_dim=16 \(mlp) \($0) dtype=float32")
    }

  /// The model's own sizes.
  static let qwen =
    ["float32", "bfloat16"].flatMap { dtype in
      [KernelName.rmsnorm, .silu, .softmax, .rope, .addRMSNorm, .expertRouter].map {
        Case($0, "dtype=\(dtype)")
      }
    } + [Case(.matmul, "m=128 k=2048 n=128 lhs_layout=mk")]

  @Test(arguments: matmul + norms + others + captured + layer + qwen)
  func matchesReference(_ sample: Case) throws {
    let kernel = try sample.make()
    let program = try kernel.build(.test)
    #expect(program.check(.test).map { $0.rendered() } == [])
    let inputs = kernel.makeInputs(seed: 7)
    let results = try execute(program, inputs)
    let values = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.values) })
    let wanted = kernel.reference(ReferenceInputs(values), results: results)
    #expect(Set(wanted.keys).isSuperset(of: kernel.outputs.map(\.name)))
    for output in kernel.outputs {
      let result = try #require(results[output.name])
      let reference = try #require(wanted[output.name])
      let comparison = output.tolerance.compare(result, reference)
      #expect(comparison.passes, "\(output.name): \(output.tolerance.description), \(comparison)")
    }
  }

  /// Declarations of the program are what the kernel says that it takes and gives.
  @Test(arguments: KernelName.allCases)
  func programDeclaresInputsAndOutputs(_ name: KernelName) throws {
    let kernel = try name.make(["dtype=float32"])
    let program = try kernel.build(.test)
    let inputs = program.givenTensors.map(\.tensor)
    #expect(inputs.map(\.name) == kernel.inputs.map(\.name))
    #expect(inputs.map(\.shape) == kernel.inputs.map(\.shape))
    #expect(inputs.map(\.dtype) == kernel.inputs.map(\.dtype))
    let outputs = program.returnedTensors.map(\.tensor)
    #expect(Set(outputs.map(\.name)) == Set(kernel.outputs.map(\.name)))
    #expect(program.metadata["dtype"] == "float32")
    #expect(program.instructions.allSatisfy { $0.location?.file.hasPrefix("Kernels/") == true })
  }

  /// Rows with large entries would overflow an exponential that does not subtract the maximum.
  @Test func softmaxIsStable() throws {
    let kernel = try KernelName.softmax.make(["tokens=3", "experts=4", "dtype=float32"])
    let x: [Float] = [1000, 999, -1000, 0, 300, 300, 300, 300, -500, -501, -502, -503]
    let inputs = [KernelTensor(name: "x", dtype: .float32, shape: [3, 4], values: x)]
    let y = try #require(try execute(kernel.build(.test), inputs)["y"])
    let wanted = try #require(try kernel.reference(inputs)["y"])
    #expect(kernel.outputs[0].tolerance.compare(y, wanted).passes)
    #expect(y[4...7].allSatisfy { $0 == 0.25 })
  }

  /// Equal logits: the lower index comes first.
  @Test func routerBreaksTiesByIndex() throws {
    let kernel = try KernelName.expertRouter.make(["tokens=2", "hidden=128", "dtype=float32"])
    let x = [Float](repeating: 0, count: 2 * 128)
    let w = [Float](repeating: 1, count: 128 * 128)
    let inputs = [
      KernelTensor(name: "x", dtype: .float32, shape: [2, 128], values: x),
      KernelTensor(name: "w", dtype: .float32, shape: [128, 128], values: w),
    ]
    let results = try execute(kernel.build(.test), inputs)
    #expect(results["indices"] == [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7])
    #expect(try kernel.reference(inputs)["indices"] == results["indices"])
    #expect(results["weights"]?.allSatisfy { $0 == 0.125 } == true)
  }
}
