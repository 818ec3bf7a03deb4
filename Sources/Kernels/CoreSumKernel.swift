public import Device
public import Diagnostics
import Formats
import ISA
public import Machine
public import Workloads

/// Rows that every core has a part of are added up, and every core gets the total: what follows a
/// projection whose inputs are shared out.
public struct CoreSumKernel: MultiCoreKernel {
  /// `core_sum`.
  public static let name = KernelName.coreSum.rawValue
  /// What it computes.
  public static let summary = "y = the sum of all cores' rows, on every core"
  /// Formula and strategy.
  public static let details = """
    Each core has a part of x, [tp lnc tokens, hidden]. The cores of a rank exchange by sendrecv: all \
    of one token, halves of more. Then all_reduce over the ranks. The decoder layer does it twice.
    """
  /// Shapes and cores.
  public static let parameters: [KernelParameter] = [
    .tokens, .hidden, .dtype, .tensorParallel, .logicalCore,
  ]

  /// All values.
  public let values: KernelParameters
  private let tokens: Int
  private let hidden: Int
  private let dtype: DType

  /// The kernel with these values.
  public init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    hidden = values.integer("hidden")
    dtype = values.dtype("dtype")
  }

  /// The cores, as `tp` and `lnc` say.
  public var layout: CoreLayout {
    CoreLayout(ranks: values.integer("tp"), coresPerRank: values.integer("lnc"))
  }

  /// `x`: one core's rows after the other's.
  public var inputs: [KernelInput] {
    [KernelInput("x", dtype, [layout.count * tokens, hidden], .normal(mean: 0, deviation: 1))]
  }

  /// `y`, the same on each rank.
  public var outputs: [KernelOutput] {
    var tolerance = Tolerance.computed(in: dtype)
    if dtype == .bfloat16 && layout.coresPerRank == 2 {
      // Each rank's sum of two is rounded: by half a step of what is below 8, five deviations.
      tolerance.absolute += Double(layout.ranks) * 8 * 0x1p-9
    }
    return [KernelOutput("y", dtype, [tokens, hidden], tolerance)]
  }

  /// Columns that two cores can share.
  public func check(_ geometry: Geometry) -> [Diagnostic] {
    guard hidden % layout.coresPerRank != 0 else { return [] }
    return [
      Diagnostic(
        .error, "hidden is \(hidden), must be a multiple of lnc", remedy: "use an even hidden")
    ]
  }

  /// A rank's rows.
  public func shard(of input: KernelInput, rank: Int) -> TensorShard? {
    TensorShard(
      of: input.shape, dimension: 0, block: layout.coresPerRank * tokens, cores: [[rank]])
  }

  /// Loads the part, adds up, stores a core's share of the columns.
  public func emit(into builder: KernelBuilder, on place: CorePlace) {
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
  public func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let x = inputs["x"] ?? []
    let count = tokens * hidden
    return [
      "y": (0..<count).map { place in
        stride(from: place, to: x.count, by: count).reduce(0) { $0 + x[$1] }
      }
    ]
  }
}
