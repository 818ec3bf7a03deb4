import Device
import Formats
import ISA
import Machine
package import Workloads

/// RMSNorm over the last dimension, a tile of up to 128 tokens at a time.
package struct RMSNormKernel: BuiltKernel {
  /// `rmsnorm`.
  package static let name = KernelName.rmsnorm.rawValue
  /// What it computes.
  package static let summary = "y = x / sqrt(mean(x²) + eps) · gamma, row by row"
  /// Formula and strategy.
  package static let details = """
    gamma is loaded once and copied to all partitions by a matmul with ones. Per tile: load, sum of squares in one \
    pass, reciprocal root, then (x · root) · gamma, store. The sum of squares is an \
    activation_reduce on Scalar, or tensor_tensor and tensor_reduce on Vector; the scaling one \
    Vector pass, or one on Scalar and one on Vector.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] =
    [.tokens, .tileTokens, .hidden, .epsilon, .dtype, .buffers(4), .interleave]
    + NormStrategy.parameters + [
      .loadEngine, .storeEngine("gpsimd"),
    ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let hidden: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    dtype = values.dtype("dtype")
  }

  /// `x` and `gamma`.
  package var inputs: [KernelInput] {
    [
      KernelInput("x", dtype, [tokens, hidden], .normal(mean: 0, deviation: 1)),
      KernelInput("gamma", dtype, [1, hidden], .normal(mean: 1, deviation: 0.1)),
    ]
  }

  /// `y`.
  package var outputs: [KernelOutput] {
    [KernelOutput("y", dtype, [tokens, hidden], .computed(in: dtype))]
  }

  /// Loops over tiles of tokens.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let x = declared["x"], let gamma = declared["gamma"] else { return }
    let y = builder.output("y", dtype, [tokens, hidden])
    let norm = NormStrategy(builder, values, gamma: gamma)
    let loaded = norm.pool("x_tile", dtype)
    let results = norm.pool("y_tile", dtype)
    builder.emitTiles(norm.tiling) { rows in
      let tile = loaded.next().rows(rows.count)
      builder.emit(
        DMACopy(dst: tile.ap, src: x.rows(rows).ap), on: values.engine("load_engine"))
      return (tile, norm.earlyRoot(builder, of: tile))
    } second: { rows, scaling in
      let result = results.next().rows(rows.count)
      norm.apply(builder, root: scaling.1, to: scaling.0, into: result)
      builder.emit(
        DMACopy(dst: y.rows(rows).ap, src: result.ap), on: values.engine("store_engine"))
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let y = Reference.rmsNorm(
      inputs["x"] ?? [], gamma: inputs["gamma"] ?? [], epsilon: values.number("eps"))
    return ["y": y]
  }
}
