import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// RMSNorm and the router in one pass: the normalised rows never leave the chip before they are routed.
package struct NormRouterKernel: BuiltKernel {
  /// `norm_router`.
  package static let name = KernelName.normRouter.rawValue
  /// What it computes.
  package static let summary =
    "y = norm(x), and the top 8 experts of y: post norm and router, fused"
  /// Formula and strategy.
  package static let details = """
    Per tile of 128 tokens: y = x / sqrt(mean(x²) + eps) · gamma, stored for the experts, transposed on \
    the PE array and multiplied with w [hidden, experts]; softmax, the eight largest, renormalised. \
    router_dtype=float32 keeps y and w in float32 up to the logits, as the model's own code does; y is \
    stored in dtype.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .tokens, .hidden,
    .integer("experts", 8...512, default: 128, "columns of the router's weights"), .epsilon, .dtype,
    LayerShape.routerType, .buffers(2),
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("scalar"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let hidden: Int
  let experts: Int
  let dtype: DType
  private var routerType: DType {
    values.choice("router_dtype") == "float32" ? .float32 : dtype
  }

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    experts = values.integer("experts")
    dtype = values.dtype("dtype")
  }

  /// `x`, `gamma` and `w`.
  package var inputs: [KernelInput] {
    [
      KernelInput("x", dtype, [tokens, hidden], .normal(mean: 0, deviation: 1)),
      KernelInput("gamma", dtype, [1, hidden], .normal(mean: 1, deviation: 0.1)),
      KernelInput(
        "w", routerType, [hidden, experts],
        .normal(
          mean: 0, deviation: Qwen3LayerKernel.logitDeviation / Double(hidden).squareRoot())),
    ]
  }

  /// Of the rows that the router sees: one rounding.
  private var rowTolerance: Tolerance {
    Tolerance.roundings(routerType == .bfloat16 ? 1 : 0, of: .bfloat16, terms: hidden)
  }

  /// `y`, `indices` and `weights`.
  package var outputs: [KernelOutput] {
    // A weight's relative error is that of its logit, whose deviation is 2.
    var weights = Tolerance(norm: 0, in: .float32)
    weights.norm = (rowTolerance.norm ?? 0) * Qwen3LayerKernel.logitDeviation
    return [
      KernelOutput(
        "y", dtype, [tokens, hidden],
        .roundings(dtype == .bfloat16 ? 1 : 0, of: .bfloat16, terms: hidden)),
      KernelOutput("indices", .uint32, [tokens, 8], .equal),
      KernelOutput("weights", .float32, [tokens, 8], weights),
    ]
  }

  /// Logits of one token within a PSUM bank.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    let most = geometry.psumBankBytes / 4
    guard experts > most else { return [] }
    return [
      Diagnostic(
        .error, "experts is \(experts), a psum bank takes the logits of \(most)",
        remedy: "use experts=\(most) or less")
    ]
  }

  /// Tile by tile.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let x = declared["x"], let gamma = declared["gamma"], let w = declared["w"] else {
      return
    }
    let results = Dictionary(
      uniqueKeysWithValues: outputs.map { ($0.name, builder.output($0.name, $0.dtype, $0.shape)) })
    let (load, store) = (values.engine("load_engine"), values.engine("store_engine"))
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    let tiles = ranges(of: tokens, by: 128)
    let most = tiles[0].count
    let buffers = min(values.integer("buffers"), tiles.count)
    func pool(_ name: String, _ dtype: DType, _ free: [Int], _ count: Int? = nil) -> TilePool {
      builder.pool(name, dtype, partitions: most, free: free, buffers: count ?? buffers)
    }
    let (loaded, rows) = (pool("x_tile", dtype, [hidden]), pool("y_tile", dtype, [hidden]))
    let exact = routerType == dtype ? nil : pool("exact", routerType, [hidden])
    let (squares, sums) = (pool("squares", dtype, [hidden], 1), pool("square_sum", .float32, [1]))
    let gains = pool("gamma_tile", dtype, [hidden], 1).next()
    builder.emit(DMACopy(dst: gains.ap, src: gamma.broadcastRows(most).ap), on: .gpsimd)
    let router = RouterOps(
      ops, weights: w, type: routerType, tokens: most, buffers: buffers, loadEngine: load)
    let partitions = evenRows(hidden)
    let turned = builder.pool(
      "columns", routerType, partitions: partitions, free: [hidden / partitions, most],
      buffers: buffers)
    for (index, range) in tiles.enumerated() {
      builder.scope("tile \(index)") {
        func mine(_ pool: TilePool) -> TensorView { pool.next().rows(range.count) }
        let (tile, row, sum) = (mine(loaded), mine(rows), mine(sums))
        builder.emit(DMACopy(dst: tile.ap, src: x.rows(range).ap), on: load)
        builder.emit(
          ActivationReduce(
            dst: mine(squares).ap, op: .square, data: tile.ap, reduceOp: .add, reduceRes: sum.ap))
        builder.emitRoot(sum, width: hidden, epsilon: values.number("eps"))
        let seen = exact.map { mine($0) } ?? row
        builder.emit(
          ScalarTensorTensor(
            dst: seen.ap, data: tile.ap, op0: .multiply, operand0: .tile(sum.ap), op1: .multiply,
            operand1: gains.rows(range.count).ap))
        if exact != nil { ops.move(from: seen, to: row) }
        let column = turned.next().columns(0..<range.count)
        ops.transpose(seen, into: column)
        let route = router.emit(column)
        for (name, result) in [("y", row), ("indices", route.indices), ("weights", route.weights)] {
          guard let target = results[name] else { continue }
          builder.emit(DMACopy(dst: target.rows(range).ap, src: result.ap), on: store)
        }
      }
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    reference(ReferenceInputs(inputs), results: [:])
  }

  /// The definition in float64; experts that are equally good within rounding as simulated.
  package func reference(
    _ inputs: ReferenceInputs, results: [String: [Double]]
  ) -> [String: [Double]] {
    let y = Reference.rmsNorm(inputs["x"], gamma: inputs["gamma"], epsilon: values.number("eps"))
    let route = RouterReference(
      weights: inputs["w"], hidden: hidden, experts: experts, rowError: rowTolerance.norm ?? 0
    ).route(y, simulated: results["indices"] ?? [])
    var outputs = [
      "y": y, "indices": route.indices.map { Double($0) }, "weights": route.weights,
    ]
    if !results.isEmpty { outputs[RouterReference.key] = route.figures }
    return outputs
  }

  /// How the router's choice compares with float64's.
  package func remarks(_ reference: [String: [Double]]) -> [String] {
    RouterReference.remarks(reference, tokens: tokens)
  }
}
