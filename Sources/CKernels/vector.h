// The vector type of one instruction-set level, and the few operations the kernels share.

#define INLINE static inline __attribute__((always_inline))
// Loops over register blocks must vanish: a block that stays an array lives in memory.
#define UNROLL _Pragma("clang loop unroll(full)")

typedef double Vector __attribute__((ext_vector_type(WIDTH)));
typedef long Bits __attribute__((ext_vector_type(WIDTH)));
typedef double UnalignedVector __attribute__((ext_vector_type(WIDTH), aligned(8), may_alias));

INLINE Vector load(const double *p) { return *(const UnalignedVector *)p; }
INLINE void store(double *p, Vector v) { *(UnalignedVector *)p = v; }

/// All ones in the first `count` lanes, zero in the others; `count` may be negative or beyond WIDTH.
INLINE Bits first_lanes(long count) {
#if WIDTH == 8
  const Bits lane = {0, 1, 2, 3, 4, 5, 6, 7};
#elif WIDTH == 4
  const Bits lane = {0, 1, 2, 3};
#else
  const Bits lane = {0, 1};
#endif
  return lane < (Bits)count;
}

/// The lanes under `mask`, and +0 elsewhere, whatever those lanes held (NaN included).
INLINE Vector keep(Vector v, Bits mask) { return (Vector)((Bits)v & mask); }

/// The larger of the two; `b` when either is NaN, which makes it one maxpd on x86.
INLINE Vector larger(Vector a, Vector b) { return a > b ? a : b; }

/// The sum of the lanes, always in this order.
INLINE double sum_lanes(Vector v) {
#if WIDTH == 8
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
#elif WIDTH == 4
  return (v[0] + v[2]) + (v[1] + v[3]);
#else
  return v[0] + v[1];
#endif
}

/// The rows of a tile padded to whole groups of eight, in vectors.
INLINE long padded_vectors(long m) { return (m + 7) / 8 * (8 / WIDTH); }
INLINE long least(long a, long b) { return a < b ? a : b; }
