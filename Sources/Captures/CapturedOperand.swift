import Device

/// An operand as the profiler prints it: `SBUF@0x34178[1,1,1][1000,1,1]`.
struct CapturedOperand: Equatable {
  /// `SBUF` or `PSUM`.
  var memory: String
  /// Address inside the memory.
  var address: Int
  /// Strides in elements, innermost first.
  var strides: [Int]
  /// Sizes, innermost first.
  var sizes: [Int]

  /// Elements per partition.
  let elements: Int
  /// Whether it is in PSUM.
  var isPSUM: Bool { memory == "PSUM" }

  /// Stride of the innermost dimension with more than one element, in elements; 1 if there is none.
  var innermostStride: Int {
    for (stride, size) in zip(strides, sizes) where size > 1 { return stride }
    return 1
  }

  /// Rows of 2-byte elements, walks of the innermost dimension, that begin at an odd multiple of 2 bytes.
  var misalignedRows: Int {
    Device.misalignedRows(
      begin: address / 2, outer: zip(strides, sizes).dropFirst().map { ($0, $1) })
  }

  /// What a text must be, for messages.
  static let form =
    "an operand MEMORY@0xADDRESS[strides][sizes] of SBUF or PSUM with as many strides as sizes "
    + "(at most \(mostDimensions)), of 1 to \(mostElements) elements"

  /// Access patterns have five dimensions at most; some more are no harm.
  private static let mostDimensions = 8
  /// Elements, and their distances, in the 256 KiB that a partition is from the next; four times as many, for those read again.
  private static let mostElements = 1 << 20
  /// Addresses have 32 bits in captures.
  private static let addresses = 0...Int(UInt32.max)

  /// Reads the profiler's text; `nil` when it does not have this form.
  init?(_ text: String) {
    guard let at = text.firstIndex(of: "@"), let bracket = text.firstIndex(of: "["), at < bracket
    else { return nil }
    memory = String(text[..<at])
    guard memory == "SBUF" || memory == "PSUM" else { return nil }
    let number = text[text.index(after: at)..<bracket]
    guard let address = CapturedOperand.address(number) else { return nil }
    self.address = address
    let lists = text[bracket...].split(separator: "]", omittingEmptySubsequences: false)
    guard lists.count == 3, lists[2].isEmpty, let strides = CapturedOperand.list(lists[0]),
      let sizes = CapturedOperand.list(lists[1]), strides.count == sizes.count,
      strides.count <= CapturedOperand.mostDimensions
    else { return nil }
    var elements = 1
    for (stride, size) in zip(strides, sizes) {
      guard (1...CapturedOperand.mostElements).contains(size),
        (-CapturedOperand.mostElements...CapturedOperand.mostElements).contains(stride)
      else { return nil }
      elements *= size
      guard elements <= CapturedOperand.mostElements else { return nil }
    }
    self.strides = strides
    self.sizes = sizes
    self.elements = elements
  }

  /// `0x34178`.
  static func address(_ text: Substring) -> Int? {
    let digits = text.dropFirst(2)
    guard text.hasPrefix("0x"), digits.utf8.allSatisfy(CellNumber.isWord),
      let address = Int(digits, radix: 16), addresses.contains(address)
    else { return nil }
    return address
  }

  /// `[1,-2,3`: the numbers, of which none may be malformed.
  private static func list(_ text: Substring) -> [Int]? {
    guard text.hasPrefix("[") else { return nil }
    var numbers: [Int] = []
    for word in text.dropFirst().split(separator: ",", omittingEmptySubsequences: false) {
      let digits = word.hasPrefix("-") ? word.dropFirst() : word
      guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(word) else {
        return nil
      }
      numbers.append(number)
    }
    return numbers
  }
}
