internal import CMicrokernels

/// The value of one stored element.
///
/// `bits` holds the element from bit 0; what lies above its size is ignored. 32-bit integers are
/// rounded to float32, as the engines do. A tfloat32 is read as the float32 that its container
/// holds. Any nonzero bool is 1. An opaque element gives the number that its bits are.
public func decodeElement(_ bits: UInt32, _ dtype: DType) -> Float {
  let kept = dtype.size == 4 ? bits : bits & (1 << UInt32(8 * dtype.size) &- 1)
  return Float(bitPattern: trnsim_decode_element(kept, UInt32(dtype.rawValue)))
}

/// The stored bits of `value` as `dtype`, from bit 0; zero above the element's size.
///
/// Floating point: rounded as `rounding` says. Finite values beyond the largest number become
/// infinity in bfloat16, float16 and tfloat32, and the largest number in the 8-bit formats; infinity
/// becomes NaN in float8_e4m3fn, which has none; NaN stays a quiet NaN, keeping the leading bits of
/// its payload. Integers: to nearest even, saturating, NaN becomes 0. What happens to values out of
/// range is `assumed`, since the Neuron documentation does not say. Bool: 1 unless the value is 0.
/// Opaque types: the bits of the nearest number.
public func encodeElement(_ value: Float, _ dtype: DType, _ rounding: inout Rounding) -> UInt32 {
  let format = UInt32(dtype.rawValue)
  guard let seed = rounding.seed, dtype.takesDraws else {
    return trnsim_encode_element(value.bitPattern, format)
  }
  let random = trnsim_random(seed, rounding.take(1))
  return trnsim_encode_element_stochastic(value.bitPattern, format, random)
}
