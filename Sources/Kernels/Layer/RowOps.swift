import Device
import Formats
import ISA
import Machine

/// What the layer's operations share: PSUM banks, and operations on rows of tokens.
///
/// A row tile is `[tokens, features]`; a column tile `[rows, slots, tokens]` has feature
/// slot · rows + row on partition `row`, as the PE array wants what it sums over.
final class RowOps {
  let builder: KernelBuilder
  let dtype: DType
  /// Float32 banks that take turns.
  let banks: TilePool
  /// Float32 banks for sums that stay.
  let held: TilePool
  /// Banks of the storage type, for transposes.
  private let turned: TilePool
  private let evictor: Evictor
  private let bankBytes: Int

  init(_ builder: KernelBuilder, dtype: DType, evict: String) {
    self.builder = builder
    self.dtype = dtype
    evictor = Evictor(evict)
    bankBytes = builder.geometry.psumBankBytes
    banks = builder.pool(
      "sum", .float32, partitions: 128, free: [bankBytes / 4], buffers: 2, in: .psum)
    held = builder.pool(
      "held", .float32, partitions: 128, free: [bankBytes / 4], buffers: 4, in: .psum)
    turned = builder.pool(
      "turned", dtype, partitions: 128, free: [bankBytes / dtype.size], buffers: 2, in: .psum)
  }

  /// Copies, converting; engines take turns.
  func move(from source: TensorView, to target: TensorView, scale: Float = 1) {
    guard scale != 1 else {
      evictor.move(builder, from: source, to: target)
      return
    }
    builder.emit(
      TensorScalar(dst: target.ap, data: source.ap, op0: .multiply, operand0: .immediate(scale)),
      on: evictor.next())
  }

  /// target += sums · scale.
  func add(_ sums: TensorView, to target: TensorView, scale: Float = 1) {
    guard scale != 1 else {
      builder.emit(
        TensorTensor(dst: target.ap, data1: sums.ap, data2: target.ap, op: .add), on: .vector)
      return
    }
    builder.emit(
      ScalarTensorTensor(
        dst: target.ap, data: sums.ap, op0: .multiply, operand0: .immediate(scale), op1: .add,
        operand1: target.ap))
  }

  /// Turns row tiles `[tokens, features]` into `[rows, slots, tokens]`; times a column of gains.
  ///
  /// - Parameters:
  ///   - source: Of the storage type, or float32.
  ///   - gains: `[rows, slots]`, one per feature.
  func transpose(_ source: TensorView, into target: TensorView, gains: TensorView? = nil) {
    let tokens = source.rowCount
    let (rows, slots) = (target.rowCount, target.freeShape[0])
    let pool = source.dtype == dtype ? turned : banks
    let perBank = max(1, bankBytes / (tokens * source.dtype.size))
    for part in ranges(of: slots, by: perBank) {
      let bank = pool.next().rows(rows).columns(0..<part.count * tokens)
        .split(dimension: 0, inner: tokens)
      for slot in part {
        builder.emit(
          NCTranspose(
            dst: bank.select(slot - part.lowerBound, dimension: 0).ap,
            data: source.columns(slot * rows..<(slot + 1) * rows).ap), on: .tensor)
      }
      let result = target.columns(part, dimension: 0)
      guard let gains else {
        move(from: bank, to: result)
        continue
      }
      builder.emit(
        TensorTensor(
          dst: result.ap, data1: bank.ap,
          data2: gains.columns(part, dimension: 0).broadcast(tokens, at: 1).ap, op: .multiply),
        on: .vector)
    }
  }

  /// Transposes one block `[a, b]` into `[b, a]`.
  func transposeBlock(_ source: TensorView, into target: TensorView) {
    let bank = turned.next().rows(source.freeShape[0]).columns(0..<source.rowCount)
    builder.emit(NCTranspose(dst: bank.ap, data: source.ap), on: .tensor)
    move(from: bank, to: target)
  }

  /// Transposes blocks `[a, b]`, several to a bank, into `[b, blocks, a]`.
  func transposeBlocks(_ sources: [TensorView], into target: TensorView) {
    guard let first = sources.first else { return }
    let (a, b) = (first.rowCount, first.freeShape[0])
    for part in ranges(of: sources.count, by: max(1, bankBytes / (a * dtype.size))) {
      let bank = turned.next().rows(b).columns(0..<part.count * a).split(dimension: 0, inner: a)
      for index in part {
        builder.emit(
          NCTranspose(
            dst: bank.select(index - part.lowerBound, dimension: 0).ap, data: sources[index].ap),
          on: .tensor)
      }
      move(from: bank, to: target.rows(b).columns(part, dimension: 0))
    }
  }

  /// Loads one row of features as a column: `[rows, slots]`.
  func loadColumn(_ source: TensorView, into target: TensorView, on engine: Engine) {
    let rows = target.rowCount
    var pattern = source.ap
    pattern.rows = Int32(rows)
    pattern.rowStride = 1
    pattern.free = FreeDimensions([AccessDimension(stride: rows, size: target.freeShape[0])])
    builder.emit(DMACopy(dst: target.ap, src: pattern), on: engine)
  }
}

extension KernelBuilder {
  /// (mean(x²) + eps)^-½ of groups of `width` elements, from their sums; in place, on Vector.
  func emitRoot(_ sums: TensorView, width: Int, epsilon: Double) {
    emit(
      TensorScalar(
        dst: sums.ap, data: sums.ap, op0: .multiply, operand0: .immediate(Float(1 / Double(width))),
        op1: .add, operand1: .immediate(Float(epsilon))), on: .vector)
    emit(
      TensorScalar(dst: sums.ap, data: sums.ap, op0: .power, operand0: .immediate(-0.5)),
      on: .vector)
  }
}

/// RMSNorm of row tiles whose gains are applied to the transposed tile.
struct RowNorm {
  let ops: RowOps
  let epsilon: Double
  /// `[rows, slots]`.
  let gains: TensorView
  private let squares: TensorView
  private let sums: TilePool
  private let scaled: TilePool

  init(_ ops: RowOps, _ name: String, gamma: TensorView, epsilon: Double, scratch: NormScratch) {
    self.ops = ops
    self.epsilon = epsilon
    let hidden = gamma.freeShape[0]
    let rows = evenRows(hidden)
    gains = ops.builder.tile("\(name)_gains", gamma.dtype, partitions: rows, free: [hidden / rows])
    ops.loadColumn(gamma, into: gains, on: .gpsimd)
    (squares, sums, scaled) = (scratch.squares, scratch.sums, scratch.scaled)
  }

  /// x / sqrt(mean(x²) + eps), as a row tile without the gains, and the factor of each row.
  func normalise(_ x: TensorView) -> (row: TensorView, factor: TensorView) {
    let count = x.rowCount
    let sum = sums.next().rows(count)
    let hidden = x.freeShape[0]
    ops.builder.emit(
      ActivationReduce(
        dst: squares.rows(count).ap, op: .square, data: x.ap, reduceOp: .add, reduceRes: sum.ap))
    ops.builder.emitRoot(sum, width: hidden, epsilon: epsilon)
    let result = scaled.next().rows(count)
    scale(x, by: sum, into: result)
    return (result, sum)
  }

  /// Rows times their factors.
  func scale(_ x: TensorView, by factor: TensorView, into result: TensorView) {
    ops.builder.emit(
      TensorScalar(dst: result.ap, data: x.ap, op0: .multiply, operand0: .tile(factor.ap)),
      on: .vector)
  }
}

/// Tiles that several norms share.
struct NormScratch {
  let squares: TensorView
  let sums: TilePool
  let scaled: TilePool

  init(_ builder: KernelBuilder, dtype: DType, tokens: Int, hidden: Int, buffers: Int) {
    squares = builder.tile("squares", dtype, partitions: tokens, free: [hidden])
    sums = builder.pool("square_sum", .float32, partitions: tokens, free: [1], buffers: buffers)
    scaled = builder.pool("scaled", dtype, partitions: tokens, free: [hidden], buffers: buffers)
  }
}
