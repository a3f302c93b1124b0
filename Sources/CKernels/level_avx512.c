// Level 2: AVX-512. Eight doubles a vector, 32 registers.
#include "levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDTH 8
#define KERNELS suffice_kernels_avx512

#define AVX512
#include "registers.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop

#endif
