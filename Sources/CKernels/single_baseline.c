// Level 0 with floats: four a vector.
#include "levels.h"

#define SINGLE
#define WIDTH 4
#define KERNELS suffice_single_baseline

#include "registers.h"
#include "single.h"
