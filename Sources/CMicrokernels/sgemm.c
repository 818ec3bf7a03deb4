#include "sgemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

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
    trnsim_isa isa, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc,
    size_t m, size_t n, size_t k, int accumulate) {
  if (m == 0 || n == 0) return;
#if defined(__x86_64__)
  if (isa == TRNSIM_ISA_AVX512) {
    sgemm_avx512(a, lda, b, ldb, c, ldc, m, n, k, accumulate);
    return;
  }
  if (isa == TRNSIM_ISA_AVX2) {
    sgemm_avx2(a, lda, b, ldb, c, ldc, m, n, k, accumulate);
    return;
  }
#endif
  (void)isa;
  sgemm_portable(a, lda, b, ldb, c, ldc, m, n, k, accumulate);
}

void trnsim_sgemm_tn(
    const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc, size_t m,
    size_t n, size_t k, int accumulate) {
  trnsim_sgemm_tn_on(trnsim_best_isa(), a, lda, b, ldb, c, ldc, m, n, k, accumulate);
}
