package import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Rows that every core has a part of are added up, and every core gets the total: what follows a
/// projection whose inputs are shared out.
package struct CoreSumKernel: MultiCoreKernel {
  /// `core_sum`.
  package static let name = KernelName.coreSum.rawValue
  /// What it computes.
  package static let summary = "y = the sum of all cores' rows, on every core"
  /// Formula and strategy.
  package static let details = """
    Each core has a part of x, [tp lnc tokens, hidden]. The cores of a rank exchange by sendrecv: all \
    of one token, halves of more. Then all_reduce over the ranks. The decoder layer does it twice.
    """
  /// Shapes and cores.
  package static let parameters: [KernelParameter] = [
    .tokens, .hidden, .dtype, .tensorParallel, .logicalCore,
  ]

  /// All values.
  package let values: KernelParameters
  private let tokens: Int
  private let hidden: Int
  private let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    dtype = values.dtype("dtype")
  }

  /// The cores, as `tp` and `lnc` say.
  package var layout: CoreLayout {
    CoreLayout(ranks: values.integer("tp"), coresPerRank: values.integer("lnc"))
  }

  /// `x`: one core's rows after the other's.
  package var inputs: [KernelInput] {
    [KernelInput("x", dtype, [layout.count * tokens, hidden], .normal(mean: 0, deviation: 1))]
  }

  /// `y`, the same on each rank.
  package var outputs: [KernelOutput] {
    var tolerance = Tolerance.computed(in: dtype)
    if dtype == .bfloat16 && layout.coresPerRank == 2 {
      // Each rank's sum of two is rounded: by half a step of what is below 8, five deviations.
      tolerance.absolute += Double(layout.ranks) * 8 * 0x1p-9
    }
    return [KernelOutput("y", dtype, [tokens, hidden], tolerance)]
  }

  /// Columns that two cores can share.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    guard hidden % layout.coresPerRank != 0 else { return [] }
    return [
      Diagnostic(
        .error, "hidden is \(hidden), must be a multiple of lnc", remedy: "use an even hidden")
    ]
  }

  /// A rank's rows.
  package func shard(of input: KernelInput, rank: Int) -> TensorShard? {
    TensorShard(
      of: input.shape, dimension: 0, block: layout.coresPerRank * tokens, cores: [[rank]])
  }

  /// Loads the part, adds up, stores a core's share of the columns.
  package func emit(into builder: KernelBuilder, on place: CorePlace) {
    let x = declareInputs(builder, of: place.rank)["x"]
    let y = builder.output("y", dtype, [tokens, hidden])
    guard let x else { return }
    let tiles = ranges(of: tokens, by: builder.geometry.partitions)
    let sums = CoreSums(
      builder, place, dtype: dtype, tokens: tiles.map(\.count), hidden: hidden,
      buffers: min(2, tiles.count))
    let width = hidden / place.layout.coresPerRank
    let mine = place.core * width..<(place.core + 1) * width
    for (index, tile) in tiles.enumerated() {
      let first = place.core * tokens + tile.lowerBound
      builder.emit(DMACopy(dst: sums.parts[index].ap, src: x.rows(first, tile.count).ap))
    }
    for (index, tile) in tiles.enumerated() {
      let total = sums.total(index)
      builder.emit(
        DMACopy(dst: y.rows(tile).columns(mine).ap, src: total.columns(mine).ap), on: .scalar)
    }
  }

  /// Sums in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let x = inputs["x"] ?? []
    let count = tokens * hidden
    return [
      "y": (0..<count).map { place in
        stride(from: place, to: x.count, by: count).reduce(0) { $0 + x[$1] }
      }
    ]
  }
}
