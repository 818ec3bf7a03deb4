// How a function is compiled for an instruction set that not every machine has.
#ifndef TRNSIM_TARGETS_H
#define TRNSIM_TARGETS_H

#if defined(__x86_64__)
#define TRNSIM_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TRNSIM_TARGET_AVX512                                                                      \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#endif

#endif
