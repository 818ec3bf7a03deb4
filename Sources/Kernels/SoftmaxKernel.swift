import Device
import Formats
import ISA
import Machine
package import Workloads

/// Softmax over the experts, a row per token.
package struct SoftmaxKernel: BuiltKernel {
  /// `softmax`.
  package static let name = KernelName.softmax.rawValue
  /// What it computes.
  package static let summary = "y = exp(x - max) / Σ exp(x - max) over the experts of each token"
  /// Formula and strategy.
  package static let details = """
    Per tile of tokens: negated maximum (Vector), exp(x - max) with its sum in one pass \
    (Scalar), reciprocal of the sum and scaling (Vector).
    """
  /// Shapes and strategy.
  ///
  /// 128 experts: config.json of Qwen3-30B-A3B, `num_experts`.
  package static let parameters: [KernelParameter] = [
    .tokens, .tileTokens,
    .integer("experts", 1...1 << 15, default: 128, "elements of a row"),
    .dtype, .buffers(4), .interleave, .loadEngine, .storeEngine("gpsimd"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let experts: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    experts = values.integer("experts")
    dtype = values.dtype("dtype")
  }

  /// `x`: the router's logits.
  package var inputs: [KernelInput] {
    [KernelInput("x", dtype, [tokens, experts], .normal(mean: 0, deviation: 1))]
  }

  /// `y`.
  package var outputs: [KernelOutput] {
    [KernelOutput("y", dtype, [tokens, experts], .computed(in: dtype))]
  }

  /// Loops over tiles of tokens.
  package func emit(into builder: KernelBuilder) {
    guard let x = declareInputs(builder)["x"] else { return }
    let y = builder.output("y", dtype, [tokens, experts])
    let tiling = TokenTiling(values)
    func pool(_ name: String, _ dtype: DType, _ width: Int) -> TilePool {
      builder.pool(name, dtype, partitions: tiling.rows, free: [width], buffers: tiling.buffers)
    }
    let loaded = pool("x_tile", dtype, experts)
    let powers = pool("power", .float32, experts)
    let results = pool("y_tile", dtype, experts)
    let maxima = pool("negative_max", .float32, 1)
    let sums = pool("sum", .float32, 1)
    builder.emitTiles(tiling) { rows in
      let tile = loaded.next().rows(rows.count)
      let power = powers.next().rows(rows.count)
      let sum = sums.next().rows(rows.count)
      builder.emit(
        DMACopy(dst: tile.ap, src: x.rows(rows).ap), on: values.engine("load_engine"))
      emitExponentials(
        builder, tile, maximum: maxima.next().rows(rows.count), power: power, sum: sum)
      return (power, sum)
    } second: { rows, handover in
      let (power, sum) = handover
      let result = results.next().rows(rows.count)
      builder.emit(Reciprocal(dst: sum.ap, data: sum.ap), on: .vector)
      builder.emit(
        TensorScalar(dst: result.ap, data: power.ap, op0: .multiply, operand0: .tile(sum.ap)),
        on: .vector)
      builder.emit(
        DMACopy(dst: y.rows(rows).ap, src: result.ap), on: values.engine("store_engine"))
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    ["y": Reference.softmax(inputs["x"] ?? [], width: experts)]
  }
}

/// power = exp(x - max x) and its sum, row by row, stable for rows of any size.
func emitExponentials(
  _ builder: KernelBuilder, _ x: TensorView, maximum: TensorView, power: TensorView,
  sum: TensorView
) {
  builder.emit(TensorReduce(dst: maximum.ap, op: .maximum, data: x.ap, negate: true))
  builder.emit(
    ActivationReduce(
      dst: power.ap, op: .exp, data: x.ap, reduceOp: .add, reduceRes: sum.ap,
      bias: .tile(maximum.ap)))
}
