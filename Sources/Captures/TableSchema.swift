import Device

/// A column of a capture's table and what its cells hold.
///
/// Ranges are wide enough for every capture that is known, and narrow enough that sums of the values of a table stay within 64 bits.
struct TableColumn<Value> {
  /// Its name in the header.
  let name: String
  /// What a cell must be, for messages: `a whole number from 0 to 255`.
  let form: String
  /// The value of a cell's bytes; `nil` where they are not of the form.
  let value: (ArraySlice<UInt8>) -> Value?
}

/// Picoseconds of a capture's table.
enum CapturedTimes {
  /// The longest capture that is known has 0.29 s; assumed: none has 100 s.
  static let most: Int64 = 100_000_000_000_000
  /// Times and durations; a capture begins at 0.
  static let all: ClosedRange<Int64> = 0...most
  /// Records of semaphores may be older than the capture.
  static let records: ClosedRange<Int64> = -most...most
}

extension TableColumn where Value == Int {
  /// Whole numbers of a range; an empty cell is `empty`, if that is given.
  static func integer(
    _ name: String, _ range: ClosedRange<Int>, empty: Int? = nil
  ) -> TableColumn {
    TableColumn(
      name: name,
      form: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        + (empty == nil ? "" : ", or empty")
    ) { cell in
      if cell.isEmpty { return empty }
      guard let number = CellNumber.integer(cell), range.contains(number) else { return nil }
      return number
    }
  }
}

extension TableColumn where Value == Int64 {
  /// Times in ns, with a fraction or without, as picoseconds.
  static func time(
    _ name: String, _ range: ClosedRange<Int64> = CapturedTimes.all
  ) -> TableColumn {
    let seconds = 1_000_000_000_000 as Int64
    return TableColumn(
      name: name,
      form: "a time in ns from \(range.lowerBound / seconds) to \(range.upperBound / seconds) s"
    ) { cell in
      guard let time = CellNumber.picoseconds(cell), range.contains(time) else { return nil }
      return time
    }
  }
}

extension TableColumn where Value == String {
  private init(_ name: String, _ form: String, _ accepts: @escaping (String) -> Bool) {
    self.init(name: name, form: form) { cell in
      let text = String(decoding: cell, as: UTF8.self)
      return accepts(text) ? text : nil
    }
  }

  /// Any text.
  static func text(_ name: String) -> TableColumn { TableColumn(name, "a text") { _ in true } }

  /// Letters, digits and underscores.
  static func word(_ name: String) -> TableColumn {
    TableColumn(name, "a name of letters, digits and underscores") { text in
      !text.isEmpty && text.utf8.allSatisfy(CellNumber.isWord)
    }
  }

  /// One of these texts.
  static func one(_ name: String, of words: [String]) -> TableColumn {
    let shown = words.map { $0.isEmpty ? "empty" : $0 }.joined(separator: ", ")
    return TableColumn(name, "one of: \(shown)", words.contains)
  }

  /// An engine by one of its names, as the profiler shows it; or one of `others`.
  static func engine(_ name: String, others: [String] = []) -> TableColumn {
    let shown = Engine.allCases.map(\.displayName) + others
    return TableColumn(name: name, form: "an engine: \(shown.joined(separator: ", "))") { cell in
      let text = String(decoding: cell, as: UTF8.self)
      return Engine(name: text)?.displayName ?? (others.contains(text) ? text : nil)
    }
  }

  /// An element type as the profiler shows it, or nothing.
  static func elementType(_ name: String) -> TableColumn {
    TableColumn(name, "an element type such as fp32, bf16 or u8, or empty", CapturedType.isKnown)
  }
}

extension TableColumn where Value == CapturedOperand? {
  /// An operand, or nothing.
  static func operand(_ name: String) -> TableColumn {
    TableColumn(name: name, form: "\(CapturedOperand.form), or empty") { cell in
      if cell.isEmpty { return .some(nil) }
      return CapturedOperand(String(decoding: cell, as: UTF8.self)).map { .some($0) }
    }
  }
}

extension TableColumn where Value == [SemaphoreTerm] {
  /// What an instruction waits for, or what it updates.
  static func semaphores(_ name: String) -> TableColumn {
    TableColumn(name: name, form: SemaphoreTerm.form) { cell in
      SemaphoreTerm.all(in: String(decoding: cell, as: UTF8.self))
    }
  }
}

extension TableColumn where Value == ProfileOperands {
  /// The profiler's operands of an instruction; what is wrong with one is told by `ProfileOperands.problem`.
  static func profile(_ name: String) -> TableColumn {
    TableColumn(name: name, form: "operands") { cell in
      ProfileOperands(String(decoding: cell, as: UTF8.self))
    }
  }
}

extension TableColumn where Value == Work? {
  /// What an instruction asks of the machine, or nothing.
  static func work(_ name: String) -> TableColumn {
    TableColumn(name: name, form: "work as trnsim writes it, or empty") { cell in
      if cell.isEmpty { return .some(nil) }
      return Work(text: Substring(decoding: cell, as: UTF8.self)).map { .some($0) }
    }
  }
}

extension TableColumn where Value == TransferText {
  /// A DMA with its descriptors.
  static func transfer(_ name: String) -> TableColumn {
    TableColumn(name: name, form: "a transfer as trnsim writes it") { cell in
      var runs: [DescriptorRun] = []
      let text = Substring(decoding: cell, as: UTF8.self)
      return Transfer(text: text, into: &runs).map { TransferText(transfer: $0, runs: runs) }
    }
  }
}

/// A transfer and its own runs.
struct TransferText {
  var transfer: Transfer
  var runs: [DescriptorRun]
}

/// Numbers of cells, read from their bytes.
enum CellNumber {
  /// A whole number that is not negative and below 2^53.
  static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty else { return nil }
    var value = 0
    for byte in digits {
      guard byte >= 0x30 && byte <= 0x39 && value < 1 << 50 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }

  /// A time in ns as picoseconds; digits behind the third decimal are left out.
  static func picoseconds(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    var decimals = -1
    var hasDigits = false
    let isNegative = digits.first == 0x2D
    for byte in isNegative ? digits.dropFirst() : digits {
      switch byte {
      case 0x2E where decimals < 0: decimals = 0
      case 0x30...0x39 where decimals < 3 && value < 1 << 50:
        value = value * 10 + Int64(byte - 0x30)
        if decimals >= 0 { decimals += 1 }
        hasDigits = true
      case 0x30...0x39 where decimals >= 3: break
      default: return nil
      }
    }
    guard hasDigits, value < 1 << 50 else { return nil }
    for _ in max(0, decimals)..<3 { value *= 10 }
    return isNegative ? -value : value
  }

  /// Whether a byte is a letter, a digit or an underscore.
  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}

/// Element types as the profiler prints them.
enum CapturedType {
  /// Letters and then the bits of an element, of 8, 16 or 32, with what tells apart types of equal size.
  static func isKnown(_ text: String) -> Bool {
    if text.isEmpty { return true }
    let letters = text.prefix { $0.isASCII && $0.isLetter }
    let bits = text[letters.endIndex...].prefix { $0.isASCII && $0.isNumber }
    let rest = text[bits.endIndex...]
    return !letters.isEmpty && ["8", "16", "32"].contains(bits) && rest.utf8.count <= 8
      && rest.utf8.allSatisfy(CellNumber.isWord)
  }
}
