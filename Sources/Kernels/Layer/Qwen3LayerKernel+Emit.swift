package import Device
import Formats
import ISA
import Machine
import Workloads

extension Qwen3LayerKernel {
  /// The scopes of the program, which are the layer's operations in their order.
  package enum Step: String, CaseIterable, Sendable {
    case norm = "input norm"
    case qkv = "qkv projection"
    case heads = "q/k norm + rope"
    case cacheWrite = "kv-cache write"
    case attention
    case output = "o projection + residual"
    case headSum = "sum over heads of cores"
    case postNorm = "post norm"
    case router
    case experts
    case expertSum = "sum over experts of cores"
    case store = "residual + store"
  }

  /// Emits a core's share of the layer.
  package func emit(into builder: KernelBuilder, on place: CorePlace) {
    var tensors = declareInputs(builder, of: place.rank)
    for output in outputs {
      tensors[output.name] = builder.output(output.name, output.dtype, output.shape)
    }
    let share = LayerShare(self, place)
    LayerEmission(self, share, builder, ownViews(tensors, share)).emit()
  }

  /// A core's views of the tensors of its rank.
  private func ownViews(
    _ tensors: [String: TensorView], _ share: LayerShare
  ) -> [String: TensorView] {
    let (core, cores) = (share.place.core, share.place.layout.coresPerRank)
    guard cores > 1 else { return tensors }
    var mine = tensors
    for name in ["w_qkv", "w_o", "gate_up", "down"] {
      guard let whole = tensors[name] else { continue }
      let rows = whole.rowCount / cores
      mine[name] = whole.rows(core * rows, rows)
    }
    let first =
      kvHeads(of: share.place.id).lowerBound - kvHeads(ofRank: share.place.rank).lowerBound
    let heads = first..<first + share.kvHeads
    mine["k_cache"] = tensors["k_cache"]?.rows(heads)
    for name in ["v_cache", "k_new", "v_new"] {
      mine[name] = tensors[name]?.columns(heads, dimension: 0)
    }
    return mine
  }
}

/// One layer while it is emitted.
private final class LayerEmission {
  private let kernel: Qwen3LayerKernel
  private let share: LayerShare
  private let builder: KernelBuilder
  private let tensors: [String: TensorView]
  private let ops: RowOps
  private let stream: WeightStream
  private let tiles: [Range<Int>]
  /// The residual, updated in place.
  private let rows: [TensorView]
  /// Normalised and turned, `[rows, slots, tokens]`.
  private let columns: [TensorView]
  private let norms: (input: RowNorm, post: RowNorm)
  private let router: RouterOps
  /// Float32 rows and columns of a router that is more exact than the layer.
  private let routerTiles: (rows: TensorView, columns: TilePool)?
  private let attention: LayerAttentionTiles
  private let mlp: LayerExpertTiles
  /// Rows of the second norm in HBM, where blocks of tokens are gathered.
  private let normed: TensorView?
  /// Sums of which other cores have parts.
  private let sums: CoreSums?
  private var routes: [(indices: TensorView, weights: TensorView)] = []

  private var experts: ExpertOps { mlp.experts }
  private var projected: [TensorView] { attention.projected }

  init(
    _ kernel: Qwen3LayerKernel, _ share: LayerShare, _ builder: KernelBuilder,
    _ tensors: [String: TensorView]
  ) {
    self.kernel = kernel
    self.share = share
    self.builder = builder
    self.tensors = tensors
    let (values, dtype, storage) = (kernel.values, kernel.dtype, kernel.storage)
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    self.ops = ops
    let stream = WeightStream(builder, values, storage)
    self.stream = stream
    let tiles = ranges(of: kernel.tokens, by: 128)
    self.tiles = tiles
    let most = tiles[0].count
    let hiddenRows = evenRows(kernel.hidden)
    let slots = kernel.hidden / hiddenRows
    let maker = TileMaker(builder: builder, tokens: kernel.tokens)
    let rows = maker.each("rows", dtype) { _ in [kernel.hidden] }
    self.rows = rows
    columns = maker.each("columns", storage.columns, partitions: hiddenRows) { [slots, $0] }
    func tensor(_ name: String) -> TensorView {
      guard let found = tensors[name] else { preconditionFailure("no tensor \(name)") }
      return found
    }
    let scratch = NormScratch(
      builder, dtype: dtype, tokens: most, hidden: kernel.hidden,
      buffers: min(values.integer("buffers"), tiles.count))
    // The input first: everything waits for it.
    builder.scope(Qwen3LayerKernel.Step.norm.rawValue) {
      for (tile, range) in zip(rows, tiles) {
        builder.emit(DMACopy(dst: tile.ap, src: tensor("x").rows(range).ap), on: .scalar)
      }
    }
    norms = (
      builder.scope(Qwen3LayerKernel.Step.norm.rawValue) {
        RowNorm(
          ops, "input", gamma: tensor("gamma_in"), epsilon: kernel.epsilon, scratch: scratch)
      },
      builder.scope(Qwen3LayerKernel.Step.postNorm.rawValue) {
        RowNorm(
          ops, "post", gamma: tensor("gamma_post"), epsilon: kernel.epsilon, scratch: scratch)
      }
    )
    router = builder.scope(Qwen3LayerKernel.Step.router.rawValue) {
      RouterOps(
        ops, weights: tensor("w_router"), type: kernel.routerType, tokens: most,
        buffers: tiles.count, loadEngine: .gpsimd)
    }
    routerTiles =
      kernel.routerType == storage.columns || kernel.routerType != .float32
      ? nil
      : (
        builder.tile("router_rows", .float32, partitions: most, free: [kernel.hidden]),
        builder.pool(
          "router_columns", .float32, partitions: hiddenRows, free: [slots, most],
          buffers: min(2, tiles.count))
      )
    sums =
      share.isPartial
      ? CoreSums(
        builder, share.place,
        dtype: values.choice("reduce_dtype") == "float32" ? .float32 : dtype,
        tokens: tiles.map(\.count), hidden: kernel.hidden, buffers: min(2, tiles.count)) : nil
    let makeAttention = { LayerAttentionTiles(kernel, share, ops) }
    let makeExperts = {
      LayerExpertTiles(
        kernel, share, ops, stream, gateUp: tensor("gate_up"), down: tensor("down"))
    }
    // A prompt's experts begin when its attention is done; for one token there is room for both.
    (attention, mlp) =
      kernel.isDecode
      ? (makeAttention(), makeExperts()) : builder.overlay(makeAttention, makeExperts)
    normed =
      kernel.isGrouped ? builder.scratch("normed", dtype, [kernel.tokens, kernel.hidden]) : nil
  }

  private func tensor(_ name: String) -> TensorView {
    guard let found = tensors[name] else { preconditionFailure("no tensor \(name)") }
    return found
  }

  private func step(_ step: Qwen3LayerKernel.Step, _ body: () -> Void) {
    builder.scope(step.rawValue, body)
  }

  func emit() {
    step(.heads) { loadTables() }
    step(.norm) { for tile in tiles.indices { _ = normalise(tile, norms.input) } }
    step(.qkv) { project() }
    if attention.decode != nil { step(.attention) { loadCache() } }
    step(.heads) { prepareHeads() }
    step(.cacheWrite) { writeCache() }
    step(.attention) { attend() }
    step(.output) { projectOutput() }
    addHeads()
    for tile in tiles.indices {
      var factor: TensorView?
      step(.postNorm) { factor = normalise(tile, norms.post, into: normed) }
      step(.router) { route(tile, routerColumns(tile, factor)) }
    }
    if kernel.isDecode {
      var sums: [TensorView] = []
      step(.experts) {
        sums = experts.emitSelected(
          columns[0], indices: routes[0].indices, weights: routes[0].weights,
          owned: share.splitsExperts
            ? share.firstExpert..<share.firstExpert + share.experts : nil)
      }
      store(0, bankColumns(sums))
    } else if let grouped = mlp.grouped, let normed {
      step(.experts) {
        grouped.assign(routes.map(\.indices))
        grouped.compute(normed, gains: norms.post.gains)
      }
      for tile in tiles.indices {
        var total: TensorView?
        step(.experts) { total = grouped.combine(tile, weights: routes[tile].weights) }
        if let total { store(tile, [(0..<kernel.hidden, total)], isScaled: true) }
      }
    } else if let dense = mlp.dense {
      var sums: [[(Range<Int>, TensorView)]] = []
      step(.experts) {
        emitAffinities(dense)
        sums = experts.emitDense(
          columns, affinities: dense.affinities, experts: share.experts)
      }
      for (tile, sums) in sums.enumerated() { store(tile, sums) }
    }
  }

  private func bankColumns(_ banks: [TensorView]) -> [(Range<Int>, TensorView)] {
    var first = 0
    return banks.map { bank in
      defer { first += bank.freeShape[0] }
      return (first..<first + bank.freeShape[0], bank)
    }
  }

  // MARK: - Attention

  private func loadTables() {
    let (gains, tables) = (attention.gains, attention.tables)
    let q = tensor("gamma_q")
    let k = tensor("gamma_k")
    if kernel.isDecode {
      let heads = share.heads
      builder.emit(
        DMACopy(dst: gains.k.rows(heads).ap, src: q.broadcastRows(heads).ap), on: .gpsimd)
      builder.emit(
        DMACopy(
          dst: gains.k.rows(heads, share.kvHeads).ap, src: k.broadcastRows(share.kvHeads).ap),
        on: .gpsimd)
      for (name, tile) in [("cos", tables[0].cos), ("sin", tables[0].sin)] {
        builder.emit(
          DMACopy(dst: tile.ap, src: tensor(name).broadcastRows(tile.rowCount).ap), on: .gpsimd)
      }
      return
    }
    for (gain, tile) in [(q, gains.q), (k, gains.k)] {
      builder.emit(DMACopy(dst: tile.ap, src: gain.broadcastRows(tile.rowCount).ap), on: .gpsimd)
    }
    for (range, table) in zip(tiles, tables) {
      for (name, tile) in [("cos", table.cos), ("sin", table.sin)] {
        builder.emit(DMACopy(dst: tile.ap, src: tensor(name).rows(range).ap), on: .gpsimd)
      }
    }
  }

  /// One tile's normalised columns; gives the factors of its rows.
  private func normalise(
    _ tile: Int, _ norm: RowNorm, into stored: TensorView? = nil
  ) -> TensorView {
    let (row, factor) = norm.normalise(rows[tile])
    ops.transpose(row, into: columns[tile], gains: norm.gains)
    if let stored {
      builder.emit(DMACopy(dst: stored.rows(tiles[tile]).ap, src: row.ap), on: .gpsimd)
    }
    return factor
  }

  private func project() {
    let scale = Float(kernel.storage.scale(for: kernel.deviations.hidden))
    let flat = projected.map { $0.flattened }
    stream.project(columns, WeightMatrix(tensor("w_qkv")), banks: ops.banks) { tile, part, bank in
      ops.move(from: bank, to: flat[tile].columns(part), scale: scale)
    }
  }

  private func loadCache() {
    attention.decode?.loadCache(keys: tensor("k_cache"), values: tensor("v_cache"))
  }

  private func prepareHeads() {
    let (heads, headOps, gains) = (share.heads, attention.headOps, attention.gains)
    if let qkRows = attention.qkRows {
      // Heads of the one token onto partitions of their own.
      builder.emit(
        DMACopy(
          dst: qkRows.select(0, dimension: 0).ap,
          src: projected[0].columns(0..<share.qkHeads, dimension: 0).ap), on: .sync)
      headOps.emit(
        qkRows, into: qkRows, [HeadOps.Segment(heads: 0..<1, gains: gains.k)],
        tables: attention.tables[0])
      return
    }
    for (tile, table) in zip(projected, attention.tables) {
      headOps.emit(
        tile, into: tile,
        [
          HeadOps.Segment(heads: 0..<heads, gains: gains.q),
          HeadOps.Segment(heads: heads..<share.qkHeads, gains: gains.k),
        ], tables: table)
    }
  }

  private func writeCache() {
    // Cores that share a head have the same keys and values: the first of them stores.
    let cores = share.place.layout.coresPerRank
    guard share.place.core == 0 || kernel.kvHeads(ofRank: share.place.rank).count >= cores else {
      return
    }
    let (heads, qk) = (share.heads, share.qkHeads)
    let all = heads + 2 * share.kvHeads
    for (tile, range) in zip(projected, tiles) {
      let key =
        attention.qkRows.map { $0.select(0, dimension: 0).rows(heads, share.kvHeads) }
        ?? tile.columns(heads..<qk, dimension: 0)
      builder.emit(DMACopy(dst: tensor("k_new").rows(range).ap, src: key.ap), on: .gpsimd)
      builder.emit(
        DMACopy(
          dst: tensor("v_new").rows(range).ap, src: tile.columns(qk..<all, dimension: 0).ap),
        on: .gpsimd)
    }
  }

  private func attend() {
    let (heads, qk) = (share.heads, share.qkHeads)
    let all = heads + 2 * share.kvHeads
    if let decode = attention.decode, let qkRows = attention.qkRows {
      decode.emit(
        queries: qkRows.select(0, dimension: 0),
        value: projected[0].columns(qk..<all, dimension: 0).ap, into: attention.turnedHeads[0])
      return
    }
    guard let prefill = attention.prefill else { return }
    prefill.makeMask()
    for (tile, range) in zip(projected, tiles) {
      prefill.turnKeys(tile.columns(heads..<qk, dimension: 0), at: range)
    }
    let valueTiles = projected.map { $0.columns(qk..<all, dimension: 0) }
    for (index, tile) in projected.enumerated() {
      // Queries are turned before the first result takes their place.
      let queries = tile.columns(0..<heads, dimension: 0)
      prefill.emit(queries: queries, values: valueTiles, at: tiles[index], into: queries)
      ops.transpose(queries.flattened, into: attention.turnedHeads[index])
    }
  }

  private func projectOutput() {
    let scale = Float(kernel.storage.scale(for: kernel.deviations.attention))
    stream.project(
      attention.turnedHeads, WeightMatrix(tensor("w_o")), banks: ops.banks
    ) { tile, part, bank in
      if let sums {
        ops.move(from: bank, to: sums.parts[tile].columns(part), scale: scale)
      } else {
        ops.add(bank, to: rows[tile].columns(part), scale: scale)
      }
    }
  }

  private func addHeads() {
    guard let sums else { return }
    step(.headSum) { for tile in tiles.indices { ops.add(sums.total(tile), to: rows[tile]) } }
  }

  // MARK: - Experts

  /// What the router takes of a tile: the layer's own columns, or more exact ones.
  private func routerColumns(_ tile: Int, _ factor: TensorView?) -> TensorView {
    guard let routerTiles, let factor else { return columns[tile] }
    let count = tiles[tile].count
    let row = routerTiles.rows.rows(count)
    norms.post.scale(rows[tile], by: factor, into: row)
    let result = routerTiles.columns.next().columns(0..<count)
    ops.transpose(row, into: result, gains: norms.post.gains)
    return result
  }

  private func route(_ tile: Int, _ column: TensorView) {
    let route = router.emit(column)
    routes.append(route)
    // Both cores of a rank have the same.
    guard share.place.core == 0 else { return }
    let range = tiles[tile]
    builder.emit(
      DMACopy(dst: tensor("expert_indices").rows(range).ap, src: route.indices.ap), on: .gpsimd)
    builder.emit(
      DMACopy(dst: tensor("expert_weights").rows(range).ap, src: route.weights.ap), on: .gpsimd)
  }

  private func emitAffinities(_ dense: LayerExpertTiles.Dense) {
    builder.emit(
      Iota(
        dst: dense.numbers.ap,
        pattern: IndexPattern([IndexStep(step: 1, count: share.experts)]),
        offset: share.firstExpert), on: .gpsimd)
    for (route, affinity) in zip(routes, dense.affinities) {
      experts.affinities(
        indices: route.indices, weights: route.weights, numbers: dense.numbers,
        scratch: dense.scratch, into: affinity)
    }
  }

  private func store(
    _ tile: Int, _ sums: [(Range<Int>, TensorView)], isScaled: Bool = false
  ) {
    let scale = isScaled ? 1 : experts.downScale
    if let shared = self.sums {
      step(.expertSum) {
        for (columns, sum) in sums {
          ops.move(from: sum, to: shared.parts[tile].columns(columns), scale: scale)
        }
        ops.add(shared.total(tile), to: rows[tile])
      }
    }
    step(.store) {
      if self.sums == nil {
        for (columns, sum) in sums { ops.add(sum, to: rows[tile].columns(columns), scale: scale) }
      }
      // The cores of a rank store equal parts of the columns.
      let width = kernel.hidden / share.place.layout.coresPerRank
      let mine = share.place.core * width..<(share.place.core + 1) * width
      builder.emit(
        DMACopy(
          dst: tensor("out").rows(tiles[tile]).columns(mine).ap, src: rows[tile].columns(mine).ap),
        on: .scalar)
    }
  }
}

extension Qwen3LayerKernel {
  /// What undoes the storage scales of gate_up and of down.
  var expertScales: (gateUp: Double, down: Double) {
    (storage.scale(for: deviations.hidden), storage.scale(for: deviations.inner))
  }
}
