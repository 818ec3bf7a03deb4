public import Diagnostics

extension NumpyArray {
  /// Longest header accepted, in bytes: far more than a shape of 64 extents needs.
  private static let headerLimit = 1 << 16

  /// Most dimensions accepted: NumPy 2 has no more.
  private static let rankLimit = 64

  /// Reads the bytes of a `.npy` file, version 1, 2 or 3.
  ///
  /// - Parameters:
  ///   - file: The whole file.
  ///   - path: Its name, for messages.
  /// - Throws: A `DiagnosticError` placed at the file: not an `.npy` file, a malformed header, an
  ///   element type or order that is not supported, too few or too many bytes.
  public init(parsing file: [UInt8], path: String) throws(DiagnosticError) {
    func failure(_ message: String, remedy: String? = nil) -> DiagnosticError {
      DiagnosticError(message, at: SourceLocation(file: path, line: 0), remedy: remedy)
    }
    guard file.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw failure("not an .npy file", remedy: "write it with numpy.save")
    }
    guard file.count >= 10 else {
      throw failure(".npy file ends inside its header, at byte \(file.count)")
    }
    let lengthSize = file[6] == 1 ? 2 : 4
    guard (1...3).contains(file[6]), file[7] == 0 else {
      throw failure(
        ".npy version \(file[6]).\(file[7]) is not supported",
        remedy: "write it as version 1.0, 2.0 or 3.0")
    }
    let start = 8 + lengthSize
    guard file.count >= start else {
      throw failure(".npy file ends inside its header, at byte \(file.count)")
    }
    let length = (0..<lengthSize).reduce(0) { $0 | Int(file[8 + $1]) << (8 * $1) }
    guard length <= NumpyArray.headerLimit else {
      throw failure(
        ".npy header of \(length) bytes, at most \(NumpyArray.headerLimit) are accepted")
    }
    guard file.count - start >= length else {
      throw failure(".npy file ends inside its header, at byte \(file.count)")
    }
    let header: Header
    do throws(HeaderError) {
      header = try Header(parsing: file[start..<start + length])
    } catch {
      throw failure(
        "malformed .npy header at byte \(error.offset): \(error.message)",
        remedy: "write it with numpy.save")
    }
    if header.descr.hasPrefix(">") {
      throw failure(
        "big-endian array of type '\(header.descr)'",
        remedy: "save it as array.astype(array.dtype.newbyteorder('<'))")
    }
    guard NumpyArray.elementSize(ofDescr: header.descr) != nil else {
      throw failure(
        "array of type '\(header.descr)', which is not supported",
        remedy: "convert it with array.astype, for example to 'float32'")
    }
    if header.fortranOrder {
      throw failure(
        "array in Fortran order", remedy: "save it as numpy.ascontiguousarray(array)")
    }
    guard header.shape.count <= NumpyArray.rankLimit else {
      throw failure(
        "array of \(header.shape.count) dimensions, at most \(NumpyArray.rankLimit) are accepted")
    }
    guard let count = NumpyArray.byteCount(descr: header.descr, shape: header.shape) else {
      throw failure("shape \(header.shape) is not the shape of an array")
    }
    let given = file.count - start - length
    guard given == count else {
      throw failure(
        "shape \(header.shape) of type '\(header.descr)' needs \(count) bytes, "
          + "the file has \(given)",
        remedy: given < count ? "copy or produce the file again" : "save one array in each file")
    }
    self.init(
      descr: header.descr, shape: header.shape, bytes: Array(file[(start + length)...]))
  }
}

/// What is wrong with a header, and at which byte of the file.
private struct HeaderError: Error {
  var offset: Int
  var message: String
}

/// The dictionary of a `.npy` file: a Python literal with exactly three keys.
private struct Header {
  var descr = ""
  var fortranOrder = false
  var shape: [Int] = []

  init(parsing text: ArraySlice<UInt8>) throws(HeaderError) {
    var scanner = Scanner(text: text)
    var seen: Set<String> = []
    try scanner.expect("{")
    while !scanner.skip("}") {
      let key = try scanner.string()
      try scanner.expect(":")
      switch key {
      case "descr": descr = try scanner.string()
      case "fortran_order": fortranOrder = try scanner.boolean()
      case "shape": shape = try scanner.tuple()
      default: throw scanner.failure("unknown key '\(key)'")
      }
      guard seen.insert(key).inserted else { throw scanner.failure("key '\(key)' twice") }
      if !scanner.skip(",") {
        try scanner.expect("}")
        break
      }
    }
    guard seen.count == 3 else {
      throw scanner.failure("needs the keys 'descr', 'fortran_order' and 'shape'")
    }
    guard scanner.atEnd else { throw scanner.failure("text after the dictionary") }
  }
}

/// Reads the few Python literals that a header is made of.
private struct Scanner {
  var text: ArraySlice<UInt8>

  func failure(_ message: String) -> HeaderError {
    HeaderError(offset: text.startIndex, message: message)
  }

  mutating func skipBlanks() {
    text = text.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
  }

  var atEnd: Bool {
    mutating get {
      skipBlanks()
      return text.isEmpty
    }
  }

  /// Takes `token` if it comes next.
  mutating func skip(_ token: String) -> Bool {
    skipBlanks()
    guard text.starts(with: token.utf8) else { return false }
    text = text.dropFirst(token.utf8.count)
    return true
  }

  mutating func expect(_ token: String) throws(HeaderError) {
    if !skip(token) { throw failure("'\(token)' expected") }
  }

  mutating func string() throws(HeaderError) -> String {
    skipBlanks()
    guard let quote = text.first, quote == 0x27 || quote == 0x22 else {
      // A list here describes a record of several fields.
      throw failure("a string expected, for example '<f4'")
    }
    let rest = text.dropFirst()
    guard let end = rest.firstIndex(of: quote) else { throw failure("string without end") }
    let content = rest[..<end]
    guard content.count <= 64, content.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x5c })
    else { throw failure("unreadable string") }
    text = rest[(end + 1)...]
    return String(decoding: content, as: UTF8.self)
  }

  mutating func boolean() throws(HeaderError) -> Bool {
    if skip("True") { return true }
    try expect("False")
    return false
  }

  mutating func tuple() throws(HeaderError) -> [Int] {
    var extents: [Int] = []
    try expect("(")
    while !skip(")") {
      extents.append(try extent())
      if !skip(",") {
        // Without a comma, brackets around one number are not a tuple in Python.
        if extents.count == 1 { throw failure("',' expected") }
        try expect(")")
        break
      }
    }
    return extents
  }

  mutating func extent() throws(HeaderError) -> Int {
    skipBlanks()
    if text.first == 0x2d { throw failure("a negative extent") }
    let digits = text.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard !digits.isEmpty else { throw failure("a number expected") }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw failure("an extent of \(digits.count) digits is too large")
    }
    text = text.dropFirst(digits.count)
    return value
  }
}
