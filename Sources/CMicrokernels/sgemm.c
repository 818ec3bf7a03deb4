#include "sgemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encodings.h"
#include "targets.h"

// One stored element as float32.
TRNSIM_INLINE float element(int is_bfloat16, const void *from, size_t at) {
  if (!is_bfloat16) return ((const float *)from)[at];
  return trnsim_as_float((uint32_t)((const uint16_t *)from)[at] << 16);
}

// Asks for an element that will be read, if there is one. The rows of operands on chip lie pages
// apart, so that the hardware foresees neither the next row nor the next panel.
TRNSIM_INLINE void prefetch(int is_bfloat16, const void *from, size_t at) {
  __builtin_prefetch((const char *)from + at * (is_bfloat16 ? 2 : sizeof(float)));
}

// One instruction set's kernels: see `sgemm_kernels.inc` for what the four macros mean.
#define NAME(BASE) BASE##_portable
#define TARGET
#define LANES 4
#define MAX_ROWS 6
#include "sgemm_kernels.inc"

#if defined(__x86_64__)
#define NAME(BASE) BASE##_avx2
#define TARGET TRNSIM_TARGET_AVX2
#define LANES 8
#define MAX_ROWS 6
#include "sgemm_kernels.inc"

#define NAME(BASE) BASE##_avx512
#define TARGET TRNSIM_TARGET_AVX512
#define LANES 16
#define MAX_ROWS 14
#include "sgemm_kernels.inc"
#endif

void trnsim_sgemm_tn_on(
    trnsim_isa isa, uint32_t format, const void *a, size_t lda, const void *b, size_t ldb, float *c,
    size_t ldc, size_t m, size_t n, size_t k, int accumulate) {
  if (m == 0 || n == 0) return;
  const int is_bfloat16 = format == TRNSIM_BFLOAT16;
#if defined(__x86_64__)
  if (isa == TRNSIM_ISA_AVX512) {
    sgemm_avx512(is_bfloat16, a, lda, b, ldb, c, ldc, m, n, k, accumulate);
    return;
  }
  if (isa == TRNSIM_ISA_AVX2) {
    sgemm_avx2(is_bfloat16, a, lda, b, ldb, c, ldc, m, n, k, accumulate);
    return;
  }
#endif
  (void)isa;
  sgemm_portable(is_bfloat16, a, lda, b, ldb, c, ldc, m, n, k, accumulate);
}

void trnsim_sgemm_tn(
    uint32_t format, const void *a, size_t lda, const void *b, size_t ldb, float *c, size_t ldc,
    size_t m, size_t n, size_t k, int accumulate) {
  trnsim_sgemm_tn_on(trnsim_best_isa(), format, a, lda, b, ldb, c, ldc, m, n, k, accumulate);
}
