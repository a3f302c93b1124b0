// All kernels of floats of one instruction-set level and their table. A single_*.c file includes this once, after it has
// set WIDTH and the register blocks, and pushed the target attribute.

#include "vector.h"
#include "contraction.h"
#include "products.h"

// MARK: Into floats

/// As many doubles as a vector has floats.
typedef double Wide __attribute__((ext_vector_type(WIDTH)));
typedef double UnalignedWide __attribute__((ext_vector_type(WIDTH), aligned(8), may_alias));

// Macros, since a function that takes or returns a vector wider than the level's registers has no settled interface.
#define WIDE(v) __builtin_convertvector(v, Wide)

INLINE double sum_wide(const Wide *v) {
  double sum = 0;
  for (int i = 0; i < WIDTH; i++) sum += (*v)[i];
  return sum;
}

static void to_frame(float *Y, long ldy, const double *X, long ldx, const double *G, const double *shift, long D,
                     int diagonal, long m) {
  // A vector of rows at a time: its columns stay in the first-level cache.
  for (long v = 0; v < padded_vectors(m); v++) {
    const double *x = X + v * WIDTH;
    Bits mask = first_lanes(m - v * WIDTH);
    for (long i = 0; i < D; i++) {
      const double *row = diagonal ? G + i : G + i * (i + 1) / 2;
      long first = diagonal ? i : 0;
      Wide y = (Wide)-shift[i], other = (Wide)0.0;
      long j = first;
      // Two sums, so that one addition need not wait for the other.
      for (; j < i; j += 2) {
        y += row[j - first] * *(const UnalignedWide *)(x + j * ldx);
        other += row[j + 1 - first] * *(const UnalignedWide *)(x + (j + 1) * ldx);
      }
      if (j == i) y += row[j - first] * *(const UnalignedWide *)(x + j * ldx);
      store(Y + i * ldy + v * WIDTH, keep(__builtin_convertvector(y + other, Vector), mask));
    }
  }
}

// MARK: Softmax

#define STRIP 4

/// 2^x for x <= 0, within 1.4 ulp; 0 below -64, as in softmax.h, and for -inf; NaN for NaN.
///
/// x = n + f with |f| <= 1/2; 2^f by a polynomial of relative error 9.2e-8, then 2^n.
INLINE Vector power_of_two(Vector x) {
#if WIDTH == 16
  Vector f = (Vector)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  Vector n = x - f;
#else
  // The large number ends in the exponent's bias, so that a shift makes 2^n of the sum.
  const float shift = 0x1.8p23f + 127;
  Vector shifted = x + shift;
  Vector f = x - (shifted - shift);
  Vector n = (Vector)((Bits)shifted << 23);
#endif
  Vector p = f * 0x1.5bba14p-10f + 0x1.3cea88p-7f;
  p = f * p + 0x1.c6b752p-5f;
  p = f * p + 0x1.ebf9bcp-3f;
  p = f * p + 0x1.62e42ap-1f;
  p = f * p + 1.0f;
#if WIDTH == 16
  // Not less than, so that NaN passes.
  return (Vector)_mm512_maskz_scalef_ps(
    _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-64), _CMP_NLT_UQ), (__m512)p, (__m512)n);
#else
  return x < (Vector)-64.0f ? (Vector)0.0f : p * n;
#endif
}

/// log2(x) for finite x >= 1, within 2e-7 + 1 ulp; NaN for NaN. x = 2^e (1 + f) as in softmax.h, with fewer terms.
INLINE Vector log_to_two(Vector x) {
  const int root = 0x3f3504f3;  // the bits of sqrt(1/2)
  Bits e = ((Bits)x - root) >> 23;
  Vector f = (Vector)((Bits)x - (e << 23)) - 1.0f;
  Vector s = f / (f + 2.0f), z = s * s;
  Vector series = z * (z * (z * (z * (1.0f / 9) + 1.0f / 7) + 1.0f / 5) + 1.0f / 3) + 1.0f;
  Vector y = __builtin_convertvector(e, Vector) + 2.885390082f * s * series;
  return x == x ? y : x;
}

/// Scores of `strip` vectors of rows into exponentials; `sum` is their sums, `most` the largest scores.
INLINE void exponentials(const int strip, float *R, long ldr, long K, const Vector *most, Vector *sum) {
  UNROLL for (int v = 0; v < strip; v++) sum[v] = (Vector)0.0f;
  for (long k = 0; k < K; k++) {
    UNROLL for (int v = 0; v < strip; v++) {
      Vector e = power_of_two(load(R + k * ldr + v * WIDTH) - most[v]);
      store(R + k * ldr + v * WIDTH, e);
      sum[v] += e;
    }
  }
}

/// Adds up the logarithms of the rows' normalizers, and turns `sum` into what multiplies the exponentials.
INLINE void finish_rows(const int strip, const float *weight, long rows, const Vector *most, Vector *sum,
                        Wide *total) {
  if (!weight && rows >= strip * WIDTH) {
    // One logarithm for several rows: each sum lies between 1 and K.
    Vector product = sum[0];
    *total += WIDE(most[0]);
    UNROLL for (int v = 1; v < strip; v++) {
      product *= sum[v];
      *total += WIDE(most[v]);
    }
    *total += WIDE(log_to_two(product));
    UNROLL for (int v = 0; v < strip; v++) sum[v] = 1.0f / sum[v];
    return;
  }
  UNROLL for (int v = 0; v < strip; v++) {
    Bits mask = first_lanes(rows - v * WIDTH);
    Vector w = keep(weight ? load(weight + v * WIDTH) : (Vector)1.0f, mask);
    // A row of weight 0 is absent, whatever its scores.
    Bits counts = w != 0.0f;
    *total += WIDE(keep(w * most[v], counts)) + WIDE(keep(w * log_to_two(sum[v]), counts));
    sum[v] = keep(w / sum[v], counts);
  }
}

INLINE void softmax_rows(const int strip, float *R, long ldr, const float *weight, long K, long rows, Wide *total) {
  Vector most[STRIP], sum[STRIP];
  UNROLL for (int v = 0; v < strip; v++) most[v] = load(R + v * WIDTH);
  for (long k = 1; k < K; k++)
    UNROLL for (int v = 0; v < strip; v++) most[v] = larger(load(R + k * ldr + v * WIDTH), most[v]);
  exponentials(strip, R, ldr, K, most, sum);
  finish_rows(strip, weight, rows, most, sum, total);
  for (long k = 0; k < K; k++) {
    UNROLL for (int v = 0; v < strip; v++) {
      float *p = R + k * ldr + v * WIDTH;
      Vector r = load(p) * sum[v];
      store(p, rows < strip * WIDTH ? keep(r, first_lanes(rows - v * WIDTH)) : r);
    }
  }
}

static double softmax(float *R, long ldr, const float *weight, long K, long m) {
  if (K <= 0 || m <= 0) return 0;
  Wide total = (Wide)0.0;
  long vectors = padded_vectors(m), v = 0;
  for (; v + STRIP <= vectors; v += STRIP)
    softmax_rows(STRIP, R + v * WIDTH, ldr, weight ? weight + v * WIDTH : NULL, K, m - v * WIDTH, &total);
  for (; v < vectors; v++)
    softmax_rows(1, R + v * WIDTH, ldr, weight ? weight + v * WIDTH : NULL, K, m - v * WIDTH, &total);
  return sum_wide(&total) * 0x1.62e42fefa39efp-1;
}

#include "whitened.h"

const SingleKernels KERNELS = {
  .pack_weights = pack_weights,
  .scores = scores,
  .scores_outer = scores_outer,
  .accumulate = accumulate,
  .accumulate_outer = accumulate_outer,
  .squares = squares,
  .outer = outer,
  .to_frame = to_frame,
  .softmax = softmax,
  .whitened = whitened,
};
