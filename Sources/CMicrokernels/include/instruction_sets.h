// The instruction sets that the kernels of this directory are compiled for.
//
// Every kernel gives the same bits on each of them; they differ in speed only.
#ifndef TRNSIM_INSTRUCTION_SETS_H
#define TRNSIM_INSTRUCTION_SETS_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t trnsim_isa;

enum {
  // What the compiler assumes of every machine of this architecture (SSE2, NEON).
  TRNSIM_ISA_PORTABLE = 0,
  // AVX2 and FMA3.
  TRNSIM_ISA_AVX2 = 1,
  // AVX-512 F, BW, DQ and VL.
  TRNSIM_ISA_AVX512 = 2,
};

// The best instruction set of this machine.
trnsim_isa trnsim_best_isa(void);

#endif
