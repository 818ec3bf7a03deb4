import Device
import Formats
import ISA
import Machine
import Workloads

/// A projection's weights in HBM: `[k, n]`, or one of several such matrices chosen at run time.
struct WeightMatrix {
  /// All of the tensor for a plain matrix; matrix 0 of `[matrices, k, n]` for a dynamic one.
  let view: TensorView
  /// Rows: what is summed over.
  let k: Int
  /// Columns.
  let n: Int
  /// `[1, 1]` index of the matrix, on chip; `nil` for a plain matrix.
  var index: TensorView?
  /// Elements of the tensor between its columns' rows.
  let rowStride: Int

  /// A whole tensor `[k, n]`.
  init(_ tensor: TensorView) {
    view = tensor
    k = tensor.rowCount
    n = tensor.freeShape[0]
    rowStride = tensor.ap.rowStride
  }

  /// One matrix of `[matrices, k, n]`; which, `index` says at run time if it is given.
  init(_ tensor: TensorView, matrix: Int, index: TensorView? = nil) {
    view = tensor.rows(matrix, 1)
    k = tensor.freeShape[0]
    n = tensor.freeShape[1]
    rowStride = n
    self.index = index
  }

  /// Some columns with `rows` of k on the partitions: `[rows, slots, columns]`.
  func tile(_ columns: Range<Int>, rows: Int) -> AccessPattern {
    var pattern = view.ap
    pattern.rows = Int32(rows)
    pattern.rowStride = rowStride
    pattern.offset += columns.lowerBound
    pattern.free = FreeDimensions([
      AccessDimension(stride: rows * rowStride, size: k / rows),
      AccessDimension(stride: 1, size: columns.count),
    ])
    return pattern
  }
}

/// Rows of the largest tile that cuts `extent` evenly: the partitions that a sum of it takes.
func evenRows(_ extent: Int) -> Int {
  var rows = min(128, extent)
  while extent % rows != 0 { rows -= 1 }
  return rows
}

/// Weights on their way from HBM through rotating tiles, in the order of their use.
///
/// All projections of a layer share the tiles, so that loads run ahead of the products by as much as
/// SBUF holds, across projections.
final class WeightStream {
  let builder: KernelBuilder
  /// Declared at the first load, so that it can take what SBUF has left.
  private lazy var pool = declare()
  private let bytes: Int
  private let buffers: Int
  private let dtype: DType
  /// Elements of a partition of a tile.
  private var elements: Int { pool.tiles[0].freeShape[0] }
  private let engines: [Engine]
  private let tileColumns: Int
  private let doubleRow: Bool
  private var loads = 0

  /// Streams through `buffers` tiles of `bytes` per partition; 0: what SBUF has room for.
  init(
    _ builder: KernelBuilder, dtype: DType, bytes: Int, buffers: Int, engines: [Engine],
    tileColumns: Int, doubleRow: Bool = false
  ) {
    self.builder = builder
    self.engines = engines
    self.tileColumns = tileColumns
    self.doubleRow = doubleRow
    self.bytes = bytes
    self.buffers = buffers
    self.dtype = dtype
  }

  /// What a kernel's parameters say.
  convenience init(_ builder: KernelBuilder, _ values: KernelParameters, _ storage: WeightStorage) {
    let engines: [Engine] =
      values.choice("load_engine") == "both" ? [.sync, .scalar] : [values.engine("load_engine")]
    self.init(
      builder, dtype: storage.loaded, bytes: values.integer("weight_bytes"),
      buffers: values.integer("weight_buffers"), engines: engines,
      tileColumns: values.integer("tile_n"), doubleRow: storage.doubleRow)
  }

  /// Sizes of tiles, in bytes of a partition: the largest first, of which there is room for four.
  private static let sizes = [24_576, 16_384, 12_288, 8192, 4096]

  private func declare() -> TilePool {
    let free = builder.freeBytes(in: .sbuf)
    let bytes =
      bytes > 0
      ? bytes
      : Self.sizes.first { free / $0 >= max(4, buffers) } ?? Self.sizes[Self.sizes.count - 1]
    // More would not be under way: a queue has 16 transfers at a time.
    let count = buffers > 0 ? buffers : max(2, min(16, free / bytes))
    return builder.pool(
      "weights", dtype, partitions: 128, free: [bytes / dtype.size], buffers: count)
  }

  /// Columns of a matrix that one tile takes.
  private func chunkColumns(_ matrix: WeightMatrix, rows: Int) -> Int {
    let slots = matrix.k / rows
    return max(1, min(matrix.n, elements / slots))
  }

  /// Loads some columns: `[rows, slots, columns]`.
  private func load(_ matrix: WeightMatrix, _ columns: Range<Int>, rows: Int) -> TensorView {
    let slots = matrix.k / rows
    let tile = pool.next().rows(rows).columns(0..<slots * columns.count)
      .split(dimension: 0, inner: columns.count)
    var copy = DMACopy(dst: tile.ap, src: matrix.tile(columns, rows: rows))
    if let index = matrix.index {
      copy.scalarOffset = index.ap
      copy.offsetStride = matrix.k * matrix.n
    }
    builder.emit(copy, on: engines[loads % engines.count])
    loads += 1
    return tile
  }

  /// x · matrix for tiles of tokens, `[rows of k, slots, tokens]` each, column block by column block.
  ///
  /// - Parameters:
  ///   - columns: Which columns of the matrix; all if `nil`.
  ///   - banks: PSUM tiles of float32 for the sums.
  ///   - evict: Takes the sums of a tile of tokens: its position, the columns, `[tokens, columns]`.
  func project(
    _ x: [TensorView], _ matrix: WeightMatrix, columns: Range<Int>? = nil, banks: TilePool,
    evict: (Int, Range<Int>, TensorView) -> Void
  ) {
    let all = columns ?? 0..<matrix.n
    guard let rows = x.first?.rowCount else { return }
    for chunk in ranges(of: all.count, by: chunkColumns(matrix, rows: rows)) {
      let tile = load(
        matrix, all.lowerBound + chunk.lowerBound..<all.lowerBound + chunk.upperBound, rows: rows)
      let pieces = (chunk.count + tileColumns - 1) / tileColumns
      let width = (chunk.count + pieces - 1) / pieces
      for (position, tokens) in x.enumerated() {
        for piece in ranges(of: chunk.count, by: width) {
          let bank = banks.next().rows(tokens.freeShape[1]).columns(0..<piece.count)
          multiply(tokens, tile.columns(piece), into: bank, accumulate: false)
          let first = all.lowerBound + chunk.lowerBound
          evict(position, first + piece.lowerBound..<first + piece.upperBound, bank)
        }
      }
    }
  }

  /// Adds x · matrix to sums that stay in PSUM, one tile of tokens: `[tokens, columns]` by bank.
  func accumulate(
    _ x: TensorView, _ matrix: WeightMatrix, into sums: [TensorView], width: Int,
    accumulating: Bool
  ) {
    let rows = x.rowCount
    // Whole banks, or an even part of one.
    let most = chunkColumns(matrix, rows: rows)
    var step = most / width * width
    if step == 0 {
      step = most
      while width % step != 0 { step -= 1 }
    }
    for chunk in ranges(of: matrix.n, by: step) {
      let tile = load(matrix, chunk, rows: rows)
      for piece in ranges(of: chunk.count, by: width) {
        let first = chunk.lowerBound + piece.lowerBound
        let bank = sums[first / width].columns(first % width..<first % width + piece.count)
        multiply(x, tile.columns(piece), into: bank, accumulate: accumulating)
      }
    }
  }

  private func multiply(
    _ x: TensorView, _ tile: TensorView, into bank: TensorView, accumulate: Bool
  ) {
    let slots = x.freeShape[0]
    guard doubleRow && slots % 2 == 0 else {
      for slot in 0..<slots {
        builder.emit(
          NCMatmul(
            dst: bank.ap, stationary: x.select(slot, dimension: 0).ap,
            moving: tile.select(slot, dimension: 0).ap, accumulate: accumulate || slot > 0))
      }
      return
    }
    for slot in stride(from: 0, to: slots, by: 2) {
      builder.emit(
        NCMatmul(
          dst: bank.ap, stationary: x.columns(slot..<slot + 2, dimension: 0).ap,
          moving: tile.columns(slot..<slot + 2, dimension: 0).ap,
          accumulate: accumulate || slot > 0, performanceMode: .doubleRow))
    }
  }
}
