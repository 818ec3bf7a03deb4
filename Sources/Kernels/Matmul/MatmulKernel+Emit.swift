import Device
import Formats
import ISA
import Machine
import Workloads

/// A stripe of an operand: which block of its own dimension and which of k.
private struct StripeKey: Hashable {
  var block: Int
  var kBlock: Int
}

/// One stripe of k of one block of out.
private struct MatmulStep {
  var mBlock: Int
  var nBlock: Int
  var kBlock: Int
  /// Whether k ends with it.
  var last: Bool
}

/// The tiles and choices of one matmul while it is emitted.
private struct MatmulTiles {
  let lhs: TensorView
  let rhs: TensorView
  let out: TensorView
  let lhsStripes: TileCache<StripeKey>
  let rhsStripes: TileCache<StripeKey>
  let sums: TilePool
  let results: TilePool
  /// Partial sums between stripes of k.
  let accumulators: TilePool?
  let staging: PETransposer?
}

extension MatmulKernel {
  private var mBlock: Int { min(tileM * values.integer("block_m"), m) }
  private var nBlock: Int { min(tileN * values.integer("block_n"), n) }
  private var kTiles: Int { (k + tileK - 1) / tileK }
  private var kBlock: Int { min(values.integer("block_k"), kTiles) }

  /// Loops over blocks; see the type's description.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let lhs = declared["lhs"], let rhs = declared["rhs"] else { return }
    let out = builder.output("out", dtype, [m, n])
    let mBlocks = (m + mBlock - 1) / mBlock
    let nBlocks = (n + nBlock - 1) / nBlock
    let kBlocks = (kTiles + kBlock - 1) / kBlock
    let tiles = makeTiles(builder, lhs, rhs, out, mBlocks, nBlocks, kBlocks)
    let evictor = Evictor(values.choice("evict"))
    let nOuter = values.choice("loop_order") == "nm"
    for outer in 0..<(nOuter ? nBlocks : mBlocks) {
      for inner in 0..<(nOuter ? mBlocks : nBlocks) {
        let (mb, nb) = nOuter ? (inner, outer) : (outer, inner)
        builder.scope("block m\(mb) n\(nb)") {
          let accumulators = tiles.accumulators.map { pool in pool.tiles.map { _ in pool.next() } }
          for kb in 0..<kBlocks {
            let step = MatmulStep(mBlock: mb, nBlock: nb, kBlock: kb, last: kb == kBlocks - 1)
            emitStep(builder, tiles, evictor, step, accumulators)
          }
        }
      }
    }
  }

  private func makeTiles(
    _ builder: KernelBuilder, _ lhs: TensorView, _ rhs: TensorView, _ out: TensorView,
    _ mBlocks: Int, _ nBlocks: Int, _ kBlocks: Int
  ) -> MatmulTiles {
    let buffers = values.integer("buffers")
    let rows = min(tileK, k)
    let outRows = min(tileM, m)
    let outTiles = mBlocks * nBlocks * ((mBlock + tileM - 1) / tileM)
    return MatmulTiles(
      lhs: lhs, rhs: rhs, out: out,
      lhsStripes: TileCache(
        builder.pool(
          "lhs_tile", dtype, partitions: rows, free: [kBlock, mBlock],
          buffers: min(buffers, mBlocks * nBlocks * kBlocks))),
      rhsStripes: TileCache(
        builder.pool(
          "rhs_tile", dtype, partitions: rows, free: [kBlock, nBlock],
          buffers: min(buffers, mBlocks * nBlocks * kBlocks))),
      sums: builder.pool(
        "sum", .float32, partitions: outRows, free: [min(tileN, n)],
        buffers: values.integer("psum_buffers"), in: .psum),
      results: builder.pool(
        "out_tile", dtype, partitions: outRows, free: [nBlock], buffers: min(buffers, outTiles)),
      accumulators: kBlocks == 1
        ? nil
        : builder.pool(
          "accumulator", .float32, partitions: outRows, free: [nBlock],
          buffers: (mBlock + tileM - 1) / tileM),
      staging: transposes && values.choice("transpose") == "pe"
        ? PETransposer(
          builder, name: "lhs_rows", dtype, rows: outRows, columns: min(kBlock * tileK, k),
          tile: rows, buffers: buffers)
        : nil)
  }

  private func mRange(_ step: MatmulStep) -> Range<Int> {
    step.mBlock * mBlock..<min((step.mBlock + 1) * mBlock, m)
  }

  private func nRange(_ step: MatmulStep) -> Range<Int> {
    step.nBlock * nBlock..<min((step.nBlock + 1) * nBlock, n)
  }

  private func kRange(_ step: MatmulStep) -> Range<Int> {
    step.kBlock * kBlock * tileK..<min((step.kBlock + 1) * kBlock * tileK, k)
  }

  /// Loads the stripes of a step that are not in SBUF, and computes all its products.
  private func emitStep(
    _ builder: KernelBuilder, _ tiles: MatmulTiles, _ evictor: Evictor, _ step: MatmulStep,
    _ accumulators: [TensorView]?
  ) {
    let (mRange, kRange) = (mRange(step), kRange(step))
    let columns = tiles.rhs.columns(nRange(step))
    let slots = ranges(of: kRange.count, by: tileK)
    let (lhs, loadLhs) = tiles.lhsStripes.tile(StripeKey(block: step.mBlock, kBlock: step.kBlock))
    let (rhs, loadRhs) = tiles.rhsStripes.tile(StripeKey(block: step.nBlock, kBlock: step.kBlock))
    // The operands' loads take turns, so that the first products need not wait for all of one.
    for part in ranges(of: slots.count, by: values.integer("dma_k")) {
      if loadRhs { load(builder, columns, kRange, slots, part, into: rhs) }
      if loadLhs && !transposes {
        load(builder, tiles.lhs.columns(mRange), kRange, slots, part, into: lhs)
      }
    }
    let mTiles = ranges(of: mRange.count, by: tileM)
    var transposed = 0
    for (index, mTile) in mTiles.enumerated() {
      // One tile ahead of the products, so that the PE array need not wait for the evictions.
      while loadLhs && transposes && transposed < min(index + 2, mTiles.count) {
        let ahead = mTiles[transposed]
        let source = tiles.lhs.rows(mRange.lowerBound + ahead.lowerBound, ahead.count)
        loadTransposed(
          builder, tiles, evictor, source.columns(kRange), slots, into: lhs.columns(ahead))
        transposed += 1
      }
      emitTileRow(
        builder, tiles, evictor, step, slots, mTile, lhs.columns(mTile), rhs,
        accumulators?[index].rows(mTile.count))
    }
  }

  /// The products of one tile of m with all tiles of n of a step, evicted; stored if k ends here.
  private func emitTileRow(
    _ builder: KernelBuilder, _ tiles: MatmulTiles, _ evictor: Evictor, _ step: MatmulStep,
    _ slots: [Range<Int>], _ mTile: Range<Int>, _ stationary: TensorView, _ rhs: TensorView,
    _ partial: TensorView?
  ) {
    let nRange = nRange(step)
    let whole = step.last ? tiles.results.next().rows(mTile.count) : partial
    guard let target = whole?.columns(0..<nRange.count) else { return }
    for nTile in ranges(of: nRange.count, by: tileN) {
      let sum = tiles.sums.next().rows(mTile.count).columns(0..<nTile.count)
      for (slot, rows) in slots.enumerated() {
        builder.emit(
          NCMatmul(
            dst: sum.ap, stationary: stationary.select(slot, dimension: 0).rows(rows.count).ap,
            moving: rhs.columns(nTile).select(slot, dimension: 0).rows(rows.count).ap,
            accumulate: slot > 0))
      }
      let destination = target.columns(nTile)
      if step.kBlock == 0 {
        evictor.move(builder, from: sum, to: destination)
      } else if let partial {
        builder.emit(
          TensorTensor(
            dst: destination.ap, data1: sum.ap, data2: partial.columns(nTile).ap, op: .add),
          on: .vector)
      }
    }
    if step.last {
      let out = tiles.out.rows(mRange(step).lowerBound + mTile.lowerBound, mTile.count)
      builder.emit(
        DMACopy(dst: out.columns(nRange).ap, src: target.ap), on: values.engine("store_engine"))
    }
  }

  /// Loads some of a stripe's tiles: all whole tiles in one transfer, a shorter last one apart.
  private func load(
    _ builder: KernelBuilder, _ source: TensorView, _ kRange: Range<Int>, _ slots: [Range<Int>],
    _ part: Range<Int>, into stripe: TensorView
  ) {
    let engine = values.engine("load_engine")
    let target = stripe.columns(0..<source.freeShape[0])
    let rows = stripe.rowCount
    let whole =
      part
      .lowerBound..<(slots[part.upperBound - 1].count == rows
      ? part.upperBound : part.upperBound - 1)
    let first = kRange.lowerBound
    if !whole.isEmpty {
      let span = first + whole.lowerBound * rows..<first + whole.upperBound * rows
      builder.emit(
        DMACopy(
          dst: target.columns(whole, dimension: 0).ap,
          src: source.rows(span).groupedRows(rows).ap), on: engine)
    }
    if whole.upperBound < part.upperBound {
      let tail = slots[whole.upperBound]
      builder.emit(
        DMACopy(
          dst: target.select(whole.upperBound, dimension: 0).rows(tail.count).ap,
          src: source.rows(first + tail.lowerBound..<first + tail.upperBound).ap), on: engine)
    }
  }

  /// Loads one tile of rows of an `[m, k]` operand with k on the partitions.
  private func loadTransposed(
    _ builder: KernelBuilder, _ tiles: MatmulTiles, _ evictor: Evictor, _ source: TensorView,
    _ slots: [Range<Int>], into target: TensorView
  ) {
    let engine = values.engine("load_engine")
    if let staging = tiles.staging {
      let loaded = staging.next().rows(source.rowCount).columns(0..<source.freeShape[0])
      builder.emit(DMACopy(dst: loaded.ap, src: source.ap), on: engine)
      staging.transpose(builder, loaded, into: target, evictor)
    } else {
      emitDMATransposes(builder, source, into: target, slots, on: engine)
    }
  }
}
