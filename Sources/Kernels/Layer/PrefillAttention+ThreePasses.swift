import Device
import ISA
import Machine

extension PrefillAttention {
  /// All heads of one row tile of queries, scores and weights through HBM between the passes.
  func emitThreePasses(
    queries: TensorView, values: [TensorView], at tile: Range<Int>, into result: TensorView,
    load: Engine, store: Engine
  ) {
    guard let spilled else { return }
    let (rows, keys) = (tile.count, tile.upperBound)
    turnQueries(queries)
    let stripes = ranges(of: keys, by: tileKeys)
    func place(_ head: Int, _ stripe: Range<Int>) -> TensorView {
      spilled.rows(head * tokens + tile.lowerBound, rows).columns(stripe)
    }
    builder.scope("scores") {
      for head in 0..<heads {
        for stripe in stripes {
          let scores = scores(head, head * kvHeads / heads, tile, stripe)
          builder.emit(DMACopy(dst: place(head, stripe).ap, src: scores.ap), on: store)
        }
      }
    }
    let scale = Float(1 / Double(headSize).squareRoot())
    builder.scope("softmax") {
      for head in 0..<heads {
        let row = next("row", rows).columns(0..<keys)
        builder.emit(DMACopy(dst: row.ap, src: place(head, 0..<keys).ap), on: load)
        let maximum = emitMaximum(row, previous: nil)
        let total = next("total", rows)
        builder.emit(
          ActivationReduce(
            dst: row.ap, op: .exp, data: row.ap, reduceOp: .add, reduceRes: total.ap,
            bias: .tile(maximum.ap), scale: .immediate(scale)))
        builder.emit(Reciprocal(dst: total.ap, data: total.ap), on: .vector)
        builder.emit(
          TensorScalar(dst: row.ap, data: row.ap, op0: .multiply, operand0: .tile(total.ap)),
          on: .vector)
        builder.emit(DMACopy(dst: place(head, 0..<keys).ap, src: row.ap), on: store)
      }
    }
    builder.scope("products") {
      for head in 0..<heads {
        let partial = stripes.count > 1 ? next("partial", rows) : nil
        for (index, stripe) in stripes.enumerated() {
          let score = next("score", rows).columns(0..<stripe.count)
          builder.emit(DMACopy(dst: score.ap, src: place(head, stripe).ap), on: load)
          let power = next("power", rows).columns(0..<stripe.count)
          ops.move(from: score, to: power)
          let bank = emitProducts(power, values, stripe, head * kvHeads / heads)
          let target = result.select(head, dimension: 0)
          let last = index == stripes.count - 1
          if let partial, index > 0 {
            builder.emit(
              TensorTensor(
                dst: (last ? target : partial).ap, data1: bank.ap, data2: partial.ap, op: .add),
              on: .vector)
          } else {
            ops.move(from: bank, to: partial ?? target)
          }
        }
      }
    }
  }
}
