package import Diagnostics

/// An array of NumPy's `.npy` files: little-endian elements in C order, whatever the file has.
///
/// Types that NumPy does not have itself (bfloat16, float8) are written as raw bytes (`|V2`, `|V1`),
/// which is also how `numpy.save` writes most of them. In Python:
/// `numpy.load("x.npy").view(ml_dtypes.bfloat16)`.
package struct NumpyArray: Hashable, Sendable {
  /// NumPy's name of the element type, for example `<f4`.
  package var descr: String
  /// Extents, the slowest first; empty for a single number.
  package var shape: [Int]
  /// The elements in C order.
  package var bytes: [UInt8]

  /// Makes an array; `bytes` must hold exactly the elements of `shape`.
  package init(descr: String, shape: [Int], bytes: [UInt8]) {
    self.descr = descr
    self.shape = shape
    self.bytes = bytes
  }

  /// Bytes of one element by its NumPy name, or nil for names that are not supported.
  ///
  /// Supported are `b`, `i`, `u`, `f` and `V` of 1, 2, 4 or 8 bytes, little-endian.
  package static func elementSize(ofDescr descr: String) -> Int? {
    let characters = Array(descr)
    guard characters.count == 3, "<|".contains(characters[0]), "biufV".contains(characters[1]),
      let size = characters[2].wholeNumberValue, [1, 2, 4, 8].contains(size)
    else { return nil }
    // A bar says that the byte order does not matter, which is false of longer numbers.
    return characters[0] == "|" && size > 1 && characters[1] != "V" ? nil : size
  }

  /// Bytes that an array of this shape needs, or nil if that is not a number of bytes.
  package static func byteCount(descr: String, shape: [Int]) -> Int? {
    guard var count = elementSize(ofDescr: descr) else { return nil }
    // A zero extent makes the array empty whatever the others are.
    if shape.contains(0) && shape.allSatisfy({ $0 >= 0 }) { return 0 }
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if extent < 0 || overflow { return nil }
      count = product
    }
    return count
  }

  /// The bytes of a `.npy` file, version 1.0 (2.0 where the header is long).
  ///
  /// - Throws: A `DiagnosticError` if the element type, the shape and the bytes do not fit together.
  package func serialized() throws(DiagnosticError) -> [UInt8] {
    guard NumpyArray.byteCount(descr: descr, shape: shape) == bytes.count else {
      throw DiagnosticError(
        "\(bytes.count) bytes are not an array of shape \(shape) and type '\(descr)'",
        remedy: "give as many bytes as the shape has elements, times their size")
    }
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    let tuple = shape.count > 1 ? "(\(extents.dropLast()))" : "(\(extents))"
    let dictionary = "{'descr': '\(descr)', 'fortran_order': False, 'shape': \(tuple), }"
    // The elements begin at a multiple of 64 bytes; the header ends with a line feed (NumPy
    // documentation, "numpy.lib.format").
    func padded(_ prefix: Int) -> Int {
      (prefix + dictionary.utf8.count + 1 + 63) / 64 * 64 - prefix
    }
    let long = padded(10) > 65535
    let length = padded(long ? 12 : 10)
    var file: [UInt8] = [0x93] + Array("NUMPY".utf8) + [long ? 2 : 1, 0]
    for byte in 0..<(long ? 4 : 2) { file.append(UInt8(length >> (8 * byte) & 255)) }
    file += Array(dictionary.utf8)
    file += [UInt8](repeating: 0x20, count: length - dictionary.utf8.count - 1) + [0x0a]
    return file + bytes
  }
}

/// How arrays of one NKI element type look in NumPy files.
package struct NumpyDescription: Hashable, Sendable {
  /// The `descr` that is written.
  package var written: String
  /// Every `descr` that is read as this type, the one that is written first.
  package var accepted: [String]
}

/// The NumPy names for an NKI element type (`bfloat16`, `float32`, …), or nil for an unknown one.
///
/// bfloat16 and the 8-bit floats have no name of their own there: they are written as raw bytes, and
/// read from those, from unsigned integers, and from what `numpy.save` makes of an ml_dtypes array.
/// The packed types are unsigned integers of their size, or raw bytes.
package func npyDescription(forDTypeNamed name: String) -> NumpyDescription? {
  let accepted: [String]
  switch name {
  case "float32", "tfloat32": accepted = ["<f4"]
  case "float16": accepted = ["<f2"]
  case "bfloat16": accepted = ["|V2", "<V2", "<u2"]
  case "float8_e4m3", "float8_e5m2", "float8_e4m3fn":
    accepted = ["|V1", "<V1", "|u1", "<f1", "|f1"]
  case "int8": accepted = ["|i1", "<i1"]
  case "int16": accepted = ["<i2"]
  case "int32": accepted = ["<i4"]
  case "uint8": accepted = ["|u1", "<u1"]
  case "uint16": accepted = ["<u2"]
  case "uint32": accepted = ["<u4"]
  case "bool": accepted = ["|b1", "|u1"]
  case "float8_e8m0fnu": accepted = ["|V1", "<V1", "|u1", "<f1", "|f1"]
  case "float8_e5m2_x4", "float8_e4m3fn_x4": accepted = ["<u4", "|V4", "<V4"]
  case "float4_e2m1fn_x4": accepted = ["<u2", "|V2", "<V2"]
  default: return nil
  }
  return NumpyDescription(written: accepted[0], accepted: accepted)
}
