#include "microkernels.h"
