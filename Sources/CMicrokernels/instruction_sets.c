#include "instruction_sets.h"

trnsim_isa trnsim_best_isa(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return TRNSIM_ISA_AVX512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return TRNSIM_ISA_AVX2;
#endif
  return TRNSIM_ISA_PORTABLE;
}
