import Device
import Formats
import ISA
import Machine
package import Workloads

/// Transpose of a matrix by tiles on the PE array.
package struct TransposeKernel: BuiltKernel {
  /// `transpose`.
  package static let name = KernelName.transpose.rawValue
  /// What it computes.
  package static let summary = "out = in transposed, tile by tile on the PE array"
  /// Formula and strategy.
  package static let details = """
    Each tile of up to tile × tile elements is loaded, transposed into a PSUM bank, copied to SBUF \
    and stored at its mirrored place. Stores start with that of tile first_store and take the others \
    in turn, so a first_store near the end gives the loads the DMA rings first. This is the matrix \
    transpose of Stanford's CS149 assignment 4; its capture on trn2 has 1024 × 1024 float32 with \
    buffers=64, first_store=48 and dge=none.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .integer("rows", 1...1 << 16, default: 1024, "rows of in"),
    .integer("columns", 1...1 << 16, default: 1024, "columns of in"),
    KernelParameter(
      "dtype", .dtype([.float32, .bfloat16]), default: .dtype(.float32), "element type"),
    .integer("tile", 1...128, default: 128, "rows and columns of a tile"),
    .integer("buffers", 1...256, default: 64, "tiles in sbuf on each side of the PE array"),
    .integer("psum_buffers", 1...8, default: 8, "psum banks for transposed tiles"),
    .integer("first_store", 0...1 << 16, default: 0, "tile that is stored first"),
    .choice("evict", ["scalar", "vector", "alternate"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("gpsimd"), .descriptors,
  ]

  /// All values.
  package let values: KernelParameters
  let rows: Int
  let columns: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    rows = values.integer("rows")
    columns = values.integer("columns")
    dtype = values.dtype("dtype")
  }

  /// `in`.
  package var inputs: [KernelInput] {
    [KernelInput("in", dtype, [rows, columns], .normal(mean: 0, deviation: 1))]
  }

  /// `out`; nothing is computed, so nothing is rounded.
  package var outputs: [KernelOutput] { [KernelOutput("out", dtype, [columns, rows], .equal)] }

  /// One tile on its way.
  private struct Moved {
    var rows: Range<Int>
    var columns: Range<Int>
    var result: TensorView
  }

  /// Loops over tiles, row by row; at most as many tiles as there are buffers wait to be stored.
  package func emit(into builder: KernelBuilder) {
    guard let source = declareInputs(builder)["in"] else { return }
    let out = builder.output("out", dtype, [columns, rows])
    let side = values.integer("tile")
    let (width, height) = (min(side, columns), min(side, rows))
    let tiles = ranges(of: rows, by: side).flatMap { rows in
      ranges(of: columns, by: side).map { (rows, $0) }
    }
    let buffers = min(values.integer("buffers"), tiles.count)
    let loaded = builder.pool(
      "in_tile", dtype, partitions: height, free: [width], buffers: buffers)
    let results = builder.pool(
      "out_tile", dtype, partitions: width, free: [height], buffers: buffers)
    let banks = builder.pool(
      "transposed", dtype, partitions: width, free: [height],
      buffers: min(values.integer("psum_buffers"), tiles.count), in: .psum)
    let evictor = Evictor(values.choice("evict"))
    let dge = values.descriptors
    for group in ranges(of: tiles.count, by: buffers) {
      var moved: [Moved] = []
      for (rows, columns) in tiles[group] {
        let tile = loaded.next().rows(rows.count).columns(0..<columns.count)
        let bank = banks.next().rows(columns.count).columns(0..<rows.count)
        let result = results.next().rows(columns.count).columns(0..<rows.count)
        builder.emit(
          DMACopy(dst: tile.ap, src: source.rows(rows).columns(columns).ap, dgeMode: dge),
          on: values.engine("load_engine"))
        builder.emit(NCTranspose(dst: bank.ap, data: tile.ap), on: .tensor)
        evictor.move(builder, from: bank, to: result)
        moved.append(Moved(rows: rows, columns: columns, result: result))
      }
      let first = values.integer("first_store") % moved.count
      for tile in moved[first...] + moved[..<first] {
        builder.emit(
          DMACopy(
            dst: out.rows(tile.columns).columns(tile.rows).ap, src: tile.result.ap, dgeMode: dge),
          on: values.engine("store_engine"))
      }
    }
  }

  /// The definition.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    guard let source = inputs["in"] else { return [:] }
    var out: [Double] = []
    out.reserveCapacity(source.count)
    for column in 0..<columns {
      for row in 0..<rows { out.append(source[row * columns + column]) }
    }
    return ["out": out]
  }
}
