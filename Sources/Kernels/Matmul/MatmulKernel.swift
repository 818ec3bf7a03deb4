import Device
package import Diagnostics
import Formats
package import Machine
package import Workloads

/// Matrix product with tiles, blocks and loop order as parameters.
///
/// out[m, n] = lhs · rhs, summed in fp32 over k. Blocks of `block_m` × `block_n` tiles are computed
/// at a time from stripes of `block_k` tiles that stay in SBUF while blocks reuse them; within a
/// block every output tile is one accumulation group in a PSUM bank.
package struct MatmulKernel: BuiltKernel {
  /// `matmul`.
  package static let name = KernelName.matmul.rawValue
  /// What it computes.
  package static let summary = "out[m,n] = lhs · rhs, blocked for reuse in sbuf, summed in psum"
  /// Formula and strategy.
  package static let details = """
    lhs is [k, m] (lhs_layout=km: k on the partitions, as the PE array wants it) or [m, k] \
    (lhs_layout=mk: transposed tile by tile on the PE array, or by the DMA rings). rhs is [k, n]. \
    Stripes of block_k × tile_k rows of lhs (block_m tiles wide) and rhs (block_n tiles wide) are \
    held in rotating buffers and loaded again only when they were replaced. If k needs several \
    stripes, the sums go to a float32 accumulator in sbuf between them.
    """

  /// Shapes, tiles, blocks, engines.
  package static let parameters: [KernelParameter] = [
    .integer("m", 1...1 << 20, default: 1024, "rows of out"),
    .integer("k", 1...1 << 20, default: 1024, "summed over"),
    .integer("n", 1...1 << 20, default: 1024, "columns of out"),
    .dtype,
    .choice("lhs_layout", ["km", "mk"], "whether lhs is stored as [k, m] or as [m, k]"),
    .choice("transpose", ["pe", "dma"], "who transposes lhs when it is stored as [m, k]"),
    .integer("tile_m", 1...4096, default: 128, "rows of an out tile: stationary columns"),
    .integer("tile_k", 1...4096, default: 128, "rows of the operands' tiles: PE rows"),
    .integer("tile_n", 1...4096, default: 512, "columns of an out tile: moving columns"),
    .integer("block_m", 1...1024, default: 4, "tiles of m per block"),
    .integer("block_n", 1...1024, default: 1, "tiles of n per block"),
    .integer("block_k", 1...1024, default: 16, "tiles of k that stay in sbuf at a time"),
    .integer("dma_k", 1...1024, default: 4, "tiles of k per load"),
    .choice("loop_order", ["nm", "mn"], "outermost loop over blocks first; its operand stays"),
    .buffers(2),
    .integer("psum_buffers", 1...8, default: 4, "psum banks for out tiles"),
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("gpsimd"),
  ]

  /// All values.
  package let values: KernelParameters
  let m: Int
  let k: Int
  let n: Int
  let dtype: DType
  let transposes: Bool
  let tileM: Int
  let tileK: Int
  let tileN: Int

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    m = values.integer("m")
    k = values.integer("k")
    n = values.integer("n")
    dtype = values.dtype("dtype")
    transposes = values.choice("lhs_layout") == "mk"
    tileM = values.integer("tile_m")
    tileK = values.integer("tile_k")
    tileN = values.integer("tile_n")
  }

  /// `lhs` and `rhs`; products of standard normal numbers summed to deviation 1.
  package var inputs: [KernelInput] {
    [
      KernelInput(
        "lhs", dtype, transposes ? [m, k] : [k, m], .normal(mean: 0, deviation: 1)),
      KernelInput("rhs", dtype, [k, n], .normal(mean: 0, deviation: 1 / Double(k).squareRoot())),
    ]
  }

  /// `out`.
  package var outputs: [KernelOutput] {
    [KernelOutput("out", dtype, [m, n], .computed(in: dtype))]
  }

  /// Tiles within what the PE array and a PSUM bank take.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func limit(_ name: String, _ value: Int, _ most: Int, _ why: String) {
      guard value > most else { return }
      found.append(
        Diagnostic(
          .error, "\(name) is \(value), \(why) \(most)", remedy: "use \(name)=\(most) or less"))
    }
    limit("tile_k", tileK, geometry.partitions, "the PE array has rows for")
    limit("tile_m", tileM, geometry.stationaryMax, "a stationary tile has columns for")
    limit("tile_n", tileN, geometry.movingMax, "a moving tile has columns for")
    limit("tile_n", tileN, geometry.psumBankBytes / 4, "a psum bank has float32 elements for")
    let tiles = [(m, tileM), (k, tileK), (n, tileN)].map { ($0 + $1 - 1) / $1 }
    // At most 2^60: the extents are at most 2^20.
    let products = tiles.reduce(1, *)
    if products > KernelBuilder.instructionLimit {
      found.append(
        Diagnostic(
          .error,
          "\(tiles[0]) × \(tiles[1]) × \(tiles[2]) tiles (m × k × n) make \(products) products, "
            + "a program has at most \(KernelBuilder.instructionLimit) instructions",
          remedy: "use larger tiles or smaller shapes"))
    }
    return found
  }

  /// Dot products in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let lhs = inputs["lhs"] ?? []
    let rhs = inputs["rhs"] ?? []
    let product = Reference.product(
      lhs, transposed: !transposes, rhs, rows: m, inner: k, columns: n)
    return ["out": product]
  }
}
