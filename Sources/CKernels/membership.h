// Mean maps of gamma and Dirichlet distributions, and the rows of one group over their shared labels.

static void gamma_mean_map(double *T, long ldt, long D, long m, double *logPartition) {
  for (long i = 0; i < m; i += WIDTH) {
    Vector total = (Vector)0.0;
    for (long d = 0; d < D; d++) {
      double *rate = T + d * ldt + i, *shape = T + (D + d) * ldt + i;
      Vector b = -load(rate), a = load(shape) + 1.0, logB = logarithm_anywhere(b);
      store(rate, a / b);
      store(shape, digamma(a) - logB);
      total += log_gamma(a) - a * logB;
    }
    store_first(logPartition + i, total, least(WIDTH, m - i));
  }
}

static void dirichlet_expectations(double *logs, const double *alpha, long K, long members) {
  for (long g = 0; g < members; g++, logs += K, alpha += K) {
    double whole = digamma((Vector)sum_values(alpha, K))[0];
    for (long k = 0; k < K; k += WIDTH) {
      long count = least(WIDTH, K - k);
      store_first(logs + k, digamma(load_first(alpha + k, count)) - whole, count);
    }
  }
}

// MARK: Membership

/// out[i][k] = exp(x[i][k] - the largest of row i); `out` may be `x`.
static void exponential_rows(double *out, const double *x, long rows, long K) {
  for (long i = 0; i < rows; i++, x += K, out += K) {
    double most = x[0];
    if (K < WIDTH) {
      for (long k = 1; k < K; k++) most = x[k] > most ? x[k] : most;
    } else {
      // The last vector overlaps the one before it, which a maximum does not mind.
      Vector top = load(x + K - WIDTH);
      for (long k = 0; k + WIDTH < K; k += WIDTH) top = larger(load(x + k), top);
      most = most_across(top)[0];
    }
    for (long k = 0; k < K; k += WIDTH) {
      long count = least(WIDTH, K - k);
      store_first(out + k, exponential(load_first(x + k, count) - most), count);
    }
  }
}

/// q[i] = weight[i] / sum over k of e[i][k] p[k], and total[k] = sum over i of q[i] e[i][k], for rows padded to whole
/// vectors: some rows at a time, which the first sum leaves in the cache for the second.
static void membership_round(double *q, double *total, const double *e, const double *p, const double *weight,
                             long rows, long N) {
  for (long k = 0; k < N; k += WIDTH) store(total + k, (Vector)0.0);
  for (long i = 0; i < rows; i += WIDTH, e += WIDTH * N) {
    Vector sum[WIDTH];
    UNROLL for (int v = 0; v < WIDTH; v++) sum[v] = (Vector)0.0;
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = load(p + k);
      UNROLL for (int v = 0; v < WIDTH; v++) sum[v] += load(e + v * N + k) * x;
    }
    transpose_block(sum);
    Vector norm = sum[0];
    UNROLL for (int v = 1; v < WIDTH; v++) norm += sum[v];
    store(q + i, load(weight + i) / norm);
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = load(total + k);
      UNROLL for (int v = 0; v < WIDTH; v++) x += q[i + v] * load(e + v * N + k);
      store(total + k, x);
    }
  }
}

/// exp(digamma(x)) of x > 0 is the result times exp(*log), which is 1 or less.
///
/// At z = x - 1/2, z >= 7.5, it is z times a series in 1 / z^2, whose terms fall below 1e-16; smaller x step up by eight.
INLINE Vector digamma_exponential(Vector x, Vector *log) {
  x = x < 1e-300 ? (Vector)1e-300 : x;
  Bits low = x < 8.0;
  Vector numerator, product = rising(low ? x : (Vector)1.0, &numerator);
  Vector z = (low ? x + 8.0 : x) - 0.5;
  Vector inverse = 1.0 / (z * product), w = product * inverse;
  w = w * w;
  Vector series = w * 3.0348228731805738 - 4.3960443686008127e-01;
  series = series * w + 8.2381852238787760e-02;
  series = series * w - 2.0734675824368137e-02;
  series = series * w + 7.3650330392686690e-03;
  series = series * w - 3.9535574489730305e-03;
  series = series * w + 3.5524829144620810e-03;
  series = series * w - 6.4236111111111110e-03;
  series = series * w + 4.1666666666666664e-02;
  *log = low ? -(numerator * (z * inverse)) : (Vector)0.0;
  return z * (series * w) + z;
}

/// One group's memory: its rows of likelihoods, padded to whole vectors both ways, and what an iteration works on.
typedef struct {
  long rows, N;
  double *E, *w, *q, *p, *log, *total, *first, *now;
} Group;

static Group group_memory(double *scratch, const double *weight, const double *prior, const double *alpha, long n,
                          long K) {
  long N = (K + 7) / 8 * 8, rows = (n + 7) / 8 * 8;
  Group g = {.rows = rows, .N = N, .E = aligned_scratch(scratch)};
  g.w = g.E + rows * N;
  g.q = g.w + rows;
  g.p = g.q + rows;
  g.log = g.p + N;
  g.total = g.log + N;
  g.first = g.total + N;
  g.now = g.first + N;
  for (long i = 0; i < rows; i++) g.w[i] = i >= n ? 0 : weight ? weight[i] : 1;
  // A row past the last is one of ones, so that no sum of it is 0.
  for (long i = n * N; i < rows * N; i++) g.E[i] = 1;
  for (long k = 0; k < N; k++) {
    g.first[k] = k < K ? prior[k] : 0;
    g.now[k] = k < K ? alpha[k] : 0;
  }
  return g;
}

/// Goes round between a group's parameters and its rows, and returns the number of rounds; q holds the rows' weights
/// over their norms.
static long solve_group(Group g, long K, long maxIterations, double tolerance) {
  long iteration = 0;
  do {
    // exp(psi) but for a factor, which cancels.
    Vector top = (Vector)-__builtin_inf();
    for (long k = 0; k < g.N; k += WIDTH) {
      Vector log;
      store(g.p + k, digamma_exponential(load(g.now + k), &log));
      store(g.log + k, log);
      top = larger(log, top);
    }
    top = most_across(top);
    for (long k = 0; k < g.N; k += WIDTH) store(g.p + k, load(g.p + k) * exponential(load(g.log + k) - top));
    membership_round(g.q, g.total, g.E, g.p, g.w, g.rows, g.N);
    if (iteration >= maxIterations) break;
    Vector change = (Vector)0.0;
    for (long k = 0; k < g.N; k += WIDTH) {
      Vector next = load(g.first + k) + load(g.p + k) * load(g.total + k), step = next - load(g.now + k);
      change += (Vector)((Bits)step & 0x7fffffffffffffff);
      store(g.now + k, next);
    }
    iteration++;
    if (!(sum_lanes(change) >= tolerance * (double)K)) break;
  } while (iteration < maxIterations);
  return iteration;
}

static long membership(double *r, const double *e, const double *weight, const double *prior, double *alpha, long n,
                       long K, long maxIterations, double tolerance, double *scratch) {
  if (K <= 0) return 0;
  Group g = group_memory(scratch, weight, prior, alpha, n, K);
  for (long i = 0; i < n; i++)
    for (long k = 0; k < g.N; k += WIDTH)
      store(g.E + i * g.N + k, load_first(e + i * K + k, K - k < 0 ? 0 : least(WIDTH, K - k)));
  long iterations = solve_group(g, K, maxIterations, tolerance);
  for (long k = 0; k < K; k++) alpha[k] = g.now[k];
  // The responsibilities that the parameters came from: without weights, which may be 0.
  for (long i = 0; i < n; i++) g.w[i] = 1;
  membership_round(g.q, g.total, g.E, g.p, g.w, g.rows, g.N);
  for (long i = 0; i < n; i++)
    for (long k = 0; k < K; k += WIDTH)
      store_first(r + i * K + k, load(g.E + i * g.N + k) * load(g.p + k) * g.q[i], least(WIDTH, K - k));
  return iterations;
}

static long membership_lookup(double *q, double *p, const double *table, const int *index, const double *weight,
                              const double *prior, double *alpha, long n, long K, long maxIterations,
                              double tolerance, double *scratch) {
  if (K <= 0) return 0;
  Group g = group_memory(scratch, weight, prior, alpha, n, K);
  for (long i = 0; i < n; i++) {
    // Rows of a large table lie far apart, where no processor looks ahead.
    const double *row = table + index[i] * g.N, *later = table + index[least(i + 8, n - 1)] * g.N;
    for (long k = 0; k < g.N; k += 8) __builtin_prefetch(later + k);
    for (long k = 0; k < g.N; k += WIDTH) store(g.E + i * g.N + k, load(row + k));
  }
  long iterations = solve_group(g, K, maxIterations, tolerance);
  for (long k = 0; k < K; k++) alpha[k] = g.now[k];
  for (long i = 0; i < n; i++) q[i] = g.q[i];
  for (long k = 0; k < g.N; k++) p[k] = g.p[k];
  return iterations;
}

INLINE void membership_sums_strip(const int strip, double *sums, const double *e, const double *q, const double *p,
                                  const int *rows, const int *groups, long n, long width, long N) {
  Vector sum[8];
  UNROLL for (int v = 0; v < strip; v++) sum[v] = (Vector)0.0;
  for (long j = 0; j < n; j++) {
    const double *own = p + groups[rows[j]] * N;
    UNROLL for (int v = 0; v < strip; v++) sum[v] += q[rows[j]] * load(own + v * WIDTH);
  }
  UNROLL for (int v = 0; v < strip; v++) {
    long count = width - v * WIDTH;
    if (count > 0) store_first(sums + v * WIDTH, load(e + v * WIDTH) * sum[v], least(WIDTH, count));
  }
}

static void membership_sums(double *sums, const double *e, const double *q, const double *p, const int *rows,
                            const int *groups, long n, long K) {
  long N = (K + 7) / 8 * 8;
  for (long k = 0; k < N; k += 8 * WIDTH) {
#define STRIP(V) membership_sums_strip(V, sums + k, e + k, q, p + k, rows, groups, n, K - k, N)
    switch (least(8, (N - k) / WIDTH)) {
      case 1: STRIP(1); break;
      case 2: STRIP(2); break;
      case 3: STRIP(3); break;
      case 4: STRIP(4); break;
      case 5: STRIP(5); break;
      case 6: STRIP(6); break;
      case 7: STRIP(7); break;
      default: STRIP(8); break;
    }
#undef STRIP
  }
}
