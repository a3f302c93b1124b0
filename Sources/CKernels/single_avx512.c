// Level 2 with floats: sixteen a vector.
#include "levels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SINGLE
#define WIDTH 16
#define KERNELS suffice_single_avx512

// 27 sums, 3 vectors of rows, a weight. Few labels take more rows instead: one label by three vectors would wait for
// its own sums.
#define SCORE_HEIGHT 9
#define SCORE_STRIP 3
#define SCORE_HEIGHT_LOW 4
#define SCORE_STRIP_WIDE 6
// 24 sums, 4 features, 1 label.
#define DOT_HEIGHT 6
#define DOT_WIDTH 4
#define DOT_FEATURES 8

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "single.h"
#pragma clang attribute pop

#endif
