// One element: value <-> bits of every element type, without branches, so that loops vectorise.
//
// Values travel as the bits of a float32, so that no signalling NaN is changed on the way.
// Encoders round to nearest, ties to even, unless their name says otherwise.
#ifndef TRNSIM_ENCODINGS_H
#define TRNSIM_ENCODINGS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// The numbers of the element types are those of binary programs.
enum {
  TRNSIM_FLOAT32 = 0,
  TRNSIM_BFLOAT16 = 1,
  TRNSIM_FLOAT16 = 2,
  TRNSIM_TFLOAT32 = 3,
  TRNSIM_FLOAT8_E4M3 = 4,
  TRNSIM_FLOAT8_E5M2 = 5,
  TRNSIM_FLOAT8_E4M3FN = 6,
  TRNSIM_INT8 = 7,
  TRNSIM_INT16 = 8,
  TRNSIM_INT32 = 9,
  TRNSIM_UINT8 = 10,
  TRNSIM_UINT16 = 11,
  TRNSIM_UINT32 = 12,
  TRNSIM_BOOL = 13,
  // Parts of MX data, which have no value of their own: they count as the numbers that their bits are.
  TRNSIM_FLOAT8_E8M0FNU = 14,
  TRNSIM_FLOAT8_E5M2_X4 = 15,
  TRNSIM_FLOAT8_E4M3FN_X4 = 16,
  TRNSIM_FLOAT4_E2M1FN_X4 = 17,
};

#define TRNSIM_INLINE static inline __attribute__((always_inline, unused))

// A floating-point format of at most 16 bits with subnormal numbers.
typedef struct {
  int32_t bias;
  // Stored bits of the significand.
  int32_t mantissa;
  // Code of the largest finite number, without its sign.
  uint32_t max_code;
  // Code of infinity; where the format has none, that of NaN.
  uint32_t infinity_code;
  // Code of the quiet NaN.
  uint32_t nan_code;
  // Code of a finite number too large for the format: `max_code` (saturating) or `infinity_code`.
  uint32_t overflow_code;
} trnsim_small_float;

// The policy of overflow, in this one place. `assumed`: the Neuron documentation does not say what
// the engines write for a finite result beyond the largest number. IEEE 754 overflow to infinity is
// taken for float16, bfloat16 and tfloat32 (the latter two by carrying into the exponent), the
// saturating conversion of the OCP 8-bit floating point specification for the 8-bit formats. An
// infinite result stays infinite, or becomes NaN where the format has no infinity.
static const trnsim_small_float trnsim_float16 = {15, 10, 0x7bff, 0x7c00, 0x7e00, 0x7c00};
static const trnsim_small_float trnsim_float8_e4m3 = {7, 3, 0x77, 0x78, 0x7c, 0x77};
static const trnsim_small_float trnsim_float8_e5m2 = {15, 2, 0x7b, 0x7c, 0x7e, 0x7b};
static const trnsim_small_float trnsim_float8_e4m3fn = {7, 3, 0x7e, 0x7f, 0x7f, 0x7e};

TRNSIM_INLINE float trnsim_as_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

TRNSIM_INLINE uint32_t trnsim_as_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// float32 bits of a small float whose sign is bit `width - 1`.
TRNSIM_INLINE uint32_t trnsim_small_decode(uint32_t code, trnsim_small_float format, int width) {
  const int shift = 23 - format.mantissa;
  const uint32_t sign = (code >> (width - 1)) << 31;
  const uint32_t magnitude = code & ((1u << (width - 1)) - 1);
  const uint32_t shifted = magnitude << shift;
  const uint32_t normal = shifted + ((uint32_t)(127 - format.bias) << 23);
  // A subnormal number is the fraction of a number with the next exponent, less that number's 1.
  const uint32_t one = (uint32_t)(127 - format.bias + 1) << 23;
  const uint32_t subnormal = trnsim_as_bits(trnsim_as_float(shifted + one) - trnsim_as_float(one));
  uint32_t bits = shifted < (1u << 23) ? subnormal : normal;
  const uint32_t fraction = shifted & 0x7fffff;
  const uint32_t nan = 0x7fc00000u | fraction;
  bits = magnitude == format.infinity_code ? 0x7f800000u : bits;
  const int is_nan = format.infinity_code == format.nan_code ? magnitude >= format.nan_code
                                                             : magnitude > format.infinity_code;
  return sign | (is_nan ? nan : bits);
}

// Puts infinities, NaN and overflow right in a rounded code without sign.
TRNSIM_INLINE uint32_t trnsim_small_finish(
    uint32_t code, uint32_t bits, trnsim_small_float format, int width) {
  const uint32_t magnitude = bits & 0x7fffffff;
  const uint32_t sign = (bits >> 31) << (width - 1);
  code = code > format.max_code ? format.overflow_code : code;
  code = magnitude >= 0x7f800000u ? format.infinity_code : code;
  // A NaN keeps the leading bits of its payload where the format has room for them.
  const uint32_t payload = (bits & 0x7fffff) >> (23 - format.mantissa);
  code = magnitude > 0x7f800000u ? (format.nan_code | payload) : code;
  return sign | code;
}

TRNSIM_INLINE uint32_t trnsim_small_encode(uint32_t bits, trnsim_small_float format, int width) {
  const int shift = 23 - format.mantissa;
  const uint32_t magnitude = bits & 0x7fffffff;
  const uint32_t rounded = magnitude + ((1u << (shift - 1)) - 1) + ((magnitude >> shift) & 1);
  const uint32_t normal = (rounded >> shift) - ((uint32_t)(127 - format.bias) << format.mantissa);
  // Adding the number whose last place is the format's smallest step rounds to that step.
  const uint32_t anchor = (uint32_t)(127 + 24 - format.bias - format.mantissa) << 23;
  const uint32_t subnormal =
      trnsim_as_bits(trnsim_as_float(magnitude) + trnsim_as_float(anchor)) - anchor;
  const uint32_t smallest_normal = (uint32_t)(128 - format.bias) << 23;
  return trnsim_small_finish(magnitude < smallest_normal ? subnormal : normal, bits, format, width);
}

// Adds the low bits of `random` below the last kept bit, then cuts.
TRNSIM_INLINE uint32_t trnsim_small_encode_stochastic(
    uint32_t bits, trnsim_small_float format, int width, uint64_t random) {
  const uint32_t magnitude = bits & 0x7fffffff;
  const int32_t exponent = (int32_t)(magnitude >> 23);
  const int32_t first_normal = 128 - format.bias;
  // Float32 subnormals lie more than 63 bits below the smallest step of every small format.
  const uint64_t significand = (magnitude & 0x7fffff) | (1u << 23);
  const int32_t depth = exponent < first_normal ? first_normal - exponent : 0;
  const int32_t dropped = 23 - format.mantissa + depth;
  const int32_t cut = dropped > 62 ? 62 : dropped;
  const uint64_t steps = (significand + (random & ((1ull << cut) - 1))) >> cut;
  const uint32_t kept = dropped > 62 ? 0 : (uint32_t)steps;
  const uint32_t base = (uint32_t)(exponent - first_normal) << format.mantissa;
  return trnsim_small_finish(depth > 0 ? kept : base + kept, bits, format, width);
}

// Bits of a float32 cut to its `kept` leading fraction bits after adding `increment`; quiet NaN.
TRNSIM_INLINE uint32_t trnsim_shorten(uint32_t bits, uint32_t increment, uint32_t mask) {
  const uint32_t rounded = (bits + increment) & ~mask;
  const uint32_t special = (bits | 0x400000u) & ~mask;
  const uint32_t magnitude = bits & 0x7fffffff;
  // Infinity must not take a random increment into NaN, and has none below: it is kept as it is.
  return magnitude > 0x7f800000u ? special : magnitude == 0x7f800000u ? bits : rounded;
}

TRNSIM_INLINE uint32_t trnsim_tfloat32_encode(uint32_t bits) {
  return trnsim_shorten(bits, 0xfff + ((bits >> 13) & 1), 0x1fff);
}

TRNSIM_INLINE uint32_t trnsim_bfloat16_encode(uint32_t bits) {
  return trnsim_shorten(bits, 0x7fff + ((bits >> 16) & 1), 0xffff) >> 16;
}

TRNSIM_INLINE uint32_t trnsim_tfloat32_encode_stochastic(uint32_t bits, uint64_t random) {
  return trnsim_shorten(bits, (uint32_t)random & 0x1fff, 0x1fff);
}

TRNSIM_INLINE uint32_t trnsim_bfloat16_encode_stochastic(uint32_t bits, uint64_t random) {
  return trnsim_shorten(bits, (uint32_t)random & 0xffff, 0xffff) >> 16;
}

// Rounded to nearest even, then saturated; NaN becomes 0. `low` and `high` are exact in float32.
//
// Saturation and the value of NaN are `assumed`: the Neuron documentation does not state them.
TRNSIM_INLINE int32_t trnsim_small_integer_encode(float value, float low, float high) {
  float limited = value < low ? low : value;
  limited = limited > high ? high : limited;
  limited = limited == limited ? limited : 0.0f;
  return (int32_t)rintf(limited);
}

TRNSIM_INLINE int32_t trnsim_int32_encode(float value) {
  // 2147483520 is the largest float32 below 2^31: everything above saturates.
  const float limited = value < -2147483648.0f ? -2147483648.0f : value;
  const float safe = limited <= 2147483520.0f ? limited : 0.0f;
  const int32_t rounded = (int32_t)rintf(safe);
  return value > 2147483520.0f ? INT32_MAX : rounded;
}

TRNSIM_INLINE uint32_t trnsim_uint32_encode(float value) {
  // 4294967040 is the largest float32 below 2^32.
  const float limited = value > 0.0f ? value : 0.0f;
  const float safe = limited <= 4294967040.0f ? limited : 0.0f;
  const uint32_t rounded = (uint32_t)rintf(safe);
  return value > 4294967040.0f ? UINT32_MAX : rounded;
}

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), counted:
// the draw of number `index` (from 0) of the sequence that starts at `seed`.
TRNSIM_INLINE uint64_t trnsim_random(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// float32 bits of one stored element; `code` holds its bits from bit 0, zero above.
TRNSIM_INLINE uint32_t trnsim_decode_element(uint32_t code, uint32_t format) {
  switch (format) {
    case TRNSIM_BFLOAT16: return code << 16;
    case TRNSIM_FLOAT16: return trnsim_small_decode(code, trnsim_float16, 16);
    case TRNSIM_FLOAT8_E4M3: return trnsim_small_decode(code, trnsim_float8_e4m3, 8);
    case TRNSIM_FLOAT8_E5M2: return trnsim_small_decode(code, trnsim_float8_e5m2, 8);
    case TRNSIM_FLOAT8_E4M3FN: return trnsim_small_decode(code, trnsim_float8_e4m3fn, 8);
    case TRNSIM_INT8: return trnsim_as_bits((float)(int8_t)code);
    case TRNSIM_INT16: return trnsim_as_bits((float)(int16_t)code);
    case TRNSIM_INT32: return trnsim_as_bits((float)(int32_t)code);
    case TRNSIM_UINT8:
    case TRNSIM_UINT16:
    case TRNSIM_FLOAT8_E8M0FNU:
    case TRNSIM_FLOAT4_E2M1FN_X4: return trnsim_as_bits((float)(int32_t)code);
    case TRNSIM_UINT32:
    case TRNSIM_FLOAT8_E5M2_X4:
    case TRNSIM_FLOAT8_E4M3FN_X4: return trnsim_as_bits((float)code);
    case TRNSIM_BOOL: return code != 0 ? 0x3f800000u : 0;
    default: return code;
  }
}

// Stored bits of one element, from the bits of a float32; zero above the element's size.
TRNSIM_INLINE uint32_t trnsim_encode_element(uint32_t bits, uint32_t format) {
  const float value = trnsim_as_float(bits);
  switch (format) {
    case TRNSIM_BFLOAT16: return trnsim_bfloat16_encode(bits);
    case TRNSIM_FLOAT16: return trnsim_small_encode(bits, trnsim_float16, 16);
    case TRNSIM_TFLOAT32: return trnsim_tfloat32_encode(bits);
    case TRNSIM_FLOAT8_E4M3: return trnsim_small_encode(bits, trnsim_float8_e4m3, 8);
    case TRNSIM_FLOAT8_E5M2: return trnsim_small_encode(bits, trnsim_float8_e5m2, 8);
    case TRNSIM_FLOAT8_E4M3FN: return trnsim_small_encode(bits, trnsim_float8_e4m3fn, 8);
    case TRNSIM_INT8: return (uint8_t)trnsim_small_integer_encode(value, -128, 127);
    case TRNSIM_INT16: return (uint16_t)trnsim_small_integer_encode(value, -32768, 32767);
    case TRNSIM_INT32: return (uint32_t)trnsim_int32_encode(value);
    case TRNSIM_UINT8:
    case TRNSIM_FLOAT8_E8M0FNU: return (uint8_t)trnsim_small_integer_encode(value, 0, 255);
    case TRNSIM_UINT16:
    case TRNSIM_FLOAT4_E2M1FN_X4:
      return (uint16_t)trnsim_small_integer_encode(value, 0, 65535);
    case TRNSIM_UINT32:
    case TRNSIM_FLOAT8_E5M2_X4:
    case TRNSIM_FLOAT8_E4M3FN_X4: return trnsim_uint32_encode(value);
    case TRNSIM_BOOL: return value != 0;
    default: return bits;
  }
}

// The same with stochastic rounding in the floating-point formats; the others round to nearest.
TRNSIM_INLINE uint32_t trnsim_encode_element_stochastic(
    uint32_t bits, uint32_t format, uint64_t random) {
  switch (format) {
    case TRNSIM_BFLOAT16: return trnsim_bfloat16_encode_stochastic(bits, random);
    case TRNSIM_TFLOAT32: return trnsim_tfloat32_encode_stochastic(bits, random);
    case TRNSIM_FLOAT16: return trnsim_small_encode_stochastic(bits, trnsim_float16, 16, random);
    case TRNSIM_FLOAT8_E4M3:
      return trnsim_small_encode_stochastic(bits, trnsim_float8_e4m3, 8, random);
    case TRNSIM_FLOAT8_E5M2:
      return trnsim_small_encode_stochastic(bits, trnsim_float8_e5m2, 8, random);
    case TRNSIM_FLOAT8_E4M3FN:
      return trnsim_small_encode_stochastic(bits, trnsim_float8_e4m3fn, 8, random);
    default: return trnsim_encode_element(bits, format);
  }
}

#endif
