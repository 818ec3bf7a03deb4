internal import CMicrokernels

/// Decodes a row of stored elements; see `decodeElement` for the values.
///
/// - Parameters:
///   - source: The first element; no alignment is needed.
///   - stride: Bytes from one element to the next; 0 repeats the first, negative goes backwards.
///     Fastest when it is the element's size.
///   - count: Number of elements.
///   - dtype: The stored type.
///   - into: `count` values, which do not overlap the source.
public func decode(
  _ source: UnsafeRawPointer, stride: Int, count: Int, as dtype: DType,
  into: UnsafeMutablePointer<Float>
) {
  precondition(count >= 0, "a row of \(count) elements")
  trnsim_decode(trnsim_best_isa(), UInt32(dtype.rawValue), source, stride, count, into)
}

/// Encodes a row of values into stored elements; see `encodeElement` for the rounding.
///
/// - Parameters:
///   - source: `count` values, which do not overlap the destination.
///   - count: Number of elements.
///   - dtype: The stored type.
///   - into: The first element; no alignment is needed.
///   - stride: Bytes from one element to the next. Where elements overlap the later one stays.
///   - rounding: Advanced by `count` draws if it is stochastic and the type is a short float.
public func encode(
  _ source: UnsafePointer<Float>, count: Int, as dtype: DType, into: UnsafeMutableRawPointer,
  stride: Int, rounding: inout Rounding
) {
  precondition(count >= 0, "a row of \(count) elements")
  let format = UInt32(dtype.rawValue)
  if let seed = rounding.seed, dtype.takesDraws {
    let first = rounding.take(count)
    trnsim_encode_stochastic(
      trnsim_best_isa(), format, source, count, into, stride, seed, first)
  } else {
    trnsim_encode(trnsim_best_isa(), format, source, count, into, stride)
  }
}

/// Reads the bit patterns of a row of stored elements, extended to 32 bits.
///
/// int8 and int16 are sign-extended, all others zero-extended. For bit-vector operations, and for
/// copies that must not change a bit. The parameters are those of `decode`.
public func decodeBits(
  _ source: UnsafeRawPointer, stride: Int, count: Int, as dtype: DType,
  into: UnsafeMutablePointer<UInt32>
) {
  trnsim_decode_bits(UInt32(dtype.rawValue), source, stride, count, into)
}

/// Writes the low bits of each word into a row of stored elements.
///
/// The parameters are those of `encode`; nothing is converted or saturated.
public func encodeBits(
  _ source: UnsafePointer<UInt32>, count: Int, as dtype: DType, into: UnsafeMutableRawPointer,
  stride: Int
) {
  trnsim_encode_bits(UInt32(dtype.rawValue), source, count, into, stride)
}

/// Reads a row of stored elements as integers, exactly for every integer type.
///
/// Bool gives 0 or 1. Floating-point elements are rounded to nearest even and saturated to the range
/// of Int64; NaN gives 0. The parameters are those of `decode`.
public func decodeInteger(
  _ source: UnsafeRawPointer, stride: Int, count: Int, as dtype: DType,
  into: UnsafeMutablePointer<Int64>
) {
  guard dtype.isInteger else {
    inPieces(of: count) { from, piece, values in
      decode(source + from * stride, stride: stride, count: piece, as: dtype, into: values)
      for i in 0..<piece { into[from + i] = saturatedInteger(values[i]) }
    }
    return
  }
  switch dtype {
  case .int32: load(source, stride, count, into) { (element: Int32) in Int64(element) }
  case .uint32: load(source, stride, count, into) { (element: UInt32) in Int64(element) }
  case .int16: load(source, stride, count, into) { (element: Int16) in Int64(element) }
  case .uint16: load(source, stride, count, into) { (element: UInt16) in Int64(element) }
  case .int8: load(source, stride, count, into) { (element: Int8) in Int64(element) }
  default: load(source, stride, count, into) { (element: UInt8) in Int64(element) }
  }
}

/// Writes integers into a row of stored elements, saturating to the range of an integer type.
///
/// Bool: 1 unless the integer is 0. Floating-point types: through float32, as the engines do, and
/// rounded to nearest even both times. The other parameters are those of `encode`.
public func encodeInteger(
  _ source: UnsafePointer<Int64>, count: Int, as dtype: DType, into: UnsafeMutableRawPointer,
  stride: Int
) {
  guard dtype.isInteger else {
    inPieces(of: count) { from, piece, values in
      for i in 0..<piece { values[i] = Float(source[from + i]) }
      var rounding = Rounding.nearestEven
      encode(
        values, count: piece, as: dtype, into: into + from * stride, stride: stride,
        rounding: &rounding)
    }
    return
  }
  switch dtype {
  case .int32: store(source, count, into, stride) { Int32(clamping: $0) }
  case .uint32: store(source, count, into, stride) { UInt32(clamping: $0) }
  case .int16: store(source, count, into, stride) { Int16(clamping: $0) }
  case .uint16: store(source, count, into, stride) { UInt16(clamping: $0) }
  case .int8: store(source, count, into, stride) { Int8(clamping: $0) }
  default: store(source, count, into, stride) { UInt8(clamping: $0) }
  }
}

/// The nearest integer, ties to even, saturated to the range of Int64; NaN gives 0.
private func saturatedInteger(_ value: Float) -> Int64 {
  if value.isNaN { return 0 }
  // ±2^63 are float32 numbers: the upper one is the first that does not fit.
  if value >= 0x1p63 { return .max }
  if value < -0x1p63 { return .min }
  return Int64(value.rounded(.toNearestOrEven))
}

/// Runs `body` on pieces of a row: where the piece begins, its length, and room for its values.
private func inPieces(of count: Int, _ body: (Int, Int, UnsafeMutablePointer<Float>) -> Void) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: 512) { buffer in
    guard let values = buffer.baseAddress else { return }
    for from in stride(from: 0, to: count, by: 512) { body(from, min(512, count - from), values) }
  }
}

@inline(__always)
private func load<Element: BitwiseCopyable>(
  _ source: UnsafeRawPointer, _ stride: Int, _ count: Int, _ into: UnsafeMutablePointer<Int64>,
  _ convert: (Element) -> Int64
) {
  for i in 0..<count {
    into[i] = convert(source.loadUnaligned(fromByteOffset: i * stride, as: Element.self))
  }
}

@inline(__always)
private func store<Element: BitwiseCopyable>(
  _ source: UnsafePointer<Int64>, _ count: Int, _ into: UnsafeMutableRawPointer, _ stride: Int,
  _ convert: (Int64) -> Element
) {
  for i in 0..<count {
    into.storeBytes(of: convert(source[i]), toByteOffset: i * stride, as: Element.self)
  }
}
