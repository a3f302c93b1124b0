// The vector type of one instruction-set level, and the few operations the kernels share.

#define INLINE static inline __attribute__((always_inline))
// Loops over register blocks must vanish: a block that stays an array lives in memory.
#define UNROLL _Pragma("clang loop unroll(full)")

// The numbers of a tile: doubles, or floats in the files that define SINGLE. Sums that leave a kernel are doubles.
#ifdef SINGLE
typedef float Real;
typedef int Lane;
#define PADDING 16
#else
typedef double Real;
typedef long Lane;
#define PADDING 8
#endif

typedef Real Vector __attribute__((ext_vector_type(WIDTH)));
typedef Lane Bits __attribute__((ext_vector_type(WIDTH)));
typedef Real UnalignedVector __attribute__((ext_vector_type(WIDTH), aligned(sizeof(Real)), may_alias));

INLINE Vector load(const Real *p) { return *(const UnalignedVector *)p; }
INLINE void store(Real *p, Vector v) { *(UnalignedVector *)p = v; }

/// All ones in the first `count` lanes, zero in the others; `count` may be negative or beyond WIDTH.
INLINE Bits first_lanes(long count) {
#if WIDTH == 16
  const Bits lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif WIDTH == 8
  const Bits lane = {0, 1, 2, 3, 4, 5, 6, 7};
#elif WIDTH == 4
  const Bits lane = {0, 1, 2, 3};
#else
  const Bits lane = {0, 1};
#endif
  return lane < (Bits)(Lane)count;
}

/// The lanes under `mask`, and +0 elsewhere, whatever those lanes held (NaN included).
INLINE Vector keep(Vector v, Bits mask) { return (Vector)((Bits)v & mask); }

/// Whether any lane is not +0.
INLINE int any_lane(Vector v) {
#if defined(__AVX512F__) || (defined(__x86_64__) && defined(AVX512))
  return _mm512_test_epi32_mask((__m512i)v, (__m512i)v) != 0;
#elif defined(__x86_64__) && defined(AVX2)
  return !_mm256_testz_si256((__m256i)v, (__m256i)v);
#else
  Lane any = 0;
  for (int i = 0; i < WIDTH; i++) any |= ((Bits)v)[i];
  return any != 0;
#endif
}

/// The larger of the two; `b` when either is NaN, which makes it one maxpd on x86.
INLINE Vector larger(Vector a, Vector b) { return a > b ? a : b; }

/// The sum of the lanes, always in this order.
INLINE double sum_lanes(Vector v) {
#if WIDTH >= 8
  // Halves added to halves, down to two lanes.
  typedef Real Eight __attribute__((ext_vector_type(8)));
  typedef Real Four __attribute__((ext_vector_type(4)));
#if WIDTH == 16
  Eight eight = v.lo + v.hi;
#else
  Eight eight = v;
#endif
  Four four = eight.lo + eight.hi;
  return (four[0] + four[2]) + (four[1] + four[3]);
#elif WIDTH == 4
  return (v[0] + v[2]) + (v[1] + v[3]);
#else
  return v[0] + v[1];
#endif
}

/// The rows of a tile padded to whole groups of eight (of sixteen floats), in vectors.
INLINE long padded_vectors(long m) { return (m + PADDING - 1) / PADDING * (PADDING / WIDTH); }
INLINE long least(long a, long b) { return a < b ? a : b; }

#ifndef SINGLE

// MARK: Parts of vectors

/// The first `count` doubles at `p`, 0 <= count <= WIDTH, and zeros; nothing beyond them is read.
INLINE Vector load_first(const double *p, long count) {
#if WIDTH == 8
  return (Vector)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p);
#elif WIDTH == 4
  return (Vector)_mm256_maskload_pd(p, (__m256i)first_lanes(count));
#else
  return (Vector){count > 0 ? p[0] : 0, count > 1 ? p[1] : 0};
#endif
}

/// Writes the first `count` lanes, 0 <= count <= WIDTH, and nothing beyond them.
INLINE void store_first(double *p, Vector v, long count) {
#if WIDTH == 8
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), (__m512d)v);
#elif WIDTH == 4
  _mm256_maskstore_pd(p, (__m256i)first_lanes(count), (__m256d)v);
#else
  if (count > 0) p[0] = v[0];
  if (count > 1) p[1] = v[1];
#endif
}

#endif
