import Diagnostics
import Machine

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
  private var end = 0

  init(_ space: MemorySpace, capacity: Int, alignment: Int) {
    self.space = space
    self.capacity = capacity
    self.alignment = alignment
  }

  /// Addresses of `count` tiles of `bytes` bytes per partition; may lie beyond the capacity.
  mutating func take(_ name: String, count: Int, bytes: Int) -> [Int] {
    let size = (bytes + alignment - 1) / alignment * alignment
    entries.append(Entry(name: name, count: count, bytes: size))
    defer { end += count * size }
    return (0..<count).map { end + $0 * size }
  }

  /// What is left; 0 if too much was asked for.
  var free: Int { max(0, capacity - end) }

  /// The complaint if more was handed out than there is.
  var finding: Diagnostic? {
    guard end > capacity else { return nil }
    let unit = space == .psum ? " (each tile starts at a bank of \(alignment) bytes)" : ""
    let list = entries.sorted { $0.count * $0.bytes > $1.count * $1.bytes }
      .map { "\($0.name) \($0.count) × \($0.bytes)" }.joined(separator: ", ")
    return Diagnostic(
      .error,
      "the tiles need \(end) bytes of each partition, \(space.name) has \(capacity): \(list)\(unit)",
      remedy: "use smaller tiles or blocks, or fewer buffers")
  }
}
