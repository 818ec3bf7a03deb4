import Device
import Formats
import ISA
import Machine
package import Workloads

/// RMSNorm of a sum, as one kernel or as two.
package struct AddRMSNormKernel: BuiltKernel {
  /// `add_rmsnorm`.
  package static let name = KernelName.addRMSNorm.rawValue
  /// What it computes.
  package static let summary = "y = RMSNorm(x + residual), fused or with the sum through hbm"
  /// Formula and strategy.
  package static let details = """
    form=separate is what two kernels do one after the other: the first reads x and residual and \
    writes their sum, the second reads the sum and writes y: 5 activations of traffic. \
    form=fused keeps the sum in sbuf (float32): 3 activations, 40 % less, since it saves one \
    write and one read of the sum. With residual_out the sum is an output too, as the next \
    residual connection needs it: 4 activations against 5.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] =
    [
      .tokens, .tileTokens, .hidden, .epsilon,
      .choice("form", ["fused", "separate"], "one kernel, or two with the sum in hbm between"),
      .flag("residual_out", default: false, "whether x + residual is an output too"),
      .dtype, .buffers(4), .interleave,
    ] + NormStrategy.parameters + [
      .loadEngine, .storeEngine("gpsimd"),
    ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let hidden: Int
  let dtype: DType
  let fused: Bool
  let residualOut: Bool

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    dtype = values.dtype("dtype")
    fused = values.choice("form") == "fused"
    residualOut = values.flag("residual_out")
  }

  /// `x`, `residual` and `gamma`.
  package var inputs: [KernelInput] {
    [
      KernelInput("x", dtype, [tokens, hidden], .normal(mean: 0, deviation: 1)),
      KernelInput("residual", dtype, [tokens, hidden], .normal(mean: 0, deviation: 1)),
      KernelInput("gamma", dtype, [1, hidden], .normal(mean: 1, deviation: 0.1)),
    ]
  }

  /// `y` and, on request, `sum`.
  package var outputs: [KernelOutput] {
    // The separate form rounds the sum to its storage type before it is normalised: two roundings.
    let y = KernelOutput(
      "y", dtype, [tokens, hidden], .computed(in: dtype, roundings: fused ? 1 : 2))
    let sum = KernelOutput("sum", dtype, [tokens, hidden], .computed(in: dtype))
    return residualOut ? [y, sum] : [y]
  }

  /// One loop over tiles of tokens, or two.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let x = declared["x"], let residual = declared["residual"],
      let gamma = declared["gamma"]
    else { return }
    let y = builder.output("y", dtype, [tokens, hidden])
    let stored: TensorView? =
      residualOut
      ? builder.output("sum", dtype, [tokens, hidden])
      : fused ? nil : builder.scratch("sum", dtype, [tokens, hidden])
    let norm = NormStrategy(builder, values, gamma: gamma)
    let lefts = norm.pool("x_tile", dtype)
    let rights = norm.pool("residual_tile", dtype)
    let results = norm.pool("y_tile", dtype)
    if fused {
      emitFused(builder, norm, (x, residual, y, stored), lefts, rights, results)
    } else if let stored {
      emitSeparate(builder, norm, (x, residual, y, stored), lefts, rights, results)
    }
  }

  private func emitFused(
    _ builder: KernelBuilder, _ norm: NormStrategy,
    _ hbm: (x: TensorView, residual: TensorView, y: TensorView, sum: TensorView?),
    _ lefts: TilePool, _ rights: TilePool, _ results: TilePool
  ) {
    let sums = norm.pool("sum_tile", .float32)
    let rounded = hbm.sum == nil || dtype == .float32 ? nil : norm.pool("sum_out", dtype)
    builder.emitTiles(norm.tiling) { rows in
      let (left, right) = (lefts.next().rows(rows.count), rights.next().rows(rows.count))
      let sum = sums.next().rows(rows.count)
      emitSum(builder, hbm.x.rows(rows), hbm.residual.rows(rows), left, right, into: sum)
      if let stored = hbm.sum?.rows(rows) {
        var source = sum
        if let short = rounded?.next().rows(rows.count) {
          builder.emit(TensorCopy(dst: short.ap, src: sum.ap), on: .gpsimd)
          source = short
        }
        store(builder, source, to: stored)
      }
      return (sum, norm.earlyRoot(builder, of: sum))
    } second: { rows, scaling in
      let result = results.next().rows(rows.count)
      norm.apply(builder, root: scaling.1, to: scaling.0, into: result)
      store(builder, result, to: hbm.y.rows(rows))
    }
  }

  private func emitSeparate(
    _ builder: KernelBuilder, _ norm: NormStrategy,
    _ hbm: (x: TensorView, residual: TensorView, y: TensorView, sum: TensorView),
    _ lefts: TilePool, _ rights: TilePool, _ results: TilePool
  ) {
    let sums = norm.pool("sum_tile", dtype)
    builder.scope("add") {
      for (index, rows) in norm.tiling.ranges.enumerated() {
        builder.scope("tile \(index)") {
          let (left, right) = (lefts.next().rows(rows.count), rights.next().rows(rows.count))
          let sum = sums.next().rows(rows.count)
          emitSum(builder, hbm.x.rows(rows), hbm.residual.rows(rows), left, right, into: sum)
          store(builder, sum, to: hbm.sum.rows(rows))
        }
      }
    }
    builder.scope("rmsnorm") {
      builder.emitTiles(norm.tiling) { rows in
        let sum = sums.next().rows(rows.count)
        builder.emit(
          DMACopy(dst: sum.ap, src: hbm.sum.rows(rows).ap), on: values.engine("load_engine"))
        return (sum, norm.earlyRoot(builder, of: sum))
      } second: { rows, scaling in
        let result = results.next().rows(rows.count)
        norm.apply(builder, root: scaling.1, to: scaling.0, into: result)
        store(builder, result, to: hbm.y.rows(rows))
      }
    }
  }

  private func emitSum(
    _ builder: KernelBuilder, _ x: TensorView, _ residual: TensorView, _ left: TensorView,
    _ right: TensorView, into sum: TensorView
  ) {
    let engine = values.engine("load_engine")
    builder.emit(DMACopy(dst: left.ap, src: x.ap), on: engine)
    builder.emit(DMACopy(dst: right.ap, src: residual.ap), on: engine)
    builder.emit(
      TensorTensor(dst: sum.ap, data1: left.ap, data2: right.ap, op: .add), on: .vector)
  }

  private func store(_ builder: KernelBuilder, _ tile: TensorView, to target: TensorView) {
    builder.emit(DMACopy(dst: target.ap, src: tile.ap), on: values.engine("store_engine"))
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let sum = zip(inputs["x"] ?? [], inputs["residual"] ?? []).map { $0 + $1 }
    let y = Reference.rmsNorm(
      sum, gamma: inputs["gamma"] ?? [], epsilon: values.number("eps"))
    return residualOut ? ["y": y, "sum": sum] : ["y": y]
  }
}
