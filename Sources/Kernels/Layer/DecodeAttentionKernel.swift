import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Attention of one new token over a cache, with grouped query heads.
package struct DecodeAttentionKernel: BuiltKernel {
  /// `attention_decode`.
  package static let name = KernelName.decodeAttention.rawValue
  /// What it computes.
  package static let summary = "one token's attention over a cache: softmax(q kᵀ / √d) v, all heads"
  /// Formula and strategy.
  package static let details = """
    q [q_heads, head_dim] of the new token meets k_cache [kv_heads, head_dim, context] and \
    v_cache [context, kv_heads, head_dim], and its own k and v. heads=together: the queries of all \
    heads are stationary at a time, columns of other groups zero, so that scores of all heads come \
    as one [q_heads, keys] tile; heads=apart: group by group.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    LayerShape.context, LayerShape.heads, LayerShape.kvHeads, LayerShape.headSize, .dtype,
    .choice("heads", ["together", "apart"], "whether one tile has the scores of all heads"),
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("scalar"),
  ]

  /// All values.
  package let values: KernelParameters
  let context: Int
  let heads: Int
  let kvHeads: Int
  let headSize: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    context = values.integer("context")
    heads = values.integer("q_heads")
    kvHeads = values.integer("kv_heads")
    headSize = values.integer("head_dim")
    dtype = values.dtype("dtype")
  }

  /// The new token's `q`, `k` and `v`, and the cache.
  package var inputs: [KernelInput] {
    let fill = TensorFill.normal(mean: 0, deviation: 1)
    return [
      KernelInput("q", dtype, [heads, headSize], fill),
      KernelInput("k", dtype, [kvHeads, headSize], fill),
      KernelInput("v", dtype, [kvHeads, headSize], fill),
      KernelInput("k_cache", dtype, [kvHeads, headSize, context], fill),
      KernelInput("v_cache", dtype, [context, kvHeads, headSize], fill),
    ]
  }

  /// `out`; rounded are the weights and the result.
  package var outputs: [KernelOutput] {
    let tolerance = Tolerance.roundings(
      dtype == .bfloat16 ? 2 : 0, of: .bfloat16, terms: headSize + context)
    return [KernelOutput("out", dtype, [heads, headSize], tolerance)]
  }

  /// Heads that fit together and onto the partitions.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if heads % kvHeads != 0 {
      found.append(
        Diagnostic(
          .error, "q_heads is \(heads), must be a multiple of kv_heads, \(kvHeads)",
          remedy: "each key head serves equally many query heads"))
    }
    if heads + kvHeads > geometry.partitions {
      found.append(
        Diagnostic(
          .error,
          "q_heads and kv_heads are \(heads + kvHeads), each takes one of "
            + "\(geometry.partitions) partitions", remedy: "use fewer heads"))
    }
    return found
  }

  /// All heads at a time, or group by group.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let q = declared["q"], let k = declared["k"], let v = declared["v"],
      let kCache = declared["k_cache"], let vCache = declared["v_cache"]
    else { return }
    let out = builder.output("out", dtype, [heads, headSize])
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    let load = values.engine("load_engine")
    let attention = DecodeAttention(
      ops, heads: heads, kvHeads: kvHeads, headSize: headSize, context: context, loadEngine: load,
      apart: values.choice("heads") == "apart")
    let all = builder.tile("queries", dtype, partitions: heads + kvHeads, free: [headSize])
    builder.emit(DMACopy(dst: all.rows(heads).ap, src: q.ap), on: load)
    builder.emit(DMACopy(dst: all.rows(heads, kvHeads).ap, src: k.ap), on: load)
    attention.loadCache(keys: kCache, values: vCache)
    let turned = builder.tile("out_turned", dtype, partitions: headSize, free: [heads, 1])
    attention.emit(queries: all, value: v.ap, into: turned)
    let result = builder.tile("result", dtype, partitions: heads, free: [headSize])
    ops.transposeBlock(turned.select(0, dimension: 1), into: result)
    builder.emit(DMACopy(dst: out.ap, src: result.ap), on: values.engine("store_engine"))
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    [
      "out": Reference.attention(
        inputs["q"] ?? [], inputs["k"] ?? [], inputs["v"] ?? [], tokens: 1, heads: heads,
        kvHeads: kvHeads, size: headSize, keys: inputs["k_cache"] ?? [],
        values: inputs["v_cache"] ?? [], context: context)
    ]
  }
}
