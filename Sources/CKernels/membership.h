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

/// q[i] = weight[i] / sum over k of e[i][k] p[k], for rows padded to whole vectors.
INLINE void membership_norms(double *q, const double *e, const double *p, const double *weight, long rows, long N) {
  for (long i = 0; i < rows; i += WIDTH) {
    Vector sum[WIDTH];
    UNROLL for (int v = 0; v < WIDTH; v++) sum[v] = (Vector)0.0;
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = load(p + k);
      UNROLL for (int v = 0; v < WIDTH; v++) sum[v] += load(e + (i + v) * N + k) * x;
    }
    transpose_block(sum);
    Vector norm = sum[0];
    UNROLL for (int v = 1; v < WIDTH; v++) norm += sum[v];
    store(q + i, load(weight + i) / norm);
  }
}

static long membership(double *r, const double *e, const double *weight, const double *prior, double *alpha, long n,
                       long K, long maxIterations, double tolerance, double *scratch) {
  if (K <= 0) return 0;
  long N = (K + 7) / 8 * 8, rows = (n + 7) / 8 * 8;
  double *E = aligned_scratch(scratch), *w = E + rows * N, *q = w + rows;
  double *p = q + rows, *psi = p + N, *total = psi + N, *first = total + N, *now = first + N;
  for (long i = 0; i < rows; i++) {
    w[i] = i >= n ? 0 : weight ? weight[i] : 1;
    for (long k = 0; k < N; k += WIDTH) {
      long count = i >= n || K - k < 0 ? 0 : least(WIDTH, K - k);
      // A row past the last is one of ones in the first label, so that no sum of it is 0.
      store(E + i * N + k, i >= n ? (Vector)1.0 : load_first(e + i * K + k, count));
    }
  }
  for (long k = 0; k < N; k++) {
    first[k] = k < K ? prior[k] : 0;
    now[k] = k < K ? alpha[k] : 0;
  }

  long iteration = 0;
  do {
    // exp(psi) but for a factor, which cancels.
    Vector top = (Vector)-__builtin_inf();
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = digamma(load(now + k));
      store(psi + k, x);
      top = larger(x, top);
    }
    top = most_across(top);
    for (long k = 0; k < N; k += WIDTH) store(p + k, exponential(load(psi + k) - top));
    membership_norms(q, E, p, w, rows, N);
    if (iteration >= maxIterations) break;
    product(total, E, q, n, N);
    Vector change = (Vector)0.0;
    for (long k = 0; k < N; k += WIDTH) {
      Vector next = load(first + k) + load(p + k) * load(total + k), step = next - load(now + k);
      change += (Vector)((Bits)step & 0x7fffffffffffffff);
      store(now + k, next);
    }
    iteration++;
    if (!(sum_lanes(change) >= tolerance * (double)K)) break;
  } while (iteration < maxIterations);

  for (long k = 0; k < K; k++) alpha[k] = now[k];
  // The responsibilities that the parameters came from: without weights, which may be 0.
  for (long i = 0; i < rows; i++) w[i] = 1;
  membership_norms(q, E, p, w, rows, N);
  for (long i = 0; i < n; i++)
    for (long k = 0; k < K; k += WIDTH)
      store_first(r + i * K + k, load(E + i * N + k) * load(p + k) * q[i], least(WIDTH, K - k));
  return iteration;
}
