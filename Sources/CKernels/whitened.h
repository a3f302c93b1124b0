// A whole sweep over a tile of few columns: scores -|A y - s|^2 + c, softmax, sums of z = A y - s and its products. What
// is squared and summed is of order one wherever a label has a part in a row: no digits are lost to how far a cluster
// lies from the others, or how narrow it is.

// Vectors of rows that a label's sums take at once, each into sums of its own.
#define SUM_STRIP (WIDTH == 16 ? 2 : 1)

#define TRIANGLE(D) ((D) * ((D) + 1) / 2)
/// Numbers of a label: c, the upper triangle A, and s.
#define WHITENED_SIZE(D) (1 + TRIANGLE(D) + (D))

INLINE void whiten(const int D, const float *w, const Vector *y, Vector *z) {
  const float *a = w + 1, *s = w + 1 + TRIANGLE(D);
  UNROLL for (int i = 0; i < D; i++) {
    z[i] = *a++ * y[i] - s[i];
    UNROLL for (int j = i + 1; j < D; j++) z[i] += *a++ * y[j];
  }
}

/// Rows that the next tile will read, `stride` doubles apart: they come from memory while this one is computed.
INLINE void fetch(const double *rows, long count, long stride) {
  for (long i = 0; i < count * stride; i += 8) __builtin_prefetch(rows + i, 0, 2);
}

INLINE void whitened_rows(const int D, const int strip, float *R, long ldr, const float *packed, const float *Y,
                          long ldy, const float *weight, float *factor, long K, long rows, Wide *total) {
  Vector y[STRIP][SUFFICE_WHITENED_DIMENSIONS], most[STRIP], sum[STRIP];
  UNROLL for (int v = 0; v < strip; v++)
    UNROLL for (int i = 0; i < D; i++) y[v][i] = load(Y + i * ldy + v * WIDTH);
  const float *w = packed;
  for (long k = 0; k < K; k++, w += WHITENED_SIZE(D)) {
    UNROLL for (int v = 0; v < strip; v++) {
      Vector z[SUFFICE_WHITENED_DIMENSIONS], score = (Vector)w[0];
      whiten(D, w, y[v], z);
      UNROLL for (int i = 0; i < D; i++) score -= z[i] * z[i];
      store(R + k * ldr + v * WIDTH, score);
      most[v] = k == 0 ? score : larger(score, most[v]);
    }
  }
  exponentials(strip, R, ldr, K, most, sum);
  finish_rows(strip, weight, rows, most, sum, total);
  UNROLL for (int v = 0; v < strip; v++) store(factor + v * WIDTH, sum[v]);
}

typedef struct { Vector count, first[SUFFICE_WHITENED_DIMENSIONS], second[TRIANGLE(SUFFICE_WHITENED_DIMENSIONS)]; } Moments;

INLINE void add_row(const int D, Moments *sums, const float *w, const float *R, const float *factor, const float *Y,
                    long ldy) {
  Vector y[SUFFICE_WHITENED_DIMENSIONS], z[SUFFICE_WHITENED_DIMENSIONS];
  UNROLL for (int i = 0; i < D; i++) y[i] = load(Y + i * ldy);
  whiten(D, w, y, z);
  Vector r = load(R) * load(factor);
  sums->count += r;
  UNROLL for (int i = 0; i < D; i++) {
    Vector t = r * z[i];
    sums->first[i] += t;
    UNROLL for (int j = 0; j <= i; j++) sums->second[TRIANGLE(i) + j] += t * z[j];
  }
}

INLINE void whitened_sums(const int D, double *sums, const float *w, const float *R, const float *factor,
                          const float *Y, long ldy, long vectors) {
  Moments part[2];
  UNROLL for (int p = 0; p < 2; p++) {
    part[p].count = (Vector)0.0f;
    UNROLL for (int i = 0; i < D; i++) part[p].first[i] = (Vector)0.0f;
    UNROLL for (int i = 0; i < TRIANGLE(D); i++) part[p].second[i] = (Vector)0.0f;
  }
  long v = 0;
  for (; v + SUM_STRIP <= vectors; v += SUM_STRIP)
    UNROLL for (int p = 0; p < SUM_STRIP; p++)
      add_row(D, &part[p], w, R + (v + p) * WIDTH, factor + (v + p) * WIDTH, Y + (v + p) * WIDTH, ldy);
  for (; v < vectors; v++) add_row(D, &part[0], w, R + v * WIDTH, factor + v * WIDTH, Y + v * WIDTH, ldy);
  Vector all[1 + SUFFICE_WHITENED_DIMENSIONS + TRIANGLE(SUFFICE_WHITENED_DIMENSIONS)];
  all[0] = part[0].count + part[1].count;
  UNROLL for (int i = 0; i < D; i++) all[1 + i] = part[0].first[i] + part[1].first[i];
  UNROLL for (int i = 0; i < TRIANGLE(D); i++) all[1 + D + i] = part[0].second[i] + part[1].second[i];
  const int count = 1 + D + TRIANGLE(D);
  UNROLL for (int q = 0; q + 4 <= count; q += 4) add_lane_sums(4, sums + q, all + q);
  if (count % 4) add_lane_sums(count % 4, sums + count / 4 * 4, all + count / 4 * 4);
}

INLINE double whitened_tile(const int D, double *sums, float *R, long ldr, const float *packed, const float *Y, long ldy,
                            const float *weight, long K, long m, const double *next, long stride) {
  Wide total = (Wide)0.0;
  long vectors = padded_vectors(m), v = 0;
  float *factor = R + K * ldr;
  for (; v + STRIP <= vectors; v += STRIP) {
    if (next) fetch(next + v * WIDTH * stride, STRIP * WIDTH, stride);
    whitened_rows(D, STRIP, R + v * WIDTH, ldr, packed, Y + v * WIDTH, ldy, weight ? weight + v * WIDTH : NULL,
                  factor + v * WIDTH, K, m - v * WIDTH, &total);
  }
  for (; v < vectors; v++)
    whitened_rows(D, 1, R + v * WIDTH, ldr, packed, Y + v * WIDTH, ldy, weight ? weight + v * WIDTH : NULL,
                  factor + v * WIDTH, K, m - v * WIDTH, &total);
  for (long k = 0; k < K; k++)
    whitened_sums(D, sums + k * (1 + D + TRIANGLE(D)), packed + k * WHITENED_SIZE(D), R + k * ldr, factor, Y, ldy,
                  vectors);
  return sum_wide(&total) * 0x1.62e42fefa39efp-1;
}

static double whitened(double *sums, float *R, long ldr, const float *packed, const float *Y, long ldy,
                       const float *weight, long K, long D, long m, const double *next, long stride) {
  if (K <= 0 || m <= 0) return 0;
  switch (D) {
  case 1: return whitened_tile(1, sums, R, ldr, packed, Y, ldy, weight, K, m, next, stride);
  case 2: return whitened_tile(2, sums, R, ldr, packed, Y, ldy, weight, K, m, next, stride);
  case 3: return whitened_tile(3, sums, R, ldr, packed, Y, ldy, weight, K, m, next, stride);
  default: return 0;
  }
}
