import Formats
import Foundation
import Storage
import Testing

/// One list of Data/formats.bin.zst, which Tests/Reference/make_formats.py describes.
struct ReferenceRecord: Sendable, CustomTestStringConvertible {
  var decodes: Bool
  var dtype: DType
  /// Stored bits.
  var codes: [UInt32]
  /// Bits of float32 values, one for each code.
  var values: [UInt32]

  var testDescription: String {
    "\(decodes ? "decode" : "encode") \(dtype), \(codes.count) elements"
  }

  static let all: [ReferenceRecord] = {
    do { return try read() } catch {
      Issue.record("reference data: \(error)")
      return []
    }
  }()

  private static func read() throws -> [ReferenceRecord] {
    let url = try #require(
      Bundle.module.url(forResource: "formats.bin", withExtension: "zst", subdirectory: "Data"))
    let bytes = try decompress([UInt8](Data(contentsOf: url)), limit: 1 << 24)
    var records: [ReferenceRecord] = []
    var at = 0
    func word() -> UInt32 {
      defer { at += 4 }
      return (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
    func planes(_ count: Int, _ size: Int) -> [UInt32] {
      defer { at += count * size }
      return (0..<count).map { i in
        (0..<size).reduce(0) { $0 | UInt32(bytes[at + $1 * count + i]) << UInt32(8 * $1) }
      }
    }
    while at < bytes.count {
      let decodes = word() == 0
      let dtype = try #require(DType(rawValue: UInt8(word())))
      let count = Int(word())
      let size = Int(word())
      if decodes {
        let codes = size == 4 ? planes(count, 4) : (0..<UInt32(count)).map { $0 }
        records.append(
          ReferenceRecord(decodes: true, dtype: dtype, codes: codes, values: planes(count, 4)))
      } else {
        let values = planes(count, 4)
        records.append(
          ReferenceRecord(
            decodes: false, dtype: dtype, codes: planes(count, size), values: values))
      }
    }
    return records
  }
}

/// Whether two stored elements are the same, taking every quiet NaN of one sign for the same.
func same(_ got: UInt32, _ expected: UInt32, _ dtype: DType) -> Bool {
  if got == expected { return true }
  guard dtype.isFloat else { return false }
  let sign = UInt32(1) << UInt32(8 * dtype.size - 1)
  return isNaN(got, dtype) && isNaN(expected, dtype) && got & sign == expected & sign
}

/// Whether the bits are a NaN of the type, by its definition.
func isNaN(_ bits: UInt32, _ dtype: DType) -> Bool {
  switch dtype {
  case .float32, .tfloat32: bits & 0x7fff_ffff > 0x7f80_0000
  case .bfloat16: bits & 0x7fff > 0x7f80
  case .float16: bits & 0x7fff > 0x7c00
  case .float8_e4m3: bits & 0x7f > 0x78
  case .float8_e5m2: bits & 0x7f > 0x7c
  case .float8_e4m3fn: bits & 0x7f == 0x7f
  default: false
  }
}
