import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// The router: logits of all experts, softmax, the eight largest, renormalised.
package struct ExpertRouterKernel: BuiltKernel {
  /// `expert_router`.
  package static let name = KernelName.expertRouter.rawValue
  /// What it computes.
  package static let summary =
    "weights and indices of the top 8 experts: softmax(x · w), renormalised"
  /// Formula and strategy.
  package static let details = """
    w [hidden, experts] is loaded once. Per tile of tokens x is transposed (on the PE array, \
    or by the DMA rings), multiplied with fp32 sums in psum, and exp(x - max) taken from there. \
    Softmax keeps the order and its denominator cancels when the eight are renormalised, so the \
    eight largest exponentials (max8) divided by their own sum are the weights. Of equal values \
    the lower index comes first, as nc_find_index8 finds them. probabilities=true also gives the \
    softmax over all experts.
    """
  /// Shapes and strategy.
  ///
  /// 128 experts, 8 per token: config.json of Qwen3-30B-A3B. 512 fp32 logits
  /// fill a PSUM bank (trn2 architecture guide, PSUM).
  package static let parameters: [KernelParameter] = [
    .tokens, .tileTokens, .hidden,
    .integer("experts", 8...512, default: 128, "columns of the router's weights"),
    .choice("transpose", ["pe", "dma"], "who transposes x"),
    .flag("probabilities", default: false, "whether the softmax of all experts is an output too"),
    .dtype, .buffers(4), .interleave,
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("gpsimd"),
  ]

  /// Experts per token: what `max8` finds (config.json of Qwen3-30B-A3B, `num_experts_per_tok`).
  static let top = 8

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let hidden: Int
  let experts: Int
  let dtype: DType
  let probabilities: Bool

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    experts = values.integer("experts")
    dtype = values.dtype("dtype")
    probabilities = values.flag("probabilities")
  }

  /// `x` and `w`; logits of standard normal tokens have deviation 1.
  package var inputs: [KernelInput] {
    let deviation = 1 / Double(hidden).squareRoot()
    return [
      KernelInput("x", dtype, [tokens, hidden], .normal(mean: 0, deviation: 1)),
      KernelInput("w", dtype, [hidden, experts], .normal(mean: 0, deviation: deviation)),
    ]
  }

  /// `weights`, `indices` and, on request, `probabilities`; all results are float32.
  package var outputs: [KernelOutput] {
    let weights = KernelOutput(
      "weights", .float32, [tokens, Self.top], .computed(in: .float32))
    let indices = KernelOutput("indices", .uint32, [tokens, Self.top], .equal)
    let all = KernelOutput(
      "probabilities", .float32, [tokens, experts], .computed(in: .float32))
    return probabilities ? [weights, indices, all] : [weights, indices]
  }

  /// Logits of one token within a PSUM bank.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    let most = min(geometry.psumBankBytes / 4, geometry.movingMax)
    guard experts > most else { return [] }
    return [
      Diagnostic(
        .error, "experts is \(experts), a psum bank takes the logits of \(most)",
        remedy: "use experts=\(most) or less")
    ]
  }

  /// Loops over tiles of tokens.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let x = declared["x"], let w = declared["w"] else { return }
    let outputs = Dictionary(
      uniqueKeysWithValues: self.outputs.map {
        ($0.name, builder.output($0.name, $0.dtype, $0.shape))
      })
    let tiling = TokenTiling(values)
    let tiles = RouterTiles(builder, self, tiling)
    loadWeights(builder, w, into: tiles.weights)
    let evictor = Evictor(values.choice("evict"))
    builder.emitTiles(tiling) { rows in
      loadTransposed(builder, tiles, evictor, x.rows(rows))
    } second: { rows, transposed in
      route(builder, tiles, transposed, outputs.mapValues { $0.rows(rows) })
    }
  }

  /// Slices of hidden, each on up to 128 partitions.
  private var slots: [Range<Int>] { ranges(of: hidden, by: min(128, hidden)) }

  /// Loads the tokens of a tile with hidden on the partitions.
  private func loadTransposed(
    _ builder: KernelBuilder, _ tiles: RouterTiles, _ evictor: Evictor, _ x: TensorView
  ) -> TensorView {
    let count = x.rowCount
    let transposed = tiles.transposed.next().columns(0..<count)
    let load = values.engine("load_engine")
    if let staging = tiles.staging {
      let tile = staging.next().rows(count)
      builder.emit(DMACopy(dst: tile.ap, src: x.ap), on: load)
      staging.transpose(builder, tile, into: transposed, evictor)
    } else {
      emitDMATransposes(builder, x, into: transposed, slots, on: load)
    }
    return transposed
  }

  /// Everything from the product to the stores.
  private func route(
    _ builder: KernelBuilder, _ tiles: RouterTiles, _ transposed: TensorView,
    _ outputs: [String: TensorView]
  ) {
    let count = transposed.freeShape[1]
    let logits = tiles.logits.next().rows(count)
    for (slot, range) in slots.enumerated() {
      builder.emit(
        NCMatmul(
          dst: logits.ap,
          stationary: transposed.select(slot, dimension: 0).rows(range.count).ap,
          moving: tiles.weights.select(slot, dimension: 0).rows(range.count).ap,
          accumulate: slot > 0))
    }
    let powers = tiles.powers.next().rows(count)
    let sum = tiles.sums.next().rows(count)
    emitExponentials(
      builder, logits, maximum: tiles.maxima.next().rows(count), power: powers, sum: sum)
    let largest = tiles.largest.next().rows(count)
    let indices = tiles.indices.next().rows(count)
    builder.emit(Max8(dst: largest.ap, src: powers.ap), on: .vector)
    builder.emit(
      NCFindIndex8(dst: indices.ap, data: powers.ap, vals: largest.ap), on: .vector)
    let topSum = tiles.topSums.next().rows(count)
    builder.emit(TensorReduce(dst: topSum.ap, op: .add, data: largest.ap))
    builder.emit(Reciprocal(dst: topSum.ap, data: topSum.ap), on: .vector)
    let scaled = tiles.scaled.next().rows(count)
    builder.emit(
      TensorScalar(dst: scaled.ap, data: largest.ap, op0: .multiply, operand0: .tile(topSum.ap)),
      on: .vector)
    var results = [("weights", scaled), ("indices", indices)]
    if let all = tiles.probabilities?.next().rows(count) {
      builder.emit(Reciprocal(dst: sum.ap, data: sum.ap), on: .vector)
      builder.emit(
        TensorScalar(dst: all.ap, data: powers.ap, op0: .multiply, operand0: .tile(sum.ap)),
        on: .vector)
      results.append(("probabilities", all))
    }
    for (name, tile) in results {
      guard let target = outputs[name] else { continue }
      builder.emit(DMACopy(dst: target.ap, src: tile.ap), on: values.engine("store_engine"))
    }
  }

  /// Loads all weights, hidden on the partitions: the whole tiles at once, a shorter last one apart.
  private func loadWeights(_ builder: KernelBuilder, _ w: TensorView, into tile: TensorView) {
    let engine = values.engine("load_engine")
    let rows = tile.rowCount
    let whole = hidden / rows
    builder.emit(
      DMACopy(
        dst: tile.columns(0..<whole, dimension: 0).ap,
        src: w.rows(whole * rows).groupedRows(rows).ap), on: engine)
    let rest = hidden - whole * rows
    if rest > 0 {
      builder.emit(
        DMACopy(
          dst: tile.select(whole, dimension: 0).rows(rest).ap,
          src: w.rows(whole * rows..<hidden).ap), on: engine)
    }
  }

  /// The definition in float64: full softmax, stable order, renormalised.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let logits = Reference.product(
      inputs["x"] ?? [], transposed: false, inputs["w"] ?? [], rows: tokens, inner: hidden,
      columns: experts)
    let all = Reference.softmax(logits, width: experts)
    var weights: [Double] = []
    var indices: [Double] = []
    for token in 0..<tokens {
      let row = all[token * experts..<(token + 1) * experts]
      let order = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
      let best = order.prefix(Self.top)
      let sum = best.reduce(0) { $0 + row[$1] }
      weights += best.map { row[$0] / sum }
      indices += best.map { Double($0 - row.startIndex) }
    }
    let small = ["weights": weights, "indices": indices]
    return probabilities ? small.merging(["probabilities": all]) { first, _ in first } : small
  }
}

/// The tiles of one router while it is emitted.
private struct RouterTiles {
  let weights: TensorView
  let staging: PETransposer?
  let transposed: TilePool
  let logits: TilePool
  let powers: TilePool
  let maxima: TilePool
  let sums: TilePool
  let largest: TilePool
  let indices: TilePool
  let topSums: TilePool
  let scaled: TilePool
  let probabilities: TilePool?

  init(_ builder: KernelBuilder, _ kernel: ExpertRouterKernel, _ tiling: TokenTiling) {
    let rows = tiling.rows
    let tile = min(128, kernel.hidden)
    let slots = (kernel.hidden + tile - 1) / tile
    let buffers = tiling.buffers
    func pool(_ name: String, _ dtype: DType, _ width: Int) -> TilePool {
      builder.pool(name, dtype, partitions: rows, free: [width], buffers: buffers)
    }
    weights = builder.tile(
      "w_tile", kernel.dtype, partitions: tile, free: [slots, kernel.experts])
    staging =
      kernel.values.choice("transpose") == "pe"
      ? PETransposer(
        builder, name: "x_tile", kernel.dtype, rows: rows, columns: kernel.hidden, tile: tile,
        buffers: buffers)
      : nil
    transposed = builder.pool(
      "x_transposed", kernel.dtype, partitions: tile, free: [slots, rows], buffers: buffers)
    logits = builder.pool(
      "logits", .float32, partitions: rows, free: [kernel.experts], buffers: min(2, buffers),
      in: .psum)
    powers = pool("power", .float32, kernel.experts)
    maxima = pool("negative_max", .float32, 1)
    sums = pool("sum", .float32, 1)
    largest = pool("largest", .float32, ExpertRouterKernel.top)
    indices = pool("index", .uint32, ExpertRouterKernel.top)
    topSums = pool("top_sum", .float32, 1)
    scaled = pool("scaled", .float32, ExpertRouterKernel.top)
    probabilities = kernel.probabilities ? pool("probability", .float32, kernel.experts) : nil
  }
}
