import Device
import Formats
import ISA
import Machine

/// Causal attention of row tiles of tokens: flash (tiled keys, online softmax).
///
/// Tiles of up to 128 queries of one head meet tiles of keys; a tile's row maximum and sum are
/// carried along and what was summed before is rescaled. Keys after the query's tile are never
/// touched; within the tile of the diagonal an added mask hides them.
struct PrefillAttention {
  let ops: RowOps
  let heads: Int
  let kvHeads: Int
  let headSize: Int
  let tokens: Int
  /// Keys of a tile; a multiple of 128, at most a PSUM bank's 512 float32.
  let tileKeys: Int
  private let turnedKeys: TensorView
  private let turnedQueries: TensorView
  private let mask: TensorView
  private let pools: [String: TilePool]
  private let turnedWeights: TilePool
  /// Scores, then weights, of all heads in HBM; in three passes only.
  let spilled: TensorView?

  var builder: KernelBuilder { ops.builder }

  /// Declares tiles; `buffers` heads are under way at a time.
  init(
    _ ops: RowOps, heads: Int, kvHeads: Int, headSize: Int, tokens: Int, tileKeys: Int,
    buffers: Int, spills: Bool = false
  ) {
    self.ops = ops
    self.heads = heads
    self.kvHeads = kvHeads
    self.headSize = headSize
    self.tokens = tokens
    self.tileKeys = tileKeys
    let builder = ops.builder
    let rows = min(128, tokens)
    let columns = min(tileKeys, tokens)
    turnedKeys = builder.tile(
      "keys_turned", ops.dtype, partitions: headSize, free: [kvHeads, tokens])
    turnedQueries = builder.tile(
      "queries_turned", ops.dtype, partitions: headSize, free: [heads, rows])
    mask = builder.tile("mask", .float32, partitions: rows, free: [rows])
    func pool(_ name: String, _ dtype: DType, _ free: [Int], _ count: Int) -> TilePool {
      builder.pool(name, dtype, partitions: rows, free: free, buffers: count)
    }
    var pools = [
      "score": pool("score", .float32, [columns], buffers),
      "power": pool("power", ops.dtype, [columns], buffers),
      "sum": pool("weight_sum", .float32, [1], buffers),
      "max": pool("negative_max", .float32, [1], 2 * buffers),
      "total": pool("weight_total", .float32, [1], buffers),
      "decay": pool("decay", .float32, [1], buffers),
    ]
    if tokens > tileKeys {
      pools["partial"] = pool("partial", .float32, [headSize], buffers)
    }
    if spills { pools["row"] = pool("row", .float32, [tokens], min(2, buffers)) }
    spilled =
      spills ? builder.scratch("spilled", .float32, [heads * tokens, tokens]) : nil
    self.pools = pools
    turnedWeights = builder.pool(
      "weights_turned", ops.dtype, partitions: rows, free: [(columns + 127) / 128, rows],
      buffers: buffers)
  }

  func next(_ name: String, _ rows: Int) -> TensorView {
    guard let pool = pools[name] else { preconditionFailure("no pool \(name)") }
    return pool.next().rows(rows)
  }

  /// 0 where the key is the query or before it, else a number that no score survives.
  func makeMask() {
    builder.emit(Memset(dst: mask.ap, value: 0), on: .gpsimd)
    builder.emit(
      AffineSelect(
        dst: mask.ap, pattern: IndexPattern([IndexStep(step: -1, count: mask.freeShape[0])]),
        channelMultiplier: 1, onTrue: mask.ap, onFalse: -1e30, compareOp: .greaterEqual))
  }

  /// Brings the keys of one row tile onto the partitions of head_dim.
  ///
  /// - Parameter keys: `[rows, kv_heads, head_dim]`.
  func turnKeys(_ keys: TensorView, at tile: Range<Int>) {
    for kv in 0..<kvHeads {
      ops.transposeBlock(
        keys.select(kv, dimension: 0),
        into: turnedKeys.select(kv, dimension: 0).columns(tile))
    }
  }

  /// All heads of one row tile of queries.
  ///
  /// - Parameters:
  ///   - queries: `[rows, heads, head_dim]`.
  ///   - values: Row tiles `[rows, kv_heads, head_dim]`, 128 tokens each, up to this tile's.
  ///   - tile: The tokens of the tile.
  ///   - result: `[rows, heads, head_dim]`.
  func emit(
    queries: TensorView, values: [TensorView], at tile: Range<Int>, into result: TensorView
  ) {
    turnQueries(queries)
    for head in 0..<heads {
      emit(head, values, tile, into: result.select(head, dimension: 0))
    }
  }

  /// Brings the queries of one row tile onto the partitions of head_dim.
  func turnQueries(_ queries: TensorView) {
    ops.transposeBlocks(
      (0..<heads).map { queries.select($0, dimension: 0) },
      into: turnedQueries.columns(0..<queries.rowCount))
  }

  private func emit(
    _ head: Int, _ values: [TensorView], _ tile: Range<Int>, into result: TensorView
  ) {
    let rows = tile.count
    let kv = head * kvHeads / heads
    let keyTiles = ranges(of: tile.upperBound, by: tileKeys)
    let total = next("total", rows)
    let partial = keyTiles.count > 1 ? next("partial", rows) : nil
    var maximum: TensorView?
    for (index, keys) in keyTiles.enumerated() {
      let isLast = index == keyTiles.count - 1
      let scores = scores(head, kv, tile, keys)
      let newMaximum = emitMaximum(scores, previous: maximum)
      let power = next("power", rows).columns(0..<keys.count)
      let sum = index == 0 ? total : next("sum", rows)
      let scale = Float(1 / Double(headSize).squareRoot())
      builder.emit(
        ActivationReduce(
          dst: power.ap, op: .exp, data: scores.ap, reduceOp: .add, reduceRes: sum.ap,
          bias: .tile(newMaximum.ap), scale: .immediate(scale)))
      let bank = emitProducts(power, values, keys, kv)
      if let maximum, let partial {
        emitDecay(from: maximum, to: newMaximum, total, sum, partial, bank)
      } else if let partial {
        ops.move(from: bank, to: partial)
      }
      maximum = newMaximum
      guard isLast else { continue }
      builder.emit(Reciprocal(dst: total.ap, data: total.ap), on: .vector)
      builder.emit(
        TensorScalar(
          dst: result.ap, data: (partial ?? bank).ap, op0: .multiply, operand0: .tile(total.ap)),
        on: .vector)
    }
  }

  /// q · kᵀ with later keys hidden: `[rows, keys]`.
  func scores(
    _ head: Int, _ kv: Int, _ tile: Range<Int>, _ keys: Range<Int>
  ) -> TensorView {
    let rows = tile.count
    let bank = ops.banks.next().rows(rows).columns(0..<keys.count)
    builder.emit(
      NCMatmul(
        dst: bank.ap, stationary: turnedQueries.select(head, dimension: 0).columns(0..<rows).ap,
        moving: turnedKeys.select(kv, dimension: 0).columns(keys).ap))
    let scores = next("score", rows).columns(0..<keys.count)
    let before = max(0, min(tile.lowerBound, keys.upperBound) - keys.lowerBound)
    if before > 0 { ops.move(from: bank.columns(0..<before), to: scores.columns(0..<before)) }
    if before < keys.count {
      builder.emit(
        TensorTensor(
          dst: scores.columns(before..<keys.count).ap, data1: bank.columns(before..<keys.count).ap,
          data2: mask.rows(rows).columns(0..<keys.count - before).ap, op: .add), on: .vector)
    }
    return scores
  }

  /// -max(scores, before) / √head_dim.
  func emitMaximum(_ scores: TensorView, previous: TensorView?) -> TensorView {
    let maximum = next("max", scores.rowCount)
    builder.emit(TensorReduce(dst: maximum.ap, op: .maximum, data: scores.ap, negate: true))
    let scale = Float(1 / Double(headSize).squareRoot())
    guard let previous else {
      builder.emit(
        TensorScalar(
          dst: maximum.ap, data: maximum.ap, op0: .multiply, operand0: .immediate(scale)),
        on: .vector)
      return maximum
    }
    builder.emit(
      TensorScalar(
        dst: maximum.ap, data: maximum.ap, op0: .multiply, operand0: .immediate(scale),
        op1: .minimum, operand1: .tile(previous.ap)), on: .vector)
    return maximum
  }

  /// weights · v: `[rows, head_dim]` in PSUM.
  func emitProducts(
    _ power: TensorView, _ values: [TensorView], _ keys: Range<Int>, _ kv: Int
  ) -> TensorView {
    let rows = power.rowCount
    let blocks = ranges(of: keys.count, by: 128)
    let turned = turnedWeights.next().columns(0..<rows)
    let whole = blocks.filter { $0.count == blocks[0].count }
    ops.transposeBlocks(whole.map { power.columns($0) }, into: turned)
    if let rest = blocks.last, rest.count != blocks[0].count {
      ops.transposeBlocks(
        [power.columns(rest)], into: turned.columns(blocks.count - 1..<blocks.count, dimension: 0))
    }
    let bank = ops.banks.next().rows(rows).columns(0..<headSize)
    for (index, block) in blocks.enumerated() {
      let tile = values[(keys.lowerBound + block.lowerBound) / 128]
      builder.emit(
        NCMatmul(
          dst: bank.ap, stationary: turned.select(index, dimension: 0).rows(block.count).ap,
          moving: tile.select(kv, dimension: 0).rows(block.count).ap, accumulate: index > 0))
    }
    return bank
  }

  /// What was summed before, times exp(old maximum - new maximum), plus what is new.
  private func emitDecay(
    from old: TensorView, to new: TensorView, _ total: TensorView, _ sum: TensorView,
    _ partial: TensorView, _ bank: TensorView
  ) {
    let decay = next("decay", old.rowCount)
    // Both are negative maxima: exp(-new' + old') = exp(new - old) with the signs as stored.
    builder.emit(
      TensorTensor(dst: decay.ap, data1: new.ap, data2: old.ap, op: .subtract), on: .vector)
    builder.emit(Activation(dst: decay.ap, op: .exp, data: decay.ap))
    builder.emit(
      ScalarTensorTensor(
        dst: total.ap, data: total.ap, op0: .multiply, operand0: .tile(decay.ap), op1: .add,
        operand1: sum.ap))
    builder.emit(
      ScalarTensorTensor(
        dst: partial.ap, data: partial.ap, op0: .multiply, operand0: .tile(decay.ap), op1: .add,
        operand1: bank.ap))
  }
}
