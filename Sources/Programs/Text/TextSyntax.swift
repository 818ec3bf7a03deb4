/// The lexical rules that the printer and the parser of program texts share.
enum TextSyntax {
  /// Version after `trnsim program` in the first line.
  static let version = 1

  /// Bytes of one partition of a PSUM bank, which `at bank n` counts in: 2 KiB (trn2 architecture
  /// guide, "PSUM memory").
  static let bankBytes = 2048

  /// Words that mean something else where a name could stand, so names like these are quoted.
  static let reserved: Set<String> = ["inf", "infinity", "nan", "true", "false", "absent"]

  /// Whether a byte can begin a bare name.
  @inline(__always) static func beginsName(_ byte: UInt8) -> Bool {
    isLetter(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
      || byte == UInt8(ascii: "%")
  }

  /// Whether a byte can continue a bare name.
  @inline(__always) static func continuesName(_ byte: UInt8) -> Bool {
    beginsName(byte) || isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "/")
  }

  /// Whether a byte is an ASCII letter.
  @inline(__always) static func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26
  }

  /// Whether a byte is an ASCII digit.
  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// Whether a name needs no quotes.
  static func isBareName(_ name: String) -> Bool {
    guard let first = name.utf8.first, beginsName(first) else { return false }
    return name.utf8.allSatisfy(continuesName) && !reserved.contains(name.lowercased())
  }

  /// Whether a file name needs no quotes after `@`.
  static func isBareFile(_ file: String) -> Bool {
    !file.isEmpty && file.utf8.allSatisfy(isFileByte)
  }

  /// Whether a byte can be part of an unquoted file name.
  @inline(__always) static func isFileByte(_ byte: UInt8) -> Bool {
    continuesName(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "~")
  }

  /// Whether words to the end of the line (or to `{`) need no quotes.
  static func isBareText(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, first != 0x20, last != 0x20,
      // `scope :x` would read as an instruction with the label 'scope'.
      first != UInt8(ascii: ":")
    else {
      return false
    }
    return bytes.allSatisfy {
      $0 >= 0x20 && $0 < 0x7F && !"\"#{}\\@".utf8.contains($0)
    }
  }

  /// A text in double quotes.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        let invisible =
          scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
          || scalar.properties.generalCategory == .format
          || scalar.properties.generalCategory == .lineSeparator
          || scalar.properties.generalCategory == .paragraphSeparator
        if invisible {
          result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  /// A name as texts show it.
  static func name(_ name: String) -> String { isBareName(name) ? name : quoted(name) }

  /// Free text as texts show it.
  static func freeText(_ text: String) -> String { isBareText(text) ? text : quoted(text) }

  /// A number as texts show it: the shortest digits that give the same fp32 value, or all digits of a whole one beyond it.
  static func number(_ value: Double) -> String {
    let single = Float(value)
    if single.isNaN {
      // The standard library prints neither sign nor payload.
      let payload = single.bitPattern & 0x3F_FFFF
      return (single.sign == .minus ? "-nan" : "nan")
        + (payload == 0 ? "" : "(0x\(String(payload, radix: 16)))")
    }
    if Double(single).bitPattern == value.bitPattern { return single.description }
    return Int(exactly: value).map(String.init) ?? value.description
  }
}
