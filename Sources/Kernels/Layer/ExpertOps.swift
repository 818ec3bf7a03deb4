import Device
import Formats
import ISA
import Machine

/// The experts' MLPs: silu(x · gate) · (x · up), weighted, times down, summed over experts.
///
/// The weight of an expert multiplies silu(…) · up instead of the product with down, so that
/// the products of several experts add up in PSUM.
final class ExpertOps {
  let ops: RowOps
  let stream: WeightStream
  /// `[experts, hidden, 2 · inner]`, gate's columns first.
  private let gateUp: TensorView
  /// `[experts, inner, hidden]`.
  private let down: TensorView
  private let inner: Int
  /// Undoes the storage scale of gate_up; the caller that of down.
  private let scale: Float
  private let gates: TilePool
  private let products: TilePool
  private let turned: TilePool
  let columnType: DType
  /// Sums of tiles of tokens, for more than one.
  private var totals: [TensorView] = []
  /// Undoes the storage scale of down.
  let downScale: Float

  private var builder: KernelBuilder { ops.builder }

  init(
    _ ops: RowOps, _ stream: WeightStream, gateUp: TensorView, down: TensorView, tokens: Int,
    buffers: Int, scales: (gateUp: Double, down: Double),
    columnType: DType
  ) {
    self.ops = ops
    self.stream = stream
    self.gateUp = gateUp
    self.down = down
    scale = Float(scales.gateUp)
    downScale = Float(scales.down)
    self.columnType = columnType
    inner = down.freeShape[0]
    let builder = ops.builder
    gates = builder.pool("gate", ops.dtype, partitions: tokens, free: [inner], buffers: buffers)
    products = builder.pool(
      "gated", ops.dtype, partitions: tokens, free: [inner], buffers: buffers)
    let rows = evenRows(inner)
    // Two at least: the next expert's is made before this one's is used.
    turned = builder.pool(
      "gated_turned", columnType, partitions: rows, free: [inner / rows, tokens],
      buffers: max(2, buffers))
  }

  /// silu(x · gate) · (x · up) · weight of one expert, turned to `[rows, slots, tokens]`.
  ///
  /// - Parameters:
  ///   - expert: The expert, or which of them at run time.
  ///   - weight: `[tokens, 1]`.
  func gated(_ x: TensorView, expert: Int, index: TensorView?, weight: TensorView?) -> TensorView {
    let tokens = x.freeShape[1]
    let gate = gates.next().rows(tokens)
    let product = products.next().rows(tokens)
    let matrix = WeightMatrix(gateUp, matrix: expert, index: index)
    let scale = scale
    stream.project([x], matrix, columns: 0..<inner, banks: ops.banks) { _, columns, bank in
      builder.emit(
        Activation(
          dst: gate.columns(columns).ap, op: .silu, data: bank.ap, scale: .immediate(scale)))
    }
    if let weight, scale != 1 {
      builder.emit(
        TensorScalar(
          dst: gate.ap, data: gate.ap, op0: .multiply, operand0: .immediate(scale)), on: .vector)
      emitUp(x, matrix, product, gate, .tile(weight.ap))
    } else {
      emitUp(x, matrix, product, gate, weight.map { .tile($0.ap) } ?? .immediate(scale))
    }
    let rows = evenRows(inner)
    let result = turned.next().rows(rows).columns(0..<tokens)
    ops.transpose(product, into: result)
    return result
  }

  private func emitUp(
    _ x: TensorView, _ matrix: WeightMatrix, _ product: TensorView, _ gate: TensorView,
    _ factor: ScalarOperand
  ) {
    stream.project([x], matrix, columns: inner..<2 * inner, banks: ops.banks) { _, columns, bank in
      let mine = columns.lowerBound - inner..<columns.upperBound - inner
      builder.emit(
        ScalarTensorTensor(
          dst: product.columns(mine).ap, data: bank.ap, op0: .multiply, operand0: factor,
          op1: .multiply, operand1: gate.columns(mine).ap))
    }
  }

  /// Adds the product with down to sums in PSUM.
  func addDown(
    _ gated: TensorView, expert: Int, index: TensorView?, sums: [TensorView], first: Bool
  ) {
    stream.accumulate(
      gated, WeightMatrix(down, matrix: expert, index: index), into: sums, width: bankColumns,
      accumulating: !first)
  }

  /// Float32 columns of a bank.
  var bankColumns: Int { builder.geometry.psumBankBytes / 4 }

  /// Banks that hold `[tokens, hidden]`.
  func heldSums(tokens: Int) -> [TensorView] {
    let hidden = down.freeShape[1]
    return ranges(of: hidden, by: bankColumns).map { columns in
      ops.held.next().rows(tokens).columns(0..<columns.count)
    }
  }

  // MARK: - Decode

  /// The chosen experts of one token, their weights fetched by the router's own indices.
  ///
  /// The next expert's gate and up come before this one's down, so that the PE array has work while
  /// Scalar and Vector make what down needs.
  ///
  /// - Parameters:
  ///   - x: `[rows, slots, 1]`.
  ///   - indices: `[1, 8]`.
  ///   - weights: `[1, 8]`.
  ///   - owned: The experts whose weights are there, if others have the rest.
  /// - Returns: Banks with the sums, `[1, columns]` each.
  func emitSelected(
    _ x: TensorView, indices: TensorView, weights: TensorView, owned: Range<Int>? = nil
  ) -> [TensorView] {
    let sums = heldSums(tokens: 1)
    let count = indices.freeShape[0]
    if let owned {
      emitOwned(x, indices: indices, weights: weights, owned, into: sums)
      return sums
    }
    var waiting: (gated: TensorView, index: TensorView, first: Bool)?
    func finish() {
      guard let ready = waiting else { return }
      addDown(ready.gated, expert: 0, index: ready.index, sums: sums, first: ready.first)
      waiting = nil
    }
    for place in 0..<count {
      let index = indices.columns(place..<place + 1)
      let gated = gated(
        x, expert: 0, index: index, weight: weights.columns(place..<place + 1))
      finish()
      waiting = (gated, index, place == 0)
    }
    finish()
    return sums
  }

  /// Those of the chosen experts that are `owned`: which these are is known when the program runs.
  private func emitOwned(
    _ x: TensorView, indices: TensorView, weights: TensorView, _ owned: Range<Int>,
    into sums: [TensorView]
  ) {
    let count = indices.freeShape[0]
    func tile(_ name: String, _ dtype: DType) -> TensorView {
      builder.tile(name, dtype, partitions: 1, free: [count])
    }
    let (real, above, here) = (
      tile("owned_real", .float32), tile("owned_above", .float32), tile("owned_here", .int32)
    )
    let local = tile("owned_index", .uint32)
    builder.emit(TensorCopy(dst: real.ap, src: indices.ap), on: .vector)
    // 1 where lower bound ≤ index < upper bound.
    builder.emit(
      TensorScalar(
        dst: above.ap, data: real.ap, op0: .greaterEqual,
        operand0: .immediate(Float(owned.lowerBound))), on: .vector)
    builder.emit(
      ScalarTensorTensor(
        dst: here.ap, data: real.ap, op0: .less, operand0: .immediate(Float(owned.upperBound)),
        op1: .multiply, operand1: above.ap))
    // Of experts that are elsewhere the index is not used; it must only be a uint32.
    builder.emit(
      TensorScalar(
        dst: local.ap, data: real.ap, op0: .subtract,
        operand0: .immediate(Float(owned.lowerBound)), op1: .maximum, operand1: .immediate(0)),
      on: .vector)
    // Which expert comes first is not known: all add to zeros, which a matmul must have written.
    let zeros = builder.tile("zeros", columnType, partitions: 1, free: [bankColumns])
    builder.emit(Memset(dst: zeros.ap, value: 0), on: .vector)
    for sum in sums {
      builder.emit(
        NCMatmul(
          dst: sum.ap, stationary: zeros.columns(0..<1).ap,
          moving: zeros.columns(0..<sum.freeShape[0]).ap))
    }
    for place in 0..<count {
      let mine = place..<place + 1
      builder.emit(RegisterLoad(dst: Register(0), src: here.columns(mine).ap))
      builder.emit(Loop(variable: Register(1), stop: .register(Register(0))))
      let index = local.columns(mine)
      let gated = gated(x, expert: 0, index: index, weight: weights.columns(mine))
      addDown(gated, expert: 0, index: index, sums: sums, first: false)
      builder.emit(EndLoop())
    }
  }

  // MARK: - Prefill, every expert on every token

  /// `[tokens, experts]`: the weight of each expert, 0 where it was not chosen.
  func affinities(
    indices: TensorView, weights: TensorView, numbers: TensorView,
    scratch: (real: TensorView, one: TensorView), into target: TensorView
  ) {
    let rows = indices.rowCount
    let (real, one) = (scratch.real.rows(rows), scratch.one.rows(rows))
    builder.emit(TensorCopy(dst: real.ap, src: indices.ap), on: .vector)
    for place in 0..<indices.freeShape[0] {
      let result = place == 0 ? target : one
      builder.emit(
        TensorScalar(
          dst: result.ap, data: numbers.rows(rows).ap, op0: .equal,
          operand0: .tile(real.columns(place..<place + 1).ap), op1: .multiply,
          operand1: .tile(weights.columns(place..<place + 1).ap)), on: .vector)
      if place > 0 {
        builder.emit(
          TensorTensor(dst: target.ap, data1: target.ap, data2: one.ap, op: .add), on: .vector)
      }
    }
  }

  /// Declares the sums of several tiles of tokens; before anything is loaded.
  func prepareDense(_ tokens: [Int]) {
    guard tokens.count > 1 else { return }
    totals = tokens.enumerated().map { index, count in
      builder.tile(
        "expert_total.\(index)", .float32, partitions: count, free: [down.freeShape[1]])
    }
  }

  /// All experts on tiles of tokens, weighted by `[tokens, experts]`; sums stay in SBUF if there is
  /// more than one tile.
  ///
  /// - Returns: By tile the sums: banks, or one float32 tile.
  func emitDense(
    _ x: [TensorView], affinities: [TensorView], experts: Int
  ) -> [[(Range<Int>, TensorView)]] {
    let hidden = down.freeShape[1]
    let columns = ranges(of: hidden, by: bankColumns)
    guard x.count > 1 else {
      let sums = heldSums(tokens: x[0].freeShape[1])
      var waiting: (gated: TensorView, expert: Int)?
      for expert in 0...experts {
        let next =
          expert < experts
          ? gated(
            x[0], expert: expert, index: nil, weight: affinities[0].columns(expert..<expert + 1))
          : nil
        if let ready = waiting {
          addDown(
            ready.gated, expert: ready.expert, index: nil, sums: sums, first: ready.expert == 0)
        }
        waiting = next.map { ($0, expert) }
      }
      return [Array(zip(columns, sums))]
    }
    for expert in 0..<experts {
      emitDenseTiles(x, affinities, expert, totals)
    }
    return totals.map { [(0..<hidden, $0)] }
  }

  /// One expert on several tiles of tokens, its weights loaded once.
  private func emitDenseTiles(
    _ x: [TensorView], _ affinities: [TensorView], _ expert: Int, _ totals: [TensorView]
  ) {
    let matrix = WeightMatrix(gateUp, matrix: expert)
    let gate = x.map { gates.next().rows($0.freeShape[1]) }
    let product = x.map { products.next().rows($0.freeShape[1]) }
    let scale = scale
    stream.project(x, matrix, columns: 0..<inner, banks: ops.banks) { tile, columns, bank in
      builder.emit(
        Activation(
          dst: gate[tile].columns(columns).ap, op: .silu, data: bank.ap, scale: .immediate(scale)))
    }
    let weights = x.indices.map { affinities[$0].columns(expert..<expert + 1) }
    if scale != 1 {
      for tile in gate {
        builder.emit(
          TensorScalar(
            dst: tile.ap, data: tile.ap, op0: .multiply, operand0: .immediate(scale)),
          on: .vector)
      }
    }
    stream.project(x, matrix, columns: inner..<2 * inner, banks: ops.banks) { tile, columns, bank in
      let mine = columns.lowerBound - inner..<columns.upperBound - inner
      builder.emit(
        ScalarTensorTensor(
          dst: product[tile].columns(mine).ap, data: bank.ap, op0: .multiply,
          operand0: .tile(weights[tile].ap), op1: .multiply,
          operand1: gate[tile].columns(mine).ap))
    }
    let rows = evenRows(inner)
    let columns = x.indices.map { tile in
      let result = turned.next().rows(rows).columns(0..<x[tile].freeShape[1])
      ops.transpose(product[tile], into: result)
      return result
    }
    stream.project(
      columns, WeightMatrix(down, matrix: expert), banks: ops.held
    ) { tile, columns, bank in
      let total = totals[tile].columns(columns)
      if expert == 0 {
        ops.move(from: bank, to: total)
      } else {
        builder.emit(
          TensorTensor(dst: total.ap, data1: bank.ap, data2: total.ap, op: .add), on: .vector)
      }
    }
  }
}
