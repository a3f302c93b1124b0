// Forward-backward for a chain of labels.
//
// Messages are probabilities: a row's scores less the largest of them, exponentiated; transitions likewise. What
// underflows is lost, so each step of the backward pass bounds the part of the posterior that may have been: the terms
// of a step are lost below 1e-308, and weigh that over the product of the step's sums. Where the bound is not tiny, and
// where there is a NaN, the chain is done again with logarithms; the scores are intact until then.

#include <math.h>
#include <stdint.h>
#include <string.h>

/// The least product of a step's sums that shows that nothing was lost.
#define CHAIN_LEAST 1e-270

INLINE double *aligned_scratch(double *p) { return (double *)(((uintptr_t)p + 63) & ~(uintptr_t)63); }

// MARK: Across lanes

#if WIDTH == 8
#define HALVES(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3)
#define QUARTERS(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5)
#define EIGHTHS(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)
#elif WIDTH == 4
#define HALVES(v) __builtin_shufflevector(v, v, 2, 3, 0, 1)
#define QUARTERS(v) __builtin_shufflevector(v, v, 1, 0, 3, 2)
#else
#define HALVES(v) __builtin_shufflevector(v, v, 1, 0)
#endif

/// The sum of the lanes, in each lane.
INLINE Vector sum_across(Vector v) {
  v += HALVES(v);
#if WIDTH >= 4
  v += QUARTERS(v);
#endif
#if WIDTH == 8
  v += EIGHTHS(v);
#endif
  return v;
}

/// The largest lane, in each lane.
INLINE Vector most_across(Vector v) {
  v = larger(v, HALVES(v));
#if WIDTH >= 4
  v = larger(v, QUARTERS(v));
#endif
#if WIDTH == 8
  v = larger(v, EIGHTHS(v));
#endif
  return v;
}

// MARK: Few labels: V vectors of them

/// One row of scores, -inf past the last.
INLINE void chain_scores(const int V, Vector *x, const double *scores, long K) {
  UNROLL for (int v = 0; v < V; v++) {
    long count = K - v * WIDTH < 0 ? 0 : least(WIDTH, K - v * WIDTH);
    x[v] = first_lanes(count) ? load_first(scores + v * WIDTH, count) : (Vector)-__builtin_inf();
  }
}

/// out = M' x for the rows of M, one an element of x.
INLINE void chain_product(const int V, Vector *out, const Vector *M, const Vector *x) {
  const int chains = V == 1 && WIDTH > 2 ? 4 : 2;
  Vector part[4][4];
  UNROLL for (int j = 0; j < V * WIDTH; j++) {
    Vector xj = (Vector)(double)x[j / WIDTH][j % WIDTH];
    UNROLL for (int v = 0; v < V; v++)
      part[j % chains][v] = j < chains ? xj * M[j * V + v] : xj * M[j * V + v] + part[j % chains][v];
  }
  UNROLL for (int v = 0; v < V; v++)
    out[v] = chains == 4 ? (part[0][v] + part[1][v]) + (part[2][v] + part[3][v]) : part[0][v] + part[1][v];
}

INLINE Vector chain_sum(const int V, const Vector *x) {
  Vector sum = x[0];
  UNROLL for (int v = 1; v < V; v++) sum += x[v];
  return sum_across(sum);
}

/// `A` (`from` by `to`) and its transpose, `counts`, and each row of `messages` have V * WIDTH labels. Leaves the
/// marginals in `messages`, the largest scores in `most`, the steps' sums in `sums`, and in `counts` the pairs but for
/// the factor A. Returns 0 if something may have been lost.
INLINE int chain_few(const int V, const double *scores, const double *A, const double *At, long T, long K,
                     double *counts, double *messages, double *most, double *sums) {
  enum { LABELS = 4 * WIDTH };
  const int N = V * WIDTH;
  Vector M[LABELS * 4], a[4], e[4], inverse = (Vector)1.0;
  UNROLL for (int j = 0; j < N * V; j++) M[j] = load(A + j * WIDTH);
  for (long t = 0; t < T; t++) {
    chain_scores(V, e, scores + t * K, K);
    Vector top = e[0];
    UNROLL for (int v = 1; v < V; v++) top = larger(e[v], top);
    top = most_across(top);
    UNROLL for (int v = 0; v < V; v++) e[v] = exponential(e[v] - top);
    if (t > 0) {
      chain_product(V, a, M, a);
      // The last step's sum divides here, beside the product and not before it.
      UNROLL for (int v = 0; v < V; v++) a[v] *= e[v] * inverse;
    } else {
      UNROLL for (int v = 0; v < V; v++) a[v] = e[v];
    }
    Vector sum = chain_sum(V, a);
    inverse = 1.0 / sum;
    most[t] = top[0];
    sums[t] = sum[0];
    UNROLL for (int v = 0; v < V; v++) store(messages + t * N + v * WIDTH, a[v]);
  }

  Bits fine = chain_sum(V, a) >= (Vector)CHAIN_LEAST;
  UNROLL for (int v = 0; v < V; v++) store(messages + (T - 1) * N + v * WIDTH, a[v] * inverse);
  if (T == 1) return fine[0] != 0;
  Vector C[LABELS * 4], u[4], b[4], g[4];
  UNROLL for (int j = 0; j < N * V; j++) {
    M[j] = load(At + j * WIDTH);
    C[j] = (Vector)0.0;
  }
  UNROLL for (int v = 0; v < V; v++) u[v] = e[v];
  for (long t = T - 1; t > 0; t--) {
    double *message = messages + (t - 1) * N;
    Vector sum = chain_sum(V, u);
    inverse = 1.0 / sum;
    chain_product(V, b, M, u);
    UNROLL for (int v = 0; v < V; v++) {
      b[v] *= inverse;
      a[v] = load(message + v * WIDTH);
      g[v] = a[v] * b[v];
    }
    Vector weight = chain_sum(V, g), scale = 1.0 / weight;
    fine &= sum * weight >= (Vector)CHAIN_LEAST;
    UNROLL for (int v = 0; v < V; v++) {
      store(message + v * WIDTH, g[v] * scale);
      a[v] *= scale * inverse;
    }
    UNROLL for (int j = 0; j < N; j++) {
      Vector aj = (Vector)(double)a[j / WIDTH][j % WIDTH];
      UNROLL for (int v = 0; v < V; v++) C[j * V + v] = aj * u[v] + C[j * V + v];
    }
    chain_scores(V, e, scores + (t - 1) * K, K);
    UNROLL for (int v = 0; v < V; v++) u[v] = exponential(e[v] - most[t - 1]) * b[v];
  }
  UNROLL for (int j = 0; j < N * V; j++) store(counts + j * WIDTH, C[j]);
  return fine[0] != 0;
}

static int chain_one(const double *scores, const double *A, const double *At, long T, long K, double *counts,
                     double *messages, double *most, double *sums) {
  return chain_few(1, scores, A, At, T, K, counts, messages, most, sums);
}

static int chain_two(const double *scores, const double *A, const double *At, long T, long K, double *counts,
                     double *messages, double *most, double *sums) {
  return chain_few(2, scores, A, At, T, K, counts, messages, most, sums);
}

#if WIDTH == 4
static int chain_four(const double *scores, const double *A, const double *At, long T, long K, double *counts,
                      double *messages, double *most, double *sums) {
  return chain_few(4, scores, A, At, T, K, counts, messages, most, sums);
}
#endif

// MARK: Any number of labels

/// out[k] = sum over j < K of x[j] M[j][k], for `strip` vectors of k.
INLINE void product_strip(const int strip, double *out, const double *M, const double *x, long K, long N) {
  Vector sum[8];
  UNROLL for (int v = 0; v < strip; v++) sum[v] = (Vector)0.0;
  for (long j = 0; j < K; j++)
    UNROLL for (int v = 0; v < strip; v++) sum[v] += x[j] * load(M + j * N + v * WIDTH);
  UNROLL for (int v = 0; v < strip; v++) store(out + v * WIDTH, sum[v]);
}

/// The same for N of k, whole vectors, up to eight at a time: fewer sums would wait for themselves.
static void product(double *out, const double *M, const double *x, long K, long N) {
  for (long k = 0; k < N; k += 8 * WIDTH) {
    switch (least(8, (N - k) / WIDTH)) {
      case 1: product_strip(1, out + k, M + k, x, K, N); break;
      case 2: product_strip(2, out + k, M + k, x, K, N); break;
      case 3: product_strip(3, out + k, M + k, x, K, N); break;
      case 4: product_strip(4, out + k, M + k, x, K, N); break;
      case 5: product_strip(5, out + k, M + k, x, K, N); break;
      case 6: product_strip(6, out + k, M + k, x, K, N); break;
      case 7: product_strip(7, out + k, M + k, x, K, N); break;
      default: product_strip(8, out + k, M + k, x, K, N); break;
    }
  }
}

/// e[k] = exp(scores[k] - top) for k < K, and 0 up to N.
static void chain_exponentials(double *e, const double *scores, double top, long K, long N) {
  for (long k = 0; k < N; k += WIDTH) {
    long count = K - k < 0 ? 0 : least(WIDTH, K - k);
    Vector x = load_first(scores + k, count) - top;
    store(e + k, keep(exponential(x), first_lanes(count)));
  }
}

static double chain_most(const double *scores, long K) {
  Vector top = (Vector)-__builtin_inf();
  long k = 0;
  for (; k + WIDTH <= K; k += WIDTH) top = larger(load(scores + k), top);
  double most = most_across(top)[0];
  for (; k < K; k++) most = scores[k] > most ? scores[k] : most;
  return most;
}

/// counts[j][k] += sum over the steps of w[step][j] u[step][k], for `strip` vectors of k.
INLINE void count_strip(const int strip, double *counts, const double *w, const double *u, long steps, long K, long N) {
  for (long j = 0; j < K; j++) {
    Vector sum[4];
    UNROLL for (int v = 0; v < strip; v++) sum[v] = load(counts + j * N + v * WIDTH);
    for (long step = 0; step < steps; step++)
      UNROLL for (int v = 0; v < strip; v++) sum[v] += w[step * N + j] * load(u + step * N + v * WIDTH);
    UNROLL for (int v = 0; v < strip; v++) store(counts + j * N + v * WIDTH, sum[v]);
  }
}

/// CHAIN_BATCH steps at once, so that the counts do not drive the transitions from the first-level cache at each.
static void count_pairs(double *counts, const double *w, const double *u, long steps, long K, long N) {
  long k = 0;
  for (; k + 4 * WIDTH <= N; k += 4 * WIDTH) count_strip(4, counts + k, w, u + k, steps, K, N);
  switch ((N - k) / WIDTH) {
    case 1: count_strip(1, counts + k, w, u + k, steps, K, N); break;
    case 2: count_strip(2, counts + k, w, u + k, steps, K, N); break;
    case 3: count_strip(3, counts + k, w, u + k, steps, K, N); break;
  }
}

/// As `chain_few`, with N labels, a multiple of 8; `room` holds CHAIN_ROOM N doubles.
static int chain_many(const double *scores, const double *A, const double *At, long T, long K, long N,
                      double *counts, double *messages, double *most, double *sums, double *room) {
  double *b = room, *ws = room + N, *es = ws + CHAIN_BATCH * N, *e = es, *w = ws, inverse = 1;
  long step = 0;
  for (long t = 0; t < T; t++) {
    double *a = messages + t * N;
    most[t] = chain_most(scores + t * K, K);
    chain_exponentials(e, scores + t * K, most[t], K, N);
    if (t > 0) product(a, A, a - N, K, N);
    Vector sum = (Vector)0.0;
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = load(e + k);
      if (t > 0) x *= load(a + k) * inverse;
      store(a + k, x);
      sum += x;
    }
    sums[t] = sum_lanes(sum);
    inverse = 1 / sums[t];
  }

  int fine = sums[T - 1] >= CHAIN_LEAST;
  for (long k = 0; k < N; k += WIDTH) store(messages + (T - 1) * N + k, load(messages + (T - 1) * N + k) * inverse);
  for (long j = 0; j < K * N; j += WIDTH) store(counts + j, (Vector)0.0);
  for (long t = T - 1; t > 0; t--) {
    double *a = messages + (t - 1) * N;
    Vector sum = (Vector)0.0, weights = (Vector)0.0;
    for (long k = 0; k < N; k += WIDTH) sum += load(e + k);
    double total = sum_lanes(sum);
    inverse = 1 / total;
    product(b, At, e, K, N);
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = load(b + k) * inverse, g = load(a + k) * x;
      store(b + k, x);
      weights += g;
    }
    double weight = sum_lanes(weights), scale = 1 / weight;
    fine &= total * weight >= CHAIN_LEAST;
    for (long k = 0; k < N; k += WIDTH) {
      Vector x = load(a + k) * scale;
      store(w + k, x * inverse);
      store(a + k, x * load(b + k));
    }
    if (++step == CHAIN_BATCH || t == 1) {
      count_pairs(counts, ws, es, step, K, N);
      step = 0;
    }
    w = ws + step * N;
    e = es + step * N;
    chain_exponentials(e, scores + (t - 1) * K, most[t - 1], K, N);
    for (long k = 0; k < N; k += WIDTH) store(e + k, load(e + k) * load(b + k));
  }
  return fine;
}

// MARK: With logarithms

/// out[k] = log(sum over j < K of exp(x[j] + M[j][k])) for N of k; -inf where all are.
static void log_product(double *out, const double *M, const double *x, long K, long N) {
  for (long k = 0; k < N; k += WIDTH) {
    Vector most = (Vector)-__builtin_inf(), sum = (Vector)0.0;
    for (long j = 0; j < K; j++) most = larger(x[j] + load(M + j * N + k), most);
    most = most == (Vector)-__builtin_inf() ? (Vector)0.0 : most;
    for (long j = 0; j < K; j++) sum += exponential(x[j] + load(M + j * N + k) - most);
    store(out + k, most + logarithm_anywhere(sum));
  }
}

/// log(sum over k < N of exp(x[k] + y[k])).
static double log_sum(const double *x, const double *y, long N) {
  Vector most = (Vector)-__builtin_inf(), sum = (Vector)0.0;
  for (long k = 0; k < N; k += WIDTH) most = larger(load(x + k) + load(y + k), most);
  most = most_across(most);
  most = most == (Vector)-__builtin_inf() ? (Vector)0.0 : most;
  for (long k = 0; k < N; k += WIDTH) sum += exponential(load(x + k) + load(y + k) - most);
  return (most + logarithm_anywhere(sum_across(sum)))[0];
}

/// Takes the largest of N logarithms from each, and returns it; 0 if all are -inf.
static double chain_center(double *x, long N) {
  double most = chain_most(x, N);
  if (most == -HUGE_VAL) return 0;
  for (long k = 0; k < N; k += WIDTH) store(x + k, load(x + k) - most);
  return most;
}

/// A and its transpose: logarithms of transitions, and what a row's own link adds to them unless that is NULL.
static void chain_transitions(double *A, double *At, const double *transitions, const double *own, long K, long N) {
  for (long j = 0; j < K; j++)
    for (long k = 0; k < K; k++)
      A[j * N + k] = At[k * N + j] = transitions[j * K + k] + (own ? own[j * K + k] : 0);
}

/// Slowly, and without loss. `A` and `At` take the transitions' logarithms, -inf past the last label, `messages` has N
/// labels a row, and `room` holds CHAIN_ROOM N doubles; the marginals go to `scores`, what each row adds to the result
/// to `logs` unless that is NULL, and the probabilities of neighbours to `links`.
static double chain_logarithms(double *scores, const double *transitions, double *links, long T, long K, long N,
                               double *pairs, double *logs, double *A, double *At, double *counts, double *messages,
                               double *room) {
  double *b = room, *u = room + N, whole = 0, last = 0;
  long E = K + K * K;
  for (long i = 0; i < N * N; i++) {
    A[i] = At[i] = -HUGE_VAL;
    counts[i] = 0;
  }
  if (T > 1) chain_transitions(A, At, transitions, NULL, K, N);
  for (long t = 1; t < T && links; t++)
    for (long k = 0; k < K; k++) scores[(t - 1) * K + k] += links[t * E + k];
  for (long k = 0; k < N; k++) b[k] = 0;
  for (long t = 0; t < T; t++) {
    double *a = messages + t * N;
    if (t > 0 && links) chain_transitions(A, At, transitions, links + t * E + K, K, N);
    if (t > 0) log_product(a, A, a - N, K, N);
    for (long k = 0; k < N; k++) a[k] = k < K ? scores[t * K + k] + (t > 0 ? a[k] : 0) : -HUGE_VAL;
    double center = chain_center(a, N);
    whole += center;
    if (logs) {
      double sum = log_sum(a, b, N);
      logs[t] = center + (sum - last);
      last = sum;
    }
  }
  whole += log_sum(messages + (T - 1) * N, b, N);
  for (long t = T - 1; t >= 0; t--) {
    const double *a = messages + t * N, *before = a - N;
    double sum = log_sum(a, b, N);
    for (long k = 0; k < N; k++) u[k] = k < K ? scores[t * K + k] + b[k] : -HUGE_VAL;
    for (long k = 0; k < K; k += WIDTH)
      store_first(scores + t * K + k, exponential(load(a + k) + load(b + k) - sum), least(WIDTH, K - k));
    if (t == 0) break;
    double *link = links ? links + t * E : NULL;
    if (link) chain_transitions(A, At, transitions, link + K, K, N);
    chain_center(u, N);
    log_product(b, At, u, K, N);
    sum = log_sum(before, b, N);
    for (long j = 0; j < K; j++)
      for (long k = 0; k < N; k += WIDTH) {
        Vector joint = exponential(before[j] + (load(A + j * N + k) + load(u + k)) - sum);
        store(counts + j * N + k, load(counts + j * N + k) + joint);
        if (link && k < K) store_first(link + K + j * K + k, joint, least(WIDTH, K - k));
      }
  }
  for (long i = 0; i < E && links; i++) links[i] = 0;
  for (long t = 1; t < T && links; t++)
    for (long k = 0; k < K; k++) links[t * E + k] = scores[(t - 1) * K + k];
  for (long j = 0; j < K && T > 1; j++)
    for (long k = 0; k < K; k++) pairs[j * K + k] += counts[j * N + k];
  return whole;
}

// MARK: Either

static double forward_backward(double *scores, const double *transitions, double *links, long T, long K,
                               double *pairs, double *logs, double *scratch) {
  if (T <= 0 || K <= 0) return 0;
  long N = (K + 7) / 8 * 8, few = (K + WIDTH - 1) / WIDTH;
#if WIDTH == 4
  if (few == 3) few = 4;
#endif
  long width = few <= 2 || (WIDTH == 4 && few == 4) ? few * WIDTH : N;
  double *A = aligned_scratch(scratch), *At = A + N * N, *counts = At + N * N, *room = counts + N * N;
  double *messages = room + CHAIN_ROOM * N, *most = messages + T * N, *sums = most + T;
  if (links)
    return chain_logarithms(scores, transitions, links, T, K, N, pairs, logs, A, At, counts, messages, room);

  double shift = chain_most(transitions, T > 1 ? K * K : 0);
  if (!(shift > -HUGE_VAL)) shift = 0;
  for (long j = 0; j < width * width; j++) A[j] = At[j] = 0;
  for (long j = 0; j < K && T > 1; j++) {
    for (long k = 0; k < K; k += WIDTH) {
      long count = least(WIDTH, K - k);
      store_first(A + j * width + k, exponential(load_first(transitions + j * K + k, count) - shift), count);
    }
    for (long k = 0; k < K; k++) At[k * width + j] = A[j * width + k];
  }

  int fine;
  if (few == 1)
    fine = chain_one(scores, A, At, T, K, counts, messages, most, sums);
  else if (few == 2)
    fine = chain_two(scores, A, At, T, K, counts, messages, most, sums);
#if WIDTH == 4
  else if (few == 4)
    fine = chain_four(scores, A, At, T, K, counts, messages, most, sums);
#endif
  else
    fine = chain_many(scores, A, At, T, K, N, counts, messages, most, sums, room);
  if (!fine) return chain_logarithms(scores, transitions, NULL, T, K, N, pairs, logs, A, At, counts, messages, room);

  if (T > 1)
    for (long j = 0; j < K; j++)
      for (long k = 0; k < K; k++) pairs[j * K + k] += counts[j * width + k] * A[j * width + k];
  if (width == K)
    memcpy(scores, messages, (size_t)(T * K) * sizeof(double));
  else
    for (long t = 0; t < T; t++)
      for (long k = 0; k < K; k += WIDTH)
        store_first(scores + t * K + k, load(messages + t * width + k), least(WIDTH, K - k));
  double total = sum_values(most, T) + (double)(T - 1) * shift;
  map_logarithm(sums, sums, T);
  if (logs)
    for (long t = 0; t < T; t++) logs[t] = most[t] + sums[t] + (t > 0 ? shift : 0);
  return total + sum_values(sums, T);
}
