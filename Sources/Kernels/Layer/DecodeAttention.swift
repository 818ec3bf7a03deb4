import Device
import Formats
import ISA
import Machine
import Workloads

/// Attention of one new token over a cache, all heads at a time.
///
/// The queries of all heads stay in the PE array while the keys stream: with the columns of other
/// groups set to zero, the products of all kv heads add up to scores `[heads, keys]`. Weights are
/// transposed block by block; the products with v come out as `[head_dim, heads]`, which is what the
/// output projection sums over.
struct DecodeAttention {
  let ops: RowOps
  let heads: Int
  let kvHeads: Int
  let headSize: Int
  /// Keys in the cache; the new token's is one more.
  let context: Int
  /// Whether groups of heads are worked on one by one.
  private let apart: Bool
  private let keys: TensorView
  private let values: TensorView
  private let engine: Engine
  private let turned: TensorView
  private let masked: TensorView
  private let rows: (scores: TensorView, weights: TensorView)
  private let statistics: (maximum: TensorView, sum: TensorView)
  private let turnedWeights: TensorView

  private var builder: KernelBuilder { ops.builder }
  private var total: Int { context + 1 }
  private var blocks: [Range<Int>] { ranges(of: total, by: 128) }

  /// Declares the cache's tiles.
  init(
    _ ops: RowOps, heads: Int, kvHeads: Int, headSize: Int, context: Int, loadEngine: Engine,
    apart: Bool = false
  ) {
    self.apart = apart
    self.ops = ops
    self.heads = heads
    self.kvHeads = kvHeads
    self.headSize = headSize
    self.context = context
    engine = loadEngine
    let (builder, dtype, total) = (ops.builder, ops.dtype, context + 1)
    let blocks = (total + 127) / 128
    func tile(_ name: String, _ dtype: DType, _ partitions: Int, _ free: [Int]) -> TensorView {
      builder.tile(name, dtype, partitions: partitions, free: free)
    }
    keys = tile("keys", dtype, headSize, [kvHeads, total])
    values = tile("values", dtype, min(128, total), [blocks, kvHeads, headSize])
    turned = tile("queries_turned", dtype, headSize, [heads + kvHeads])
    masked = tile("queries_masked", dtype, headSize, [kvHeads, heads])
    rows = (
      tile("scores", .float32, heads, [total]), tile("weights_rows", dtype, heads, [total])
    )
    statistics = (
      tile("negative_max", .float32, heads, [1]), tile("weight_sum", .float32, heads, [1])
    )
    turnedWeights = tile("weights_turned", dtype, min(128, total), [blocks, heads])
  }

  /// Loads the cache: keys `[kv_heads, head_dim, context]`, values `[context, kv_heads, head_dim]`.
  func loadCache(keys source: TensorView, values valueSource: TensorView) {
    var pattern = source.ap
    pattern.rows = Int32(headSize)
    pattern.rowStride = context
    pattern.free = FreeDimensions([
      AccessDimension(stride: headSize * context, size: kvHeads),
      AccessDimension(stride: 1, size: context),
    ])
    builder.emit(DMACopy(dst: keys.columns(0..<context).ap, src: pattern), on: engine)
    let whole = context / 128
    if whole > 0 {
      builder.emit(
        DMACopy(
          dst: values.columns(0..<whole, dimension: 0).ap,
          src: valueSource.rows(whole * 128).groupedRows(128).ap), on: engine)
    }
    let rest = context - whole * 128
    if rest > 0 {
      builder.emit(
        DMACopy(
          dst: values.select(whole, dimension: 0).rows(rest).ap,
          src: valueSource.rows(whole * 128, rest).ap), on: engine)
    }
  }

  /// softmax(q · kᵀ / √head_dim) · v.
  ///
  /// - Parameters:
  ///   - queries: q's heads, then k's: `[heads + kv_heads, head_dim]`.
  ///   - value: The new token's v, as something a DMA can read: `kv_heads · head_dim` elements.
  ///   - result: `[head_dim, heads, 1]`.
  func emit(queries: TensorView, value: AccessPattern, into result: TensorView) {
    // The new token's key and value join the cache.
    ops.transposeBlock(queries, into: turned)
    builder.emit(
      TensorCopy(
        dst: keys.columns(context..<total).ap,
        src: turned.columns(heads..<heads + kvHeads).split(dimension: 0, inner: 1).ap), on: .vector)
    let last = values.select(context / 128, dimension: 0).rows(context % 128, 1)
    builder.emit(DMACopy(dst: last.ap, src: value), on: .gpsimd)
    if apart {
      let group = heads / kvHeads
      for kv in 0..<kvHeads {
        let columns = kv * group..<(kv + 1) * group
        emitWeights(kv..<kv + 1, queries: turned.columns(columns), into: columns)
      }
    } else {
      mask()
      emitWeights(0..<kvHeads, queries: nil, into: 0..<heads)
    }
    emitProducts(turnedWeights, into: result)
  }

  /// Queries with the columns of other groups zero, by kv head.
  private func mask() {
    let group = heads / kvHeads
    builder.emit(Memset(dst: masked.ap, value: 0), on: .gpsimd)
    for kv in 0..<kvHeads {
      let columns = kv * group..<(kv + 1) * group
      builder.emit(
        TensorCopy(
          dst: masked.select(kv, dimension: 0).columns(columns).ap, src: turned.columns(columns).ap),
        on: .vector)
    }
  }

  /// The weights of some heads, turned to `[keys, heads]` block by block.
  ///
  /// - Parameter queries: Of one group; `nil` takes the masked ones of all.
  private func emitWeights(_ groups: Range<Int>, queries: TensorView?, into columns: Range<Int>) {
    let scores = rows.scores.rows(columns.count)
    for stripe in ranges(of: total, by: 512) {
      let bank = ops.banks.next().rows(columns.count).columns(0..<stripe.count)
      for kv in groups {
        builder.emit(
          NCMatmul(
            dst: bank.ap, stationary: (queries ?? masked.select(kv, dimension: 0)).ap,
            moving: keys.select(kv, dimension: 0).columns(stripe).ap,
            accumulate: kv > groups.lowerBound))
      }
      ops.move(from: bank, to: scores.columns(stripe))
    }
    let weights = softmax(scores)
    let target = turnedWeights.columns(columns)
    let whole = blocks.filter { $0.count == blocks[0].count }
    ops.transposeBlocks(whole.map { weights.columns($0) }, into: target)
    if let rest = blocks.last, rest.count != blocks[0].count {
      ops.transposeBlocks(
        [weights.columns(rest)], into: target.columns(blocks.count - 1..<blocks.count, dimension: 0)
      )
    }
  }

  /// Row by row, in the storage type.
  private func softmax(_ scores: TensorView) -> TensorView {
    let count = scores.rowCount
    let weights = rows.weights.rows(count)
    let (maximum, sum) = (statistics.maximum.rows(count), statistics.sum.rows(count))
    let scale = Float(1 / Double(headSize).squareRoot())
    builder.emit(TensorReduce(dst: maximum.ap, op: .maximum, data: scores.ap, negate: true))
    builder.emit(
      TensorScalar(dst: maximum.ap, data: maximum.ap, op0: .multiply, operand0: .immediate(scale)),
      on: .vector)
    builder.emit(
      ActivationReduce(
        dst: scores.ap, op: .exp, data: scores.ap, reduceOp: .add, reduceRes: sum.ap,
        bias: .tile(maximum.ap), scale: .immediate(scale)))
    builder.emit(Reciprocal(dst: sum.ap, data: sum.ap), on: .vector)
    builder.emit(
      TensorScalar(dst: weights.ap, data: scores.ap, op0: .multiply, operand0: .tile(sum.ap)),
      on: .vector)
    return weights
  }

  private func emitProducts(_ weights: TensorView, into result: TensorView) {
    let group = heads / kvHeads
    let bank = ops.banks.next().rows(headSize).columns(0..<heads)
    for kv in 0..<kvHeads {
      let columns = kv * group..<(kv + 1) * group
      for (index, block) in blocks.enumerated() {
        builder.emit(
          NCMatmul(
            dst: bank.columns(columns).ap,
            stationary: values.select(index, dimension: 0).select(kv, dimension: 0)
              .rows(block.count).ap,
            moving: weights.select(index, dimension: 0).rows(block.count).columns(columns).ap,
            accumulate: index > 0))
      }
    }
    ops.move(from: bank, to: result.select(0, dimension: 1))
  }
}
