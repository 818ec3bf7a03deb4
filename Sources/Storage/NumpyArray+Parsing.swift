package import Diagnostics

extension NumpyArray {
  /// Longest header accepted, in bytes: far more than a shape of 64 extents needs.
  private static let headerLimit = 1 << 16

  /// Most dimensions accepted: NumPy 2 has no more.
  private static let rankLimit = 64

  /// Reads the bytes of a `.npy` file, version 1, 2 or 3, in either byte order, in C or Fortran order.
  ///
  /// - Parameters:
  ///   - file: The whole file.
  ///   - path: Its name, for messages.
  ///   - name: What messages call the array.
  /// - Throws: A `DiagnosticError` placed at the file: not an `.npy` file, a malformed header, an
  ///   element type that is not supported, too few or too many bytes.
  package init(
    parsing file: [UInt8], path: String, name: String = "the array"
  ) throws(DiagnosticError) {
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
    if let field = header.firstOfFields {
      throw failure(
        "\(name) is a record: its elements are records",
        remedy: "give its fields as arrays of their own: array['\(field)']")
    }
    // Elements of the other byte order have the same size.
    let isSwapped = header.descr.hasPrefix(">")
    let native = isSwapped ? "<\(header.descr.dropFirst())" : header.descr
    guard NumpyArray.elementSize(ofDescr: native) != nil else {
      let (type, why, remedy) = NumpyArray.refusal(ofDescr: header.descr)
      throw failure("\(name) is \(type): \(why)", remedy: remedy)
    }
    guard header.shape.count <= NumpyArray.rankLimit else {
      throw failure(
        "array of \(header.shape.count) dimensions, at most \(NumpyArray.rankLimit) are accepted")
    }
    guard let count = NumpyArray.byteCount(descr: native, shape: header.shape) else {
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
    makeNative(isFortran: header.fortranOrder)
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
  /// The name of the first field of records with several; those with one are read as it.
  var firstOfFields: String?
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
      case "descr": (descr, firstOfFields) = try scanner.description()
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

  /// The type of a number, or the list of a record's fields: `[('name', '<u4')]`.
  ///
  /// Packed types of NKI are records of one field.
  mutating func description() throws(HeaderError) -> (descr: String, firstOfFields: String?) {
    guard skip("[") else { return (try string(), nil) }
    try expect("(")
    let name = try string()
    try expect(",")
    // A field may be a record or an array of its own.
    guard peek != 0x5b, let descr = try? string(), skip(")"), skip("]") else {
      guard let end = endOfList() else { throw failure("']' expected") }
      text = text[end...]
      return ("", name)
    }
    return (descr, nil)
  }

  private var peek: UInt8? {
    mutating get {
      skipBlanks()
      return text.first
    }
  }

  /// Behind the bracket that ends the list that has begun.
  private func endOfList() -> Int? {
    var depth = 1
    var quote: UInt8?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
        continue
      }
      switch character {
      case 0x27, 0x22: quote = character
      case 0x5b: depth += 1
      case 0x5d:
        depth -= 1
        if depth == 0 { return index + 1 }
      default: break
      }
    }
    return nil
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
