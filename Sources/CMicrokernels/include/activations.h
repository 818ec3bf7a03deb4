// The functions of the Scalar engine on rows of float32.
#ifndef TRNSIM_ACTIVATIONS_H
#define TRNSIM_ACTIVATIONS_H

#include "instruction_sets.h"

enum {
  TRNSIM_COPY,
  TRNSIM_EXP,
  TRNSIM_LOG,
  TRNSIM_SQRT,
  TRNSIM_RSQRT,
  TRNSIM_RECIPROCAL,
  TRNSIM_SQUARE,
  TRNSIM_RELU,
  TRNSIM_SIGMOID,
  TRNSIM_SILU,
  TRNSIM_TANH,
  TRNSIM_GELU,
  TRNSIM_GELU_APPRX_TANH,
  TRNSIM_GELU_APPRX_SIGMOID,
  TRNSIM_SOFTPLUS,
  TRNSIM_MISH,
  TRNSIM_ERF,
  TRNSIM_SIGN,
  TRNSIM_ABS,
  TRNSIM_SIN,
  TRNSIM_ARCTAN,
};

// Replaces each of `count` values by the function's, evaluated in double and rounded once: within
// 0.51 units in the last place. Limits are taken at infinity, so silu of -infinity is -0; a NaN
// stays one. sin continues beyond +-pi as the cubic that its series about that point begins with.
void trnsim_activate(trnsim_isa isa, uint32_t function, float *values, size_t count);

#endif
