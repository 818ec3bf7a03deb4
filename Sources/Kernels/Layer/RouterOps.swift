import Device
import Formats
import ISA
import Machine

/// The router on a column tile: logits, the eight largest, their softmax among themselves.
struct RouterOps {
  let ops: RowOps
  private let weights: TensorView
  private let experts: Int
  private let pools: [String: TilePool]

  /// Loads the router's weights `[hidden, experts]` as `type`, which pairs with the columns' type.
  init(
    _ ops: RowOps, weights source: TensorView, type: DType, tokens: Int, buffers: Int,
    loadEngine: Engine
  ) {
    self.ops = ops
    let builder = ops.builder
    let matrix = WeightMatrix(source)
    let rows = evenRows(matrix.k)
    experts = matrix.n
    weights = builder.tile(
      "router_tile", type, partitions: rows, free: [matrix.k / rows, matrix.n])
    builder.emit(
      DMACopy(dst: weights.ap, src: matrix.tile(0..<matrix.n, rows: rows)), on: loadEngine)
    // Indices and weights stay; the others take turns.
    func pool(_ name: String, _ dtype: DType, _ width: Int, _ most: Int = .max) -> TilePool {
      builder.pool(
        name, dtype, partitions: tokens, free: [width], buffers: min(buffers, most))
    }
    pools = [
      "power": pool("router_power", .float32, experts, 2),
      "max": pool("router_max", .float32, 1, 2), "sum": pool("router_sum", .float32, 1, 2),
      "largest": pool("router_largest", .float32, 8, 2),
      "index": pool("router_index", .uint32, 8), "weight": pool("router_weight", .float32, 8),
    ]
  }

  private func next(_ name: String, _ rows: Int) -> TensorView {
    guard let pool = pools[name] else { preconditionFailure("no pool \(name)") }
    return pool.next().rows(rows)
  }

  /// Indices (uint32) and weights (float32) of a tile of tokens, `[tokens, 8]` each.
  func emit(_ x: TensorView) -> (indices: TensorView, weights: TensorView) {
    let builder = ops.builder
    let count = x.freeShape[1]
    let logits = ops.banks.next().rows(count).columns(0..<experts)
    for slot in 0..<x.freeShape[0] {
      builder.emit(
        NCMatmul(
          dst: logits.ap, stationary: x.select(slot, dimension: 0).ap,
          moving: weights.select(slot, dimension: 0).ap, accumulate: slot > 0))
    }
    let (power, maximum, sum) = (next("power", count), next("max", count), next("sum", count))
    emitExponentials(builder, logits, maximum: maximum, power: power, sum: sum)
    let (largest, index, weight) = (
      next("largest", count), next("index", count), next("weight", count)
    )
    builder.emit(Max8(dst: largest.ap, src: power.ap), on: .vector)
    builder.emit(NCFindIndex8(dst: index.ap, data: power.ap, vals: largest.ap), on: .vector)
    builder.emit(TensorReduce(dst: sum.ap, op: .add, data: largest.ap))
    builder.emit(Reciprocal(dst: sum.ap, data: sum.ap), on: .vector)
    builder.emit(
      TensorScalar(dst: weight.ap, data: largest.ap, op0: .multiply, operand0: .tile(sum.ap)),
      on: .vector)
    return (index, weight)
  }
}
