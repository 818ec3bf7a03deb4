/// One bit per byte of a memory that says whether it has been written.
///
/// Owned by exactly one `Machine`, never shared.
final class WrittenMap {
  private let words: UnsafeMutablePointer<UInt64>
  private let wordCount: Int

  /// A map of `bytes` bytes, none of them written.
  init(bytes: Int) {
    wordCount = bytes / 64 + 1
    let raw = UnsafeMutableRawPointer.allocateZeroed(bytes: wordCount * 8)
    words = raw.bindMemory(to: UInt64.self, capacity: wordCount)
  }

  deinit { words.freeZeroed() }

  /// Marks `count` bytes from `start` on as written (or not).
  func set(_ start: Int, _ count: Int, to written: Bool = true) {
    guard count > 0 else { return }
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
  }

  /// The first byte of the range that was never written.
  func firstUnwritten(_ start: Int, _ count: Int) -> Int? {
    guard count > 0 else { return nil }
    let first = start >> 6
    let last = (start + count - 1) >> 6
    for word in first...last {
      var mask = ~UInt64(0)
      if word == first { mask &= ~UInt64(0) << UInt64(start & 63) }
      if word == last { mask &= ~UInt64(0) >> UInt64(63 - (start + count - 1) & 63) }
      let missing = ~words[word] & mask
      if missing != 0 { return word << 6 + missing.trailingZeroBitCount }
    }
    return nil
  }

  /// Whether no byte of the range is marked.
  func isClear(_ start: Int, _ count: Int) -> Bool {
    guard count > 0 else { return true }
    let first = start >> 6
    let last = (start + count - 1) >> 6
    for word in first...last {
      var mask = ~UInt64(0)
      if word == first { mask &= ~UInt64(0) << UInt64(start & 63) }
      if word == last { mask &= ~UInt64(0) >> UInt64(63 - (start + count - 1) & 63) }
      if words[word] & mask != 0 { return false }
    }
    return true
  }

  private func apply(_ mask: UInt64, _ word: Int, _ written: Bool) {
    if written { words[word] |= mask } else { words[word] &= ~mask }
  }
}
