#ifndef TRNSIM_MICROKERNELS_H
#define TRNSIM_MICROKERNELS_H

#include "activations.h"
#include "conversions.h"
#include "encodings.h"
#include "instruction_sets.h"
#include "sgemm.h"

#endif
