import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// A whole decoder layer of Qwen3-30B-A3B as one program: one new token, or a prompt.
///
/// Activations stay in SBUF from the input to the output; weights stream through rotating tiles in
/// the order of their use, as far ahead as SBUF has room.
package struct Qwen3LayerKernel: MultiCoreKernel {
  /// `qwen3_layer`.
  package static let name = KernelName.qwen3Layer.rawValue
  /// What it computes.
  package static let summary = "a whole decoder layer of Qwen3-30B-A3B, prefill or decode, fused"
  /// Formula and strategy.
  package static let details = """
    h = x + attention(rope(qk_norm(norm(x) · w_qkv))) · w_o; out = h + experts(norm(h)). RMSNorm, its \
    gains applied while tiles are transposed; the qkv projection; RMSNorm of each q and k head, \
    rotary embedding; causal attention of 32 query and 4 key and value heads, with a cache of \
    `context` tokens (decode, keys stored as [kv_heads, head_dim, context]) or among the tokens \
    (prefill, flash); the output projection with the residual; router, softmax, 8 of 128 experts, \
    renormalised; their MLPs. Decode fetches the chosen experts' weights by the router's own \
    indices, prefill runs all experts on all tokens (experts_form=dense) or on the tokens that \
    chose them, grouped on the device in blocks of block_tokens (grouped). Scopes of the program \
    are the layer's operations. Several cores (tp ranks of lnc cores) share out the heads, and the \
    experts by their columns or whole; what they have of the two sums over heads and experts is added \
    up by sendrecv and all_reduce. With whole experts a decoding core computes those of the eight that \
    it has.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] =
    [
      .choice("phase", ["decode", "prefill"], "one new token, or the tokens of a prompt"),
      .integer("tokens", 0...1024, default: 0, "tokens of the prompt; 0: 128. decode has one"),
      LayerShape.context, .hidden, LayerShape.heads, LayerShape.kvHeads, LayerShape.headSize,
      LayerShape.experts, LayerShape.inner, .epsilon, .dtype,
      .integer("tp", 1...4, default: 1, "ranks that share the layer: 1, 2 or 4"),
      .logicalCore,
      .choice(
        "experts_split", ["inner", "expert"],
        "what several cores share: the columns of each expert, or the experts"),
      .choice(
        "reduce_dtype", ["dtype", "float32"], "element type of sums that cores exchange"),
      .choice("experts_form", ["dense", "grouped"], "how a prefill runs the experts"),
      LayerShape.blockTokens, LayerShape.blocks,
      LayerShape.routerType,
      KernelParameter(
        "skew", .number(0...1), default: .number(0),
        "trial prompt: share of its tokens that are alike, and so choose the same experts"),
      .integer("tile_keys", 128...512, default: 512, "keys of a tile of flash attention"),
      .integer("head_group", 1...64, default: 4, "heads that are normalised together"),
      .integer("gpsimd_share", 0...100, default: 30, "percent of the heads normalised on GpSimd"),
      .buffers(2),
    ] + LayerShape.storageParameters
    + LayerShape.streamParameters

  /// All values.
  package let values: KernelParameters
  let isDecode: Bool
  let tokens: Int
  let context: Int
  let hidden: Int
  let heads: Int
  let kvHeads: Int
  let headSize: Int
  let experts: Int
  let inner: Int
  let dtype: DType
  let storage: WeightStorage

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    isDecode = values.choice("phase") == "decode"
    let given = values.integer("tokens")
    tokens = given > 0 ? given : isDecode ? 1 : 128
    context = values.integer("context")
    hidden = values.integer("hidden")
    heads = values.integer("q_heads")
    kvHeads = values.integer("kv_heads")
    headSize = values.integer("head_dim")
    experts = values.integer("experts")
    inner = values.integer("inner")
    dtype = values.dtype("dtype")
    storage = WeightStorage(values)
  }

  /// Whether a prompt's tokens are grouped by expert.
  var isGrouped: Bool { !isDecode && values.choice("experts_form") == "grouped" }
  /// Of the router's weights on chip: what pairs with the rows that it sees.
  var routerType: DType {
    values.choice("router_dtype") == "float32" || storage.columns.size == 4 ? .float32 : .bfloat16
  }
  var qkvWidth: Int { (heads + 2 * kvHeads) * headSize }
  var qkHeads: Int { heads + kvHeads }
  /// Deviation of the trial router's logits: some experts are clearly preferred.
  static let logitDeviation = 2.0
  var epsilon: Double { values.number("eps") }

  /// Deviations of the trial weights: rows of unit deviation keep it.
  var deviations: (hidden: Double, attention: Double, inner: Double) {
    (
      1 / Double(hidden).squareRoot(), 1 / Double(heads * headSize).squareRoot(),
      1 / Double(inner).squareRoot()
    )
  }

  /// Activations, gains, tables, cache and weights.
  package var inputs: [KernelInput] {
    let first = isDecode ? context : 0
    let gain = TensorFill.normal(mean: 1, deviation: 0.1)
    let half = headSize / 2
    let weights = deviations
    let cache =
      isDecode
      ? [
        KernelInput(
          "k_cache", dtype, [kvHeads, headSize, context], .normal(mean: 0, deviation: 1)),
        KernelInput(
          "v_cache", dtype, [context, kvHeads, headSize], .normal(mean: 0, deviation: 1)),
      ] : []
    return [
      KernelInput("x", dtype, [tokens, hidden], .rows(alike: values.number("skew"))),
      KernelInput("gamma_in", dtype, [1, hidden], gain),
      KernelInput("gamma_q", dtype, [1, headSize], gain),
      KernelInput("gamma_k", dtype, [1, headSize], gain),
      KernelInput("gamma_post", dtype, [1, hidden], gain),
      KernelInput("cos", dtype, [tokens, half], .cosine(theta: 1e6, first: first)),
      KernelInput("sin", dtype, [tokens, half], .sine(theta: 1e6, first: first)),
    ] + cache + [
      KernelInput("w_qkv", storage.stored, [hidden, qkvWidth], storage.fill(weights.hidden)),
      KernelInput(
        "w_o", storage.stored, [heads * headSize, hidden], storage.fill(weights.attention)),
      KernelInput(
        "w_router", values.choice("router_dtype") == "float32" ? .float32 : dtype,
        [hidden, experts], .weights(deviation: Self.logitDeviation * weights.hidden)),
      KernelInput(
        "gate_up", storage.stored, [experts, hidden, 2 * inner], storage.fill(weights.hidden)),
      KernelInput("down", storage.stored, [experts, inner, hidden], storage.fill(weights.inner)),
    ]
  }

  /// The layer's output, what goes into the cache, and the router's choice.
  package var outputs: [KernelOutput] {
    let isExact = dtype == .float32 && storage.columns == dtype
    // 1 % and 0.01 % are what is demanded of the layer; activations in float8 keep 4 significant bits
    // and pass five products.
    let tolerance = Tolerance(
      norm: storage.doubleRow
        ? 5.0.squareRoot() * Tolerance.rounding(.float8_e4m3) : isExact ? 1e-4 : 1e-2, in: dtype)
    let cached = kvHeads(ofRank: 0).count
    return [
      KernelOutput("out", dtype, [tokens, hidden], tolerance),
      KernelOutput("k_new", dtype, [tokens, cached, headSize], tolerance),
      KernelOutput("v_new", dtype, [tokens, cached, headSize], tolerance),
      KernelOutput("expert_indices", .uint32, [tokens, 8], .equal),
      KernelOutput("expert_weights", .float32, [tokens, 8], tolerance),
    ]
  }

  /// Extents that fit together.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    var found = storage.findings
    func require(_ condition: Bool, _ message: String, _ remedy: String) {
      if !condition { found.append(Diagnostic(.error, message, remedy: remedy)) }
    }
    require(
      heads % kvHeads == 0, "q_heads is \(heads), must be a multiple of kv_heads, \(kvHeads)",
      "each key head serves equally many query heads")
    require(headSize % 2 == 0, "head_dim is \(headSize), must be even", "its halves are rotated")
    require(
      qkHeads <= 128, "q_heads and kv_heads are \(qkHeads), one token's take a partition each",
      "use 128 or less")
    require(
      !isDecode || tokens == 1, "tokens is \(tokens), decode computes one token",
      "use phase=prefill, or leave tokens out")
    for finding in shareFindings { require(finding.holds, finding.message, finding.remedy) }
    require(
      values.integer("tile_keys") % 128 == 0,
      "tile_keys is \(values.integer("tile_keys")), must be a multiple of 128",
      "use 128, 256, 384 or 512")
    require(
      hidden <= 4 * geometry.psumBankBytes / 4,
      "hidden is \(hidden), four psum banks hold \(geometry.psumBankBytes) sums",
      "use hidden=\(geometry.psumBankBytes) or less")
    require(
      experts <= geometry.psumBankBytes / 4,
      "experts is \(experts), a psum bank takes the logits of \(geometry.psumBankBytes / 4)",
      "use \(geometry.psumBankBytes / 4) or less")
    require(
      !isGrouped || experts <= geometry.partitions,
      "experts is \(experts), grouping counts each on a partition of its own",
      "use \(geometry.partitions) or less, or experts_form=dense")
    return found
  }
}
