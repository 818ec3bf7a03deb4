#ifndef TRNSIM_MICROKERNELS_H
#define TRNSIM_MICROKERNELS_H

#include <stddef.h>
#include <stdint.h>

#endif
