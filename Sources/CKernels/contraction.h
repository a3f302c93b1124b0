// The two matrix products of a mixture sweep.
//
//   scores      R = W T     a register block holds SCORE_HEIGHT labels x SCORE_STRIP vectors of rows;
//                           a weight is broadcast, a feature is loaded
//   accumulate  S += R T'   a register block holds DOT_HEIGHT labels x DOT_WIDTH features, each sum a vector of
//                           partial sums over rows
//
// The functions of a block take its shape as arguments and are always inlined into a switch over shapes, so that
// there the shape is constant, the loops unroll and the arrays become registers.

// MARK: Panels of labels

/// `count` things in near-equal parts of at most `limit`: 20 by 9 is 7 + 7 + 6, not 9 + 9 + 2.
typedef struct { long parts, size, larger; } Split;

INLINE Split split(long count, long limit) {
  long parts = (count + limit - 1) / limit;
  return parts > 0 ? (Split){parts, count / parts, count % parts} : (Split){0, 0, 0};
}

INLINE long part_size(Split s, long part) { return s.size + (part < s.larger); }

/// Panel after panel of labels; in a panel, feature after feature; so a block reads its weights in sequence.
static void pack_weights(Real *packed, const double *W, long ldw, long K, long F) {
  Split panels = split(K, SCORE_HEIGHT);
  for (long p = 0, k = 0; p < panels.parts; k += part_size(panels, p), p++)
    for (long f = 0; f < F; f++)
      for (long j = k; j < k + part_size(panels, p); j++) *packed++ = (Real)W[j * ldw + f];
}

// MARK: Scores

// Features between one load and store of the sums: T then comes from the second-level cache at worst.
#define SCORE_FEATURES 256

/// The product of one panel of labels with some of the features.
typedef struct {
  Real *R;
  long ldr;
  const Real *weights, *bias;
  const Real *T;
  long ldt, features;
  int accumulate;
} ScorePanel;

INLINE void score_block(const int height, const int strip, const ScorePanel *p, long row) {
  Vector sum[SCORE_HEIGHT][SCORE_STRIP_WIDE];
  // Copies: the compiler must suppose that a store to R changes *p.
  const long ldr = p->ldr, ldt = p->ldt, features = p->features;
  const Real *w = p->weights, *t = p->T + row, *bias = p->bias;
  Real *R = p->R + row;
  if (p->accumulate) {
    UNROLL for (int k = 0; k < height; k++)
      UNROLL for (int v = 0; v < strip; v++) sum[k][v] = load(R + k * ldr + v * WIDTH) + bias[k];
  } else {
    UNROLL for (int k = 0; k < height; k++)
      UNROLL for (int v = 0; v < strip; v++) sum[k][v] = (Vector)bias[k];
  }
  for (long f = 0; f < features; f++, w += height, t += ldt) {
    Vector x[SCORE_STRIP_WIDE];
    UNROLL for (int v = 0; v < strip; v++) x[v] = load(t + v * WIDTH);
    UNROLL for (int k = 0; k < height; k++)
      UNROLL for (int v = 0; v < strip; v++) sum[k][v] += (Vector)w[k] * x[v];
  }
  UNROLL for (int k = 0; k < height; k++)
    UNROLL for (int v = 0; v < strip; v++) store(R + k * ldr + v * WIDTH, sum[k][v]);
}

INLINE void score_rows(const int height, const ScorePanel *p, long vectors) {
  long v = 0;
  if (height <= SCORE_HEIGHT_LOW)
    for (; v + SCORE_STRIP_WIDE <= vectors; v += SCORE_STRIP_WIDE)
      score_block(height, SCORE_STRIP_WIDE, p, v * WIDTH);
  for (; v + SCORE_STRIP <= vectors; v += SCORE_STRIP) score_block(height, SCORE_STRIP, p, v * WIDTH);
  for (; v < vectors; v++) score_block(height, 1, p, v * WIDTH);
}

static void score_panel(long height, const ScorePanel *p, long vectors) {
  switch (height) {
  case 1: return score_rows(1, p, vectors);
  case 2: return score_rows(2, p, vectors);
  case 3: return score_rows(3, p, vectors);
  case 4: return score_rows(4, p, vectors);
  case 5: return score_rows(5, p, vectors);
  case 6: return score_rows(6, p, vectors);
#if SCORE_HEIGHT == 9
  case 7: return score_rows(7, p, vectors);
  case 8: return score_rows(8, p, vectors);
  case 9: return score_rows(9, p, vectors);
#endif
  }
}

/// Features `first ..< first + features` of `F`, which are at `T`, for all labels and m rows.
static void score_features(Real *R, long ldr, const Real *packed, const Real *bias, const Real *T, long ldt,
                           long K, long F, long first, long features, long m, int accumulate) {
  static const Real no_bias[SCORE_HEIGHT];
  Split panels = split(K, SCORE_HEIGHT);
  for (long p = 0, k = 0; p < panels.parts; k += part_size(panels, p), p++) {
    long height = part_size(panels, p);
    ScorePanel panel = {
      .R = R + k * ldr, .ldr = ldr,
      .weights = packed + k * F + first * height, .bias = bias && first == 0 ? bias + k : no_bias,
      .T = T, .ldt = ldt, .features = features,
      .accumulate = accumulate || first > 0,
    };
    score_panel(height, &panel, padded_vectors(m));
  }
}

static void scores(Real *R, long ldr, const Real *packed, const Real *bias, const Real *T, long ldt,
                   long K, long F, long m, int accumulate) {
  Split blocks = split(F, SCORE_FEATURES);
  long f = 0, b = 0;
  do {  // once at least: without features R is the bias
    long features = part_size(blocks, b);
    score_features(R, ldr, packed, bias, T + f * ldt, ldt, K, F, f, features, m, accumulate);
    f += features;
    b++;
  } while (b < blocks.parts);
}

// MARK: Accumulate

// DOT_FEATURES features of this many rows stay in the first-level cache, 16 KB, while all labels pass over them.
#define DOT_ROWS (32 * PADDING)

/// S[0 ..< width] += the lane sums of each of `sum`.
INLINE void add_lane_sums(const int width, double *S, const Vector *sum) {
#if WIDTH == 16
  // All four at once: halves of two, then quarters of four, side by side.
  Vector zero = (Vector)0.0, a = sum[0], b = width > 1 ? sum[1] : zero;
  Vector c = width > 2 ? sum[2] : zero, d = width > 3 ? sum[3] : zero;
  Vector ab = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
    + __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  Vector cd = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
    + __builtin_shufflevector(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  Vector abcd = __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
    + __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  abcd += __builtin_shufflevector(abcd, abcd, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  abcd += __builtin_shufflevector(abcd, abcd, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  UNROLL for (int f = 0; f < width; f++) S[f] += abcd[4 * f];
#elif WIDTH == 8 && !defined(SINGLE)
  // All four at once, by transposing and adding; the additions of one sum are those of sum_lanes in another order.
  typedef Real Four __attribute__((ext_vector_type(4)));
  Vector zero = (Vector)0.0, a = sum[0], b = width > 1 ? sum[1] : zero;
  Vector c = width > 2 ? sum[2] : zero, d = width > 3 ? sum[3] : zero;
  Vector ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
    + __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  Vector cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14)
    + __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
  Four ab4 = __builtin_shufflevector(ab, ab, 0, 1, 2, 3) + __builtin_shufflevector(ab, ab, 4, 5, 6, 7);
  Four cd4 = __builtin_shufflevector(cd, cd, 0, 1, 2, 3) + __builtin_shufflevector(cd, cd, 4, 5, 6, 7);
  Four total = __builtin_shufflevector(ab4, cd4, 0, 1, 4, 5) + __builtin_shufflevector(ab4, cd4, 2, 3, 6, 7);
  UNROLL for (int f = 0; f < width; f++) S[f] += total[f];
#else
  UNROLL for (int f = 0; f < width; f++) S[f] += sum_lanes(sum[f]);
#endif
}

/// One vector of rows. Both factors are masked at the tile's end: 0 times a NaN in the padding would be NaN.
INLINE void dot_step(const int height, const int width, Vector sum[DOT_HEIGHT][DOT_WIDTH], const Real *R,
                     long ldr, const Real *T, long ldt, const Bits *mask) {
  Vector t[DOT_WIDTH];
  UNROLL for (int f = 0; f < width; f++) {
    t[f] = load(T + f * ldt);
    if (mask) t[f] = keep(t[f], *mask);
  }
  UNROLL for (int k = 0; k < height; k++) {
    Vector r = load(R + k * ldr);
    if (mask) r = keep(r, *mask);
    UNROLL for (int f = 0; f < width; f++) sum[k][f] += r * t[f];
  }
}

/// S += R T' for one strip of rows and one panel of labels.
typedef struct {
  double *S;
  long lds;
  const Real *R;
  long ldr;
  const Real *T;
  long ldt, features, rows;
} DotPanel;

INLINE void dot_block(const int height, const int width, const DotPanel *p, long f) {
  Vector sum[DOT_HEIGHT][DOT_WIDTH];
  const Real *R = p->R, *T = p->T + f * p->ldt;
  long ldr = p->ldr, ldt = p->ldt, i = 0;
  UNROLL for (int k = 0; k < height; k++)
    UNROLL for (int j = 0; j < width; j++) sum[k][j] = (Vector)0.0;
  for (; i + WIDTH <= p->rows; i += WIDTH) dot_step(height, width, sum, R + i, ldr, T + i, ldt, NULL);
  if (i < p->rows) {
    Bits mask = first_lanes(p->rows - i);
    dot_step(height, width, sum, R + i, ldr, T + i, ldt, &mask);
  }
  UNROLL for (int k = 0; k < height; k++) add_lane_sums(width, p->S + k * p->lds + f, sum[k]);
}

INLINE void dot_features(const int height, const DotPanel *p) {
  long f = 0;
  for (; f + DOT_WIDTH <= p->features; f += DOT_WIDTH) dot_block(height, DOT_WIDTH, p, f);
  switch (p->features - f) {
#if DOT_WIDTH > 3
  case 3: return dot_block(height, 3, p, f);
#endif
#if DOT_WIDTH > 2
  case 2: return dot_block(height, 2, p, f);
#endif
  case 1: return dot_block(height, 1, p, f);
  }
}

static void dot_panel(long height, const DotPanel *p) {
  switch (height) {
  case 1: return dot_features(1, p);
  case 2: return dot_features(2, p);
  case 3: return dot_features(3, p);
  case 4: return dot_features(4, p);
#if DOT_HEIGHT == 6
  case 5: return dot_features(5, p);
  case 6: return dot_features(6, p);
#endif
  }
}

/// S += R T' for all labels and for features and rows few enough to stay in the first-level cache.
static void dot_labels(double *S, long lds, const Real *R, long ldr, const Real *T, long ldt, long K,
                       long features, long rows) {
  Split panels = split(K, DOT_HEIGHT);
  for (long p = 0, k = 0; p < panels.parts; k += part_size(panels, p), p++) {
    DotPanel panel = {
      .S = S + k * lds, .lds = lds, .R = R + k * ldr, .ldr = ldr, .T = T, .ldt = ldt,
      .features = features, .rows = rows,
    };
    dot_panel(part_size(panels, p), &panel);
  }
}

// MARK: Accumulate what is not zero

// Where labels are many, most are impossible for most rows: the factors of whole groups of rows are zero. One label at a time
// then passes over the groups in which it is not: a load more for each product, and fewer products.

_Static_assert(DOT_ROWS <= 32 * PADDING, "each group of rows has a bit");
#define SPARSE_LABELS 64  // whose bits are kept at once
#define SPARSE_LEAST_FEATURES 12  // fewer do not pay for finding out
#define SPARSE_WIDTH (2 * DOT_WIDTH)

/// For each label the groups of rows in which a factor is not zero, or is NaN; returns how many there are.
static long nonzero_groups(unsigned *groups, const Real *R, long ldr, long K, long rows) {
  long total = 0;
  for (long k = 0; k < K; k++) {
    unsigned bits = 0;
    const Real *r = R + k * ldr;
    long i = 0;
    for (int g = 0; i + PADDING <= rows; i += PADDING, g++) {
      UNROLL for (int v = 0; v < PADDING / WIDTH; v++) bits |= (unsigned)any_lane(load(r + i + v * WIDTH)) << g;
    }
    if (i < rows) {
      UNROLL for (int v = 0; v < PADDING / WIDTH; v++)
        bits |= (unsigned)any_lane(keep(load(r + i + v * WIDTH), first_lanes(rows - i - v * WIDTH))) << (i / PADDING);
    }
    groups[k] = bits;
    total += __builtin_popcount(bits);
  }
  return total;
}

/// S[0 ..< width] += sums over the groups of one label.
INLINE void sparse_dot(const int width, double *S, const Real *R, const Real *T, long ldt, unsigned groups, long rows) {
  Vector sum[SPARSE_WIDTH];
  UNROLL for (int f = 0; f < width; f++) sum[f] = (Vector)0.0;
  for (; groups; groups &= groups - 1) {
    long i = __builtin_ctz(groups) * (long)PADDING;
    if (i + PADDING <= rows) {
      UNROLL for (int v = 0; v < PADDING / WIDTH; v++) {
        Vector r = load(R + i + v * WIDTH);
        UNROLL for (int f = 0; f < width; f++) sum[f] += r * load(T + f * ldt + i + v * WIDTH);
      }
    } else {
      UNROLL for (int v = 0; v < PADDING / WIDTH; v++) {
        Bits mask = first_lanes(rows - i - v * WIDTH);
        Vector r = keep(load(R + i + v * WIDTH), mask);
        UNROLL for (int f = 0; f < width; f++) sum[f] += r * keep(load(T + f * ldt + i + v * WIDTH), mask);
      }
    }
  }
  UNROLL for (int f = 0; f < width; f += DOT_WIDTH) add_lane_sums(width - f < DOT_WIDTH ? width - f : DOT_WIDTH, S + f, sum + f);
}

static void sparse_label(double *S, const Real *R, const Real *T, long ldt, long features, unsigned groups, long rows) {
  long f = 0;
  for (; f + SPARSE_WIDTH <= features; f += SPARSE_WIDTH) sparse_dot(SPARSE_WIDTH, S + f, R, T + f * ldt, ldt, groups, rows);
  for (; f < features; f++) sparse_dot(1, S + f, R, T + f * ldt, ldt, groups, rows);
}

static void accumulate(double *S, long lds, const Real *R, long ldr, const Real *T, long ldt, long K,
                       long F, long m) {
  unsigned groups[SPARSE_LABELS];
  for (long row = 0; row < m; row += DOT_ROWS) {
    long rows = least(DOT_ROWS, m - row);
    for (long k = 0; k < K; k += SPARSE_LABELS) {
      long labels = least(SPARSE_LABELS, K - k);
      const Real *r = R + k * ldr + row;
      int is_sparse = F >= SPARSE_LEAST_FEATURES
        && nonzero_groups(groups, r, ldr, labels, rows) * 2 < labels * ((rows + PADDING - 1) / PADDING);
      for (long f = 0; f < F; f += DOT_FEATURES) {
        long features = least(DOT_FEATURES, F - f);
        const Real *t = T + f * ldt + row;
        double *sums = S + k * lds + f;
        if (!is_sparse) dot_labels(sums, lds, r, ldr, t, ldt, labels, features, rows);
        for (long j = 0; is_sparse && j < labels; j++)
          if (groups[j]) sparse_label(sums + j * lds, r + j * ldr, t, ldt, features, groups[j], rows);
      }
    }
  }
}

// MARK: Products of pairs, formed in the first-level cache

/// The pairs (i, j), j <= i, in the order of a packed lower triangle.
typedef struct { long i, j; } Pair;

/// Forms the products of the next `count` pairs at `T`, each of `vectors` vectors of rows; moves `pair` on.
INLINE void form_products(Real *T, long ldt, Pair *pair, long count, const Real *X, long ldx, const long vectors) {
  while (count > 0) {
    const Real *a = X + pair->i * ldx, *b = X + pair->j * ldx;
    long run = least(count, pair->i + 1 - pair->j);  // pairs with this i
    for (long f = 0; f < run; f++, T += ldt, b += ldx) {
#pragma clang loop unroll_count(4)
      for (long v = 0; v < vectors; v++) store(T + v * WIDTH, load(a + v * WIDTH) * load(b + v * WIDTH));
    }
    count -= run;
    pair->j += run;
    if (pair->j > pair->i) *pair = (Pair){pair->i + 1, 0};
  }
}

// A block of products stays in the first-level cache while all labels pass over it: 144 features x 24 doubles, 27 KB.
#define OUTER_FEATURES 144
#define OUTER_ROWS (3 * PADDING)

static void scores_outer(Real *R, long ldr, const Real *packed, const Real *bias, const Real *X, long ldx,
                         long K, long D, long m, int accumulate) {
  Real T[OUTER_FEATURES * OUTER_ROWS] __attribute__((aligned(64)));
  long F = D * (D + 1) / 2, f = 0, b = 0;
  Split blocks = split(F, OUTER_FEATURES);
  Pair next = {0, 0};
  do {
    long features = part_size(blocks, b);
    Pair first = next;
    for (long row = 0; row < m; row += OUTER_ROWS) {
      long rows = least(OUTER_ROWS, m - row);
      next = first;
      if (rows > OUTER_ROWS - PADDING)  // so that the common case has a constant count
        form_products(T, OUTER_ROWS, &next, features, X + row, ldx, OUTER_ROWS / WIDTH);
      else
        form_products(T, OUTER_ROWS, &next, features, X + row, ldx, padded_vectors(rows));
      score_features(R + row, ldr, packed, bias, T, OUTER_ROWS, K, F, f, features, rows, accumulate);
    }
    f += features;
    b++;
  } while (b < blocks.parts);
}

static void accumulate_outer(double *S, long lds, const Real *R, long ldr, const Real *X, long ldx, long K,
                             long D, long m) {
  Real T[DOT_FEATURES * DOT_ROWS] __attribute__((aligned(64)));
  long F = D * (D + 1) / 2;
  for (long row = 0; row < m; row += DOT_ROWS) {
    long rows = least(DOT_ROWS, m - row);
    Pair next = {0, 0};
    for (long f = 0; f < F; f += DOT_FEATURES) {
      long features = least(DOT_FEATURES, F - f);
      form_products(T, DOT_ROWS, &next, features, X + row, ldx, padded_vectors(rows));
      dot_labels(S + f, lds, R + row, ldr, T, DOT_ROWS, K, features, rows);
    }
  }
}
