import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// RMSNorm of each query and key head, alone or with the rotary embedding in the same pass.
package struct HeadNormKernel: BuiltKernel {
  /// `qk_norm`.
  package static let name = KernelName.headNorm.rawValue
  /// What it computes.
  package static let summary = "RMSNorm of each q and k head; rope=fused rotates them too"
  /// Formula and strategy.
  package static let details = """
    q is [tokens, q_heads, head_dim], k [tokens, kv_heads, head_dim]; each head is divided by the \
    root of its mean square and multiplied with gamma_q or gamma_k. rope=fused then rotates the \
    halves by cos and sin [tokens, head_dim / 2] before anything is stored. Tiles of 128 tokens; \
    head_group heads at a time; gpsimd_share percent of them on GpSimd.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .tokens, .tileTokens, LayerShape.heads, LayerShape.kvHeads, LayerShape.headSize, .epsilon,
    .dtype, .choice("rope", ["none", "fused"], "whether heads are rotated too"),
    .integer("head_group", 1...64, default: 4, "heads that are normalised together"),
    .integer("gpsimd_share", 0...100, default: 30, "percent of the heads normalised on GpSimd"),
    .buffers(2), .loadEngine, .storeEngine("scalar"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let heads: Int
  let kvHeads: Int
  let headSize: Int
  let dtype: DType
  private var rotates: Bool { values.choice("rope") == "fused" }

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    heads = values.integer("q_heads")
    kvHeads = values.integer("kv_heads")
    headSize = values.integer("head_dim")
    dtype = values.dtype("dtype")
  }

  /// `q`, `k`, the gains and, for the rotation, `cos` and `sin`.
  package var inputs: [KernelInput] {
    let gain = TensorFill.normal(mean: 1, deviation: 0.1)
    let tables = [
      KernelInput("cos", dtype, [tokens, headSize / 2], .cosine(theta: 1e6)),
      KernelInput("sin", dtype, [tokens, headSize / 2], .sine(theta: 1e6)),
    ]
    return [
      KernelInput("q", dtype, [tokens, heads, headSize], .normal(mean: 0, deviation: 1)),
      KernelInput("k", dtype, [tokens, kvHeads, headSize], .normal(mean: 0, deviation: 1)),
      KernelInput("gamma_q", dtype, [1, headSize], gain),
      KernelInput("gamma_k", dtype, [1, headSize], gain),
    ] + (rotates ? tables : [])
  }

  /// `q_out` and `k_out`.
  package var outputs: [KernelOutput] {
    [
      KernelOutput("q_out", dtype, [tokens, heads, headSize], .computed(in: dtype)),
      KernelOutput("k_out", dtype, [tokens, kvHeads, headSize], .computed(in: dtype)),
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
    guard let q = declared["q"], let k = declared["k"], let gammaQ = declared["gamma_q"],
      let gammaK = declared["gamma_k"]
    else { return }
    let qOut = builder.output("q_out", dtype, [tokens, heads, headSize])
    let kOut = builder.output("k_out", dtype, [tokens, kvHeads, headSize])
    let tiling = TokenTiling(values)
    let headOps = HeadOps(
      builder, rows: tiling.rows, group: values.integer("head_group"), headSize: headSize,
      gpsimdShare: values.integer("gpsimd_share"), epsilon: values.number("eps"))
    let all = heads + kvHeads
    func pool(_ name: String, _ free: [Int], _ count: Int? = nil) -> TilePool {
      builder.pool(
        name, dtype, partitions: tiling.rows, free: free, buffers: count ?? tiling.buffers)
    }
    let loaded = pool("heads", [all, headSize])
    let tables =
      rotates ? (pool("cos_tile", [headSize / 2]), pool("sin_tile", [headSize / 2])) : nil
    let gains = (pool("gain_q", [headSize], 1).next(), pool("gain_k", [headSize], 1).next())
    let (load, store) = (values.engine("load_engine"), values.engine("store_engine"))
    for (gamma, tile) in [(gammaQ, gains.0), (gammaK, gains.1)] {
      builder.emit(DMACopy(dst: tile.ap, src: gamma.broadcastRows(tiling.rows).ap), on: load)
    }
    for (index, range) in tiling.ranges.enumerated() {
      builder.scope("tile \(index)") {
        let tile = loaded.next().rows(range.count)
        for (part, heads) in [(q, 0..<heads), (k, heads..<all)] {
          builder.emit(
            DMACopy(dst: tile.columns(heads, dimension: 0).ap, src: part.rows(range).ap), on: load)
        }
        var rotation: (cos: TensorView, sin: TensorView)?
        if let tables, let cos = declared["cos"], let sin = declared["sin"] {
          let both = (tables.0.next().rows(range.count), tables.1.next().rows(range.count))
          builder.emit(DMACopy(dst: both.0.ap, src: cos.rows(range).ap), on: load)
          builder.emit(DMACopy(dst: both.1.ap, src: sin.rows(range).ap), on: load)
          rotation = (both.0, both.1)
        }
        headOps.emit(
          tile, into: tile,
          [
            HeadOps.Segment(heads: 0..<heads, gains: gains.0),
            HeadOps.Segment(heads: heads..<all, gains: gains.1),
          ], tables: rotation)
        for (part, heads) in [(qOut, 0..<heads), (kOut, heads..<all)] {
          builder.emit(
            DMACopy(dst: part.rows(range).ap, src: tile.columns(heads, dimension: 0).ap), on: store)
        }
      }
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    func turned(_ name: String, _ heads: Int, _ gamma: String) -> [Double] {
      let y = Reference.rmsNorm(
        inputs[name] ?? [], gamma: inputs[gamma] ?? [], epsilon: values.number("eps"))
      guard let cos = inputs["cos"], let sin = inputs["sin"], rotates else { return y }
      return Reference.rotated(y, heads: heads, size: headSize, cos: cos, sin: sin)
    }
    return ["q_out": turned("q", heads, "gamma_q"), "k_out": turned("k", kvHeads, "gamma_k")]
  }
}
