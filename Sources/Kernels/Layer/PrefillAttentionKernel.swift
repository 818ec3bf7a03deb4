import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Causal attention of a prompt, with grouped query heads: flash or in three passes.
package struct PrefillAttentionKernel: BuiltKernel {
  /// `attention_prefill`.
  package static let name = KernelName.prefillAttention.rawValue
  /// What it computes.
  package static let summary = "causal attention of a prompt: softmax(q kᵀ / √d) v, all heads"
  /// Formula and strategy.
  package static let details = """
    q is [tokens, q_heads, head_dim], k and v [tokens, kv_heads, head_dim]. form=flash: tiles of \
    128 queries of a head meet tiles of tile_keys keys; maximum and sum are carried along and what \
    was summed before is rescaled. form=three_pass: scores, then weights, of all keys go through \
    HBM between three passes. Tiles of keys after the queries are skipped; a mask hides the rest.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .choice("form", ["flash", "three_pass"], "whether scores and weights stay on chip"),
    .integer("tokens", 1...1 << 14, default: 128, "tokens of the prompt"),
    LayerShape.heads, LayerShape.kvHeads, LayerShape.headSize, .dtype,
    .integer("tile_keys", 128...512, default: 512, "keys of a tile; a multiple of 128"),
    .buffers(3),
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("scalar"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let heads: Int
  let kvHeads: Int
  let headSize: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    heads = values.integer("q_heads")
    kvHeads = values.integer("kv_heads")
    headSize = values.integer("head_dim")
    dtype = values.dtype("dtype")
  }

  /// `q`, `k` and `v`.
  package var inputs: [KernelInput] {
    let fill = TensorFill.normal(mean: 0, deviation: 1)
    return [
      KernelInput("q", dtype, [tokens, heads, headSize], fill),
      KernelInput("k", dtype, [tokens, kvHeads, headSize], fill),
      KernelInput("v", dtype, [tokens, kvHeads, headSize], fill),
    ]
  }

  /// `out`; rounded are the weights and the result.
  package var outputs: [KernelOutput] {
    let tolerance = Tolerance.roundings(
      dtype == .bfloat16 ? 2 : 0, of: .bfloat16, terms: headSize + tokens)
    return [KernelOutput("out", dtype, [tokens, heads, headSize], tolerance)]
  }

  /// Heads and tiles that fit.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if heads % kvHeads != 0 {
      found.append(
        Diagnostic(
          .error, "q_heads is \(heads), must be a multiple of kv_heads, \(kvHeads)",
          remedy: "each key head serves equally many query heads"))
    }
    let keys = values.integer("tile_keys")
    if keys % 128 != 0 {
      found.append(
        Diagnostic(
          .error, "tile_keys is \(keys), must be a multiple of 128",
          remedy: "use 128, 256, 384 or 512"))
    }
    return found
  }

  /// Emits one of the forms.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let q = declared["q"], let k = declared["k"], let v = declared["v"] else { return }
    let out = builder.output("out", dtype, [tokens, heads, headSize])
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    let tiles = ranges(of: tokens, by: 128)
    let (load, store) = (values.engine("load_engine"), values.engine("store_engine"))
    let buffers = values.integer("buffers")
    let spills = values.choice("form") == "three_pass"
    let attention = PrefillAttention(
      ops, heads: heads, kvHeads: kvHeads, headSize: headSize, tokens: tokens,
      tileKeys: values.integer("tile_keys"), buffers: buffers, spills: spills)
    let keys = builder.pool(
      "k_tile", dtype, partitions: tiles[0].count, free: [kvHeads, headSize], buffers: 2)
    let queries = builder.pool(
      "q_tile", dtype, partitions: tiles[0].count, free: [heads, headSize],
      buffers: min(2, tiles.count))
    let results = builder.pool(
      "result", dtype, partitions: tiles[0].count, free: [heads, headSize],
      buffers: min(2, tiles.count))
    attention.makeMask()
    var valueTiles: [TensorView] = []
    for (index, tile) in tiles.enumerated() {
      builder.scope("keys \(index)") {
        let key = keys.next().rows(tile.count)
        builder.emit(DMACopy(dst: key.ap, src: k.rows(tile).ap), on: load)
        let value = builder.tile(
          "v_tile.\(index)", dtype, partitions: tile.count, free: [kvHeads, headSize])
        builder.emit(DMACopy(dst: value.ap, src: v.rows(tile).ap), on: load)
        valueTiles.append(value)
        attention.turnKeys(key, at: tile)
      }
    }
    for (index, tile) in tiles.enumerated() {
      builder.scope("queries \(index)") {
        let query = queries.next().rows(tile.count)
        builder.emit(DMACopy(dst: query.ap, src: q.rows(tile).ap), on: load)
        let result = results.next().rows(tile.count)
        if spills {
          attention.emitThreePasses(
            queries: query, values: valueTiles, at: tile, into: result, load: load, store: store)
        } else {
          attention.emit(queries: query, values: valueTiles, at: tile, into: result)
        }
        builder.emit(DMACopy(dst: out.rows(tile).ap, src: result.ap), on: store)
      }
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    [
      "out": Reference.attention(
        inputs["q"] ?? [], inputs["k"] ?? [], inputs["v"] ?? [], tokens: tokens, heads: heads,
        kvHeads: kvHeads, size: headSize)
    ]
  }
}
