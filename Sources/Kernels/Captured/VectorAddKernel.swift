import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Sum of two vectors, streamed through SBUF in tiles of all partitions.
package struct VectorAddKernel: BuiltKernel {
  /// `vector_add`.
  package static let name = KernelName.vectorAdd.rawValue
  /// What it computes.
  package static let summary = "out = a + b, in tiles of 128 partitions"
  /// Formula and strategy.
  package static let details = """
    The vectors are taken as [partitions, elements / partitions]; tile_free columns are loaded, \
    added on one engine and stored at a time. With dge=none the descriptors are prepared before \
    the kernel starts. This is the streaming addition of Stanford's CS149 assignment 4, captured \
    on trn2 with elements=256000 and tile_free=1000 and 2000.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .integer("elements", 1...1 << 30, default: 256_000, "length; a multiple of partitions"),
    .integer("partitions", 1...128, default: 128, "partitions of a tile"),
    .integer("tile_free", 1...1 << 15, default: 1000, "columns of a tile"),
    KernelParameter(
      "dtype", .dtype([.float32, .bfloat16]), default: .dtype(.float32), "element type"),
    .buffers(2),
    .choice("engine", ["vector", "gpsimd"], "engine that adds"),
    .loadEngine, .storeEngine("gpsimd"), .descriptors,
  ]

  /// All values.
  package let values: KernelParameters
  let elements: Int
  let partitions: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    elements = values.integer("elements")
    partitions = values.integer("partitions")
    dtype = values.dtype("dtype")
  }

  private var columns: Int { elements / partitions }

  /// `a` and `b`, as the tiles' rows.
  package var inputs: [KernelInput] {
    ["a", "b"].map {
      KernelInput($0, dtype, [partitions, columns], .normal(mean: 0, deviation: 1))
    }
  }

  /// `out`.
  package var outputs: [KernelOutput] {
    [KernelOutput("out", dtype, [partitions, columns], .computed(in: dtype))]
  }

  /// Whole rows.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    guard elements % partitions != 0 else { return [] }
    return [
      Diagnostic(
        .error, "elements is \(elements), must be a multiple of partitions=\(partitions)",
        remedy: "use elements=\(max(1, elements / partitions) * partitions)")
    ]
  }

  /// Loops over tiles.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let a = declared["a"], let b = declared["b"] else { return }
    let out = builder.output("out", dtype, [partitions, columns])
    let width = min(values.integer("tile_free"), columns)
    let tiles = ranges(of: columns, by: width)
    let buffers = min(values.integer("buffers"), tiles.count)
    let (aTiles, bTiles, sums) = (
      builder.pool("a_tile", dtype, partitions: partitions, free: [width], buffers: buffers),
      builder.pool("b_tile", dtype, partitions: partitions, free: [width], buffers: buffers),
      builder.pool("sum", dtype, partitions: partitions, free: [width], buffers: buffers)
    )
    let dge = values.descriptors
    for (index, tile) in tiles.enumerated() {
      builder.scope("tile \(index)") {
        let left = aTiles.next().columns(0..<tile.count)
        let right = bTiles.next().columns(0..<tile.count)
        let sum = sums.next().columns(0..<tile.count)
        for (loaded, source) in [(left, a), (right, b)] {
          builder.emit(
            DMACopy(dst: loaded.ap, src: source.columns(tile).ap, dgeMode: dge),
            on: values.engine("load_engine"))
        }
        builder.emit(
          TensorTensor(dst: sum.ap, data1: left.ap, data2: right.ap, op: .add),
          on: values.engine("engine"))
        builder.emit(
          DMACopy(dst: out.columns(tile).ap, src: sum.ap, dgeMode: dge),
          on: values.engine("store_engine"))
      }
    }
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    ["out": zip(inputs["a"] ?? [], inputs["b"] ?? []).map { $0 + $1 }]
  }
}
