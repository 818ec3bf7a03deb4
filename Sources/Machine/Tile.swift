/// Buffers that outlive an operation, so that tiles do not go back to the system each time.
final class BufferPool {
  private var free: [Int: [UnsafeMutableRawPointer]] = [:]

  deinit {
    for pointer in free.values.joined() { pointer.deallocate() }
  }

  /// A buffer of at least `bytes` bytes, 64-byte aligned, and its size class.
  func take(_ bytes: Int) -> (pointer: UnsafeMutableRawPointer, sizeClass: Int) {
    var sizeClass = 4096
    while sizeClass < bytes { sizeClass <<= 1 }
    if let pointer = free[sizeClass]?.popLast() { return (pointer, sizeClass) }
    return (.allocate(byteCount: sizeClass, alignment: 64), sizeClass)
  }

  func give(_ pointer: UnsafeMutableRawPointer, sizeClass: Int) {
    free[sizeClass, default: []].append(pointer)
  }
}

/// A dense rows × columns matrix of decoded elements, in host memory; uninitialised when made.
@frozen public struct Tile<Element: BitwiseCopyable>: ~Copyable {
  /// Rows (partitions).
  public let rows: Int
  /// Elements per row.
  public let columns: Int
  /// The elements, row by row.
  public let elements: UnsafeMutablePointer<Element>
  @usableFromInline let release: BufferRelease

  init(rows: Int, columns: Int, pool: BufferPool) {
    self.rows = rows
    self.columns = columns
    let bytes = max(1, rows * columns) * MemoryLayout<Element>.stride
    let (pointer, sizeClass) = pool.take(bytes)
    elements = pointer.bindMemory(to: Element.self, capacity: max(1, rows * columns))
    release = BufferRelease(pool: pool, pointer: pointer, sizeClass: sizeClass)
  }

  /// The first element of a row.
  @inlinable public func row(_ index: Int) -> UnsafeMutablePointer<Element> {
    elements + index * columns
  }

  /// Number of elements.
  @inlinable public var count: Int { rows * columns }
}

/// Returns a tile's buffer to its pool when the tile's life ends.
@usableFromInline final class BufferRelease {
  private let pool: BufferPool
  private let pointer: UnsafeMutableRawPointer
  private let sizeClass: Int

  init(pool: BufferPool, pointer: UnsafeMutableRawPointer, sizeClass: Int) {
    self.pool = pool
    self.pointer = pointer
    self.sizeClass = sizeClass
  }

  deinit { pool.give(pointer, sizeClass: sizeClass) }
}
