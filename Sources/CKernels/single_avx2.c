// Level 1 with floats: eight a vector.
#include "levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SINGLE
#define WIDTH 8
#define KERNELS suffice_single_avx2

// 12 sums, 2 vectors of rows, a weight: enough sums to hide the latency of two FMA units (8 or 10 of them).
#define SCORE_HEIGHT 6
#define SCORE_STRIP 2
#define SCORE_HEIGHT_LOW 2
#define SCORE_STRIP_WIDE 4
// 12 sums, 3 features, 1 label: exactly 16.
#define DOT_HEIGHT 4
#define DOT_WIDTH 3
#define DOT_FEATURES 9

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "single.h"
#pragma clang attribute pop

#endif
