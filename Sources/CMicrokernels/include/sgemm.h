// The matrix product of a systolic array's tile.
#ifndef TRNSIM_SGEMM_H
#define TRNSIM_SGEMM_H

#include "instruction_sets.h"

// C = (accumulate ? C : 0) + transpose(A) * B, all row-major.
//
// `a` is k x m (the stationary tile), `b` is k x n (the moving tile), `c` is m x n; `lda`, `ldb` and
// `ldc` are elements from one row to the next. `format`, of both `a` and `b`, is TRNSIM_FLOAT32 or
// TRNSIM_BFLOAT16; `c` is float32. Each element of the product is one chain of fused
// multiply-adds over k in rising order that starts from +0; accumulating is one addition after it.
// Every NaN that is written is 0x7fc00000. So the bits are the same on every machine. `c` does not
// overlap `a` or `b`; any of m, n, k may be 0.
void trnsim_sgemm_tn(
    uint32_t format, const void *a, size_t lda, const void *b, size_t ldb, float *c, size_t ldc,
    size_t m, size_t n, size_t k, int accumulate);

// The same on a given instruction set, which the machine must have.
void trnsim_sgemm_tn_on(
    trnsim_isa isa, uint32_t format, const void *a, size_t lda, const void *b, size_t ldb, float *c,
    size_t ldc, size_t m, size_t n, size_t k, int accumulate);

#endif
