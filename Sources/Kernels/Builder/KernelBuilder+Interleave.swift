import Workloads

extension KernelBuilder {
  /// Emits tiles of rows in two halves, the second one tile late if the tiling is interleaved.
  ///
  /// Engines work off their queues in order. Where a tile passes from one engine to another and back,
  /// the second visit would hold up the next tile's first one, so the next tile goes first.
  /// Whatever `first` hands to `second` must then be in pools of at least two tiles.
  func emitTiles<Handover>(
    _ tiling: TokenTiling, first: (Range<Int>) -> Handover,
    second: (Range<Int>, Handover) -> Void
  ) {
    var held: (name: String, range: Range<Int>, handover: Handover)?
    func finish() {
      guard let tile = held else { return }
      held = nil
      scope(tile.name) { second(tile.range, tile.handover) }
    }
    for (index, range) in tiling.ranges.enumerated() {
      let name = "tile \(index)"
      let handover = scope(name) { first(range) }
      // The tile before.
      finish()
      held = (name, range, handover)
      if !tiling.interleaved { finish() }
    }
    finish()
  }
}
