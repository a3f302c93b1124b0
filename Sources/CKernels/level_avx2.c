// Level 1: AVX2 with FMA. Four doubles a vector, 16 registers.
#include "levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDTH 4
#define KERNELS suffice_kernels_avx2

#define AVX2
#include "registers.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop

#endif
