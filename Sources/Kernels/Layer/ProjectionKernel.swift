import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// A projection of rows of tokens with streamed weights; fused with a norm before or a sum after.
package struct ProjectionKernel: BuiltKernel {
  /// `projection`.
  package static let name = KernelName.projection.rawValue
  /// What it computes.
  package static let summary = "out = norm(x) · w (+ residual): qkv, output projection, lm_head"
  /// Formula and strategy.
  package static let details = """
    x is [tokens, k], w [k, n]. Tiles of x are transposed on the PE array and stay there as the \
    stationary operand; w streams through rotating tiles of weight_bytes per partition, each loaded \
    once and used by all tiles of tokens. norm=fused: RMSNorm of the rows first, its gains applied \
    while tiles are transposed. residual=true adds [tokens, n]. Weights may be stored as float8 or \
    int8 with one scale.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] =
    [
      .integer("tokens", 1...1024, default: 1, "rows of x"),
      .integer("k", 1...1 << 16, default: 2048, "summed over"),
      .integer("n", 1...1 << 20, default: 5120, "columns of w"),
      .choice("norm", ["none", "fused"], "whether rows are normalised first"),
      .flag("residual", default: false, "whether a residual is added"),
      .epsilon, .dtype, .buffers(2), .storeEngine("gpsimd"),
    ] + LayerShape.storageParameters + LayerShape.streamParameters

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let k: Int
  let n: Int
  let dtype: DType
  let storage: WeightStorage
  private var isNormed: Bool { values.choice("norm") == "fused" }
  private var hasResidual: Bool { values.flag("residual") }
  private var scale: Double { storage.scale(for: 1 / Double(k).squareRoot()) }

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    k = values.integer("k")
    n = values.integer("n")
    dtype = values.dtype("dtype")
    storage = WeightStorage(values)
  }

  /// `x`, `w` and, if asked for, `gamma` and `residual`.
  package var inputs: [KernelInput] {
    [
      KernelInput("x", dtype, [tokens, k], .normal(mean: 0, deviation: 1)),
      KernelInput("w", storage.stored, [k, n], storage.fill(1 / Double(k).squareRoot())),
    ]
      + (isNormed
        ? [KernelInput("gamma", dtype, [1, k], .normal(mean: 1, deviation: 0.1))] : [])
      + (hasResidual
        ? [KernelInput("residual", dtype, [tokens, n], .normal(mean: 0, deviation: 1))] : [])
  }

  /// `out`; rounded are the result, with a fused norm its rows and columns, and columns of another type
  /// than the rows: 8-bit weights do not pair with float32.
  package var outputs: [KernelOutput] {
    let tolerance = Tolerance.roundings(
      (dtype == .bfloat16 ? isNormed ? 3 : 1 : 0) + (storage.columns == .bfloat16 ? 1 : 0),
      of: .bfloat16, eightBit: storage.doubleRow ? 1 : 0, terms: k)
    return [KernelOutput("out", dtype, [tokens, n], tolerance)]
  }

  /// Storage that fits together.
  package func check(_ geometry: Geometry) -> [Diagnostic] { storage.findings }

  /// Streams the weights.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let x = declared["x"], let w = declared["w"] else { return }
    let out = builder.output("out", dtype, [tokens, n])
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    let stream = WeightStream(builder, values, storage)
    let tiles = ranges(of: tokens, by: 128)
    let rows = evenRows(k)
    let buffers = values.integer("buffers")
    let loaded = builder.pool(
      "x_tile", dtype, partitions: tiles[0].count, free: [k], buffers: min(buffers, tiles.count))
    let norm = declared["gamma"].map {
      RowNorm(
        ops, "norm", gamma: $0, epsilon: values.number("eps"),
        scratch: NormScratch(
          builder, dtype: dtype, tokens: tiles[0].count, hidden: k,
          buffers: min(buffers, tiles.count)))
    }
    let columns = tiles.enumerated().map { index, range in
      builder.tile(
        "columns.\(index)", storage.columns, partitions: rows, free: [k / rows, range.count])
    }
    // Results go out in pieces, so that any width fits.
    let width = min(n, builder.geometry.psumBankBytes / 4)
    let results = builder.pool(
      "result", dtype, partitions: tiles[0].count, free: [width],
      buffers: 2 * buffers * tiles.count)
    for (range, column) in zip(tiles, columns) {
      let tile = loaded.next().rows(range.count)
      builder.emit(DMACopy(dst: tile.ap, src: x.rows(range).ap), on: .scalar)
      ops.transpose(norm?.normalise(tile).row ?? tile, into: column, gains: norm?.gains)
    }
    let residual = declared["residual"]
    let scale = Float(scale)
    stream.project(columns, WeightMatrix(w), banks: ops.banks) { tile, part, bank in
      let result = results.next().rows(tiles[tile].count).columns(0..<part.count)
      if let residual {
        builder.emit(
          DMACopy(dst: result.ap, src: residual.rows(tiles[tile]).columns(part).ap), on: .scalar)
        ops.add(bank, to: result, scale: scale)
      } else {
        ops.move(from: bank, to: result, scale: scale)
      }
      builder.emit(
        DMACopy(dst: out.rows(tiles[tile]).columns(part).ap, src: result.ap),
        on: values.engine("store_engine"))
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    var x = inputs["x"] ?? []
    if isNormed {
      x = Reference.rmsNorm(x, gamma: inputs["gamma"] ?? [], epsilon: values.number("eps"))
    }
    if scale != 1 { x = x.map { $0 * scale } }
    var out = Reference.product(
      x, transposed: false, inputs["w"] ?? [], rows: tokens, inner: k, columns: n)
    if let residual = inputs["residual"] { out = zip(out, residual).map { $0 + $1 } }
    return ["out": out]
  }
}
