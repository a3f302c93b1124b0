// The public functions: each calls the kernel of the level in force.
#include "levels.h"
#include <stdatomic.h>

static const Kernels *const tables[] = {
  &suffice_kernels_baseline,
#if defined(__x86_64__)
  &suffice_kernels_avx2,
  &suffice_kernels_avx512,
#endif
};

static const SingleKernels *const single_tables[] = {
  &suffice_single_baseline,
#if defined(__x86_64__)
  &suffice_single_avx2,
  &suffice_single_avx512,
#endif
};

static int best_level(void) {
#if defined(__x86_64__)
  // These also ask the operating system whether it saves the wider registers.
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq")
      || !__builtin_cpu_supports("avx512vl")) return 1;
  return 2;
#else
  return 0;
#endif
}

static _Atomic int chosen = -1;
static _Thread_local int forced = -1;

int suffice_level(void) {
  if (forced >= 0) return forced;
  int level = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (level < 0) {
    // Two threads may both come here; both store the same.
    level = best_level();
    atomic_store_explicit(&chosen, level, memory_order_relaxed);
  }
  return level;
}

int suffice_force_level(int level) {
  if (level >= 0 && level <= best_level()) forced = level;
  return suffice_level();
}

static inline const Kernels *kernels(void) { return tables[suffice_level()]; }
static inline const SingleKernels *single(void) { return single_tables[suffice_level()]; }

// MARK: Contractions

void suffice_pack_weights(double *packed, const double *W, long ldw, long K, long F) {
  kernels()->pack_weights(packed, W, ldw, K, F);
}

void suffice_scores(
  double *R, long ldr, const double *packed, const double *bias, const double *T, long ldt,
  long K, long F, long m, int accumulate) {
  kernels()->scores(R, ldr, packed, bias, T, ldt, K, F, m, accumulate);
}

void suffice_scores_outer(
  double *R, long ldr, const double *packed, const double *bias, const double *X, long ldx,
  long K, long D, long m, int accumulate) {
  kernels()->scores_outer(R, ldr, packed, bias, X, ldx, K, D, m, accumulate);
}

void suffice_accumulate(
  double *S, long lds, const double *R, long ldr, const double *T, long ldt, long K, long F, long m) {
  kernels()->accumulate(S, lds, R, ldr, T, ldt, K, F, m);
}

void suffice_accumulate_outer(
  double *S, long lds, const double *R, long ldr, const double *X, long ldx, long K, long D, long m) {
  kernels()->accumulate_outer(S, lds, R, ldr, X, ldx, K, D, m);
}

void suffice_row_sums(double *out, const double *R, long ldr, long K, long m) {
  kernels()->row_sums(out, R, ldr, K, m);
}

// MARK: Softmax

double suffice_softmax(double *R, long ldr, long K, long m, double *logNormalizer) {
  return kernels()->softmax(R, ldr, K, m, logNormalizer);
}

// MARK: Features

void suffice_center(double *dst, const double *src, long stride, long m, double center) {
  kernels()->center(dst, src, stride, m, center);
}

void suffice_gather(double *dst, const double *src, long stride, const long *rows, long m, double center) {
  kernels()->gather(dst, src, stride, rows, m, center);
}

void suffice_squares(double *T, long ldt, const double *X, long ldx, long D, long m) {
  kernels()->squares(T, ldt, X, ldx, D, m);
}

void suffice_outer(double *T, long ldt, const double *X, long ldx, long D, long m) {
  kernels()->outer(T, ldt, X, ldx, D, m);
}

void suffice_one_hot(double *T, long ldt, const double *codes, long levels, long m) {
  kernels()->one_hot(T, ldt, codes, levels, m);
}

double suffice_sum(const double *values, long m) { return kernels()->sum(values, m); }

void suffice_transpose(
  double *dst, long ldd, const double *src, long stride, long D, long m, const double *centers) {
  kernels()->transpose(dst, ldd, src, stride, NULL, D, m, centers);
}

void suffice_transpose_gather(
  double *dst, long ldd, const double *src, long stride, const long *rows, long D, long m, const double *centers) {
  kernels()->transpose(dst, ldd, src, stride, rows, D, m, centers);
}

// MARK: Rows of a table

void suffice_gather_rows(
  double *T, long ldt, const double *table, long width, const double *index, long m, int adding) {
  kernels()->gather_rows(T, ldt, table, width, index, m, adding);
}

void suffice_scatter_rows(double *table, long width, const double *T, long ldt, const double *index, long m) {
  kernels()->scatter_rows(table, width, T, ldt, index, m);
}

void suffice_multiply_add(double *out, const double *a, const double *b, double c, long m, int adding) {
  kernels()->multiply_add(out, a, b, c, m, adding);
}

// MARK: Special functions

void suffice_exp(double *out, const double *x, long n) { kernels()->exponential(out, x, n); }
void suffice_log(double *out, const double *x, long n) { kernels()->logarithm(out, x, n); }
void suffice_digamma(double *out, const double *x, long n) { kernels()->digamma(out, x, n); }
void suffice_log_gamma(double *out, const double *x, long n) { kernels()->log_gamma(out, x, n); }

// MARK: Chains

long suffice_forward_backward_scratch(long T, long K) {
  long N = (K + 7) / 8 * 8;
  return T * (N + 2) + 3 * N * N + CHAIN_ROOM * N + 8;
}

double suffice_forward_backward(
  double *scores, const double *logTransitions, double *links, long T, long K, double *pairs, double *logs,
  double *scratch) {
  return kernels()->forward_backward(scores, logTransitions, links, T, K, pairs, logs, scratch);
}

long suffice_gaussian_chain_scratch(long D) { return 4 * D * D; }

double suffice_gaussian_chain(
  double *natural, const double *cross, double *links, long T, long D, double *pairs, double *logs, double *scratch) {
  return kernels()->gaussian_chain(natural, cross, links, T, D, pairs, logs, scratch);
}

// MARK: Mean maps

void suffice_gaussian_mean_map(double *T, long ldt, long D, long m, double *logPartition) {
  kernels()->gaussian_mean_map(T, ldt, D, m, logPartition);
}

void suffice_gamma_mean_map(double *T, long ldt, long D, long m, double *logPartition) {
  kernels()->gamma_mean_map(T, ldt, D, m, logPartition);
}

void suffice_dirichlet_expectations(double *logs, const double *alpha, long K, long members) {
  kernels()->dirichlet_expectations(logs, alpha, K, members);
}

// MARK: Membership

void suffice_exp_rows(double *out, const double *x, long rows, long K) {
  if (K > 0) kernels()->exponential_rows(out, x, rows, K);
}

long suffice_membership_scratch(long n, long K) {
  long N = (K + 7) / 8 * 8, rows = (n + 7) / 8 * 8;
  return rows * (N + 2) + 5 * N + 8;
}

long suffice_membership(
  double *r, const double *e, const double *weight, const double *prior, double *alpha, long n, long K,
  long maxIterations, double tolerance, double *scratch) {
  return kernels()->membership(r, e, weight, prior, alpha, n, K, maxIterations, tolerance, scratch);
}

long suffice_membership_lookup(
  double *q, double *p, const double *table, const int *index, const double *weight, const double *prior,
  double *alpha, long n, long K, long maxIterations, double tolerance, double *scratch) {
  return kernels()->membership_lookup(
    q, p, table, index, weight, prior, alpha, n, K, maxIterations, tolerance, scratch);
}

void suffice_membership_sums(
  double *sums, const double *e, const double *q, const double *p, const int *rows, const int *groups, long n,
  long K) {
  kernels()->membership_sums(sums, e, q, p, rows, groups, n, K);
}

// MARK: Floats

void suffice_single_pack_weights(float *packed, const double *W, long ldw, long K, long F) {
  single()->pack_weights(packed, W, ldw, K, F);
}

void suffice_single_scores(
  float *R, long ldr, const float *packed, const float *bias, const float *T, long ldt, long K, long F, long m,
  int accumulate) {
  single()->scores(R, ldr, packed, bias, T, ldt, K, F, m, accumulate);
}

void suffice_single_scores_outer(
  float *R, long ldr, const float *packed, const float *bias, const float *X, long ldx, long K, long D, long m,
  int accumulate) {
  single()->scores_outer(R, ldr, packed, bias, X, ldx, K, D, m, accumulate);
}

void suffice_single_accumulate(
  double *S, long lds, const float *R, long ldr, const float *T, long ldt, long K, long F, long m) {
  single()->accumulate(S, lds, R, ldr, T, ldt, K, F, m);
}

void suffice_single_accumulate_outer(
  double *S, long lds, const float *R, long ldr, const float *X, long ldx, long K, long D, long m) {
  single()->accumulate_outer(S, lds, R, ldr, X, ldx, K, D, m);
}

void suffice_single_squares(float *T, long ldt, const float *X, long ldx, long D, long m) {
  single()->squares(T, ldt, X, ldx, D, m);
}

void suffice_single_outer(float *T, long ldt, const float *X, long ldx, long D, long m) {
  single()->outer(T, ldt, X, ldx, D, m);
}

void suffice_single_frame(
  float *Y, long ldy, const double *X, long ldx, const double *G, const double *shift, long D, int diagonal, long m) {
  single()->to_frame(Y, ldy, X, ldx, G, shift, D, diagonal, m);
}

double suffice_single_softmax(float *R, long ldr, const float *weight, long K, long m) {
  return single()->softmax(R, ldr, weight, K, m);
}

double suffice_single_whitened(
  double *sums, float *R, long ldr, const float *packed, const float *Y, long ldy, const float *weight, long K, long D,
  long m, const double *next, long stride) {
  return single()->whitened(sums, R, ldr, packed, Y, ldy, weight, K, D, m, next, stride);
}
