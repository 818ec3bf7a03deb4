/// Equal tiles that take turns, so that a tile can be filled while the one before is still in use.
public final class TilePool {
  /// The tiles, in the order in which they take turns.
  public let tiles: [TensorView]
  private var used = 0

  init(_ tiles: [TensorView]) { self.tiles = tiles }

  /// The tile whose turn it is.
  public func next() -> TensorView {
    defer { used += 1 }
    return tiles[used % tiles.count]
  }
}

/// A pool that remembers what its tiles hold, so that what is still there is not loaded again.
final class TileCache<Key: Hashable> {
  private let tiles: [TensorView]
  private var keys: [Key?]
  private var used = 0

  init(_ pool: TilePool) {
    tiles = pool.tiles
    keys = tiles.map { _ in nil }
  }

  /// The tile that holds `key`, and whether it must be filled first.
  func tile(_ key: Key) -> (tile: TensorView, mustLoad: Bool) {
    if let found = keys.firstIndex(of: key) { return (tiles[found], false) }
    let slot = used % tiles.count
    used += 1
    keys[slot] = key
    return (tiles[slot], true)
  }
}
