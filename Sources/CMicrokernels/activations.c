#include "activations.h"

#include <math.h>
#include <string.h>

#include "encodings.h"
#include "targets.h"

// Contracted multiply-adds would give other bits where the machine has them.
#pragma STDC FP_CONTRACT OFF

TRNSIM_INLINE uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

TRNSIM_INLINE double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Adding it leaves the nearest integer in the low bits of the sum.
static const double ROUNDER = 0x1.8p52;

// e^x: 2^n * e^r with r within half of ln 2, whose series ends at r^9 (2^-37). Beyond +-700 the
// result stays there, which is infinity or zero as float32. NaN passes.
TRNSIM_INLINE double exponential(double x) {
  const double below = x < -700.0 ? -700.0 : x;
  const double y = below > 700.0 ? 700.0 : below;
  const double shifted = y * 0x1.71547652b82fep+0 + ROUNDER;
  const double n = shifted - ROUNDER;
  const double r = (y - n * 0x1.62e42fefa39efp-1) - n * 0x1.abc9e3b39803fp-56;
  const double series =
      1.0 +
      r * (1.0 +
           r * (1.0 / 2 +
                r * (1.0 / 6 +
                     r * (1.0 / 24 +
                          r * (1.0 / 120 +
                               r * (1.0 / 720 +
                                    r * (1.0 / 5040 +
                                         r * (1.0 / 40320 + r * (1.0 / 362880)))))))));
  const double power = from_bits((bits_of(shifted) << 52) + ((uint64_t)1023 << 52));
  return series * power;
}

// ln x of a positive normal number: n ln 2 + 2 artanh(s), s = (m - 1) / (m + 1), with m within a
// factor of sqrt 2 of 1; the series ends at s^13 (2^-39 of the result).
TRNSIM_INLINE double logarithm_of_normal(double x) {
  const uint64_t offset = 0x3fe6a09e667f3bcd;
  const uint64_t distance = bits_of(x) - offset;
  // The exponent, biased so that the shift has no sign: n + 1024.
  const uint64_t biased = (distance + ((uint64_t)1024 << 52)) >> 52;
  const double n = from_bits(biased + 0x4330000000000000) - (0x1p52 + 1024.0);
  const double m = from_bits(bits_of(x) - ((biased - 1024) << 52));
  const double s = (m - 1.0) / (m + 1.0);
  const double q = s * s;
  const double series =
      1.0 + q * (1.0 / 3 +
                 q * (1.0 / 5 +
                      q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13))))));
  return n * 0x1.62e42fefa39efp-1 + 2.0 * s * series;
}

TRNSIM_INLINE double logarithm(double x) {
  const double finite = logarithm_of_normal(x);
  const double positive = x < INFINITY ? finite : x;
  const double nonzero = x > 0.0 ? positive : x == 0.0 ? -INFINITY : NAN;
  return nonzero;
}

// ln(1 + x) for x in [0, 1], with what 1 + x loses added back.
TRNSIM_INLINE double logarithm_of_one_plus(double x) {
  const double sum = 1.0 + x;
  return logarithm_of_normal(sum) + (x - (sum - 1.0)) / sum;
}

TRNSIM_INLINE double softplus(double x) {
  const double magnitude = x < 0.0 ? -x : x;
  return (x < 0.0 ? 0.0 : x) + logarithm_of_one_plus(exponential(-magnitude));
}

TRNSIM_INLINE double hyperbolic_tangent(double x) {
  const double t = exponential(-2.0 * (x < 0.0 ? -x : x));
  const double large = (1.0 - t) / (1.0 + t);
  const double q = x * x;
  const double small =
      x * (1.0 + q * (-1.0 / 3 +
                      q * (2.0 / 15 +
                           q * (-17.0 / 315 + q * (62.0 / 2835 + q * (-1382.0 / 155925))))));
  return q < 0.01 ? small : x < 0.0 ? -large : large;
}

// Below it, x times anything of the order of e^x is zero as float32.
TRNSIM_INLINE double not_below_1000(double x) { return x < -1000.0 ? -1000.0 : x; }

// x / (1 + e^-y), which is x times the logistic function of y.
TRNSIM_INLINE double gated(double x, double y) { return x / (1.0 + exponential(-y)); }

TRNSIM_INLINE double gelu_apprx_tanh(double x) {
  // x (1 + tanh u) / 2 = x / (1 + e^-2u), u = sqrt(2 / pi) (x + 0.044715 x^3).
  return gated(x, 2.0 * 0.79788456080286536 * (x + 0.044715 * x * x * x));
}

// x tanh(ln(1 + e^x)) = x n / (n + 2), n = e^x (e^x + 2).
TRNSIM_INLINE double mish(double x) {
  const double e = exponential(x > 300.0 ? 300.0 : x);
  const double n = e * (e + 2.0);
  return x * (n / (n + 2.0));
}

// The table's last segment beyond +-pi: -d + d^3 / 6 with d = x - pi.
TRNSIM_INLINE double sine(double x) {
  const double magnitude = fabs(x);
  if (!(magnitude > M_PI)) return sin(x);
  const double d = magnitude - M_PI;
  return copysign(1.0, x) * (d * d * d / 6.0 - d);
}

#define EACH(RESULT)                                                                              \
  for (size_t i = 0; i < count; i++) {                                                            \
    const double x = values[i];                                                                   \
    const float result = (float)(RESULT);                                                         \
    /* Instruction sets differ in which NaN an operation gives: one is written for all. */         \
    values[i] = result == result ? result : NAN;                                                  \
  }                                                                                               \
  break

TRNSIM_INLINE void activate(uint32_t function, float *restrict values, size_t count) {
  switch (function) {
    case TRNSIM_EXP: EACH(exponential(x));
    case TRNSIM_LOG: EACH(logarithm(x));
    case TRNSIM_SQRT: EACH(__builtin_elementwise_sqrt(x));
    case TRNSIM_RSQRT: EACH(1.0 / __builtin_elementwise_sqrt(x));
    case TRNSIM_RECIPROCAL: EACH(1.0 / x);
    case TRNSIM_SQUARE: EACH(x * x);
    case TRNSIM_RELU: EACH(x <= 0.0 ? 0.0 : x);
    case TRNSIM_SIGMOID: EACH(gated(1.0, x));
    case TRNSIM_SILU: EACH(gated(not_below_1000(x), x));
    case TRNSIM_TANH: EACH(hyperbolic_tangent(x));
    case TRNSIM_GELU_APPRX_TANH: EACH(gelu_apprx_tanh(not_below_1000(x)));
    case TRNSIM_GELU_APPRX_SIGMOID: EACH(gated(not_below_1000(x), 1.702 * x));
    case TRNSIM_SOFTPLUS: EACH(softplus(x));
    case TRNSIM_MISH: EACH(mish(not_below_1000(x)));
    case TRNSIM_SIGN: EACH(x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x);
    case TRNSIM_ABS: EACH(fabs(x));
    case TRNSIM_GELU: {
      // x erfc(-x / sqrt 2) / 2 keeps its digits where 1 + erf would cancel.
      EACH(0.5 * not_below_1000(x) * erfc(-0.70710678118654752 * x));
    }
    case TRNSIM_ERF: EACH(erf(x));
    case TRNSIM_SIN: EACH(sine(x));
    case TRNSIM_ARCTAN: EACH(atan(x));
    default: break;
  }
}

static void activate_portable(uint32_t function, float *values, size_t count) {
  activate(function, values, count);
}

#if defined(__x86_64__)
TRNSIM_TARGET_AVX2 static void activate_avx2(uint32_t function, float *values, size_t count) {
  activate(function, values, count);
}

TRNSIM_TARGET_AVX512 static void activate_avx512(uint32_t function, float *values, size_t count) {
  activate(function, values, count);
}
#endif

void trnsim_activate(trnsim_isa isa, uint32_t function, float *values, size_t count) {
#if defined(__x86_64__)
  if (isa == TRNSIM_ISA_AVX512) {
    activate_avx512(function, values, count);
    return;
  }
  if (isa == TRNSIM_ISA_AVX2) {
    activate_avx2(function, values, count);
    return;
  }
#endif
  (void)isa;
  activate_portable(function, values, count);
}
