// Level 0: what every processor of the platform has. Two doubles a vector (SSE2, NEON).
#include "levels.h"

#define WIDTH 2
#define KERNELS suffice_kernels_baseline

#include "registers.h"
#include "kernels.h"
