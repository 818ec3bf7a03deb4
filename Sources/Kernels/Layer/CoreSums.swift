import Device
import Formats
import ISA
import Machine

/// Adds up what several cores have of `[tokens, hidden]` sums; every core gets all of the total.
///
/// Two cores of a rank exchange first. For one token they exchange all and go on with the same sum; for
/// more, each gets half of the columns, adds these up over the ranks, and gives them back: every byte
/// crosses the links between the ranks once.
final class CoreSums {
  private let builder: KernelBuilder
  private let place: CorePlace
  private let hidden: Int
  /// By tile of tokens.
  let parts: [TensorView]
  private let received: TilePool
  private let totals: TilePool

  init(
    _ builder: KernelBuilder, _ place: CorePlace, dtype: DType, tokens: [Int], hidden: Int,
    buffers: Int
  ) {
    self.builder = builder
    self.place = place
    self.hidden = hidden
    parts = tokens.enumerated().map { index, count in
      builder.tile("part.\(index)", dtype, partitions: count, free: [hidden])
    }
    let most = tokens.first ?? 1
    received = builder.pool(
      "received", dtype, partitions: most, free: [hidden], buffers: buffers)
    totals = builder.pool("total", dtype, partitions: most, free: [hidden], buffers: buffers)
  }

  /// The sum of all cores' `parts[tile]`.
  func total(_ tile: Int) -> TensorView {
    let part = parts[tile]
    let rows = part.rowCount
    let layout = place.layout
    guard layout.coresPerRank == 2 else { return overRanks(part) }
    let arrived = received.next().rows(rows)
    guard rows > 1 else {
      exchange(part, into: arrived)
      builder.emit(
        TensorTensor(dst: part.ap, data1: part.ap, data2: arrived.ap, op: .add), on: .vector)
      return overRanks(part)
    }
    let half = hidden / 2
    let mine = place.core * half..<(place.core + 1) * half
    let theirs = (1 - place.core) * half..<(2 - place.core) * half
    let total = totals.next().rows(rows)
    exchange(part.columns(theirs), into: arrived.columns(mine))
    builder.emit(
      TensorTensor(
        dst: part.columns(mine).ap, data1: part.columns(mine).ap,
        data2: arrived.columns(mine).ap, op: .add), on: .vector)
    var sum = part.columns(mine)
    if layout.ranks > 1 {
      sum = total.columns(mine)
      builder.emit(AllReduce(dst: sum.ap, src: part.columns(mine).ap))
    }
    exchange(sum, into: (layout.ranks > 1 ? total : part).columns(theirs))
    return layout.ranks > 1 ? total : part
  }

  private func exchange(_ sent: TensorView, into received: TensorView) {
    builder.emit(
      SendRecv(
        dst: received.ap, src: sent.ap, sendTo: 1 - place.core, recvFrom: 1 - place.core))
  }

  private func overRanks(_ part: TensorView) -> TensorView {
    guard place.layout.ranks > 1 else { return part }
    let total = totals.next().rows(part.rowCount)
    builder.emit(AllReduce(dst: total.ap, src: part.ap))
    return total
  }
}
