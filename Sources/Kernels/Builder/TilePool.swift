/// Equal tiles that take turns, so that a tile can be filled while the one before is still in use.
package final class TilePool {
  /// The tiles, in the order in which they take turns.
  package let tiles: [TensorView]
  private var used = 0

  init(_ tiles: [TensorView]) { self.tiles = tiles }

  /// The tile whose turn it is.
  package func next() -> TensorView {
    defer { used += 1 }
    return tiles[used % tiles.count]
  }
}

/// A pool that remembers what its tiles hold, so that what is still there is not loaded again.
final class TileCache<Key: Hashable> {
  private let tiles: [TensorView]
  private var keys: [Key?]
  /// By tile: when it was last asked for.
  private var lastUse: [Int]
  private var uses = 0

  init(_ pool: TilePool) {
    tiles = pool.tiles
    keys = tiles.map { _ in nil }
    lastUse = tiles.map { _ in 0 }
  }

  /// The tile that holds `key`, and whether it must be filled first.
  ///
  /// The one that was not asked for the longest gives way, so with two tiles or more the one that was
  /// asked for last stays.
  func tile(_ key: Key) -> (tile: TensorView, mustLoad: Bool) {
    uses += 1
    let found = keys.firstIndex(of: key)
    let slot = found ?? lastUse.indices.min { lastUse[$0] < lastUse[$1] } ?? 0
    keys[slot] = key
    lastUse[slot] = uses
    return (tiles[slot], found == nil)
  }
}
