// Level 0 with floats: four a vector.
#include "levels.h"

#define SINGLE
#define WIDTH 4
#define KERNELS suffice_single_baseline

#if defined(__aarch64__)
// 32 registers: 27 sums, 3 rows, 1 weight; 24 sums, 4 features, 1 label.
#define SCORE_HEIGHT 9
#define SCORE_STRIP 3
#define SCORE_HEIGHT_LOW 4
#define SCORE_STRIP_WIDE 6
#define DOT_HEIGHT 6
#define DOT_WIDTH 4
#else
// 16 registers, and no fused multiply-add to keep busy.
#define SCORE_HEIGHT 6
#define SCORE_STRIP 2
#define SCORE_HEIGHT_LOW 2
#define SCORE_STRIP_WIDE 4
#define DOT_HEIGHT 4
#define DOT_WIDTH 2
#endif
#define DOT_FEATURES 8

#include "single.h"
