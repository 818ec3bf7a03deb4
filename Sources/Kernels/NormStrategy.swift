import Device
import Formats
import ISA
import Machine
import Workloads

/// How a tile of tokens is normalised: shared by RMSNorm and the fused add.
struct NormStrategy {
  static let parameters: [KernelParameter] = [
    .choice(
      "sum_squares", ["activation_reduce", "tensor_ops"],
      "sum of squares in one Scalar pass, or in two Vector passes"),
    .choice(
      "root", ["scalar", "vector"],
      "engine of the reciprocal root; vector takes a power and needs no activation table"),
    .choice(
      "apply", ["vector", "scalar"],
      "who scales: one Vector pass, or Scalar times the root and Vector times gamma"),
    .choice(
      "gamma_broadcast", ["pe", "dma"],
      "gamma reaches all partitions by a matmul with ones, or by reading its row once per partition"
    ),
  ]

  let hidden: Int
  let tiling: TokenTiling
  private let epsilon: Float
  private let onScalar: Bool
  private let rootOnScalar: Bool
  /// x · root in float32, where Scalar computes it.
  private let scaled: TilePool?
  private let gamma: TensorView
  private let squares: TilePool
  private let sums: TilePool
  private let roots: TilePool
  private let builder: KernelBuilder

  /// Declares the tiles and loads gamma into all partitions that tokens use.
  init(_ builder: KernelBuilder, _ values: KernelParameters, gamma: TensorView) {
    self.builder = builder
    tiling = TokenTiling(values)
    let (rows, buffers) = (tiling.rows, tiling.buffers)
    hidden = values.integer("hidden")
    epsilon = Float(values.number("eps"))
    onScalar = values.choice("sum_squares") == "activation_reduce"
    rootOnScalar = values.choice("root") == "scalar"
    self.gamma = builder.tile("gamma_tile", gamma.dtype, partitions: rows, free: [hidden])
    let tile = self.gamma
    builder.scope("gamma") {
      Self.load(
        builder, gamma, into: tile, on: values.engine("load_engine"),
        byMatmul: values.choice("gamma_broadcast") == "pe" && rows > 1)
    }
    // Only one engine writes the squares, in order, and nobody else reads them: one tile is enough.
    squares = builder.pool("squares", .float32, partitions: rows, free: [hidden], buffers: 1)
    sums = builder.pool("sum", .float32, partitions: rows, free: [1], buffers: buffers)
    roots = builder.pool("root", .float32, partitions: rows, free: [1], buffers: buffers)
    scaled =
      values.choice("apply") == "vector"
      ? nil
      : builder.pool("scaled", .float32, partitions: rows, free: [hidden], buffers: buffers)
  }

  /// Brings gamma's one row into every partition of `tile`.
  ///
  /// A DMA would read the row from HBM once per partition. A matmul with a row of ones copies it
  /// exactly (1 · gamma, summed over one term) from one read, while the first tile is on its way.
  private static func load(
    _ builder: KernelBuilder, _ gamma: TensorView, into tile: TensorView, on engine: Engine,
    byMatmul: Bool
  ) {
    guard byMatmul else {
      builder.emit(DMACopy(dst: tile.ap, src: gamma.broadcastRows(tile.rowCount).ap), on: engine)
      return
    }
    let hidden = tile.ap.elementsPerRow
    let row = builder.tile("gamma_row", gamma.dtype, partitions: 1, free: [hidden])
    let ones = builder.tile("ones", gamma.dtype, partitions: 1, free: [tile.rowCount])
    // One bank holds 512 sums of float32.
    let sums = builder.pool(
      "gamma_sum", .float32, partitions: tile.rowCount, free: [min(hidden, 512)], buffers: 2,
      in: .psum)
    builder.emit(DMACopy(dst: row.ap, src: gamma.ap), on: engine)
    builder.emit(Memset(dst: ones.ap, value: 1), on: .vector)
    for start in stride(from: 0, to: hidden, by: 512) {
      let columns = start..<min(start + 512, hidden)
      let sum = sums.next().columns(0..<columns.count)
      builder.emit(
        NCMatmul(dst: sum.ap, stationary: ones.ap, moving: row.columns(columns).ap))
      builder.emit(TensorCopy(dst: tile.columns(columns).ap, src: sum.ap), on: .vector)
    }
  }

  /// Rotating tiles of `rows` × `hidden`.
  func pool(_ name: String, _ dtype: DType) -> TilePool {
    builder.pool(
      name, dtype, partitions: tiling.rows, free: [hidden], buffers: tiling.buffers)
  }

  /// The root in the first half of a tile, if it belongs there: when Vector squares and Scalar takes
  /// the root, Vector would otherwise wait for it with the next tile's squares still to come.
  func earlyRoot(_ builder: KernelBuilder, of x: TensorView) -> TensorView? {
    !onScalar && rootOnScalar ? emitRoot(builder, of: x) : nil
  }

  /// 1 / sqrt(mean(x²) + eps) for each row of one tile.
  private func emitRoot(_ builder: KernelBuilder, of x: TensorView) -> TensorView {
    let count = x.rowCount
    let square = squares.next().rows(count)
    let sum = sums.next().rows(count)
    let root = roots.next().rows(count)
    if onScalar {
      builder.emit(
        ActivationReduce(dst: square.ap, op: .square, data: x.ap, reduceOp: .add, reduceRes: sum.ap)
      )
    } else {
      builder.emit(
        TensorTensor(dst: square.ap, data1: x.ap, data2: x.ap, op: .multiply), on: .vector)
      builder.emit(TensorReduce(dst: sum.ap, op: .add, data: square.ap))
    }
    let reciprocal = Float(1 / Double(hidden))
    if rootOnScalar {
      builder.emit(
        Activation(
          dst: root.ap, op: .rsqrt, data: sum.ap, bias: .immediate(epsilon),
          scale: .immediate(reciprocal)))
    } else {
      builder.emit(
        TensorScalar(
          dst: root.ap, data: sum.ap, op0: .multiply, operand0: .immediate(reciprocal), op1: .add,
          operand1: .immediate(epsilon)), on: .vector)
      builder.emit(
        TensorScalar(dst: root.ap, data: root.ap, op0: .power, operand0: .immediate(-0.5)),
        on: .vector)
    }
    return root
  }

  /// y = x · root · gamma for one tile; computes the root unless it has been.
  func apply(
    _ builder: KernelBuilder, root early: TensorView?, to x: TensorView, into y: TensorView
  ) {
    let count = x.rowCount
    let root = early ?? emitRoot(builder, of: x)
    if let scaled = scaled?.next().rows(count) {
      builder.emit(
        Activation(dst: scaled.ap, op: .copy, data: x.ap, scale: .tile(root.ap)), on: .scalar)
      builder.emit(
        TensorTensor(
          dst: y.ap, data1: scaled.ap, data2: gamma.rows(count).ap, op: .multiply), on: .vector)
      return
    }
    builder.emit(
      ScalarTensorTensor(
        dst: y.ap, data: x.ap, op0: .multiply, operand0: .tile(root.ap), op1: .multiply,
        operand1: gamma.rows(count).ap))
  }
}
