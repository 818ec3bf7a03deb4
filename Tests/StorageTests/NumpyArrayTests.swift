import Diagnostics
import Foundation
import Storage
import Testing

/// Files written by NumPy (Tests/Reference/make_npy.py), and damaged ones.
@Suite struct NumpyArrayTests {
  func file(_ name: String) throws -> [UInt8] {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "npy", subdirectory: "Data"))
    return try readFile(url.path)
  }

  static let grids: [(name: String, bytes: [UInt8])] = [
    (
      "float32",
      [0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64]
    ),
    ("float16", [0, 0, 0, 60, 0, 64, 0, 66, 0, 68, 0, 69]),
    ("bfloat16", [0, 0, 128, 63, 0, 64, 64, 64, 128, 64, 160, 64]),
    ("float8_e4m3", [0, 56, 64, 68, 72, 74]),
    ("float8_e5m2", [0, 60, 64, 66, 68, 69]),
    ("float8_e4m3fn", [0, 56, 64, 68, 72, 74]),
    ("int8", [0, 1, 2, 3, 4, 5]),
    ("int32", [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0]),
    ("uint16", [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]),
    ("bool", [0, 1, 1, 1, 1, 1]),
  ]

  @Test(arguments: grids)
  func filesOfNumpy(_ name: String, _ bytes: [UInt8]) throws {
    let array = try NumpyArray(parsing: file(name), path: name)
    let description = try #require(npyDescription(forDTypeNamed: name))
    #expect(description.accepted.contains(array.descr))
    #expect(description.accepted.first == description.written)
    #expect(array.shape == [2, 3])
    #expect(array.bytes == bytes)
    let written = NumpyArray(descr: description.written, shape: [2, 3], bytes: bytes)
    let again = try written.serialized()
    #expect(try NumpyArray(parsing: again, path: name) == written)
    // Where the names agree, so does every byte of the file.
    let original = try file(name)
    if array.descr == description.written { #expect(again == original) }
  }

  @Test func otherShapes() throws {
    let scalar = try NumpyArray(parsing: file("scalar"), path: "")
    #expect(scalar == NumpyArray(descr: "<f4", shape: [], bytes: [0, 0, 192, 63]))
    let empty = try NumpyArray(parsing: file("empty"), path: "")
    #expect(empty == NumpyArray(descr: "<f4", shape: [3, 0, 2], bytes: []))
    let vector = try NumpyArray(parsing: file("vector"), path: "")
    #expect(vector.shape == [5] && vector.descr == "<f8" && vector.bytes.count == 40)
    for (array, name) in [(scalar, "scalar"), (empty, "empty"), (vector, "vector")] {
      let written = try array.serialized()
      let original = try file(name)
      #expect(written == original)
      #expect(try NumpyArray(parsing: written, path: "") == array)
    }
  }

  @Test(arguments: [1, 2, 3])
  func versions(_ version: Int) throws {
    let bytes = try file("version\(version)")
    #expect(bytes[6] == UInt8(version))
    let array = try NumpyArray(parsing: bytes, path: "")
    let first = try NumpyArray(parsing: file("float32"), path: "")
    #expect(array == first)
  }

  func message(_ bytes: [UInt8]) -> String? {
    let error = #expect(throws: DiagnosticError.self) {
      try NumpyArray(parsing: bytes, path: "x.npy")
    }
    #expect(error?.diagnostics.first?.location?.file == "x.npy")
    return error?.diagnostics.first.map { $0.message + " | " + ($0.remedy ?? "") }
  }

  @Test(arguments: ["fortran", "big_endian"])
  func everyOrderIsReadAsOne(_ name: String) throws {
    let array = try NumpyArray(parsing: file(name), path: name)
    #expect(try array == NumpyArray(parsing: file("float32"), path: ""))
  }

  @Test func unsupportedArraysAreRefused() throws {
    #expect(message(try file("complex"))?.contains("the array is complex64: NKI has no") == true)
    #expect(message(try file("record"))?.contains("records | give its fields as") == true)
  }

  /// A file of version 1.
  func file(_ descr: String, _ shape: String, fortran: Bool = false, _ bytes: [UInt8]) -> [UInt8] {
    let header =
      "{'descr': \(descr), 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      + bytes
  }

  @Test func fortranOrderOfThreeDimensions() throws {
    // The element at [i, j, k] of 2 × 3 × 4 is i + 2 (j + 3 k) in the file.
    let bytes = (0..<24).map { UInt8($0) }
    let array = try NumpyArray(
      parsing: file("'|i1'", "(2, 3, 4)", fortran: true, bytes), path: "x.npy")
    var expected: [UInt8] = []
    for i in 0..<2 {
      for j in 0..<3 {
        for k in 0..<4 { expected.append(UInt8(i + 2 * (j + 3 * k))) }
      }
    }
    #expect(array.bytes == expected && array.shape == [2, 3, 4])
  }

  @Test func recordsOfOneFieldAreThatField() throws {
    let array = try NumpyArray(
      parsing: file("[('float4_e2m1fn_x4', '>u2')]", "(2,)", [1, 2, 3, 4]), path: "x.npy")
    #expect(array == NumpyArray(descr: "<u2", shape: [2], bytes: [2, 1, 4, 3]))
    for descr in [
      "[('a', '<f4'), ('b', '<f4')]", "[('a', '<f4', (2,))]", "[('a', [('b', '<f4')])]",
    ] {
      #expect(message(file(descr, "(2,)", []))?.contains("array['a']") == true, "\(descr)")
    }
    for descr in ["[", "[(", "[('a'", "[('a', '<f4')", "[]"] {
      #expect(message(file(descr, "(2,)", [])) != nil, "\(descr)")
    }
  }

  @Test(arguments: [
    ("<i8", "int32", [-2_147_483_648, 2_147_483_647], nil),
    ("<i8", "int32", [0, 2_147_483_648], "'x' has 2147483648 at [1], beyond int32"),
    ("<i8", "uint32", [0, 4_294_967_295], nil),
    ("<i8", "uint32", [-1, 0], "'x' has -1 at [0], beyond uint32 (0 to 4294967295)"),
    ("<u8", "int32", [0, -1], "'x' has 18446744073709551615 at [1], beyond int32"),
    ("<u8", "uint32", [0, 4_294_967_296], "'x' has 4294967296 at [1], beyond uint32"),
    ("<i8", "int16", [0, 0], "'x' is int16, the file holds '<i8'"),
  ])
  func wideIntegersNarrowIfAllFit(
    _ descr: String, _ dtype: String, _ values: [Int64], _ text: String?
  ) throws {
    let bytes = values.flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let array = NumpyArray(descr: descr, shape: [2], bytes: bytes)
    guard let text else {
      let (narrow, isRounded) = try array.converted(toDTypeNamed: dtype, name: "x", path: "x.npy")
      #expect(!isRounded && narrow.bytes == [0, 4].flatMap { bytes[(2 * $0)..<(2 * $0 + 4)] })
      return
    }
    let error = #expect(throws: DiagnosticError.self) {
      try array.converted(toDTypeNamed: dtype, name: "x", path: "x.npy")
    }
    #expect(error?.diagnostics.first?.message.contains(text) == true)
    #expect(error?.diagnostics.first?.remedy != nil)
  }

  @Test func everyTruncationAndTrailingByteIsNoticed() throws {
    for name in ["bfloat16", "version2"] {
      let whole = try file(name)
      for count in 0..<whole.count { #expect(message(Array(whole[..<count])) != nil) }
      #expect(message(whole + [0])?.contains("needs") == true)
    }
  }

  @Test func everyFlippedByteIsNoticedOrHarmless() throws {
    // Never a crash; what is still read must fit its own shape.
    let whole = try file("float32")
    for i in 0..<128 {
      for flip in 1...255 {
        var damaged = whole
        damaged[i] ^= UInt8(flip)
        guard let array = try? NumpyArray(parsing: damaged, path: "") else { continue }
        #expect(
          NumpyArray.byteCount(descr: array.descr, shape: array.shape) == array.bytes.count)
      }
    }
  }

  @Test(arguments: [
    ("{}", "needs the keys"),
    ("", "'{' expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x", "after the dictionary"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }", "negative"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "too large"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4), }",
      "not the shape"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,), }", "not the shape"
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", "needs 4000000000"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6), }", "',' expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }", "',' expected"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3 4), }", "')' expected"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), }", "'False' expected"),
    ("{'descr': '<f4, 'fortran_order': False, 'shape': (2, 3), }", "'}' expected"),
    ("{'descr' '<f4', 'fortran_order': False, 'shape': (2, 3), }", "':' expected"),
    ("{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3), }", "twice"),
    ("{'descr': '<f4', 'other': '<f4', 'shape': (2, 3), }", "unknown key 'other'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ", "a string expected"),
    (
      "{'descr': '<f16', 'fortran_order': False, 'shape': (2, 3), }",
      "is float128: NKI has no such type"
    ),
    ("{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3), }", "'|f4'"),
    ("{'descr': '', 'fortran_order': False, 'shape': (2, 3), }", "''"),
    (
      "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }",
      "is object: its elements are Python objects"
    ),
  ])
  func malformedHeaders(_ header: String, _ text: String) {
    let bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
    let found = message(bytes + [UInt8](repeating: 0, count: 24))
    #expect(found?.contains(text) == true, "\(found ?? "")")
  }

  @Test func hugeHeaderAndManyDimensions() {
    let prefix: [UInt8] = [0x93] + Array("NUMPY".utf8)
    #expect(message(prefix + [2, 0, 255, 255, 255, 255])?.contains("4294967295") == true)
    #expect(message(prefix + [4, 0, 0, 0])?.contains("4.0") == true)
    let header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': ("
      + String(repeating: "1,", count: 65) + "), }"
    let bytes = prefix + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [0, 0, 0, 0]
    #expect(message(bytes)?.contains("65 dimensions") == true)
  }

  @Test func wrongArraysAreNotWritten() {
    for array in [
      NumpyArray(descr: "<f4", shape: [2], bytes: [1, 2, 3]),
      NumpyArray(descr: "<q4", shape: [1], bytes: [1, 2, 3, 4]),
      NumpyArray(descr: "<f4", shape: [-1], bytes: []),
      NumpyArray(descr: "<f4", shape: [-1, 0], bytes: []),
      NumpyArray(descr: "<f8", shape: [.max, .max], bytes: []),
    ] {
      #expect(throws: DiagnosticError.self) { try array.serialized() }
    }
    #expect(npyDescription(forDTypeNamed: "float64") == nil)
  }
}
