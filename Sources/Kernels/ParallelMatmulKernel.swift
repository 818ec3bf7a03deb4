package import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// A row-parallel linear layer: ranks sum over parts of k, then over each other.
package struct ParallelMatmulKernel: MultiCoreKernel {
  /// `parallel_matmul`.
  package static let name = KernelName.parallelMatmul.rawValue
  /// What it computes.
  package static let summary = "y = xᵀ · w over ranks that hold parts of k, summed by a collective"
  /// Formula and strategy.
  package static let details = """
    x_t is [k, m], w [k, n]. Each of tp ranks holds k / tp rows of both and computes a partial y; \
    reduce=all_reduce adds these up, reduce=scatter_gather does it as reduce_scatter and all_gather. \
    With lnc=2 each core of a rank computes half of n. This is how the output projection and the \
    down projection of a tensor-parallel layer end.
    """
  /// Shapes, cores, strategy.
  package static let parameters: [KernelParameter] = [
    .integer("m", 1...128, default: 128, "rows of y: tokens"),
    .integer("k", 1...1 << 20, default: 4096, "summed over; a multiple of 128 tp"),
    .integer("n", 1...1 << 16, default: 2048, "columns of y; a multiple of lnc"),
    .dtype, .tensorParallel, .logicalCore,
    .choice("reduce", ["all_reduce", "scatter_gather"], "how the partial sums are added"),
    .buffers(3), .integer("tile_n", 1...512, default: 512, "columns of a psum tile"),
  ]

  /// All values.
  package let values: KernelParameters
  let m: Int
  let k: Int
  let n: Int

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    m = values.integer("m")
    k = values.integer("k")
    n = values.integer("n")
  }

  private var dtype: DType { values.dtype("dtype") }

  /// `tp` ranks of `lnc` cores.
  package var layout: CoreLayout {
    CoreLayout(ranks: values.integer("tp"), coresPerRank: values.integer("lnc"))
  }

  /// `x_t` and `w`, whole; products of standard normal numbers summed to deviation 1.
  package var inputs: [KernelInput] {
    [
      KernelInput("x_t", dtype, [k, m], .normal(mean: 0, deviation: 1)),
      KernelInput("w", dtype, [k, n], .normal(mean: 0, deviation: 1 / Double(k).squareRoot())),
    ]
  }

  /// `y`, whole on each rank; partial sums stay float32 until y is stored.
  package var outputs: [KernelOutput] { [KernelOutput("y", dtype, [m, n], .computed(in: dtype))] }

  /// Whole tiles of k on each rank, and equal parts.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func require(_ holds: Bool, _ message: String, _ remedy: String) {
      if !holds { found.append(Diagnostic(.error, message, remedy: remedy)) }
    }
    let step = geometry.partitions * layout.ranks
    require(
      k % step == 0, "k is \(k), must be a multiple of \(geometry.partitions) tp = \(step)",
      "use k=\(max(1, k / step) * step)")
    require(
      n % layout.coresPerRank == 0, "n is \(n), must be a multiple of lnc", "use an even n")
    let share = n / layout.coresPerRank
    require(
      values.choice("reduce") == "all_reduce" || share % layout.ranks == 0,
      "a core's \(share) columns cannot be scattered over \(layout.ranks) ranks",
      "use reduce=all_reduce")
    return found
  }

  /// A rank's rows of k.
  package func shard(of input: KernelInput, rank: Int) -> TensorShard? {
    TensorShard(of: input.shape, dimension: 0, block: k / layout.ranks, cores: [[rank]])
  }

  /// Tiles of n, each summed over the rank's k in PSUM; then over the ranks; then stored.
  package func emit(into builder: KernelBuilder, on place: CorePlace) {
    let rows = k / layout.ranks
    let x = builder.input("x_t", dtype, [rows, m])
    let w = builder.input("w", dtype, [rows, n])
    let y = builder.output("y", dtype, [m, n])
    let share = n / layout.coresPerRank
    let first = place.core * share
    let tiles = rows / builder.geometry.partitions
    let partitions = builder.geometry.partitions
    let width = min(values.integer("tile_n"), share)
    let buffers = values.integer("buffers")
    let xs = builder.pool("x_tile", dtype, partitions: partitions, free: [m], buffers: tiles)
    let ws = builder.pool(
      "w_tile", dtype, partitions: partitions, free: [width], buffers: buffers)
    let sums = builder.pool(
      "sum", .float32, partitions: m, free: [width], buffers: 2, in: .psum)
    let partial = builder.tile("partial", .float32, partitions: m, free: [share])
    var stationary: [TensorView] = []
    for tile in 0..<tiles {
      let loaded = xs.next()
      builder.emit(DMACopy(dst: loaded.ap, src: x.rows(tile * partitions, partitions).ap))
      stationary.append(loaded)
    }
    for columns in ranges(of: share, by: width) {
      let count = columns.count
      builder.scope("columns \(first + columns.lowerBound)") {
        let sum = sums.next().columns(0..<count)
        for tile in 0..<tiles {
          let loaded = ws.next().columns(0..<count)
          let source = w.rows(tile * partitions, partitions).columns(
            first + columns.lowerBound..<first + columns.upperBound)
          builder.emit(
            DMACopy(dst: loaded.ap, src: source.ap), on: tile % 2 == 0 ? .sync : .scalar)
          builder.emit(
            NCMatmul(
              dst: sum.ap, stationary: stationary[tile].ap, moving: loaded.ap,
              accumulate: tile > 0))
        }
        builder.emit(TensorCopy(dst: partial.columns(columns).ap, src: sum.ap), on: .vector)
      }
    }
    let whole = reduced(partial, share, builder)
    builder.emit(
      DMACopy(dst: y.columns(first..<first + share).ap, src: whole.ap), on: .gpsimd)
  }

  private func reduced(
    _ partial: TensorView, _ share: Int, _ builder: KernelBuilder
  ) -> TensorView {
    guard layout.ranks > 1 else { return partial }
    return builder.scope("reduce") {
      let whole = builder.tile("whole", .float32, partitions: m, free: [share])
      if values.choice("reduce") == "all_reduce" {
        builder.emit(AllReduce(dst: whole.ap, src: partial.ap))
      } else {
        let piece = builder.tile("piece", .float32, partitions: m, free: [share / layout.ranks])
        builder.emit(ReduceScatter(dst: piece.ap, src: partial.ap, dim: 1))
        builder.emit(AllGather(dst: whole.ap, src: piece.ap, dim: 1))
      }
      return whole
    }
  }

  /// Dot products in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    [
      "y": Reference.product(
        inputs["x_t"] ?? [], transposed: true, inputs["w"] ?? [], rows: m, inner: k, columns: n)
    ]
  }
}
