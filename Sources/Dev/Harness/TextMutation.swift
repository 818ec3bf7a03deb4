import Programs

/// Changes texts where their readers look: words, numbers and lines in place of bytes, so that what comes out is
/// most often a text of the same kind that says something else.
struct TextMutation {
  /// Words that stand for others, and numbers that sums and products overflow with.
  private static let numbers = [
    "0", "1", "-1", "2", "3", "7", "16", "31", "32", "33", "63", "64", "127", "128", "129", "255",
    "256", "511", "512", "513", "2048", "4096", "16384", "65535", "65536", "1048576",
    "2147483647", "2147483648", "-2147483648", "4294967296", "4611686018427387904",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e9", "1e308", "1e-308",
    "0.5", "-0.0", "nan", "inf", "-inf", "0x10", "",
  ]

  var random: SeededGenerator
  /// Lines of other texts of the kind, to be put in between.
  var lines: [[UInt8]]

  init(random: SeededGenerator, lines: [[UInt8]] = []) {
    self.random = random
    self.lines = lines
  }

  /// A text with one to four changes.
  mutating func mutate(_ text: [UInt8]) -> [UInt8] {
    var text = text
    for _ in 0..<random.pick([1, 1, 1, 2, 2, 3, 4]) {
      guard !text.isEmpty else { return text }
      switch random.pick(0...15) {
      case 0...5: changeNumber(&text)
      case 6...10: changeValue(&text)
      case 11...12: changeWord(&text)
      case 13...14: changeLines(&text)
      default:
        var mutation = Mutation(random: SeededGenerator(seed: random.next()))
        text = mutation.mutate(text, isText: true)
      }
    }
    return text
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == 0x5F || (0x41...0x5A).contains(byte & 0xDF)
  }

  /// The ranges of a text in which all bytes are of a kind.
  private static func runs(_ text: [UInt8], _ belongs: (UInt8) -> Bool) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start: Int?
    for (index, byte) in text.enumerated() {
      if belongs(byte) {
        start = start ?? index
      } else if let begin = start {
        found.append(begin..<index)
        start = nil
      }
    }
    if let start { found.append(start..<text.count) }
    return found
  }

  private mutating func changeNumber(_ text: inout [UInt8]) {
    let found = TextMutation.runs(text, TextMutation.isDigit)
    guard !found.isEmpty else { return }
    let range = random.pick(found)
    let old = Int(String(decoding: text[range], as: UTF8.self)) ?? 0
    let new: String
    switch random.pick(0...8) {
    case 4...6: new = random.pick(["0", "1", "2", "4", "8", "16", "32", "64", "96", "128"])
    case 0: new = "\(old &+ 1)"
    case 1: new = "\(old &- 1)"
    case 2: new = "\(old &* 2)"
    case 3: new = String(decoding: text[random.pick(found)], as: UTF8.self)
    default: new = random.pick(TextMutation.numbers)
    }
    text.replaceSubrange(range, with: Array(new.utf8))
  }

  /// The ranges of what stands behind `=` or `: ` in a line, by what stands before it.
  private static func values(_ line: ArraySlice<UInt8>) -> [(key: [UInt8], value: Range<Int>)] {
    var found: [(key: [UInt8], value: Range<Int>)] = []
    for index in line.indices where line[index] == 0x3D || line[index] == 0x3A {
      let key = Array(line[..<index].reversed().prefix(while: isWord).reversed())
      var start = index + 1
      if start < line.endIndex, line[start] == 0x20 { start += 1 }
      guard !key.isEmpty, start < line.endIndex else { continue }
      // Brackets hold blanks and commas of their own.
      var depth = 0
      var end = start
      while end < line.endIndex {
        let byte = line[end]
        if byte == 0x5B || byte == 0x7B { depth += 1 }
        if byte == 0x5D || byte == 0x7D { depth -= 1 }
        if depth < 0 || depth == 0 && (byte == 0x20 || byte == 0x2C) { break }
        end += 1
      }
      if end > start { found.append((key, start..<end)) }
    }
    return found
  }

  /// Another value of a key that some line has, too.
  private mutating func changeValue(_ text: inout [UInt8]) {
    let own = text.split(separator: 0x0A).flatMap(TextMutation.values)
    guard !own.isEmpty else { return }
    let (key, range) = random.pick(own)
    for _ in 0..<40 {
      let line = lines.isEmpty || random.once(in: 4) ? text : random.pick(lines)
      let others = TextMutation.values(line[...]).filter { $0.key == key }
      guard !others.isEmpty else { continue }
      text.replaceSubrange(range, with: Array(line[random.pick(others.map(\.value))]))
      return
    }
  }

  /// A word in the place of another one of the text.
  private mutating func changeWord(_ text: inout [UInt8]) {
    let found = TextMutation.runs(text, TextMutation.isWord)
    guard !found.isEmpty else { return }
    let (range, other) = (random.pick(found), random.pick(found))
    text.replaceSubrange(range, with: Array(text[other]))
  }

  /// A line that is gone, twice there, elsewhere, or of another text.
  private mutating func changeLines(_ text: inout [UInt8]) {
    var all = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let place = random.pick(0...all.count - 1)
    switch random.pick(0...4) {
    case 0: all.remove(at: place)
    case 1: all.insert(all[place], at: random.pick(0...all.count))
    case 2: all.swapAt(place, random.pick(0...all.count - 1))
    case 3 where !lines.isEmpty: all.insert(random.pick(lines), at: place)
    default: all.removeSubrange(place..<min(all.count, place + random.pick(1...8)))
    }
    text = Array(all.joined(separator: [0x0A]))
  }
}
