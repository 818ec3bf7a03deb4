import Formats
import Testing

/// Bit patterns and exact integers.
@Suite struct BitsAndIntegersTests {
  @Test func bitsAreExtended() {
    let memory: [UInt8] = [0xff, 0x80, 0x01, 0xfe, 0x7f, 0x00, 0x34, 0x12]
    func bits(_ dtype: DType, stride: Int, count: Int) -> [UInt32] {
      var words = [UInt32](repeating: 0, count: count)
      decodeBits(memory, stride: stride, count: count, as: dtype, into: &words)
      return words
    }
    #expect(bits(.int8, stride: 1, count: 2) == [0xffff_ffff, 0xffff_ff80])
    #expect(bits(.uint8, stride: 3, count: 2) == [0xff, 0xfe])
    #expect(bits(.int16, stride: 2, count: 4) == [0xffff_80ff, 0xffff_fe01, 0x7f, 0x1234])
    #expect(bits(.bfloat16, stride: 2, count: 2) == [0x80ff, 0xfe01])
    #expect(bits(.uint32, stride: 4, count: 2) == [0xfe01_80ff, 0x1234_007f])
    #expect(bits(.float32, stride: 0, count: 2) == [0xfe01_80ff, 0xfe01_80ff])
  }

  @Test func bitsAreCut() {
    let words: [UInt32] = [0x1234_5678, 0xffff_ff80]
    for (dtype, expected) in [
      (DType.uint8, [0x78, 0x80]), (.int16, [0x78, 0x56, 0x80, 0xff]),
      (.float32, [0x78, 0x56, 0x34, 0x12, 0x80, 0xff, 0xff, 0xff]),
    ] as [(DType, [UInt8])] {
      var memory = [UInt8](repeating: 0, count: 2 * dtype.size)
      encodeBits(words, count: 2, as: dtype, into: &memory, stride: dtype.size)
      #expect(memory == expected)
    }
  }

  @Test func integersAreExactAndSaturate() {
    let values: [Int64] = [
      0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32769, 65536, 16_777_217,
      2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, 4_294_967_295,
      4_294_967_296, .max, .min,
    ]
    let ranges: [(DType, ClosedRange<Int64>)] = [
      (.int8, -128...127), (.uint8, 0...255), (.int16, -32768...32767), (.uint16, 0...65535),
      (.int32, -2_147_483_648...2_147_483_647), (.uint32, 0...4_294_967_295),
    ]
    for (dtype, range) in ranges {
      for stride in [dtype.size, dtype.size + 1] {
        var memory = [UInt8](repeating: 0, count: values.count * stride)
        encodeInteger(values, count: values.count, as: dtype, into: &memory, stride: stride)
        var back = [Int64](repeating: 0, count: values.count)
        decodeInteger(memory, stride: stride, count: values.count, as: dtype, into: &back)
        #expect(back == values.map { min(max($0, range.lowerBound), range.upperBound) })
      }
    }
  }

  @Test func integersFromAndToFloats() {
    let floats: [Float] = [
      2.5, 3.5, -2.5, .nan, .infinity, -.infinity, 0x1p63, -0x1p63, 0x1p62, 1e30, -0.4,
    ]
    var integers = [Int64](repeating: 7, count: floats.count)
    floats.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      decodeInteger(base, stride: 4, count: floats.count, as: .float32, into: &integers)
    }
    #expect(
      integers == [2, 4, -2, 0, .max, .min, .max, .min, 4_611_686_018_427_387_904, .max, 0])
    var stored = [UInt8](repeating: 0, count: 4)
    encodeInteger([16_777_217, -3], count: 2, as: .bfloat16, into: &stored, stride: 2)
    // 2^24 + 1 is 2^24 in float32; bfloat16 bits are the upper half of those of float32.
    #expect(stored == [0x80, 0x4b, 0x40, 0xc0])
    var flags = [UInt8](repeating: 9, count: 2)
    encodeInteger([0, -3], count: 2, as: .bool, into: &flags, stride: 1)
    #expect(flags == [0, 1])
  }

  @Test func longRowsOfIntegersToFloats() {
    // More than one piece of the row.
    let values = (0..<1300).map { Int64($0) * 3 - 1000 }
    var stored = [UInt8](repeating: 0, count: 1300 * 6)
    encodeInteger(values, count: 1300, as: .float32, into: &stored, stride: 6)
    var back = [Int64](repeating: 0, count: 1300)
    decodeInteger(stored, stride: 6, count: 1300, as: .float32, into: &back)
    #expect(back == values)
  }
}
