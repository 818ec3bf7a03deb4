/// Damages bytes in ways that files get damaged, and in ways that parsers fear.
package struct Mutation {
  package var random: SeededGenerator

  package init(random: SeededGenerator) { self.random = random }

  /// Pieces that are put into texts.
  private static let pieces: [String] = [
    "[", "]", "(", ")", "{", "}", "\"", "\\", "#", "@", "=", ":", ",", "\n", "\r\n", "\t", "\u{0}",
    "::", ".ap(", "[[", "]]", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
    "1e999", "-1", "0", "0x", "nan(", "nan(0x1)", "inf", "absent", "true", "\u{FEFF}", "é", "\\u{",
    "\\u{110000}", "scope s {\n", "resume 0 {\n", "tensor t: hbm bfloat16 [1]\n",
    " at partition 1 byte 4\n", "after=[0]", "engine=vector", "spill=true", "x: ", "dst=",
    "rows=0:1", "offset=",
    "trnsim program 2\n", "at bank 9 ",
    "[99999999999, 99999999999]",
  ]

  /// The bytes with one to eight faults.
  package mutating func mutate(_ original: [UInt8], isText: Bool) -> [UInt8] {
    var bytes = original
    for _ in 0..<random.pick(1...8) {
      if bytes.isEmpty {
        bytes = [UInt8(random.pick(0...255))]
        continue
      }
      let start = random.pick(0...bytes.count - 1)
      let end = min(bytes.count, start + random.pick(0...(random.once(in: 8) ? 4000 : 12)))
      switch random.pick(0...(isText ? 7 : 5)) {
      case 0: bytes[start] = UInt8(random.pick(0...255))
      case 1: bytes[start] ^= 1 << UInt8(random.pick(0...7))
      case 2: bytes.removeSubrange(start..<end)
      case 3: bytes.insert(contentsOf: Array(bytes[start..<end]), at: start)
      case 4:
        let target = random.pick(0...bytes.count)
        bytes.insert(contentsOf: Array(bytes[start..<end]), at: target)
      case 5:
        // Long runs of ones are large varints.
        for i in start..<end where random.once(in: 2) { bytes[i] = 0xFF }
      case 6: bytes.insert(contentsOf: Array(random.pick(Mutation.pieces).utf8), at: start)
      default:
        let piece = Array(random.pick(Mutation.pieces).utf8)
        bytes.replaceSubrange(start..<end, with: piece)
      }
    }
    if random.once(in: 20) { bytes.removeSubrange(random.pick(0...bytes.count)..<bytes.count) }
    return bytes
  }
}
