// Multivariate normal distributions in natural form: a chain of them, and many at once.

#define HALF_LOG_TWO_PI 9.1893853320467274e-01

// MARK: A chain

/// The lower triangle L, packed in place, with P = L L'. Returns the sum of log L_ii, or NaN if P is not positive
/// definite.
static double factor_packed(double *P, long D) {
  double logs = 0;
  for (long i = 0; i < D; i++) {
    double *row = P + i * (i + 1) / 2;
    for (long j = 0; j <= i; j++) {
      const double *other = P + j * (j + 1) / 2;
      double sum = row[j];
      for (long k = 0; k < j; k++) sum -= row[k] * other[k];
      if (j < i) {
        row[j] = sum / other[j];
      } else {
        if (!(sum > 0) || sum == HUGE_VAL) return NAN;
        row[i] = sqrt(sum);
        logs += log(row[i]);
      }
    }
  }
  return logs;
}

/// X = L^-1 X for `columns` columns, `X[i * columns + c]`.
static void solve_lower(const double *L, double *X, long D, long columns) {
  for (long i = 0; i < D; i++) {
    const double *row = L + i * (i + 1) / 2;
    for (long k = 0; k < i; k++)
      for (long c = 0; c < columns; c++) X[i * columns + c] -= row[k] * X[k * columns + c];
    for (long c = 0; c < columns; c++) X[i * columns + c] /= row[i];
  }
}

/// X = L'^-1 X for `columns` columns.
static void solve_upper(const double *L, double *X, long D, long columns) {
  for (long i = D - 1; i >= 0; i--) {
    const double *row = L + i * (i + 1) / 2;
    for (long c = 0; c < columns; c++) X[i * columns + c] /= row[i];
    for (long k = 0; k < i; k++)
      for (long c = 0; c < columns; c++) X[k * columns + c] -= row[k] * X[i * columns + c];
  }
}

/// What ties a row to the row before, with what the row's own link adds unless that is NULL.
static void chain_neighbours(double *W, const double *cross, const double *link, long D) {
  long F = D + D * (D + 1) / 2;
  for (long i = 0; i < D * D; i++) W[i] = cross[i] + (link ? link[F + i] : 0);
}

/// Forward, a row holds what it and all before say of it: g = L^-1 h and L, with P = L L'. Backward, the covariance
/// `S` and the mean of a row give those of the row before: W = P^-1 C, mean P^-1 h + W mean, covariance
/// P^-1 + W S W', and W S between the two.
static double gaussian_chain(double *natural, const double *cross, double *links, long T, long D, double *pairs,
                             double *logs, double *scratch) {
  if (T <= 0 || D <= 0) return 0;
  long F = D + D * (D + 1) / 2, E = F + D * D;
  double *W = scratch, *S = W + D * D, *WS = S + D * D, *inverse = WS + D * D;
  double total = (double)(T * D) * HALF_LOG_TWO_PI;
  for (long t = 0; t < T; t++) {
    double *h = natural + t * F, *P = h + D;
    const double *link = links && t + 1 < T ? links + (t + 1) * E : NULL;
    for (long i = 0; i < F && link; i++) h[i] += link[i];
    for (long i = 0; i < D; i++)
      for (long j = 0; j <= i; j++) P[i * (i + 1) / 2 + j] *= i == j ? -2 : -1;
    if (t > 0) {
      // W holds G = L^-1 C of the row before: h += G' g, P -= G' G.
      const double *g = h - F;
      for (long k = 0; k < D; k++) {
        const double *row = W + k * D;
        for (long i = 0; i < D; i++) {
          h[i] += row[i] * g[k];
          for (long j = 0; j <= i; j++) P[i * (i + 1) / 2 + j] -= row[i] * row[j];
        }
      }
    }
    double determinant = factor_packed(P, D);
    if (!(determinant == determinant)) {
      for (long i = 0; i < T * F; i++) natural[i] = NAN;
      for (long i = 0; i < T * E && links; i++) links[i] = i < E ? 0 : NAN;
      for (long i = 0; i < T && logs; i++) logs[i] = NAN;
      for (long i = 0; i < D * D && T > 1; i++) pairs[i] = NAN;
      return NAN;
    }
    solve_lower(P, h, D, 1);
    double squares = 0;
    for (long i = 0; i < D; i++) squares += h[i] * h[i];
    total += 0.5 * squares - determinant;
    if (logs) logs[t] = 0.5 * squares - determinant + (double)D * HALF_LOG_TWO_PI;
    if (t + 1 < T) {
      chain_neighbours(W, cross, link, D);
      solve_lower(P, W, D, D);
    }
  }

  for (long t = T - 1; t >= 0; t--) {
    double *h = natural + t * F, *L = h + D;
    const double *next = h + F;  // the mean of the row after
    double *link = links && t + 1 < T ? links + (t + 1) * E : NULL;
    solve_upper(L, h, D, 1);
    for (long i = 0; i < D * D; i++) inverse[i] = 0;
    for (long i = 0; i < D; i++) inverse[i * D + i] = 1;
    solve_lower(L, inverse, D, D);
    solve_upper(L, inverse, D, D);
    if (t + 1 < T) {
      chain_neighbours(W, cross, link, D);
      solve_lower(L, W, D, D);
      solve_upper(L, W, D, D);
      for (long i = 0; i < D; i++)
        for (long k = 0; k < D; k++) h[i] += W[i * D + k] * next[k];
      for (long i = 0; i < D; i++) {
        double *row = WS + i * D;
        for (long j = 0; j < D; j++) row[j] = 0;
        for (long k = 0; k < D; k++)
          for (long j = 0; j < D; j++) row[j] += W[i * D + k] * S[k * D + j];
        for (long j = 0; j < D; j++) {
          double product = row[j] + h[i] * next[j];
          pairs[i * D + j] += product;
          if (link) link[F + i * D + j] = product;
        }
        for (long j = 0; j <= i; j++)
          for (long k = 0; k < D; k++) inverse[i * D + j] += row[k] * W[j * D + k];
      }
    }
    for (long i = 0; i < D; i++)
      for (long j = 0; j <= i; j++) {
        S[i * D + j] = S[j * D + i] = inverse[i * D + j];
        L[i * (i + 1) / 2 + j] = inverse[i * D + j] + h[i] * h[j];
      }
    for (long i = 0; i < F && link; i++) link[i] = h[i];
  }
  for (long i = 0; i < E && links; i++) links[i] = 0;
  return total;
}

// MARK: Many at once, one a lane

#define PACKED(i, j) ((D + (i) * ((i) + 1) / 2 + (j)) * ldt)

/// P of a vector of rows in place of their quadratic naturals, then L with 1 / L_ii, then L^-1. Returns sum log L_ii.
/// On the way z = L^-1 h and then the mean, L'^-1 z, take the place of h; `squares` is z'z.
INLINE Vector mean_factor(double *T, long ldt, long D, Vector *squares) {
  Vector logs = (Vector)0.0, sum2 = (Vector)0.0;
  for (long i = 0; i < D; i++) {
    for (long j = 0; j <= i; j++) {
      Vector sum = load(T + PACKED(i, j)) * (i == j ? -2.0 : -1.0);
      for (long k = 0; k < j; k++) sum -= load(T + PACKED(i, k)) * load(T + PACKED(j, k));
      if (j < i) {
        sum *= load(T + PACKED(j, j));
      } else {
        // Not positive definite: NaN from here on.
        Vector root = __builtin_elementwise_sqrt(sum > 0.0 ? sum : (Vector)__builtin_nan(""));
        logs += logarithm_anywhere(root);
        sum = 1.0 / root;
      }
      store(T + PACKED(i, j), sum);
    }
    Vector z = load(T + i * ldt);
    for (long k = 0; k < i; k++) z -= load(T + PACKED(i, k)) * load(T + k * ldt);
    z *= load(T + PACKED(i, i));
    store(T + i * ldt, z);
    sum2 += z * z;
  }
  for (long i = D - 1; i >= 0; i--) {
    Vector x = load(T + i * ldt);
    for (long k = i + 1; k < D; k++) x -= load(T + PACKED(k, i)) * load(T + k * ldt);
    store(T + i * ldt, x * load(T + PACKED(i, i)));
  }
  for (long i = 0; i < D; i++)
    for (long j = 0; j < i; j++) {
      Vector sum = (Vector)0.0;
      for (long k = j; k < i; k++) sum += load(T + PACKED(i, k)) * load(T + PACKED(k, j));
      store(T + PACKED(i, j), -sum * load(T + PACKED(i, i)));
    }
  *squares = sum2;
  return logs;
}

/// The covariance, M'M, in place of M = L^-1: row i is last wanted for row i.
INLINE void mean_covariance(double *T, long ldt, long D) {
  for (long i = 0; i < D; i++)
    for (long j = 0; j <= i; j++) {
      Vector sum = (Vector)0.0;
      for (long k = i; k < D; k++) sum += load(T + PACKED(k, i)) * load(T + PACKED(k, j));
      store(T + PACKED(i, j), sum);
    }
}

static int is_constant(const double *x, long m) {
  const long *bits = (const long *)x;
  long different = 0;
  for (long i = 0; i < m; i++) different |= bits[i] ^ bits[0];
  return different == 0;
}

#define SHARED_MOST 128

static void gaussian_mean_map(double *T, long ldt, long D, long m, double *logPartition) {
  if (m <= 0) return;
  long F = D + D * (D + 1) / 2;
  int shared = m > WIDTH && D <= SHARED_MOST;
  for (long f = D; f < F && shared; f++) shared = is_constant(T + f * ldt, m);
  double rest = (double)D * HALF_LOG_TWO_PI, logs = 0;
  for (long i = 0; i < m; i += WIDTH) {
    Vector squares, x;
    long count = least(WIDTH, m - i);
    if (i == 0 || !shared) {
      Vector own = mean_factor(T + i, ldt, D, &squares);
      mean_covariance(T + i, ldt, D);
      logs = own[0];
      x = 0.5 * squares - own + rest;
    } else {
      // The covariance of the first row, from its lane.
      Vector h[SHARED_MOST];
      for (long d = 0; d < D; d++) h[d] = load(T + d * ldt + i);
      squares = (Vector)0.0;
      for (long d = 0; d < D; d++) {
        Vector mean = (Vector)0.0;
        for (long k = 0; k <= d; k++) mean += T[PACKED(d, k)] * h[k];
        for (long k = d + 1; k < D; k++) mean += T[PACKED(k, d)] * h[k];
        squares += h[d] * mean;
        store(T + d * ldt + i, mean);
      }
      x = 0.5 * squares - logs + rest;
    }
    store_first(logPartition + i, x, count);
    if (shared && i == 0) continue;
    for (long a = 0; a < D; a++)
      for (long b = 0; b <= a; b++)
        store(T + PACKED(a, b) + i, (shared ? (Vector)T[PACKED(a, b)] : load(T + PACKED(a, b) + i))
          + load(T + a * ldt + i) * load(T + b * ldt + i));
  }
  if (shared)
    for (long a = 0; a < D; a++)
      for (long b = 0; b <= a; b++)
        store(T + PACKED(a, b), load(T + PACKED(a, b)) + load(T + a * ldt) * load(T + b * ldt));
}

#undef PACKED
