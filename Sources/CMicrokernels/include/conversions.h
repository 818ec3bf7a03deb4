// Rows of elements: stored bytes <-> float32, raw bits or integers.
//
// `stride` is in bytes from one stored element to the next; it may be 0 or negative, and elements
// need no alignment. `format` is a number of `encodings.h`. Sources and destinations do not overlap.
#ifndef TRNSIM_CONVERSIONS_H
#define TRNSIM_CONVERSIONS_H

#include "instruction_sets.h"

// Stored elements to float32.
void trnsim_decode(
    trnsim_isa isa, uint32_t format, const void *source, ptrdiff_t stride, size_t count,
    float *into);

// float32 to stored elements, rounding to nearest even.
void trnsim_encode(
    trnsim_isa isa, uint32_t format, const float *source, size_t count, void *into,
    ptrdiff_t stride);

// The same with stochastic rounding: element i takes the draw `first + i` of the sequence `seed`.
void trnsim_encode_stochastic(
    trnsim_isa isa, uint32_t format, const float *source, size_t count, void *into,
    ptrdiff_t stride, uint64_t seed, uint64_t first);

// Stored bits to 32 bits: int8 and int16 sign-extended, the others zero-extended.
void trnsim_decode_bits(
    uint32_t format, const void *source, ptrdiff_t stride, size_t count, uint32_t *into);

// The low bits of each word to stored elements.
void trnsim_encode_bits(
    uint32_t format, const uint32_t *source, size_t count, void *into, ptrdiff_t stride);

#endif
