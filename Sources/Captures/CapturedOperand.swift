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
  var elements: Int { sizes.reduce(1, *) }
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

  /// Reads the profiler's text; `nil` when it does not have this form.
  init?(_ text: String) {
    guard let at = text.firstIndex(of: "@"), let bracket = text.firstIndex(of: "["), at < bracket
    else { return nil }
    memory = String(text[..<at])
    let number = text[text.index(after: at)..<bracket]
    guard number.hasPrefix("0x"), let address = Int(number.dropFirst(2), radix: 16) else {
      return nil
    }
    self.address = address
    let lists = text[bracket...].split(separator: "]").map { list in
      list.dropFirst().split(separator: ",").compactMap { Int($0) }
    }
    guard lists.count == 2, lists[0].count == lists[1].count, !lists[0].isEmpty else { return nil }
    strides = lists[0]
    sizes = lists[1]
  }
}
