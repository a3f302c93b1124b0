// How many numbers the registers of an instruction-set level hold at once in the inner loops, counted in vectors, whatever
// is in them: the sums, what they are sums of, and a factor.
#if defined(AVX512) || defined(__aarch64__)
// 32 registers: 27 sums, 3 vectors of rows, a weight; 24 sums, 4 features, 1 label. Few labels take more rows instead: one
// label by three vectors would wait for its own sums.
#define SCORE_HEIGHT 9
#define SCORE_STRIP 3
#define SCORE_HEIGHT_LOW 4
#define SCORE_STRIP_WIDE 6
#define DOT_HEIGHT 6
#define DOT_WIDTH 4
#define DOT_FEATURES 8
#else
// 16 registers: 12 sums, 2 vectors of rows, a weight: enough sums to hide the latency of two FMA units (8 or 10 of them).
#define SCORE_HEIGHT 6
#define SCORE_STRIP 2
#define SCORE_HEIGHT_LOW 2
#define SCORE_STRIP_WIDE 4
#define DOT_HEIGHT 4
#if defined(AVX2)
// 12 sums, 3 features, 1 label: exactly 16.
#define DOT_WIDTH 3
#define DOT_FEATURES 9
#else
// No fused multiply-add to keep busy.
#define DOT_WIDTH 2
#define DOT_FEATURES 8
#endif
#endif
