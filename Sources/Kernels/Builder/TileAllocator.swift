import Diagnostics
import Machine
import Workloads

/// Hands out the bytes of the partitions of one memory from the first on, and keeps the books.
struct TileAllocator {
  /// What was asked for.
  struct Entry {
    var name: String
    var count: Int
    var bytes: Int
  }

  let space: MemorySpace
  let capacity: Int
  /// Every tile starts at a multiple of this.
  let alignment: Int
  private(set) var entries: [Entry] = []
  /// Where the next tile goes.
  private(set) var end = 0
  /// Behind the last byte that was ever handed out.
  private(set) var top = 0

  init(_ space: MemorySpace, capacity: Int, alignment: Int) {
    self.space = space
    self.capacity = capacity
    self.alignment = alignment
  }

  /// Addresses of `count` tiles of `bytes` bytes per partition; may lie beyond the capacity.
  mutating func take(_ name: String, count: Int, bytes: Int) -> [Int] {
    let size = (bytes + alignment - 1) / alignment * alignment
    entries.append(Entry(name: name, count: count, bytes: size))
    let start = end
    end += count * size
    top = max(top, end)
    return (0..<count).map { start + $0 * size }
  }

  /// Tiles that come take the place of those handed out since `end` was `mark`.
  mutating func rewind(to mark: Int) { end = mark }

  /// Tiles that come go behind all others.
  mutating func advance() { end = top }

  /// What no tile has ever had; 0 if too much was asked for.
  var free: Int { max(0, capacity - top) }

  /// The complaint if more was handed out than there is.
  var finding: Diagnostic? {
    guard top > capacity else { return nil }
    let sum = entries.reduce(0) { $0 + $1.count * $1.bytes }
    let unit =
      (space == .psum ? " (each tile starts at a bank of \(alignment) bytes)" : "")
      + (sum > top ? " (\(sum - top) bytes are used by two tiles in turn)" : "")
    let list = entries.sorted { $0.count * $0.bytes > $1.count * $1.bytes }
      .map { "\($0.name) \($0.count) × \($0.bytes)" }.joined(separator: ", ")
    return Diagnostic(
      .error,
      "the tiles need \(top) bytes of each partition, \(space.name) has \(capacity): \(list)\(unit)",
      remedy: "use smaller tiles or blocks, or fewer buffers")
  }
}
