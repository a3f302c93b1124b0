// Level 1 with floats: eight a vector.
#include "levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SINGLE
#define WIDTH 8
#define KERNELS suffice_single_avx2

#define AVX2
#include "registers.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "single.h"
#pragma clang attribute pop

#endif
