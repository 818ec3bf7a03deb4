package import Diagnostics

extension NumpyArray {
  /// The array in a form that holds elements of an NKI type (`float32`, `int32`, …).
  ///
  /// 64-bit integers become 32-bit ones if all fit; float64 is rounded to float32. The Python package does the
  /// same with arrays (`tensor/arrays.py`).
  /// - Parameters:
  ///   - name: What messages call it.
  ///   - path: Its file, for messages.
  /// - Returns: The array, and whether it was rounded.
  /// - Throws: A `DiagnosticError` placed at the file: an element type that is not the program's, or the
  ///   first element that does not fit.
  package func converted(
    toDTypeNamed dtype: String, name: String, path: String
  ) throws(DiagnosticError) -> (array: NumpyArray, isRounded: Bool) {
    let place = SourceLocation(file: path, line: 0)
    guard let form = npyDescription(forDTypeNamed: dtype) else {
      throw DiagnosticError("\(dtype) has no .npy form")
    }
    if form.accepted.contains(descr) { return (self, false) }
    func failure(at element: Int, _ value: String, _ bounds: String, _ remedy: String)
      -> DiagnosticError
    {
      DiagnosticError(
        "'\(name)' has \(value) at \(index(of: element)), beyond \(dtype) (\(bounds))", at: place,
        remedy: remedy)
    }
    switch (descr, dtype) {
    case ("<i8", "int32"), ("<i8", "uint32"), ("<u8", "int32"), ("<u8", "uint32"):
      let isSigned = dtype == "int32"
      let (low, high) = isSigned ? (Int64(Int32.min), Int64(Int32.max)) : (0, Int64(UInt32.max))
      var narrow = NumpyArray(descr: form.written, shape: shape, bytes: [])
      narrow.bytes.reserveCapacity(bytes.count / 2)
      for (element, bits) in wideElements.enumerated() {
        let value = Int64(bitPattern: bits)
        let fits = descr == "<u8" ? bits <= UInt64(high) : (low...high).contains(value)
        guard fits else {
          throw failure(
            at: element, descr == "<u8" ? "\(bits)" : "\(value)", "\(low) to \(high)",
            "NKI has no 64-bit integers: give values that fit \(dtype), or halves of them as two arrays"
          )
        }
        narrow.append(UInt32(truncatingIfNeeded: bits))
      }
      return (narrow, false)
    case ("<f8", "float32"), ("<f8", "tfloat32"):
      var narrow = NumpyArray(descr: form.written, shape: shape, bytes: [])
      narrow.bytes.reserveCapacity(bytes.count / 2)
      for (element, bits) in wideElements.enumerated() {
        let value = Double(bitPattern: bits)
        let rounded = Float(value)
        guard rounded.isFinite || !value.isFinite else {
          throw failure(
            at: element, "\(value)", "up to 3.4028235e+38",
            "NKI has no 64-bit types: scale it, or array.astype(np.float32), which makes it infinite"
          )
        }
        narrow.append(rounded.bitPattern)
      }
      return (narrow, true)
    default:
      throw DiagnosticError(
        "'\(name)' is \(dtype), the file holds '\(descr)'", at: place,
        remedy: "save it as one of \(form.accepted.joined(separator: ", "))")
    }
  }

  /// What is said once of all inputs that were rounded.
  package static func roundingNote(_ names: [String]) -> String {
    let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
    return "\(quoted) \(names.count == 1 ? "is" : "are") float64, rounded to float32: "
      + "NKI has no 64-bit types; array.astype(np.float32) does it without a note"
  }

  /// The bits of 8-byte elements.
  private var wideElements: some Sequence<UInt64> {
    stride(from: 0, to: bytes.count, by: 8).lazy.map { start in
      (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
  }

  private mutating func append(_ bits: UInt32) {
    for byte in 0..<UInt32(4) { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * byte))) }
  }

  /// The index of an element by its position in C order.
  private func index(of element: Int) -> [Int] {
    var rest = element
    var index: [Int] = []
    for extent in shape.reversed() {
      index.append(rest % extent)
      rest /= extent
    }
    return index.reversed()
  }

  /// The same elements in little-endian C order; the type's name says so afterwards.
  mutating func makeNative(isFortran: Bool) {
    guard let size = NumpyArray.elementSize(ofDescr: "<" + descr.dropFirst()) else { return }
    if descr.hasPrefix(">") {
      descr = (size == 1 ? "|" : "<") + descr.dropFirst()
      bytes.withUnsafeMutableBufferPointer { bytes in
        for start in stride(from: 0, to: bytes.count, by: size) {
          bytes[start..<start + size].reverse()
        }
      }
    }
    if isFortran && shape.count > 1 && !bytes.isEmpty { transpose(elementBytes: size) }
  }

  /// Fortran order to C order.
  private mutating func transpose(elementBytes size: Int) {
    var strides: [Int] = []
    var reach = size
    for extent in shape {
      strides.append(reach)
      reach *= extent
    }
    var ordered = [UInt8](repeating: 0, count: bytes.count)
    var index = Array(repeating: 0, count: shape.count)
    var source = 0
    for target in stride(from: 0, to: bytes.count, by: size) {
      for byte in 0..<size { ordered[target + byte] = bytes[source + byte] }
      var dimension = shape.count - 1
      while dimension >= 0 {
        index[dimension] += 1
        source += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        source -= strides[dimension] * shape[dimension]
        index[dimension] = 0
        dimension -= 1
      }
    }
    bytes = ordered
  }

  /// Why no NKI type has elements of a NumPy type, and what to do; the type by the name that NumPy gives it.
  static func refusal(ofDescr descr: String) -> (type: String, why: String, remedy: String) {
    let rest = descr.dropFirst()
    let kind = rest.first
    let bytes = Int(rest.dropFirst().prefix { $0.isNumber }) ?? 0
    let unit = rest.firstIndex(of: "[").map { String(rest[$0...]) } ?? ""
    let numbers = "give numbers: array.astype(np.int64), in a unit in which they fit 32 bits"
    switch kind {
    case "c":
      return (
        "complex\(8 * bytes)", "NKI has no complex numbers",
        "give the real and the imaginary parts as two arrays"
      )
    case "O":
      return (
        "object", "its elements are Python objects", "say what they are: array.astype(np.float32)"
      )
    case "U": return ("str\(32 * bytes)", "NKI has no text", "give numbers")
    case "S": return ("bytes\(8 * bytes)", "NKI has no text", "give numbers")
    case "M": return ("datetime64\(unit)", "NKI has no dates and times", numbers)
    case "m": return ("timedelta64\(unit)", "NKI has no dates and times", numbers)
    case "V":
      return (
        "void\(8 * bytes)", "what its bytes mean is not known",
        "say what they are: array.view(ml_dtypes.bfloat16)"
      )
    default:
      return (
        kind == "f" && bytes > 8 ? "float\(8 * bytes)" : "'\(descr)'", "NKI has no such type",
        "convert it: array.astype(np.float32), or another type of NKI"
      )
    }
  }
}
