// Forming the row vectors of a tile, and sums over them. Plain loops vectorise well; only the transpose needs care.

static void center_values(double *dst, const double *src, long stride, long m, double center) {
  if (stride == 1)
    for (long i = 0; i < m; i++) dst[i] = src[i] - center;
  else
    for (long i = 0; i < m; i++) dst[i] = src[i * stride] - center;
}

static void gather_values(double *dst, const double *src, long stride, const long *rows, long m, double center) {
  for (long i = 0; i < m; i++) dst[i] = src[rows[i] * stride] - center;
}

static void one_hot(double *T, long ldt, const double *codes, long levels, long m) {
  for (long l = 0; l < levels; l++) {
    Vector level = (Vector)(double)l;
    for (long v = 0; v < padded_vectors(m); v++)
      store(T + l * ldt + v * WIDTH, load(codes + v * WIDTH) == level ? (Vector)1.0 : (Vector)0.0);
  }
}

static double sum_values(const double *values, long m) {
  Vector sum[4] = {(Vector)0.0, (Vector)0.0, (Vector)0.0, (Vector)0.0};
  long i = 0;
  for (; i + 4 * WIDTH <= m; i += 4 * WIDTH)
    UNROLL for (int v = 0; v < 4; v++) sum[v] += load(values + i + v * WIDTH);
  for (; i + WIDTH <= m; i += WIDTH) sum[0] += load(values + i);
  double total = sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
  for (; i < m; i++) total += values[i];
  return total;
}

static void row_sums(double *out, const double *R, long ldr, long K, long m) {
  for (long k = 0; k < K; k++) out[k] += sum_values(R + k * ldr, m);
}

// MARK: Transpose

/// Transposes WIDTH vectors in place: exchanges single lanes, then pairs, then quadruples, across the diagonal.
INLINE void transpose_block(Vector x[WIDTH]) {
#if WIDTH == 8
  UNROLL for (int i = 0; i < 8; i += 2) {
    Vector a = x[i], b = x[i + 1];
    x[i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
    x[i + 1] = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  UNROLL for (int i = 0; i < 8; i += i % 2 ? 3 : 1) {
    Vector a = x[i], b = x[i + 2];
    x[i] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
    x[i + 2] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
  UNROLL for (int i = 0; i < 4; i++) {
    Vector a = x[i], b = x[i + 4];
    x[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    x[i + 4] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
#elif WIDTH == 4
  UNROLL for (int i = 0; i < 4; i += 2) {
    Vector a = x[i], b = x[i + 1];
    x[i] = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    x[i + 1] = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  }
  UNROLL for (int i = 0; i < 2; i++) {
    Vector a = x[i], b = x[i + 2];
    x[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    x[i + 2] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  }
#else
  Vector a = x[0], b = x[1];
  x[0] = __builtin_shufflevector(a, b, 0, 2);
  x[1] = __builtin_shufflevector(a, b, 1, 3);
#endif
}

/// Two or three columns that lie row by row without gaps, as far as whole blocks of rows go; returns the rows done.
INLINE long separate(double *dst, long ldd, const double *src, long D, long m, const double *centers) {
  long i = 0;
  double zeros[3] = {0};
  const double *c = centers ? centers : zeros;
  if (D == 2) {
    for (; i + WIDTH <= m; i += WIDTH) {
      Vector a = load(src + 2 * i), b = load(src + 2 * i + WIDTH);
#if WIDTH == 8
      store(dst + i, __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) - c[0]);
      store(dst + ldd + i, __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15) - c[1]);
#elif WIDTH == 4
      store(dst + i, __builtin_shufflevector(a, b, 0, 2, 4, 6) - c[0]);
      store(dst + ldd + i, __builtin_shufflevector(a, b, 1, 3, 5, 7) - c[1]);
#else
      store(dst + i, __builtin_shufflevector(a, b, 0, 2) - c[0]);
      store(dst + ldd + i, __builtin_shufflevector(a, b, 1, 3) - c[1]);
#endif
    }
  }
#if WIDTH == 8
  if (D == 3) {
    for (; i + WIDTH <= m; i += WIDTH) {
      Vector x = load(src + 3 * i), y = load(src + 3 * i + WIDTH), z = load(src + 3 * i + 2 * WIDTH);
      Vector a = __builtin_shufflevector(x, y, 0, 3, 6, 9, 12, 15, -1, -1);
      Vector b = __builtin_shufflevector(x, y, 1, 4, 7, 10, 13, -1, -1, -1);
      Vector d = __builtin_shufflevector(x, y, 2, 5, 8, 11, 14, -1, -1, -1);
      store(dst + i, __builtin_shufflevector(a, z, 0, 1, 2, 3, 4, 5, 10, 13) - c[0]);
      store(dst + ldd + i, __builtin_shufflevector(b, z, 0, 1, 2, 3, 4, 8, 11, 14) - c[1]);
      store(dst + 2 * ldd + i, __builtin_shufflevector(d, z, 0, 1, 2, 3, 4, 9, 12, 15) - c[2]);
    }
  }
#endif
  return i;
}

static void transpose(double *dst, long ldd, const double *src, long stride, const long *rows, long D, long m,
                      const double *centers) {
  // Blocks of WIDTH rows, whole rows at a time: reads run along rows, and each feature gets a whole block at once.
  long i = stride == D && !rows ? separate(dst, ldd, src, D, m, centers) : 0;
  for (; i + WIDTH <= m; i += WIDTH) {
    const double *row[WIDTH];
    for (int v = 0; v < WIDTH; v++) row[v] = src + (rows ? rows[i + v] : i + v) * stride;
    long d = 0;
    for (; d + WIDTH <= D; d += WIDTH) {
      Vector x[WIDTH];
      UNROLL for (int v = 0; v < WIDTH; v++) x[v] = load(row[v] + d);
      if (centers) {
        Vector center = load(centers + d);
        UNROLL for (int v = 0; v < WIDTH; v++) x[v] -= center;
      }
      transpose_block(x);
      UNROLL for (int v = 0; v < WIDTH; v++) store(dst + (d + v) * ldd + i, x[v]);
    }
    if (d < D) {
      Vector x[WIDTH];
      UNROLL for (int v = 0; v < WIDTH; v++) x[v] = load_first(row[v] + d, D - d);
      transpose_block(x);
      UNROLL for (int v = 0; v < WIDTH; v++)
        if (v < D - d) store(dst + (d + v) * ldd + i, x[v] - (centers ? centers[d + v] : 0));
    }
  }
  for (; i < m; i++) {
    const double *row = src + (rows ? rows[i] : i) * stride;
    for (long d = 0; d < D; d++) dst[d * ldd + i] = row[d] - (centers ? centers[d] : 0);
  }
}
