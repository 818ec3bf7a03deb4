import CMicrokernels
import Formats
import Testing

/// Every element type against NumPy and ml_dtypes.
@Suite struct FormatsTests {
  @Test func referenceDataIsComplete() {
    let decoded = Set(ReferenceRecord.all.filter(\.decodes).map(\.dtype))
    let encoded = Set(ReferenceRecord.all.filter { !$0.decodes }.map(\.dtype))
    let valued = Set(DType.allCases.filter { !$0.isOpaque })
    #expect(encoded == valued)
    #expect(decoded == valued.subtracting([.float32, .tfloat32]))
    for record in ReferenceRecord.all where record.decodes && record.dtype.size < 4 {
      #expect(record.codes.count == 1 << (8 * record.dtype.size))
    }
  }

  @Test(arguments: ReferenceRecord.all)
  func scalar(_ record: ReferenceRecord) {
    var wrong: [String] = []
    for (code, value) in zip(record.codes, record.values) {
      if record.decodes {
        let got = decodeElement(code, record.dtype).bitPattern
        if !same(got, value, .float32) { wrong.append("\(code) gave \(got), not \(value)") }
      } else {
        var rounding = Rounding.nearestEven
        let got = encodeElement(Float(bitPattern: value), record.dtype, &rounding)
        if !same(got, code, record.dtype) { wrong.append("\(value) gave \(got), not \(code)") }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) wrong: \(wrong.prefix(5))")
  }

  @Test(arguments: ReferenceRecord.all)
  func rows(_ record: ReferenceRecord) {
    let dtype = record.dtype
    let count = record.codes.count
    // Contiguous, with a gap, and backwards.
    for stride in [dtype.size, dtype.size + 3, -2 * dtype.size] {
      var memory = [UInt8](repeating: 0xa5, count: count * abs(stride) + 8)
      let first = stride > 0 ? 0 : (count - 1) * -stride
      var wrong = 0
      if record.decodes {
        put(record.codes, dtype, at: first, stride: stride, into: &memory)
        var got = [Float](repeating: 0, count: count)
        memory.withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          decode(base + first, stride: stride, count: count, as: dtype, into: &got)
        }
        for i in 0..<count where !same(got[i].bitPattern, record.values[i], .float32) {
          wrong += 1
        }
      } else {
        let values = record.values.map { Float(bitPattern: $0) }
        memory.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          var rounding = Rounding.nearestEven
          encode(
            values, count: count, as: dtype, into: base + first, stride: stride,
            rounding: &rounding)
        }
        let got = take(count, dtype, at: first, stride: stride, from: memory)
        for i in 0..<count where !same(got[i], record.codes[i], dtype) { wrong += 1 }
        if stride > dtype.size {
          // The bytes between the elements stay as they were.
          for i in 0..<count where memory[i * stride + dtype.size] != 0xa5 { wrong += 1 }
        }
      }
      #expect(wrong == 0, "stride \(stride)")
    }
  }

  /// Parts of MX data have no value; they keep their bits.
  @Test func opaqueTypesAreTheirBits() {
    for dtype in DType.allCases where dtype.isOpaque {
      #expect(!dtype.isFloat && !dtype.isInteger)
      let codes: [UInt32] = [0, 1, 0x7f, 0x80, 0xff].filter { $0 >> UInt32(8 * dtype.size) == 0 }
      for code in codes {
        var rounding = Rounding.nearestEven
        #expect(decodeElement(code, dtype) == Float(code), "\(dtype)")
        #expect(encodeElement(Float(code), dtype, &rounding) == code, "\(dtype)")
      }
    }
    #expect(DType.float8_e8m0fnu.size == 1 && DType.float4_e2m1fn_x4.size == 2)
    #expect(DType.float8_e5m2_x4.size == 4 && DType.float8_e4m3fn_x4.size == 4)
  }

  @Test func encodingsSurviveARoundTrip() {
    for dtype in DType.allCases where dtype.size < 4 {
      var changed = 0
      for code in 0..<(UInt32(1) << UInt32(8 * dtype.size)) {
        if dtype == .bool && code > 1 { continue }
        var rounding = Rounding.nearestEven
        let again = encodeElement(decodeElement(code, dtype), dtype, &rounding)
        if !same(again, code, dtype) { changed += 1 }
      }
      #expect(changed == 0, "\(dtype)")
    }
  }

  @Test func everyInstructionSetGivesTheSameBits() {
    let best = trnsim_best_isa()
    for record in ReferenceRecord.all where !record.decodes {
      let dtype = record.dtype
      let values = record.values.map { Float(bitPattern: $0) }
      let stored = (0...best).map { isa in
        var memory = [UInt8](repeating: 0, count: 2 * values.count * dtype.size)
        let format = UInt32(dtype.rawValue)
        trnsim_encode(isa, format, values, values.count, &memory, dtype.size)
        memory.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          trnsim_encode_stochastic(
            isa, format, values, values.count, base + values.count * dtype.size, dtype.size, 9, 5)
        }
        return memory
      }
      let decoded = (0...best).map { isa in
        var floats = [Float](repeating: 0, count: values.count)
        trnsim_decode(
          isa, UInt32(dtype.rawValue), stored[0], dtype.size, values.count, &floats)
        return floats.map(\.bitPattern)
      }
      for isa in stored.indices {
        #expect(stored[isa] == stored[0], "\(dtype), instruction set \(isa)")
        #expect(decoded[isa] == decoded[0], "\(dtype), instruction set \(isa)")
      }
    }
  }
}

/// Writes elements byte by byte, independently of the code under test.
func put(
  _ codes: [UInt32], _ dtype: DType, at first: Int, stride: Int, into memory: inout [UInt8]
) {
  for (i, code) in codes.enumerated() {
    for byte in 0..<dtype.size {
      memory[first + i * stride + byte] = UInt8(truncatingIfNeeded: code >> UInt32(8 * byte))
    }
  }
}

/// Reads elements byte by byte, independently of the code under test.
func take(
  _ count: Int, _ dtype: DType, at first: Int, stride: Int, from memory: [UInt8]
) -> [UInt32] {
  (0..<count).map { i in
    (0..<dtype.size).reduce(0) {
      $0 | UInt32(memory[first + i * stride + $1]) << UInt32(8 * $1)
    }
  }
}
