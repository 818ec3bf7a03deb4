/// One bit per byte of a memory that says whether it has been written.
///
/// Owned by exactly one `Machine`, never shared.
final class WrittenMap {
  private static let pageBytes = 4096

  private let words: UnsafeMutablePointer<UInt64>
  private let wordCount: Int
  /// The pages of the memory of which a byte was ever marked.
  private var usedPages: [Bool]

  /// A map of `bytes` bytes, none of them written.
  init(bytes: Int) {
    wordCount = bytes / 64 + 1
    guard let raw = UnsafeMutableRawPointer.allocateZeroed(bytes: wordCount * 8) else {
      preconditionFailure("no memory for the marks of \(bytes) bytes that there was memory for")
    }
    words = raw.bindMemory(to: UInt64.self, capacity: wordCount)
    usedPages = Array(repeating: false, count: bytes / WrittenMap.pageBytes + 1)
  }

  deinit { words.freeZeroed() }

  /// Marks `count` bytes from `start` on as written (or not).
  ///
  /// - Returns: Bytes of the pages that had no mark before.
  @discardableResult
  func set(_ start: Int, _ count: Int, to written: Bool = true) -> Int {
    guard count > 0 else { return 0 }
    var fresh = 0
    for page in start / WrittenMap.pageBytes...(start + count - 1) / WrittenMap.pageBytes
    where !usedPages[page] {
      usedPages[page] = true
      fresh += WrittenMap.pageBytes
    }
    let first = start >> 6
    let last = (start + count - 1) >> 6
    let head = ~UInt64(0) << UInt64(start & 63)
    let tail = ~UInt64(0) >> UInt64(63 - (start + count - 1) & 63)
    if first == last {
      apply(head & tail, first, written)
    } else {
      apply(head, first, written)
      if last > first + 1 {
        for word in first + 1..<last { words[word] = written ? ~0 : 0 }
      }
      apply(tail, last, written)
    }
    return fresh
  }

  /// Marks all as not written, and tells of each page that had a mark: its first byte and its size.
  func clear(_ body: (Int, Int) -> Void) {
    let pageWords = WrittenMap.pageBytes / 64
    for page in usedPages.indices where usedPages[page] {
      usedPages[page] = false
      let first = page * pageWords
      let count = min(pageWords, wordCount - first)
      (words + first).update(repeating: 0, count: count)
      body(page * WrittenMap.pageBytes, WrittenMap.pageBytes)
    }
  }

  /// Whether no byte of all is marked.
  var isEmpty: Bool { !usedPages.contains(true) }

  /// The first byte of the range that was never written.
  func firstUnwritten(_ start: Int, _ count: Int) -> Int? {
    guard hasMark(start, count, inverted: ~0) else { return nil }
    var byte = start
    while true {
      let missing = ~words[byte >> 6] >> UInt64(byte & 63)
      if missing != 0 { return byte + missing.trailingZeroBitCount }
      byte = (byte >> 6 + 1) << 6
    }
  }

  /// Whether no byte of the range is marked.
  func isClear(_ start: Int, _ count: Int) -> Bool { !hasMark(start, count, inverted: 0) }

  /// Whether a byte of the range is marked, or, with all bits `inverted`, is not.
  ///
  /// Asked of every operand: the words between the ends are one loop without a branch, which takes
  /// several of them at a time.
  private func hasMark(_ start: Int, _ count: Int, inverted: UInt64) -> Bool {
    guard count > 0 else { return false }
    let first = start >> 6
    let last = (start + count - 1) >> 6
    let head = ~UInt64(0) << UInt64(start & 63)
    let tail = ~UInt64(0) >> UInt64(63 - (start + count - 1) & 63)
    if first == last { return (words[first] ^ inverted) & head & tail != 0 }
    var marks = (words[first] ^ inverted) & head | (words[last] ^ inverted) & tail
    for word in first + 1..<last { marks |= words[word] ^ inverted }
    return marks != 0
  }

  private func apply(_ mask: UInt64, _ word: Int, _ written: Bool) {
    if written { words[word] |= mask } else { words[word] &= ~mask }
  }
}
