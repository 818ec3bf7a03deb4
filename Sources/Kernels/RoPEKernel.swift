import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Rotary position embedding of the query and key heads, by rotating halves.
package struct RoPEKernel: BuiltKernel {
  /// `rope`.
  package static let name = KernelName.rope.rawValue
  /// What it computes.
  package static let summary = "rotates the halves of each q and k head by the token's position"
  /// Formula and strategy.
  package static let details = """
    first' = first · cos - second · sin, second' = second · cos + first · sin, with cos and sin \
    [tokens, head_dim/2] precomputed (theta 1e6). Query and key heads of tokens share one \
    tile; both halves times cos, and the swapped halves times sin, are one operation each over \
    all heads (cos and sin repeated by a stride of 0), then a difference and a sum. The last \
    gpsimd_share percent of the heads (rounded down) are computed on GpSimd beside Vector.
    """
  /// Shapes and strategy.
  ///
  /// Head counts, head size and theta: config.json of Qwen3-30B-A3B.
  package static let parameters: [KernelParameter] = [
    .tokens, .tileTokens,
    .integer("q_heads", 1...256, default: 32, "query heads"),
    .integer("k_heads", 1...256, default: 4, "key heads"),
    .integer("head_dim", 2...1024, default: 128, "elements of a head; even"),
    .integer("gpsimd_share", 0...100, default: 40, "percent of the heads computed on GpSimd"),
    .dtype, .buffers(3), .loadEngine, .storeEngine("scalar"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let qHeads: Int
  let kHeads: Int
  let headSize: Int
  let dtype: DType
  private var half: Int { headSize / 2 }
  private var heads: Int { qHeads + kHeads }

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    qHeads = values.integer("q_heads")
    kHeads = values.integer("k_heads")
    headSize = values.integer("head_dim")
    dtype = values.dtype("dtype")
  }

  /// `q`, `k`, `cos` and `sin`.
  package var inputs: [KernelInput] {
    [
      KernelInput("q", dtype, [tokens, qHeads, headSize], .normal(mean: 0, deviation: 1)),
      KernelInput("k", dtype, [tokens, kHeads, headSize], .normal(mean: 0, deviation: 1)),
      KernelInput("cos", dtype, [tokens, half], .cosine(theta: 1e6)),
      KernelInput("sin", dtype, [tokens, half], .sine(theta: 1e6)),
    ]
  }

  /// `q_out` and `k_out`.
  package var outputs: [KernelOutput] {
    [
      KernelOutput("q_out", dtype, [tokens, qHeads, headSize], .computed(in: dtype)),
      KernelOutput("k_out", dtype, [tokens, kHeads, headSize], .computed(in: dtype)),
    ]
  }

  /// An even head size.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    guard headSize % 2 != 0 else { return [] }
    return [
      Diagnostic(.error, "head_dim is \(headSize), must be even", remedy: "its halves are rotated")
    ]
  }

  /// Loops over tiles of tokens.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let q = declared["q"], let k = declared["k"], let cos = declared["cos"],
      let sin = declared["sin"]
    else { return }
    let qOut = builder.output("q_out", dtype, [tokens, qHeads, headSize])
    let kOut = builder.output("k_out", dtype, [tokens, kHeads, headSize])
    let tiling = TokenTiling(values)
    func pool(_ name: String, _ dtype: DType, _ free: [Int], only: Int? = nil) -> TilePool {
      builder.pool(
        name, dtype, partitions: tiling.rows, free: free, buffers: only ?? tiling.buffers)
    }
    let loaded = pool("qk_tile", dtype, [heads, 2, half])
    let results = pool("rotated", dtype, [heads, 2, half])
    let tables = (pool("cos_tile", dtype, [half]), pool("sin_tile", dtype, [half]))
    // Each head's products are written and read by one engine, in order: one tile is enough.
    let products = (
      pool("by_cos", .float32, [heads, 2, half], only: 1),
      pool("by_sin", .float32, [heads, 2, half], only: 1)
    )
    let (load, store) = (values.engine("load_engine"), values.engine("store_engine"))
    for (index, rows) in tiling.ranges.enumerated() {
      builder.scope("tile \(index)") {
        let tile = loaded.next().rows(rows.count)
        let result = results.next().rows(rows.count)
        let cosTile = tables.0.next().rows(rows.count)
        let sinTile = tables.1.next().rows(rows.count)
        builder.emit(DMACopy(dst: cosTile.ap, src: cos.rows(rows).ap), on: load)
        builder.emit(DMACopy(dst: sinTile.ap, src: sin.rows(rows).ap), on: load)
        for (part, range) in [(q, 0..<qHeads), (k, qHeads..<heads)] {
          builder.emit(
            DMACopy(dst: tile.columns(range, dimension: 0).ap, src: part.rows(rows).ap), on: load)
        }
        let byCos = products.0.next().rows(rows.count)
        let bySin = products.1.next().rows(rows.count)
        let onVector = heads - heads * values.integer("gpsimd_share") / 100
        for (range, engine) in [(0..<onVector, Engine.vector), (onVector..<heads, .gpsimd)]
        where !range.isEmpty {
          rotate(
            builder, range, engine, tile: tile, cos: cosTile, sin: sinTile, byCos: byCos,
            bySin: bySin, result: result)
        }
        for (part, range) in [(qOut, 0..<qHeads), (kOut, qHeads..<heads)] {
          builder.emit(
            DMACopy(dst: part.rows(rows).ap, src: result.columns(range, dimension: 0).ap), on: store
          )
        }
      }
    }
  }

  /// Rotates some heads of a tile on one engine.
  private func rotate(
    _ builder: KernelBuilder, _ heads: Range<Int>, _ engine: Engine, tile: TensorView,
    cos: TensorView, sin: TensorView, byCos: TensorView, bySin: TensorView, result: TensorView
  ) {
    func part(_ view: TensorView) -> TensorView { view.columns(heads, dimension: 0) }
    func repeated(_ table: TensorView) -> TensorView {
      table.broadcast(2, at: 0).broadcast(heads.count, at: 0)
    }
    builder.emit(
      TensorTensor(
        dst: part(byCos).ap, data1: part(tile).ap, data2: repeated(cos).ap, op: .multiply),
      on: engine)
    builder.emit(
      TensorTensor(
        dst: part(bySin).ap, data1: part(tile).reversed(dimension: 1).ap, data2: repeated(sin).ap,
        op: .multiply), on: engine)
    for (side, op) in [(0, ALUOp.subtract), (1, .add)] {
      builder.emit(
        TensorTensor(
          dst: part(result).select(side, dimension: 1).ap,
          data1: part(byCos).select(side, dimension: 1).ap,
          data2: part(bySin).select(side, dimension: 1).ap, op: op), on: engine)
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let cos = inputs["cos"] ?? []
    let sin = inputs["sin"] ?? []
    func rotated(_ x: [Double], _ heads: Int) -> [Double] {
      var y = x
      for token in 0..<tokens {
        for head in 0..<heads {
          let start = (token * heads + head) * headSize
          for j in 0..<half {
            let (first, second) = (x[start + j], x[start + half + j])
            let (c, s) = (cos[token * half + j], sin[token * half + j])
            y[start + j] = first * c - second * s
            y[start + half + j] = second * c + first * s
          }
        }
      }
      return y
    }
    return [
      "q_out": rotated(inputs["q"] ?? [], qHeads), "k_out": rotated(inputs["k"] ?? [], kHeads),
    ]
  }
}
