import ISA

/// A name as it was scanned: where it stands, and its bytes if it was in quotes.
struct ScannedName {
  var start: Int
  var end: Int
  /// The bytes between the quotes, with escapes resolved.
  var quoted: [UInt8]?
}

extension TextParser {
  /// The byte at the cursor; a line feed at the end of the line.
  var byte: UInt8 {
    @inline(__always) get { at < lineEnd ? bytes[at] : 10 }
  }

  /// Moves to the next token; a comment ends the line.
  mutating func skipBlanks() {
    while at < lineEnd {
      let byte = bytes[at]
      if byte == UInt8(ascii: "#") {
        at = lineEnd
      } else if byte == 0x20 || byte == 9 {
        at += 1
      } else {
        return
      }
    }
  }

  /// Consumes the character, after blanks, if it is next.
  mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard byte == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  /// Consumes the character, after blanks.
  mutating func expect(_ character: Unicode.Scalar, _ context: String) throws(Malformed) {
    if !accept(character) { throw unexpected("'\(character)' \(context)") }
  }

  /// Reports whatever is left on the line.
  mutating func expectEnd() {
    skipBlanks()
    if at < lineEnd {
      report(
        "expected the end of the line, found \(found(at, tokenEnd(at)))", at, tokenEnd(at),
        remedy: "one statement per line")
    }
  }

  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[range])
  }

  /// Whether the bytes are this text.
  func matches(_ range: Range<Int>, _ wanted: StaticString) -> Bool {
    guard range.count == wanted.utf8CodeUnitCount else { return false }
    for i in 0..<range.count where bytes[range.lowerBound + i] != wanted.utf8Start[i] {
      return false
    }
    return true
  }

  /// The end of the token that begins at `start`.
  func tokenEnd(_ start: Int) -> Int {
    var end = start
    while end < lineEnd {
      let byte = bytes[end]
      if byte <= 0x20 || ",:=[](){}#\"".utf8.contains(byte) { break }
      end += 1
    }
    return max(end, min(start + 1, lineEnd))
  }

  /// "expected …, found …" at the cursor.
  mutating func unexpected(_ expected: String, remedy: String? = nil) -> Malformed {
    skipBlanks()
    let end = tokenEnd(at)
    var what = found(at, end)
    var help = remedy
    if at < lineEnd {
      if bytes[at] < 0x20 || bytes[at] == 0x7F {
        what = "byte 0x\(String(bytes[at], radix: 16))"
      } else if bytes[at] >= 0x80 {
        help = remedy ?? "put names with other characters into double quotes"
      }
    }
    return fail("expected \(expected), found \(what)", at, end, remedy: help)
  }

  // MARK: Names and strings

  /// The bare name at the cursor; empty if there is none.
  mutating func scanBareName() -> Range<Int> {
    let start = at
    guard TextSyntax.beginsName(byte) else { return start..<start }
    var end = at + 1
    while end < lineEnd && TextSyntax.continuesName(bytes[end]) { end += 1 }
    at = end
    return start..<end
  }

  /// A name, bare or in quotes.
  mutating func name(_ what: String) throws(Malformed) -> ScannedName {
    skipBlanks()
    let start = at
    if byte == UInt8(ascii: "\"") {
      let content = try quotedString()
      return ScannedName(start: start, end: at, quoted: content)
    }
    let range = scanBareName()
    if range.isEmpty { throw unexpected(what) }
    return ScannedName(start: start, end: at, quoted: nil)
  }

  /// Gives the bytes of a name to `body`.
  func withBytes<Result>(
    of name: ScannedName, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    if let quoted = name.quoted { return quoted.withUnsafeBufferPointer(body) }
    return body(slice(name.start..<name.end))
  }

  func string(_ name: ScannedName) -> String {
    if let quoted = name.quoted { return String(decoding: quoted, as: UTF8.self) }
    return text(name.start, name.end)
  }

  /// The bytes of the string in quotes at the cursor, with escapes resolved.
  mutating func quotedString() throws(Malformed) -> [UInt8] {
    let start = at
    at += 1
    var content: [UInt8] = []
    while at < lineEnd {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return content
      case UInt8(ascii: "\\"):
        try escape(into: &content)
      case 0..<0x20, 0x7F:
        throw fail(
          "byte 0x\(String(byte, radix: 16)) in a string", at, at + 1,
          remedy: "write \\u{\(String(byte, radix: 16))}")
      default:
        content.append(byte)
        at += 1
      }
    }
    throw fail(
      "this string has no end", start, min(lineEnd, start + 40), remedy: "close it with '\"'")
  }

  private mutating func escape(into content: inout [UInt8]) throws(Malformed) {
    let start = at
    at += 1
    let escaped = byte
    at = min(at + 1, lineEnd)
    switch escaped {
    case UInt8(ascii: "n"): content.append(10)
    case UInt8(ascii: "t"): content.append(9)
    case UInt8(ascii: "r"): content.append(13)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): content.append(escaped)
    case UInt8(ascii: "u"):
      var value: UInt32 = 0
      var digits = 0
      if byte == UInt8(ascii: "{") {
        at += 1
        while let digit = hexDigit(byte), digits < 6 {
          value = value << 4 | UInt32(digit)
          digits += 1
          at += 1
        }
      }
      guard digits > 0, byte == UInt8(ascii: "}"), let scalar = Unicode.Scalar(value) else {
        if byte == UInt8(ascii: "}") { at += 1 }
        throw fail(
          "'\(text(start, at))' is not a character", start, at,
          remedy: "write its code in hexadecimal: \\u{3b1}")
      }
      at += 1
      content.append(contentsOf: String(Character(scalar)).utf8)
    default:
      throw fail(
        "unknown escape in a string", start, at,
        remedy: "known are \\n \\t \\r \\\" \\\\ and \\u{…}")
    }
  }

  func hexDigit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
    default: nil
    }
  }

  /// Words up to a comment, the end of the line or one of `stops`; or one string in quotes.
  mutating func freeText(_ what: String, stop: UInt8 = 10) throws(Malformed) -> String {
    skipBlanks()
    let start = at
    if byte == UInt8(ascii: "\"") { return String(decoding: try quotedString(), as: UTF8.self) }
    while at < lineEnd, bytes[at] != stop, bytes[at] != UInt8(ascii: "#") {
      if bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "\\") || bytes[at] < 9 {
        throw fail(
          "\(found(at, at + 1)) within free text", at, at + 1,
          remedy: "put all of it into double quotes")
      }
      at += 1
    }
    var end = at
    while end > start && (bytes[end - 1] == 0x20 || bytes[end - 1] == 9) { end -= 1 }
    if end == start { throw unexpected(what) }
    return text(start, end)
  }

  // MARK: Numbers

  /// An integer, decimal or hexadecimal.
  mutating func integer(_ what: String) throws(Malformed) -> Int {
    skipBlanks()
    let start = at
    var position = at
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative || byte == UInt8(ascii: "+") { position += 1 }
    var magnitude: UInt64 = 0
    var overflow = false
    let digits: Int
    if position + 1 < lineEnd, bytes[position] == UInt8(ascii: "0"),
      bytes[position + 1] | 0x20 == UInt8(ascii: "x")
    {
      position += 2
      digits = position
      while position < lineEnd, let digit = hexDigit(bytes[position]) {
        overflow = overflow || magnitude >> 60 != 0
        magnitude = magnitude << 4 | UInt64(digit)
        position += 1
      }
    } else {
      digits = position
      while position < lineEnd, TextSyntax.isDigit(bytes[position]) {
        let scaled = magnitude.multipliedReportingOverflow(by: 10)
        let sum = scaled.partialValue.addingReportingOverflow(UInt64(bytes[position] - 48))
        overflow = overflow || scaled.overflow || sum.overflow
        magnitude = sum.partialValue
        position += 1
      }
    }
    let isWhole =
      position == lineEnd
      || !(TextSyntax.continuesName(bytes[position]) || bytes[position] >= 0x80)
    guard position > digits, isWhole else { throw unexpected("\(what), an integer") }
    let limit = UInt64(Int.max) + (isNegative ? 1 : 0)
    guard !overflow, magnitude <= limit else {
      throw fail(
        "\(what) does not fit into 64 bits", start, position,
        remedy: "integers go from \(Int.min) to \(Int.max)")
    }
    at = position
    return isNegative ? Int(truncatingIfNeeded: 0 &- magnitude) : Int(magnitude)
  }

  /// Whether a number begins at the cursor, and not a tensor.
  func beginsNumber() -> Bool {
    let byte = self.byte
    if TextSyntax.isDigit(byte) || "+-.".utf8.contains(byte) { return true }
    guard byte | 0x20 == UInt8(ascii: "i") || byte | 0x20 == UInt8(ascii: "n") else { return false }
    var end = at
    while end < lineEnd && TextSyntax.continuesName(bytes[end]) { end += 1 }
    guard end - at == 3 || end - at == 8 else { return false }
    return ["inf", "nan", "infinity"].contains(text(at, end).lowercased())
  }

  /// An fp32 number: decimal, hexadecimal, `inf`, `nan`.
  ///
  /// - Parameter isWide: Whether whole numbers without exponent, of up to 53 bits, are what is written.
  mutating func number(_ what: String, isWide: Bool = false) throws(Malformed) -> Double {
    skipBlanks()
    let start = at
    if let exact = smallDecimal() { return exact }
    at = start
    var end = at
    while end < lineEnd {
      let byte = bytes[end]
      if TextSyntax.continuesName(byte) || byte == UInt8(ascii: "+") {
        end += 1
      } else if byte == UInt8(ascii: "("), text(start, end).lowercased().hasSuffix("nan") {
        while end < lineEnd && bytes[end] != UInt8(ascii: ")") { end += 1 }
        end = min(end + 1, lineEnd)
        break
      } else {
        break
      }
    }
    let written = end - start <= 4096 ? text(start, end) : ""
    guard let value = Float(written), let wide = Double(written) else {
      throw unexpected("\(what), a number")
    }
    if wide.isFinite && !value.isFinite {
      throw fail(
        "\(written) is beyond fp32, whose largest number is \(Float.greatestFiniteMagnitude)",
        start, end, remedy: "write inf if you mean it")
    }
    let letters = written.lowercased()
    let isInteger =
      wide == wide.rounded() && !letters.contains(letters.contains("0x") ? "p" : "e")
    if isInteger && wide.isFinite && Double(value) != wide && abs(wide) <= 0x1p53 {
      if isWide {
        at = end
        return wide
      }
      throw fail(
        "\(written) is not an fp32 number, the nearest is \(value)", start, end,
        remedy: "numbers of operations are fp32; write \(value) if you mean it")
    }
    at = end
    return Double(value)
  }

  /// A decimal with few digits, computed exactly; `nil` leaves it to the general way.
  private mutating func smallDecimal() -> Double? {
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative { at += 1 }
    var mantissa = 0
    var digits = 0
    var fraction = 0
    while TextSyntax.isDigit(byte) && digits < 7 {
      mantissa = mantissa * 10 + Int(byte - 48)
      digits += 1
      at += 1
    }
    if byte == UInt8(ascii: ".") {
      at += 1
      while TextSyntax.isDigit(byte) && digits < 7 {
        mantissa = mantissa * 10 + Int(byte - 48)
        digits += 1
        fraction += 1
        at += 1
      }
    }
    if digits == 0 || TextSyntax.continuesName(byte) { return nil }
    // Both are exact in fp32 (at most 7 digits may exceed 2^24), so the quotient is rounded once.
    guard mantissa < 1 << 24 else { return nil }
    let powers: [Float] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7]
    let value = Float(mantissa) / powers[fraction]
    return Double(isNegative ? -value : value)
  }
}
