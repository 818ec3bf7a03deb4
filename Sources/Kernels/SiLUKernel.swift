import Device
import Formats
import ISA
import Machine
package import Workloads

/// SiLU of an expert's intermediate activations.
package struct SiLUKernel: BuiltKernel {
  /// `silu`.
  package static let name = KernelName.silu.rawValue
  /// What it computes.
  package static let summary = "y = x / (1 + exp(-x)), in five steps or one activation"
  /// Formula and strategy.
  package static let details = """
    form=five: negate, add 1, reciprocal and multiply on Vector, exp on Scalar, intermediates in \
    float32 in sbuf; the reciprocal can go to Scalar. form=one: Scalar's own silu function.
    """
  /// Shapes and strategy.
  ///
  /// 768 is the intermediate size of an expert (config.json of
  /// Qwen3-30B-A3B, `moe_intermediate_size`).
  package static let parameters: [KernelParameter] = [
    .tokens, .tileTokens,
    .integer("width", 1...1 << 16, default: 768, "elements of a row"),
    .choice("form", ["five", "one"], "five steps, or the activation function"),
    .choice("reciprocal", ["vector", "scalar"], "engine of the reciprocal of form=five"),
    .dtype, .buffers(4), .interleave, .loadEngine, .storeEngine("gpsimd"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let width: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    width = values.integer("width")
    dtype = values.dtype("dtype")
  }

  /// `x`.
  package var inputs: [KernelInput] {
    [KernelInput("x", dtype, [tokens, width], .normal(mean: 0, deviation: 1))]
  }

  /// `y`.
  package var outputs: [KernelOutput] {
    [KernelOutput("y", dtype, [tokens, width], .computed(in: dtype))]
  }

  /// Loops over tiles of tokens.
  package func emit(into builder: KernelBuilder) {
    guard let x = declareInputs(builder)["x"] else { return }
    let y = builder.output("y", dtype, [tokens, width])
    let tiling = TokenTiling(values)
    func pool(_ name: String, _ dtype: DType) -> TilePool {
      builder.pool(
        name, dtype, partitions: tiling.rows, free: [width], buffers: tiling.buffers)
    }
    let loaded = pool("x_tile", dtype)
    let results = pool("y_tile", dtype)
    let five = values.choice("form") == "five"
    let negated = five ? pool("negated", .float32) : nil
    let powers = five ? pool("power", .float32) : nil
    builder.emitTiles(tiling) {
      rows -> (TensorView, TensorView?) in
      let tile = loaded.next().rows(rows.count)
      builder.emit(
        DMACopy(dst: tile.ap, src: x.rows(rows).ap), on: values.engine("load_engine"))
      guard let negative = negated?.next().rows(rows.count),
        let power = powers?.next().rows(rows.count)
      else { return (tile, nil) }
      builder.emit(
        TensorScalar(dst: negative.ap, data: tile.ap, op0: .multiply, operand0: .immediate(-1)),
        on: .vector)
      builder.emit(Activation(dst: power.ap, op: .exp, data: negative.ap), on: .scalar)
      return (tile, power)
    } second: { rows, handover in
      let (tile, power) = handover
      let result = results.next().rows(rows.count)
      if let power {
        divide(builder, tile, power, into: result)
      } else {
        builder.emit(Activation(dst: result.ap, op: .silu, data: tile.ap), on: .scalar)
      }
      builder.emit(
        DMACopy(dst: y.rows(rows).ap, src: result.ap), on: values.engine("store_engine"))
    }
  }

  /// The last three steps: y = x / (1 + exp(-x)); the denominator is computed in place.
  private func divide(
    _ builder: KernelBuilder, _ x: TensorView, _ power: TensorView, into y: TensorView
  ) {
    builder.emit(
      TensorScalar(dst: power.ap, data: power.ap, op0: .add, operand0: .immediate(1)), on: .vector)
    if values.choice("reciprocal") == "vector" {
      builder.emit(Reciprocal(dst: power.ap, data: power.ap), on: .vector)
    } else {
      builder.emit(Activation(dst: power.ap, op: .reciprocal, data: power.ap), on: .scalar)
    }
    builder.emit(
      TensorTensor(dst: y.ap, data1: x.ap, data2: power.ap, op: .multiply), on: .vector)
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    ["y": (inputs["x"] ?? []).map { $0 / (1 + Reference.exponential(-$0)) }]
  }
}
