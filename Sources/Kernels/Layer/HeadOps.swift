import Device
import Formats
import ISA
import Machine
import Workloads

/// RMSNorm of each head and rotary embedding, on tiles `[rows, heads, head_dim]`.
///
/// Rows are tokens (prefill) or, for one token, heads (decode: then `heads` is 1). Heads are worked
/// on in groups, so that the float32 intermediates stay small; the last groups go to GpSimd.
struct HeadOps {
  /// Heads with the same gains.
  struct Segment {
    /// Positions in the tile.
    var heads: Range<Int>
    /// `[rows, head_dim]`.
    var gains: TensorView
  }

  let builder: KernelBuilder
  private let group: Int
  private let gpsimdShare: Int
  private let epsilon: Double
  private let scratch: [Engine: (a: TensorView, b: TensorView, sums: TensorView)]

  /// Declares float32 tiles for `group` heads on each engine.
  init(
    _ builder: KernelBuilder, rows: Int, group: Int, headSize: Int, gpsimdShare: Int,
    epsilon: Double
  ) {
    self.builder = builder
    self.group = group
    self.gpsimdShare = gpsimdShare
    self.epsilon = epsilon
    func tiles(_ engine: Engine) -> (a: TensorView, b: TensorView, sums: TensorView) {
      func tile(_ name: String, _ free: [Int]) -> TensorView {
        builder.tile("\(name)_\(engine.name)", .float32, partitions: rows, free: free)
      }
      return (
        tile("head_a", [group, 2, headSize / 2]), tile("head_b", [group, 2, headSize / 2]),
        tile("head_sum", [group])
      )
    }
    var scratch = [Engine.vector: tiles(.vector)]
    if gpsimdShare > 0 { scratch[.gpsimd] = tiles(.gpsimd) }
    self.scratch = scratch
  }

  /// Groups of a segment and who works on them.
  private func parts(_ heads: Range<Int>) -> [(Range<Int>, Engine)] {
    let onVector = heads.count - heads.count * gpsimdShare / 100
    let split = heads.lowerBound + onVector
    func cut(_ range: Range<Int>, _ engine: Engine) -> [(Range<Int>, Engine)] {
      ranges(of: range.count, by: group).map {
        (range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound, engine)
      }
    }
    return cut(heads.lowerBound..<split, .vector) + cut(split..<heads.upperBound, .gpsimd)
  }

  /// y = rope(norm(x)) for the segments' heads; without `tables` only the norm.
  ///
  /// - Parameter tables: cos and sin, `[rows, head_dim / 2]`.
  func emit(
    _ x: TensorView, into y: TensorView, _ segments: [Segment],
    tables: (cos: TensorView, sin: TensorView)?
  ) {
    for segment in segments {
      for (heads, engine) in parts(segment.heads) {
        guard let tiles = scratch[engine] else { continue }
        emit(x, y, heads, segment.gains, tables, engine, tiles)
      }
    }
  }

  private func emit(
    _ x: TensorView, _ y: TensorView, _ heads: Range<Int>, _ gains: TensorView,
    _ tables: (cos: TensorView, sin: TensorView)?, _ engine: Engine,
    _ tiles: (a: TensorView, b: TensorView, sums: TensorView)
  ) {
    let (rows, count, half) = (x.rowCount, heads.count, x.freeShape[1] / 2)
    func halves(_ view: TensorView) -> TensorView {
      view.columns(heads, dimension: 0).split(dimension: 1, inner: half)
    }
    func mine(_ view: TensorView) -> TensorView { view.rows(rows).columns(0..<count, dimension: 0) }
    func times(_ target: TensorView, _ left: TensorView, _ right: TensorView) {
      builder.emit(
        TensorTensor(dst: target.ap, data1: left.ap, data2: right.ap, op: .multiply), on: engine)
    }
    let (source, result) = (halves(x), halves(y))
    let (a, b) = (mine(tiles.a), mine(tiles.b))
    let sums = tiles.sums.rows(rows).columns(0..<count)
    times(a, source, source)
    builder.emit(TensorReduce(dst: sums.ap, op: .add, data: a.ap, axes: [2, 3]), on: .vector)
    builder.emitRoot(sums, width: 2 * half, epsilon: epsilon)
    times(a, source, sums.broadcastInner([2, half]))
    let gain = gains.rows(rows).split(dimension: 0, inner: half).broadcast(count, at: 0)
    guard let tables else {
      times(result, a, gain)
      return
    }
    times(a, a, gain)
    func repeated(_ table: TensorView) -> TensorView {
      table.rows(rows).broadcast(2, at: 0).broadcast(count, at: 0)
    }
    times(b, a.reversed(dimension: 1), repeated(tables.sin))
    times(a, a, repeated(tables.cos))
    for (side, op) in [(0, ALUOp.subtract), (1, .add)] {
      builder.emit(
        TensorTensor(
          dst: result.select(side, dimension: 1).ap, data1: a.select(side, dimension: 1).ap,
          data2: b.select(side, dimension: 1).ap, op: op), on: engine)
    }
  }
}

extension TensorView {
  /// Each element repeated over new inner dimensions, by strides of 0.
  func broadcastInner(_ extents: [Int]) -> TensorView {
    var view = self
    for extent in extents { view = view.broadcast(extent, at: view.freeShape.count) }
    return view
  }

  /// One HBM row `[1, a·b]` as `a` rows of `b`.
  func rowAsRows(_ count: Int) -> AccessPattern {
    var pattern = ap
    let width = ap.elementsPerRow / count
    pattern.rows = Int32(count)
    pattern.rowStride = width
    pattern.free = FreeDimensions([AccessDimension(stride: 1, size: width)])
    return pattern
  }
}
