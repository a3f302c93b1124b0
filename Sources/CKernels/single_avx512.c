// Level 2 with floats: sixteen a vector.
#include "levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SINGLE
#define WIDTH 16
#define KERNELS suffice_single_avx512

#define AVX512
#include "registers.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "single.h"
#pragma clang attribute pop

#endif
