import Machine

/// Which elements of a tensor in HBM were touched, in pages that are made where something is.
struct TouchedElements {
  private var pages: [Int: [UInt64]] = [:]
  /// How many.
  private(set) var count = 0

  private static let pageWords = 1024
  private static var pageElements: Int { pageWords * 64 }

  /// Adds what a pattern touches of a tensor whose elements are `scale` of them.
  mutating func add(_ pattern: AccessPattern, scale: (numerator: Int, denominator: Int) = (1, 1)) {
    let runs = pattern.runs
    let isSide = runs.stride == 1 || runs.length == 1
    for row in 0..<Int(pattern.rows) {
      let first = pattern.offset + row * pattern.rowStride
      for start in runs.starts {
        let begin = first + start
        if isSide {
          add(begin, runs.length, scale)
        } else if runs.stride == 0 {
          add(begin, 1, scale)
        } else {
          for index in 0..<runs.length { add(begin + index * runs.stride, 1, scale) }
        }
      }
    }
  }

  private mutating func add(
    _ begin: Int, _ length: Int, _ scale: (numerator: Int, denominator: Int)
  ) {
    guard length > 0, begin >= 0 else { return }
    let from = begin * scale.numerator / scale.denominator
    let end = begin + length
    add(from..<max(from + 1, (end * scale.numerator + scale.denominator - 1) / scale.denominator))
  }

  private mutating func add(_ elements: Range<Int>) {
    var now = elements.lowerBound
    while now < elements.upperBound {
      let page = now / TouchedElements.pageElements
      let end = min(elements.upperBound, (page + 1) * TouchedElements.pageElements)
      let base = page * TouchedElements.pageElements
      var words =
        pages.removeValue(forKey: page)
        ?? Array(repeating: 0, count: TouchedElements.pageWords)
      while now < end {
        let (word, bit) = ((now - base) / 64, (now - base) % 64)
        let bits = min(64 - bit, end - now)
        let mask = (bits == 64 ? UInt64.max : (1 << UInt64(bits)) - 1) << UInt64(bit)
        count += (mask & ~words[word]).nonzeroBitCount
        words[word] |= mask
        now += bits
      }
      pages[page] = words
    }
  }
}
