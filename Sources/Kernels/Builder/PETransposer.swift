import Device
import Formats
import ISA
import Machine

/// Transposes row tiles on the PE array, several to a PSUM bank so that one copy evicts them all.
final class PETransposer {
  private let loaded: TilePool
  private let banks: TilePool
  /// Rows of a transposed tile.
  private let tile: Int
  /// Transposed tiles that fit into one bank.
  private let perBank: Int

  /// Declares tiles of `rows` × `columns` for what is loaded, and PSUM banks for the result.
  init(
    _ builder: KernelBuilder, name: String, _ dtype: DType, rows: Int, columns: Int, tile: Int,
    buffers: Int
  ) {
    self.tile = tile
    let fit = max(1, builder.geometry.psumBankBytes / (rows * dtype.size))
    perBank = min(fit, (columns + tile - 1) / tile)
    loaded = builder.pool(name, dtype, partitions: rows, free: [columns], buffers: buffers)
    banks = builder.pool(
      "\(name)_transposed", dtype, partitions: tile, free: [perBank, rows], buffers: 2, in: .psum)
  }

  /// The tile to load into next.
  func next() -> TensorView { loaded.next() }

  /// Transposes `[rows, columns]` into `[tile, slots, rows]`, slot by slot.
  func transpose(
    _ builder: KernelBuilder, _ source: TensorView, into target: TensorView, _ evictor: Evictor
  ) {
    let slots = ranges(of: source.freeShape[0], by: tile)
    var first = 0
    while first < slots.count {
      // A shorter last slot has fewer rows, so it is evicted apart.
      var end = first
      while end < slots.count && end - first < perBank && slots[end].count == slots[first].count {
        end += 1
      }
      let rows = slots[first].count
      let bank = banks.next().rows(rows).columns(0..<source.rowCount)
      for slot in first..<end {
        builder.emit(
          NCTranspose(
            dst: bank.select(slot - first, dimension: 0).ap, data: source.columns(slots[slot]).ap),
          on: .tensor)
      }
      evictor.move(
        builder, from: bank.columns(0..<end - first, dimension: 0),
        to: target.rows(rows).columns(first..<end, dimension: 0))
      first = end
    }
  }
}

/// Transposes `[rows, columns]` from HBM into `[tile, slots, rows]` by the DMA rings, slot by slot.
func emitDMATransposes(
  _ builder: KernelBuilder, _ source: TensorView, into target: TensorView, _ slots: [Range<Int>],
  on engine: Engine
) {
  for (slot, columns) in slots.enumerated() {
    builder.emit(
      DMATranspose(
        dst: target.select(slot, dimension: 0).rows(columns.count).ap,
        src: source.columns(columns).ap), on: engine)
  }
}
