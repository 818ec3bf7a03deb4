import Device
import Formats
import ISA
import Machine

/// The experts of a prompt on the tokens that chose them, grouped on the device.
///
/// Each pair of a token and an expert that it chose gets a slot of its own: experts in order, each from
/// the start of a block of `block` slots, its tokens in order. A block has tokens of one expert; the
/// number of blocks is fixed, enough for the worst distribution, and what is left over works on
/// padding. Tokens are gathered by the slots' tokens, results by the tokens' slots.
///
/// Counts, cumulative sums and starts are matmuls with triangles of ones in float32, exact up to 2^24.
final class GroupedExperts {
  private let ops: RowOps
  private let experts: ExpertOps
  private let count: Int
  private let tokens: Int
  private let hidden: Int
  private let block: Int
  /// `[tokens, 1]` of every slot; `tokens` where there is none.
  private let slotTokens: TensorView
  /// `[slots, hidden]`.
  private let slotResults: TensorView
  private let tiles: [String: TensorView]
  private let masks: [TensorView]
  /// `[tokens, 8]` int32 by tile of tokens.
  private let slots: [TensorView]
  private let ids: TilePool
  private let gathered: TilePool
  private let columns: TilePool
  private let results: TilePool
  private let picked: TilePool
  private let total: TilePool

  private var builder: KernelBuilder { ops.builder }
  private var ranges128: [Range<Int>] { ranges(of: tokens, by: 128) }

  /// Blocks that the worst distribution of 8 choices per token needs.
  static func blocks(tokens: Int, experts: Int, block: Int) -> Int {
    let used = min(experts, 8 * tokens)
    return min((8 * tokens + used * (block - 1)) / block, experts * ((tokens + block - 1) / block))
  }

  private var blocks: Int { Self.blocks(tokens: tokens, experts: count, block: block) }

  init(
    _ ops: RowOps, _ experts: ExpertOps, count: Int, tokens: Int, hidden: Int, block: Int,
    buffers: Int
  ) {
    self.ops = ops
    self.experts = experts
    self.count = count
    self.tokens = tokens
    self.hidden = hidden
    self.block = min(block, tokens)
    let builder = ops.builder
    let block = self.block
    let blocks = Self.blocks(tokens: tokens, experts: count, block: block)
    let most = min(128, tokens)
    slotTokens = builder.scratch("slot_tokens", .int32, [blocks * block, 1])
    slotResults = builder.scratch("slot_results", ops.dtype, [blocks * block, hidden])
    func tile(_ name: String, _ dtype: DType, _ partitions: Int, _ free: [Int]) -> TensorView {
      builder.tile("group_\(name)", dtype, partitions: partitions, free: free)
    }
    let most8 = (tokens + block - 1) / block
    tiles = [
      "numbers": tile("numbers", .float32, most, [count]),
      "ones": tile("ones", .float32, 128, [128]),
      "earlier": tile("earlier", .float32, 128, [128]),
      "upTo": tile("up_to", .float32, count, [count]),
      "before": tile("before", .float32, count, [count]),
      "real": tile("real", .float32, most, [8]),
      "one": tile("one", .float32, most, [count]),
      "blocks": tile("blocks", .float32, count, [1]),
      "counts": tile("counts", .float32, count, [1]),
      "steps": tile("steps", .float32, count, [most8]),
      "ends": tile("ends", .float32, count, [1]),
      "passed": tile("passed", .float32, count, [blocks]),
      "block_numbers": tile("block_numbers", .float32, count, [blocks]),
      "experts": tile("experts", .float32, 1, [blocks]),
      "expert_index": tile("expert_index", .int32, 1, [blocks]),
      "place": tile("place", .float32, most, [8]),
      "start": tile("start", .float32, most, [count]),
      "padding": tile("padding", .int32, 1, [block]),
      "token": tile("token", .int32, most, [1]),
    ]
    let ranges = ranges(of: tokens, by: 128)
    masks = ranges.enumerated().map { tile("mask\($0)", .float32, $1.count, [count]) }
    slots = ranges.enumerated().map { tile("slots\($0)", .int32, $1.count, [8]) }
    func pool(_ name: String, _ dtype: DType, _ partitions: Int, _ free: [Int]) -> TilePool {
      builder.pool("group_\(name)", dtype, partitions: partitions, free: free, buffers: buffers)
    }
    ids = pool("ids", .int32, block, [1])
    gathered = pool("gathered", ops.dtype, block, [hidden])
    let rows = evenRows(hidden)
    columns = pool("columns", experts.columnType, rows, [hidden / rows, block])
    results = pool("results", ops.dtype, block, [hidden])
    picked = pool("picked", ops.dtype, most, [hidden])
    total = builder.pool("group_total", .float32, partitions: most, free: [hidden], buffers: 1)
  }

  private func tile(_ name: String) -> TensorView {
    guard let found = tiles[name] else { preconditionFailure("no tile \(name)") }
    return found
  }

  // MARK: - Slots

  /// Gives every chosen pair its slot and every block its expert.
  ///
  /// - Parameter indices: The chosen experts of each tile of tokens, `[tokens, 8]` uint32.
  func assign(_ indices: [TensorView]) {
    makeConstants()
    for (mask, index) in zip(masks, indices) { emitMask(mask, index) }
    countBlocks()
    for tile in indices.indices { emitSlots(tile, indices[tile]) }
    emitBlockExperts()
  }

  private func makeConstants() {
    func fill(_ name: String, _ value: Double) {
      builder.emit(Memset(dst: tile(name).ap, value: value), on: .vector)
    }
    func triangle(_ name: String, _ offset: Int) {
      let target = tile(name)
      builder.emit(
        AffineSelect(
          dst: target.ap, pattern: IndexPattern([IndexStep(step: 1, count: target.freeShape[0])]),
          offset: offset, channelMultiplier: -1, onTrue: target.ap, onFalse: 0,
          compareOp: .greaterEqual), on: .gpsimd)
    }
    fill("ones", 1)
    fill("earlier", 1)
    fill("upTo", 1)
    fill("before", Double(block))
    triangle("earlier", -1)
    triangle("upTo", 0)
    triangle("before", -1)
    builder.emit(
      Iota(
        dst: tile("numbers").ap, pattern: IndexPattern([IndexStep(step: 1, count: count)])),
      on: .gpsimd)
    builder.emit(
      Iota(
        dst: tile("block_numbers").ap, pattern: IndexPattern([IndexStep(step: 1, count: blocks)])),
      on: .gpsimd)
    builder.emit(
      Iota(
        dst: tile("steps").ap,
        pattern: IndexPattern([IndexStep(step: block, count: tile("steps").freeShape[0])])),
      on: .gpsimd)
    // No slot has a token yet.
    builder.emit(Memset(dst: tile("padding").ap, value: Double(tokens)), on: .vector)
    for index in 0..<blocks {
      builder.emit(
        DMACopy(
          dst: slotTokens.rows(index * block, block).rowsAsOne, src: tile("padding").ap),
        on: .sync)
    }
  }

  /// 1 for each expert that a token chose.
  private func emitMask(_ mask: TensorView, _ index: TensorView) {
    let rows = mask.rowCount
    let (real, one) = (tile("real").rows(rows), tile("one").rows(rows))
    builder.emit(TensorCopy(dst: real.ap, src: index.ap), on: .vector)
    for place in 0..<8 {
      builder.emit(
        TensorScalar(
          dst: (place == 0 ? mask : one).ap, data: tile("numbers").rows(rows).ap, op0: .equal,
          operand0: .tile(real.columns(place..<place + 1).ap)), on: .vector)
      if place > 0 {
        builder.emit(
          TensorTensor(dst: mask.ap, data1: mask.ap, data2: one.ap, op: .add), on: .vector)
      }
    }
  }

  /// Tokens of each expert, its blocks, and the block after its last.
  private func countBlocks() {
    let counts = ops.banks.next().rows(count).columns(0..<1)
    for (index, mask) in masks.enumerated() {
      builder.emit(
        NCMatmul(
          dst: counts.ap, stationary: mask.ap,
          moving: tile("ones").rows(mask.rowCount).columns(0..<1).ap, accumulate: index > 0))
    }
    builder.emit(TensorCopy(dst: tile("counts").ap, src: counts.ap), on: .vector)
    // A block for each multiple of its size below the count.
    let steps = tile("steps")
    builder.emit(
      TensorScalar(
        dst: steps.ap, data: steps.ap, op0: .less, operand0: .tile(tile("counts").ap)), on: .vector)
    builder.emit(TensorReduce(dst: tile("blocks").ap, op: .add, data: steps.ap))
    let ends = ops.banks.next().rows(count).columns(0..<1)
    builder.emit(
      NCMatmul(dst: ends.ap, stationary: tile("upTo").ap, moving: tile("blocks").ap))
    builder.emit(TensorCopy(dst: tile("ends").ap, src: ends.ap), on: .vector)
  }

  /// The slots of a tile's tokens, and the tokens of these slots.
  private func emitSlots(_ index: Int, _ indices: TensorView) {
    let rows = masks[index].rowCount
    let bank = ops.banks.next().rows(rows).columns(0..<count)
    // Where the expert begins, plus its tokens of earlier tiles, plus those before in this tile.
    builder.emit(
      NCMatmul(
        dst: bank.ap, stationary: tile("blocks").select(0, dimension: 0).broadcast(rows, at: 0).ap,
        moving: tile("before").ap))
    for earlier in 0..<index {
      builder.emit(
        NCMatmul(
          dst: bank.ap,
          stationary: tile("ones").rows(masks[earlier].rowCount).columns(0..<rows).ap,
          moving: masks[earlier].ap, accumulate: true))
    }
    builder.emit(
      NCMatmul(
        dst: bank.ap, stationary: tile("earlier").rows(rows).columns(0..<rows).ap,
        moving: masks[index].ap, accumulate: true))
    let (real, one, place) = (
      tile("real").rows(rows), tile("one").rows(rows), tile("place").rows(rows)
    )
    let start = tile("start").rows(rows)
    builder.emit(TensorCopy(dst: start.ap, src: bank.ap), on: .vector)
    builder.emit(TensorCopy(dst: real.ap, src: indices.ap), on: .vector)
    for choice in 0..<8 {
      builder.emit(
        ScalarTensorTensor(
          dst: one.ap, data: tile("numbers").rows(rows).ap, op0: .equal,
          operand0: .tile(real.columns(choice..<choice + 1).ap), op1: .multiply,
          operand1: start.ap))
      builder.emit(
        TensorReduce(dst: place.columns(choice..<choice + 1).ap, op: .add, data: one.ap))
    }
    builder.emit(TensorCopy(dst: slots[index].ap, src: place.ap), on: .vector)
    let token = tile("token").rows(rows)
    builder.emit(
      Iota(
        dst: token.ap, pattern: IndexPattern([IndexStep(step: 0, count: 1)]),
        offset: ranges128[index].lowerBound, channelMultiplier: 1), on: .gpsimd)
    for choice in 0..<8 {
      var copy = DMACopy(dst: slotTokens.rows(rows).ap, src: token.ap)
      copy.vectorOffset = slots[index].columns(choice..<choice + 1).ap
      copy.indirect = .dst
      builder.emit(copy, on: .gpsimd)
    }
  }

  /// The expert of each block: how many experts end before it; the last one for blocks left over.
  private func emitBlockExperts() {
    let passed = tile("passed")
    builder.emit(
      TensorScalar(
        dst: passed.ap, data: tile("block_numbers").ap, op0: .greaterEqual,
        operand0: .tile(tile("ends").ap)), on: .vector)
    for stripe in ranges(of: blocks, by: experts.bankColumns) {
      let bank = ops.banks.next().rows(1).columns(0..<stripe.count)
      builder.emit(
        NCMatmul(
          dst: bank.ap, stationary: tile("ones").rows(count).columns(0..<1).ap,
          moving: passed.columns(stripe).ap))
      builder.emit(
        TensorScalar(
          dst: tile("experts").columns(stripe).ap, data: bank.ap, op0: .minimum,
          operand0: .immediate(Float(count - 1))), on: .vector)
    }
    builder.emit(
      TensorCopy(dst: tile("expert_index").ap, src: tile("experts").ap), on: .vector)
  }

  // MARK: - Blocks

  /// The MLPs of all blocks.
  ///
  /// - Parameters:
  ///   - x: `[tokens, hidden]` in HBM.
  ///   - gains: Of the norm, `[rows, slots]`; `nil` if the rows have theirs.
  func compute(_ x: TensorView, gains: TensorView?) {
    // Padding leaves rows as they were: they must have been something.
    for tile in gathered.tiles { builder.emit(Memset(dst: tile.ap, value: 0), on: .gpsimd) }
    var waiting: (gated: TensorView, index: TensorView, block: Int)?
    for number in 0...blocks {
      var next: (gated: TensorView, index: TensorView, block: Int)?
      if number < blocks {
        let index = tile("expert_index").columns(number..<number + 1)
        let columns = gather(number, x, gains)
        next = (experts.gated(columns, expert: 0, index: index, weight: nil), index, number)
      }
      if let ready = waiting {
        let sums = experts.heldSums(tokens: block)
        experts.addDown(ready.gated, expert: 0, index: ready.index, sums: sums, first: true)
        let result = results.next()
        var first = 0
        for sum in sums {
          let width = sum.freeShape[0]
          ops.move(
            from: sum, to: result.columns(first..<first + width), scale: experts.downScale)
          first += width
        }
        builder.emit(
          DMACopy(dst: slotResults.rows(ready.block * block, block).ap, src: result.ap),
          on: .scalar)
      }
      waiting = next
    }
  }

  private func gather(_ number: Int, _ x: TensorView, _ gains: TensorView?) -> TensorView {
    let id = ids.next()
    builder.emit(DMACopy(dst: id.ap, src: slotTokens.rows(number * block, block).ap), on: .scalar)
    let rows = gathered.next()
    // Any rows of x: which, the slots' tokens say.
    var copy = DMACopy(dst: rows.ap, src: x.rows(block).ap)
    copy.vectorOffset = id.ap
    copy.outOfBounds = .skip
    builder.emit(copy, on: .gpsimd)
    let target = columns.next()
    ops.transpose(rows, into: target, gains: gains)
    return target
  }

  /// Σ weight · result of the eight choices of a tile's tokens: `[tokens, hidden]` in float32.
  func combine(_ index: Int, weights: TensorView) -> TensorView {
    let rows = masks[index].rowCount
    let total = total.next().rows(rows)
    for choice in 0..<8 {
      let row = picked.next().rows(rows)
      var copy = DMACopy(dst: row.ap, src: slotResults.rows(rows).ap)
      copy.vectorOffset = slots[index].columns(choice..<choice + 1).ap
      builder.emit(copy, on: .gpsimd)
      let weight = ScalarOperand.tile(weights.columns(choice..<choice + 1).ap)
      if choice == 0 {
        builder.emit(
          TensorScalar(dst: total.ap, data: row.ap, op0: .multiply, operand0: weight), on: .vector)
      } else {
        builder.emit(
          ScalarTensorTensor(
            dst: total.ap, data: row.ap, op0: .multiply, operand0: weight, op1: .add,
            operand1: total.ap))
      }
    }
    return total
  }
}

extension TensorView {
  /// Rows of HBM that follow one another as one row.
  var rowsAsOne: AccessPattern {
    var pattern = ap
    pattern.free = FreeDimensions([AccessDimension(stride: 1, size: ap.elements)])
    pattern.rows = 1
    return pattern
  }
}
