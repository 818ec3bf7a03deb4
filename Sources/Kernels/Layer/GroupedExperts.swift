import Device
import Formats
import ISA
import Machine

/// The experts of a prompt on the tokens that chose them, grouped on the device.
///
/// Each pair of a token and an expert that it chose gets a slot of its own: experts in order, each from
/// the start of a block of `block` slots, its tokens in order. A block has tokens of one expert. Blocks
/// are worked on by a loop that runs as often as there are blocks, or by a fixed number of copies, enough
/// for the worst distribution, of which what is left over works on padding. Tokens are gathered by the
/// slots' tokens, results by the tokens' slots.
///
/// Counts, cumulative sums and starts are matmuls with triangles of ones in float32, exact up to 2^24.
final class GroupedExperts {
  private let ops: RowOps
  private let experts: ExpertOps
  private let count: Int
  private let tokens: Int
  private let hidden: Int
  private let block: Int
  /// Whether a register counts the blocks.
  private let isCounted: Bool
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
    isCounted: Bool, buffers: Int
  ) {
    self.ops = ops
    self.isCounted = isCounted
    self.experts = experts
    self.count = count
    self.tokens = tokens
    self.hidden = hidden
    self.block = min(block, tokens)
    let builder = ops.builder
    let block = self.block
    let blocks = Self.blocks(tokens: tokens, experts: count, block: block)
    let most = min(128, tokens)
    // Two blocks more: tokens are gathered two blocks ahead.
    slotTokens = builder.scratch("slot_tokens", .int32, [(blocks + 2) * block, 1])
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
      "padding": tile("padding", .int32, min(128, blocks + 2), [block]),
      "total": tile("total", .int32, 1, [1]),
      "token": tile("token", .int32, most, [1]),
    ]
    let ranges = ranges(of: tokens, by: 128)
    masks = ranges.enumerated().map { tile("mask\($0)", .float32, $1.count, [count]) }
    slots = ranges.enumerated().map { tile("slots\($0)", .int32, $1.count, [8]) }
    func pool(
      _ name: String, _ dtype: DType, _ partitions: Int, _ free: [Int], _ count: Int? = nil
    ) -> TilePool {
      builder.pool(
        "group_\(name)", dtype, partitions: partitions, free: free, buffers: count ?? buffers)
    }
    ids = pool("ids", .int32, block, [1], 2)
    gathered = pool("gathered", ops.dtype, block, [hidden], 2)
    let rows = evenRows(hidden)
    columns = pool("columns", experts.columnType, rows, [hidden / rows, block], max(2, buffers))
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
    for part in ranges(of: blocks + 2, by: 128) {
      builder.emit(
        DMACopy(
          dst: slotTokens.rows(part.lowerBound * block, part.count * block)
            .regrouped(into: part.count).ap, src: tile("padding").rows(part.count).ap),
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
    guard isCounted else { return }
    let total = ops.banks.next().rows(1).columns(0..<1)
    builder.emit(
      NCMatmul(
        dst: total.ap, stationary: tile("ones").rows(count).columns(0..<1).ap,
        moving: tile("blocks").ap))
    builder.emit(TensorCopy(dst: tile("total").ap, src: total.ap), on: .vector)
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

  /// Which block: a fixed one, or so many after the one that a register names.
  private struct Block {
    var number: Int
    var register: Register?

    func moved(_ view: TensorView, stride: Int) -> TensorView {
      guard let register else { return view }
      return view.moved(by: register, stride: stride)
    }
  }

  /// The MLPs of all blocks, two at a time.
  ///
  /// The second block's gate and up come before the first one's down, so that the PE array has work
  /// while Scalar and Vector make what down needs. Rows are gathered two blocks ahead.
  ///
  /// - Parameters:
  ///   - x: `[tokens, hidden]` in HBM.
  ///   - gains: Of the norm, `[rows, slots]`; `nil` if the rows have theirs.
  func compute(_ x: TensorView, gains: TensorView?) {
    // Padding leaves rows as they were: they must have been something.
    for tile in gathered.tiles { builder.emit(Memset(dst: tile.ap, value: 0), on: .gpsimd) }
    func pair(_ first: Int, _ register: Register? = nil) -> [Block] {
      [Block(number: first, register: register), Block(number: first + 1, register: register)]
    }
    gather(pair(0), x)
    guard isCounted else {
      for numbers in ranges(of: blocks, by: 2) {
        emitBlocks(
          Array(pair(numbers.lowerBound).prefix(numbers.count)),
          ahead: pair(numbers.lowerBound + 2),
          x, gains)
      }
      return
    }
    let (total, even, first) = (Register(0), Register(1), Register(2))
    builder.emit(RegisterLoad(dst: total, src: tile("total").ap))
    builder.emit(
      RegisterALU(
        dst: even, op: .bitwiseAnd, src0: .register(total), src1: .immediate(-2)))
    builder.emit(Loop(variable: first, stop: .register(even), step: .immediate(2)))
    emitBlocks(pair(0, first), ahead: pair(2, first), x, gains)
    builder.emit(EndLoop())
    // The one that may be left.
    builder.emit(Loop(variable: first, start: .register(even), stop: .register(total)))
    emitBlocks([Block(number: 0, register: first)], ahead: [], x, gains)
    builder.emit(EndLoop())
  }

  /// Blocks whose rows are gathered; then those of the blocks ahead.
  private func emitBlocks(
    _ blocks: [Block], ahead: [Block], _ x: TensorView, _ gains: TensorView?
  ) {
    let inputs = zip(blocks, gathered.tiles).map { block, rows in
      let target = columns.next()
      ops.transpose(rows, into: target, gains: gains)
      return (
        columns: target,
        index: block.moved(
          tile("expert_index").columns(block.number..<block.number + 1), stride: 1)
      )
    }
    gather(ahead, x)
    let products = inputs.map {
      experts.gated($0.columns, expert: 0, index: $0.index, weight: nil)
    }
    for (block, (input, gated)) in zip(blocks, zip(inputs, products)) {
      emitDown(gated, input.index, block)
    }
  }

  private func emitDown(_ gated: TensorView, _ index: TensorView, _ number: Block) {
    let sums = experts.heldSums(tokens: block)
    experts.addDown(gated, expert: 0, index: index, sums: sums, first: true)
    let result = results.next()
    var first = 0
    for sum in sums {
      let width = sum.freeShape[0]
      ops.move(from: sum, to: result.columns(first..<first + width), scale: experts.downScale)
      first += width
    }
    let target = number.moved(
      slotResults.rows(number.number * block, block), stride: block * hidden)
    builder.emit(DMACopy(dst: target.ap, src: result.ap), on: .scalar)
  }

  /// Rows of the tokens of up to two blocks.
  private func gather(_ blocks: [Block], _ x: TensorView) {
    for (position, number) in blocks.enumerated() where number.number < self.blocks + 2 {
      let (id, rows) = (ids.tiles[position], gathered.tiles[position])
      let chosen = number.moved(slotTokens.rows(number.number * block, block), stride: block)
      builder.emit(DMACopy(dst: id.ap, src: chosen.ap), on: .scalar)
      // Any rows of x: which, the slots' tokens say.
      var copy = DMACopy(dst: rows.ap, src: x.rows(block).ap)
      copy.vectorOffset = id.ap
      copy.outOfBounds = .skip
      builder.emit(copy, on: .gpsimd)
    }
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
