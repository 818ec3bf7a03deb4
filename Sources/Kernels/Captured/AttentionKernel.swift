import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Attention of one head, fused or in three passes through HBM.
package struct AttentionKernel: BuiltKernel {
  /// `attention`.
  package static let name = KernelName.attention.rawValue
  /// What it computes.
  package static let summary = "out = softmax(qᵀ k) vᵀ of one head"
  /// Formula and strategy.
  package static let details = """
    q, k and v are [head_dim, sequence], out is [sequence, head_dim]; the scores are not scaled. \
    group tiles of 128 queries are worked on together: their products with k, row maxima, \
    exponentials, row sums, transposes of the weights on the PE array, products with the transposed \
    v. form=fused keeps all that on chip and divides by the sums at the end; form=three_pass stores \
    the scores, and after the softmax the weights, to HBM and loads them again. Copies out of PSUM \
    take turns between engines as a word says, s for Scalar and v for Vector. These are the two forms \
    of allenkchau/trainium-kernel-fusion, captured on trn2 with head_dim=128 and sequence=512.
    """
  private static let turns = ["s", "v", "sv", "vs", "svss", "vsss"]
  private static func copies(_ name: String, _ first: String, _ what: String) -> KernelParameter {
    .choice(name, [first] + turns.filter { $0 != first }, "engines that copy \(what), in turn")
  }
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .choice("form", ["fused", "three_pass"], "whether scores and weights stay on chip"),
    .integer("sequence", 128...1 << 16, default: 512, "keys and queries; a multiple of 128"),
    .integer("head_dim", 1...128, default: 128, "elements of a query: PE rows"),
    KernelParameter(
      "dtype", .dtype([.float32, .bfloat16]), default: .dtype(.float32),
      "type of q, k, v and out; softmax is float32"),
    .integer("group", 1...8, default: 4, "tiles of 128 queries that are worked on together"),
    .integer("dma_tiles", 1...8, default: 2, "query tiles per dma of scores and weights"),
    copies("v_copies", "s", "transposed v"),
    copies("score_copies", "sv", "scores to sbuf"),
    copies("weight_copies", "vsss", "transposed weights"),
    copies("out_copies", "svss", "results, in three passes"),
    .choice(
      "load_engine", ["gpsimd", "sync", "scalar"], "engine whose queue starts the loads"),
    .storeEngine("gpsimd"),
    .choice(
      "spill_store_engine", ["scalar", "sync", "gpsimd"],
      "engine whose queue stores scores and weights"),
    .choice(
      "spill_load_engine", ["sync", "scalar", "gpsimd"],
      "engine whose queue loads scores and weights"),
  ]

  /// All values.
  package let values: KernelParameters
  let sequence: Int
  let headSize: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    sequence = values.integer("sequence")
    headSize = values.integer("head_dim")
    dtype = values.dtype("dtype")
  }

  /// `q`, `k` and `v`; the scores have deviation 1.
  package var inputs: [KernelInput] {
    [("q", 1 / Double(headSize).squareRoot()), ("k", 1), ("v", 1)].map {
      KernelInput($0, dtype, [headSize, sequence], .normal(mean: 0, deviation: $1))
    }
  }

  /// `out`.
  package var outputs: [KernelOutput] {
    [KernelOutput("out", dtype, [sequence, headSize], .computed(in: dtype))]
  }

  /// Whole tiles of queries.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    guard sequence % AttentionKernel.tile != 0 else { return [] }
    return [
      Diagnostic(
        .error, "sequence is \(sequence), must be a multiple of \(AttentionKernel.tile)",
        remedy: "use sequence=\((sequence / AttentionKernel.tile + 1) * AttentionKernel.tile)")
    ]
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let scores = Reference.product(
      inputs["q"] ?? [], transposed: true, inputs["k"] ?? [], rows: sequence, inner: headSize,
      columns: sequence)
    let weights = Reference.softmax(scores, width: sequence)
    let v = inputs["v"] ?? []
    var turned: [Double] = []
    turned.reserveCapacity(v.count)
    for key in 0..<sequence {
      for element in 0..<headSize { turned.append(v[element * sequence + key]) }
    }
    return [
      "out": Reference.product(
        weights, transposed: false, turned, rows: sequence, inner: sequence, columns: headSize)
    ]
  }
}
