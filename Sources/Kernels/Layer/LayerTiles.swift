import Device
import Formats
import ISA
import Machine
import Workloads

/// One tile for each tile of 128 tokens; just one for one token.
struct TileMaker {
  let builder: KernelBuilder
  let tokens: Int

  /// Tiles of so many partitions (0: a token on each), with free extents by their number of tokens.
  func each(
    _ name: String, _ dtype: DType, partitions: Int = 0, _ free: (Int) -> [Int]
  ) -> [TensorView] {
    guard tokens > 1 else {
      return [builder.tile(name, dtype, partitions: max(1, partitions), free: free(1))]
    }
    return ranges(of: tokens, by: 128).enumerated().map { index, range in
      builder.tile(
        "\(name).\(index)", dtype, partitions: partitions > 0 ? partitions : range.count,
        free: free(range.count))
    }
  }
}

/// What a layer needs until its attention is done.
struct LayerAttentionTiles {
  /// Queries, keys and values by tile of tokens, `[tokens, heads, head_dim]`.
  let projected: [TensorView]
  /// What attention gives, as the output projection takes it.
  let turnedHeads: [TensorView]
  let headOps: HeadOps
  let tables: [(cos: TensorView, sin: TensorView)]
  let gains: (q: TensorView, k: TensorView)
  /// Heads of the one token, each on a partition; decode only.
  let qkRows: TensorView?
  let decode: DecodeAttention?
  let prefill: PrefillAttention?

  init(_ kernel: Qwen3LayerKernel, _ share: LayerShare, _ ops: RowOps) {
    let (builder, dtype, values) = (ops.builder, kernel.dtype, kernel.values)
    let (isDecode, headSize) = (kernel.isDecode, kernel.headSize)
    let maker = TileMaker(builder: builder, tokens: kernel.tokens)
    let most = min(128, kernel.tokens)
    projected = maker.each("qkv", dtype) { _ in [share.heads + 2 * share.kvHeads, headSize] }
    let width = share.heads * headSize
    let rows = isDecode ? headSize : evenRows(width)
    if isDecode || rows < most {
      turnedHeads = maker.each("attention_turned", kernel.storage.columns, partitions: rows) {
        [width / rows, $0]
      }
    } else {
      // In place of the queries: a slot's rows end no later than the columns that it is made of.
      turnedHeads = projected.enumerated().map { index, tile in
        builder.tile(
          "attention_turned.\(index)", kernel.storage.columns, partitions: rows,
          free: [width / rows, tile.rowCount], over: tile)
      }
    }
    let headRows = isDecode ? share.qkHeads : most
    headOps = HeadOps(
      builder, rows: headRows, group: isDecode ? 1 : values.integer("head_group"),
      headSize: headSize, gpsimdShare: isDecode ? 0 : values.integer("gpsimd_share"),
      epsilon: kernel.epsilon)
    let pools = ["cos_tile", "sin_tile"].map { name in
      maker.each(name, dtype, partitions: isDecode ? headRows : 0) { _ in [headSize / 2] }
    }
    tables = zip(pools[0], pools[1]).map { (cos: $0, sin: $1) }
    func rowTile(_ name: String, _ free: [Int]) -> TensorView {
      builder.tile(name, dtype, partitions: headRows, free: free)
    }
    gains = (rowTile("gain_q", [headSize]), rowTile(isDecode ? "gain_rows" : "gain_k", [headSize]))
    qkRows = isDecode ? rowTile("qk_rows", [1, headSize]) : nil
    decode =
      isDecode
      ? DecodeAttention(
        ops, heads: share.heads, kvHeads: share.kvHeads, headSize: headSize,
        context: kernel.context, loadEngine: .scalar) : nil
    prefill =
      isDecode
      ? nil
      : PrefillAttention(
        ops, heads: share.heads, kvHeads: share.kvHeads, headSize: headSize,
        tokens: kernel.tokens, tileKeys: values.integer("tile_keys"),
        buffers: max(2, values.integer("buffers")))
  }
}

/// What a layer's experts need.
struct LayerExpertTiles {
  let experts: ExpertOps
  /// Tokens grouped by expert; `nil` for one token and where every expert takes all.
  let grouped: GroupedExperts?
  /// Of a prompt where every expert takes all.
  let dense: Dense?

  /// Weights of all experts.
  struct Dense {
    let numbers: TensorView
    let scratch: (real: TensorView, one: TensorView)
    /// `[tokens, experts]` by tile.
    let affinities: [TensorView]
  }

  init(
    _ kernel: Qwen3LayerKernel, _ share: LayerShare, _ ops: RowOps, _ stream: WeightStream,
    gateUp: TensorView, down: TensorView
  ) {
    let (builder, values) = (ops.builder, kernel.values)
    let tiles = ranges(of: kernel.tokens, by: 128)
    let most = tiles[0].count
    let (block, buffers) = (values.integer("block_tokens"), values.integer("buffers"))
    experts = ExpertOps(
      ops, stream, gateUp: gateUp, down: down,
      tokens: kernel.isGrouped ? min(block, kernel.tokens) : most,
      buffers: kernel.isGrouped ? buffers : max(buffers, tiles.count),
      scales: kernel.expertScales, columnType: kernel.storage.columns)
    grouped =
      kernel.isGrouped
      ? GroupedExperts(
        ops, experts, count: share.experts, tokens: kernel.tokens, hidden: kernel.hidden,
        block: block, isCounted: values.choice("blocks") == "counted", buffers: buffers) : nil
    guard !kernel.isDecode && !kernel.isGrouped else {
      dense = nil
      return
    }
    experts.prepareDense(tiles.map(\.count))
    func tile(_ name: String, _ width: Int) -> TensorView {
      builder.tile(name, .float32, partitions: most, free: [width])
    }
    dense = Dense(
      numbers: tile("expert_numbers", share.experts),
      scratch: (tile("index_real", 8), tile("affinity_one", share.experts)),
      affinities: TileMaker(builder: builder, tokens: kernel.tokens).each("affinity", .float32) {
        _ in [share.experts]
      })
  }
}
