import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// The experts' MLPs of a layer: for one token the chosen ones, for a prompt all or grouped ones.
package struct ExpertMLPKernel: BuiltKernel {
  /// `expert_mlp`.
  package static let name = KernelName.expertMLP.rawValue
  /// What it computes.
  package static let summary = "Σ weight · (silu(x gate) · (x up)) down over each token's 8 experts"
  /// Formula and strategy.
  package static let details = """
    gate_up is [experts, hidden, 2 · inner], down [experts, inner, hidden]; indices and weights \
    [tokens, 8] are the router's. form=selected: token by token, the weights of its experts fetched \
    by DMAs that read the index on the device. form=dense: every expert on every token, weighted by \
    0 where it was not chosen. form=grouped: tokens sorted by expert on the device into blocks of \
    block_tokens; every chosen pair is computed once.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] =
    [
      .choice("form", ["selected", "dense", "grouped"], "which experts run on which tokens"),
      .integer("tokens", 1...1024, default: 1, "rows of x"), .hidden, LayerShape.experts,
      LayerShape.inner, .dtype,
      LayerShape.blockTokens, LayerShape.blocks,
      KernelParameter(
        "skew", .number(0...1), default: .number(0),
        "trial routing: share of tokens that all choose experts 0 to 7; the others draw"),
      .buffers(2), .storeEngine("scalar"),
    ] + LayerShape.storageParameters + LayerShape.streamParameters

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let hidden: Int
  let experts: Int
  let inner: Int
  let dtype: DType
  let storage: WeightStorage
  private var form: String { values.choice("form") }
  private var scales: (gateUp: Double, down: Double) {
    (
      storage.scale(for: 1 / Double(hidden).squareRoot()),
      storage.scale(for: 1 / Double(inner).squareRoot())
    )
  }

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    experts = values.integer("experts")
    inner = values.integer("inner")
    dtype = values.dtype("dtype")
    storage = WeightStorage(values)
  }

  /// `x`, the routing, and the weights.
  package var inputs: [KernelInput] {
    [
      KernelInput("x", dtype, [tokens, hidden], .normal(mean: 0, deviation: 1)),
      KernelInput(
        "indices", .uint32, [tokens, 8], .choices(of: experts, skew: values.number("skew"))),
      KernelInput("weights", .float32, [tokens, 8], .normal(mean: 0.125, deviation: 0.02)),
      KernelInput(
        "gate_up", storage.stored, [experts, hidden, 2 * inner],
        storage.fill(1 / Double(hidden).squareRoot())),
      KernelInput(
        "down", storage.stored, [experts, inner, hidden],
        storage.fill(1 / Double(inner).squareRoot())),
    ]
  }

  /// `out`.
  ///
  /// Rounded are silu(gate), its product with up, the result, grouped that of each expert, and float32's
  /// x where 8-bit weights do not pair with it; an error of x counts twice, in gate and in up.
  package var outputs: [KernelOutput] {
    let isExact = dtype == .float32 && storage.columns == dtype
    let tolerance = Tolerance.roundings(
      isExact ? 0 : (form == "grouped" ? 4 : 3) + (dtype == .float32 ? 2 : 0), of: .bfloat16,
      eightBit: storage.doubleRow ? 3 : 0,
      terms: hidden + inner)
    return [KernelOutput("out", dtype, [tokens, hidden], tolerance)]
  }

  /// What the forms need.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    var found = storage.findings
    if hidden > geometry.psumBankBytes {
      found.append(
        Diagnostic(
          .error,
          "hidden is \(hidden), four psum banks hold \(geometry.psumBankBytes) sums of float32",
          remedy: "use hidden=\(geometry.psumBankBytes) or less"))
    }
    if form == "grouped" && experts > geometry.partitions {
      found.append(
        Diagnostic(
          .error, "experts is \(experts), grouping counts each on a partition of its own",
          remedy: "use \(geometry.partitions) or less, or form=dense"))
    }
    if form != "selected" && experts > 512 {
      found.append(
        Diagnostic(.error, "experts is \(experts), must be 512 or less", remedy: "use fewer"))
    }
    return found
  }

  /// Emits one of the forms.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let x = declared["x"], let indices = declared["indices"],
      let weights = declared["weights"], let gateUp = declared["gate_up"],
      let down = declared["down"]
    else { return }
    let out = builder.output("out", dtype, [tokens, hidden])
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    let stream = WeightStream(builder, values, storage)
    let tiles = ranges(of: tokens, by: 128)
    let most = form == "selected" ? 1 : tiles[0].count
    let buffers = values.integer("buffers")
    let mlp = ExpertOps(
      ops, stream, gateUp: gateUp, down: down,
      tokens: form == "grouped" ? min(values.integer("block_tokens"), tokens) : most,
      buffers: form == "dense" ? max(buffers, tiles.count) : buffers, scales: scales,
      columnType: storage.columns)
    let emission = ExpertEmission(
      kernel: self, builder: builder, ops: ops, mlp: mlp, x: x, out: out, indices: indices,
      weights: weights, tiles: tiles, store: values.engine("store_engine"))
    switch form {
    case "selected": emission.emitSelected(buffers: buffers)
    case "dense": emission.emitDense()
    default:
      emission.emitGrouped(block: values.integer("block_tokens"), buffers: buffers)
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    reference(ReferenceInputs(inputs), results: [:])
  }

  /// The definition in float64, from the chosen experts alone.
  package func reference(
    _ inputs: ReferenceInputs, results: [String: [Double]]
  ) -> [String: [Double]] {
    [
      "out": MLPReference(hidden: hidden, inner: inner, experts: experts).sum(
        inputs["x"], inputs["indices"].map { Int($0) }, inputs["weights"], inputs, scales: scales)
    ]
  }
}

/// The tensors of one run of the experts while it is emitted.
private struct ExpertEmission {
  let kernel: ExpertMLPKernel
  let builder: KernelBuilder
  let ops: RowOps
  let mlp: ExpertOps
  let x: TensorView
  let out: TensorView
  let indices: TensorView
  let weights: TensorView
  let tiles: [Range<Int>]
  let store: Engine

  private var hidden: Int { kernel.hidden }
  private var rows: Int { evenRows(hidden) }

  /// Token by token.
  func emitSelected(buffers: Int) {
    func pool(_ name: String, _ dtype: DType, _ partitions: Int, _ free: [Int]) -> TilePool {
      builder.pool(
        name, dtype, partitions: partitions, free: free, buffers: min(buffers, kernel.tokens))
    }
    let (loaded, results) = (
      pool("x_tile", kernel.dtype, 1, [hidden]), pool("result", kernel.dtype, 1, [hidden])
    )
    let columns = pool("columns", kernel.storage.columns, rows, [hidden / rows, 1])
    let (index, weight) = (pool("index", .uint32, 1, [8]), pool("weight", .float32, 1, [8]))
    for token in 0..<kernel.tokens {
      builder.scope("token \(token)") {
        let (tile, column) = (loaded.next(), columns.next())
        let (chosen, shares) = (index.next(), weight.next())
        builder.emit(DMACopy(dst: tile.ap, src: x.rows(token, 1).ap), on: .scalar)
        builder.emit(DMACopy(dst: chosen.ap, src: indices.rows(token, 1).ap), on: .scalar)
        builder.emit(DMACopy(dst: shares.ap, src: weights.rows(token, 1).ap), on: .scalar)
        ops.transpose(tile, into: column)
        let sums = mlp.emitSelected(column, indices: chosen, weights: shares)
        let result = results.next()
        evict(Array(zip(ranges(of: hidden, by: mlp.bankColumns), sums)), into: result)
        builder.emit(DMACopy(dst: out.rows(token, 1).ap, src: result.ap), on: store)
      }
    }
  }

  private func evict(_ sums: [(Range<Int>, TensorView)], into result: TensorView) {
    for (columns, sum) in sums {
      ops.move(from: sum, to: result.columns(columns), scale: mlp.downScale)
    }
  }

  /// Every expert on every token.
  func emitDense() {
    let numbers = builder.tile(
      "numbers", .float32, partitions: tiles[0].count, free: [kernel.experts])
    let scratch = (
      real: builder.tile("index_real", .float32, partitions: tiles[0].count, free: [8]),
      one: builder.tile(
        "affinity_one", .float32, partitions: tiles[0].count, free: [kernel.experts])
    )
    builder.emit(
      Iota(
        dst: numbers.ap, pattern: IndexPattern([IndexStep(step: 1, count: kernel.experts)])),
      on: .gpsimd)
    var columns: [TensorView] = []
    var affinities: [TensorView] = []
    let loaded = builder.pool(
      "x_tile", kernel.dtype, partitions: tiles[0].count, free: [hidden],
      buffers: min(2, tiles.count))
    for (index, range) in tiles.enumerated() {
      let tile = loaded.next().rows(range.count)
      builder.emit(DMACopy(dst: tile.ap, src: x.rows(range).ap), on: .scalar)
      let column = builder.tile(
        "columns.\(index)", kernel.storage.columns, partitions: rows,
        free: [hidden / rows, range.count])
      ops.transpose(tile, into: column)
      columns.append(column)
      let (chosen, shares) = loadRouting(index)
      let affinity = builder.tile(
        "affinity.\(index)", .float32, partitions: range.count, free: [kernel.experts])
      mlp.affinities(
        indices: chosen, weights: shares, numbers: numbers, scratch: scratch, into: affinity)
      affinities.append(affinity)
    }
    let results = builder.pool(
      "result", kernel.dtype, partitions: tiles[0].count, free: [hidden], buffers: 1)
    mlp.prepareDense(columns.map { $0.freeShape[1] })
    let sums = mlp.emitDense(columns, affinities: affinities, experts: kernel.experts)
    for (index, sums) in sums.enumerated() {
      let result = results.next().rows(tiles[index].count)
      evict(sums, into: result)
      builder.emit(DMACopy(dst: out.rows(tiles[index]).ap, src: result.ap), on: store)
    }
  }

  private func loadRouting(_ index: Int) -> (TensorView, TensorView) {
    let range = tiles[index]
    let chosen = builder.tile("index.\(index)", .uint32, partitions: range.count, free: [8])
    let shares = builder.tile("weight.\(index)", .float32, partitions: range.count, free: [8])
    builder.emit(DMACopy(dst: chosen.ap, src: indices.rows(range).ap), on: .scalar)
    builder.emit(DMACopy(dst: shares.ap, src: weights.rows(range).ap), on: .scalar)
    return (chosen, shares)
  }

  /// Every expert on the tokens that chose it.
  func emitGrouped(block: Int, buffers: Int) {
    let grouped = GroupedExperts(
      ops, mlp, count: kernel.experts, tokens: kernel.tokens, hidden: hidden, block: block,
      isCounted: kernel.values.choice("blocks") == "counted", buffers: buffers)
    let routing = tiles.indices.map { loadRouting($0) }
    let results = builder.pool(
      "result", kernel.dtype, partitions: tiles[0].count, free: [hidden], buffers: 1)
    builder.scope("slots") { grouped.assign(routing.map { $0.0 }) }
    builder.scope("blocks") { grouped.compute(x, gains: nil) }
    builder.scope("combination") {
      for (index, range) in tiles.enumerated() {
        let total = grouped.combine(index, weights: routing[index].1)
        let result = results.next().rows(range.count)
        builder.emit(TensorCopy(dst: result.ap, src: total.ap), on: .vector)
        builder.emit(DMACopy(dst: out.rows(range).ap, src: result.ap), on: store)
      }
    }
  }
}
