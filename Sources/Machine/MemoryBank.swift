import Host

/// A memory: rows of bytes with a record of what was written.
///
/// Owned by one `Machine`; HBM that the cores of a rank share is all of theirs.
final class MemoryBank {
  /// The same bytes of neighbouring partitions.
  private struct Block: Hashable {
    let start: Int
    let rows: Int
    let rowBytes: Int
  }

  /// Bytes between an on-chip memory's partitions that nothing uses: an odd number of cache lines.
  ///
  /// Partitions are powers of two (or nearly) long, so that without them a column of a tile would
  /// compete for a few sets of the host's caches.
  static let rowPadding = 192

  let rows: Int
  let rowBytes: Int
  let memory: UnsafeMutableRawPointer
  private var written: WrittenMap?
  private var allWritten = false
  /// Blocks that were found written whole, and stay so: stripes of a matmul are read again and again.
  private var writtenBlocks: Set<Block> = []
  private let ownsMemory: Bool
  /// Whether bytes that were never written may be read: their contents are known to whoever asked for that.
  var allowsUndefinedReads = false
  /// What fills the bank when it is read, and which of its blocks it has filled.
  private var contents: LazyContents?
  private var filledBlocks: [Bool] = []
  /// Which bytes a matmul wrote last; kept for PSUM only.
  private let matmulWritten: WrittenMap?
  /// What of the process's memory it is; `nil` for the caller's, and for pages that a bank was never written to.
  private let draw: MemoryDraw?
  private var drawn = 0
  /// Whether the system had no memory for it: it has none, and must not be used.
  let isMissing: Bool

  /// A memory of zeros.
  init(rows: Int, rowBytes: Int, tracksMatmul: Bool = false) {
    self.rows = rows
    self.rowBytes = rowBytes
    ownsMemory = true
    let given = UnsafeMutableRawPointer.allocateZeroed(bytes: rows * rowBytes)
    isMissing = given == nil
    memory = given ?? .allocate(byteCount: 1, alignment: 1)
    draw = MemoryDraw()
    matmulWritten = tracksMatmul ? WrittenMap(bytes: rows * rowBytes) : nil
  }

  /// One row that the caller owns and keeps alive, as long as its memory.
  init(memory given: UnsafeMutableRawBufferPointer) {
    guard let start = given.baseAddress else { preconditionFailure("memory of no bytes") }
    rows = 1
    rowBytes = given.count
    ownsMemory = false
    memory = start
    matmulWritten = nil
    draw = nil
    isMissing = false
  }

  /// Counts bytes that are used from now on, at most all there are.
  private func take(_ bytes: Int) {
    guard bytes > 0, let draw else { return }
    let more = min(bytes, rows * rowBytes - drawn)
    drawn += more
    draw.take(more)
  }

  deinit { if ownsMemory { memory.freeZeroed() } }

  /// Whether a byte of the host's memory is in both.
  func overlaps(_ other: MemoryBank) -> Bool {
    memory < other.memory + other.rows * other.rowBytes && other.memory < memory + rows * rowBytes
  }

  /// Makes a memory on chip as new.
  func empty() {
    precondition(ownsMemory && !allWritten && contents == nil, "a memory on chip has none of these")
    let bytes = rows * rowBytes
    written?.clear { start, count in
      (memory + start).initializeMemory(
        as: UInt8.self, repeating: 0, count: min(count, bytes - start))
    }
    matmulWritten?.clear { _, _ in }
    writtenBlocks.removeAll(keepingCapacity: true)
    // Whoever gets it counts what he writes.
    drawn = 0
    draw?.giveBack()
  }

  func markAllWritten() { allWritten = true }

  /// Whether nothing says that a byte was written.
  var hasNoMarks: Bool {
    !allWritten && writtenBlocks.isEmpty && written?.isEmpty != false
      && matmulWritten?.isEmpty != false
  }

  /// All counts as written from now on; blocks get their bytes when they are first read.
  func fill(lazily contents: LazyContents) {
    allWritten = true
    self.contents = contents
    filledBlocks = Array(
      repeating: false, count: (rowBytes + contents.blockBytes - 1) / contents.blockBytes)
  }

  private func fillBlocks(_ start: Int, _ count: Int) {
    guard let contents, count > 0 else { return }
    let size = contents.blockBytes
    for block in start / size...(start + count - 1) / size where !filledBlocks[block] {
      filledBlocks[block] = true
      take(size)
      contents.fill(block, memory + block * size, min(size, rowBytes - block * size))
    }
  }

  func mark(_ start: Int, _ count: Int, byMatmul: Bool = false) {
    if start == 0 && count == rows * rowBytes && !allWritten {
      allWritten = true
      written = nil
      take(count)
    }
    if !allWritten {
      let map = written ?? WrittenMap(bytes: rows * rowBytes)
      written = map
      take(map.set(start, count))
    }
    matmulWritten?.set(start, count, to: byMatmul)
  }

  /// The first byte of the range that must not be read.
  func firstUnwritten(_ start: Int, _ count: Int) -> Int? {
    allowsUndefinedReads ? nil : firstNeverWritten(start, count)
  }

  /// The first byte of the range that was never written.
  func firstNeverWritten(_ start: Int, _ count: Int) -> Int? {
    if allWritten || count == 0 {
      fillBlocks(start, count)
      return nil
    }
    guard let written else { return start }
    return written.firstUnwritten(start, count)
  }

  /// Puts an element's bytes wherever nothing was written, which counts as unwritten all the same.
  func fillUnwritten(with element: [UInt8]) {
    guard !allWritten, !element.isEmpty else { return }
    let count = rows * rowBytes
    // Elements divide the block, and every row begins with a whole one.
    let block = 64 / element.count * element.count
    let pattern = (0..<block).map { element[$0 % element.count] }
    var start = 0
    while start < count {
      let size = min(block, count - start)
      if isNeverWritten(start, size) {
        pattern.withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          (memory + start).copyMemory(from: base, byteCount: size)
        }
      } else if written?.firstUnwritten(start, size) != nil {
        for at in start..<start + size where isNeverWritten(at, 1) {
          memory.storeBytes(of: pattern[at - start], toByteOffset: at, as: UInt8.self)
        }
      }
      start += size
    }
  }

  /// Whether no byte of the range was ever written.
  func isNeverWritten(_ start: Int, _ count: Int) -> Bool {
    count == 0 || (!allWritten && written?.isClear(start, count) ?? true)
  }

  /// Marks `count` elements of `size` bytes, `stride` elements apart.
  func mark(_ start: Int, size: Int, stride: Int, count: Int, byMatmul: Bool) {
    if stride == 1 || count == 1 {
      mark(start, count * size, byMatmul: byMatmul)
    } else {
      for i in 0..<count { mark(start + i * stride * size, size, byMatmul: byMatmul) }
    }
  }

  /// Whether every byte of the range counts as written already, by a matmul or not.
  func isMarked(_ start: Int, _ count: Int, byMatmul: Bool) -> Bool {
    guard firstNeverWritten(start, count) == nil else { return false }
    guard let matmulWritten else { return true }
    return byMatmul
      ? matmulWritten.firstUnwritten(start, count) == nil : matmulWritten.isClear(start, count)
  }

  /// The first byte that was never written of elements `stride` apart.
  func firstUnwritten(_ start: Int, size: Int, stride: Int, count: Int) -> Int? {
    if stride == 1 || count == 1 { return firstUnwritten(start, count * size) }
    for i in 0..<count {
      if let bad = firstUnwritten(start + i * stride * size, size) { return bad }
    }
    return nil
  }

  /// The first byte that was never written of `count` bytes in each of several partitions.
  func firstUnwritten(inBlock rows: [Int], _ count: Int) -> Int? {
    guard let first = rows.first else { return nil }
    let block = Block(start: first, rows: rows.count, rowBytes: count)
    if writtenBlocks.contains(block) { return nil }
    for start in rows {
      if let bad = firstUnwritten(start, count) { return bad }
    }
    writtenBlocks.insert(block)
    return nil
  }

  /// The first byte of the range that something other than a matmul wrote last.
  func firstNotByMatmul(_ start: Int, _ count: Int) -> Int? {
    matmulWritten?.firstUnwritten(start, count)
  }
}
