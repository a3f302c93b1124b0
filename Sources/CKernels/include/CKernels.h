#ifndef CKERNELS_H
#define CKERNELS_H

#include "Single.h"

/// The inner loops of a mixture sweep, in double precision, for one tile of rows at a time.
///
/// A tile is *feature-major*. `m` rows of `F` features are `F` row vectors, feature `f` of row `i` at
/// `T[f * ldt + i]`; scores and responsibilities of `K` labels are `R[k * ldr + i]`. Strides count doubles.
///
/// **Padding.** Every row vector of a tile (of `R`, `T`, `X`, and those written by feature formation) has room for
/// `m` rounded up to a multiple of 8 doubles. The doubles from `m` on may hold anything, NaN included, may be read,
/// and may be overwritten with anything; they never reach a result. So `ldt >= (m + 7) / 8 * 8`. Nothing beyond
/// that is touched. Data that is not a tile (sources, `S`, `W`, `bias`, `out`, `logNormalizer`) needs no padding.
///
/// **Alignment** beyond 8 bytes changes the speed only: 64 bytes is best. A stride of a multiple of 512 doubles maps
/// every row vector to the same cache sets; prefer an odd multiple of 8, such as `m + 8` for `m` = 256.
///
/// **Sameness.** A function returns the same bits for the same inputs on every call at one instruction-set level,
/// wherever the operands lie. Levels differ from one another by rounding.
///
/// Unless it says otherwise a function is reentrant, allocates nothing, runs on the calling thread, accepts `m`, `K`
/// and `F` of 0, and wants its operands not to overlap. Scratch space is at most 32 KB of stack.

// MARK: Instruction sets

/// The instruction-set level in force: 0 the platform's baseline (SSE2, NEON), 1 AVX2 with FMA, 2 AVX-512.
/// Chosen from the processor at first use.
int suffice_level(void);

/// For tests: forces a level for the calling thread and returns the level then in force. A level this processor
/// does not have, or a negative one, is ignored. Weights packed before are invalid when the level has changed.
int suffice_force_level(int level);

// MARK: Contractions

/// Lays `W` (`K` x `F`, `W[k * ldw + f]`) out in the order `suffice_scores` reads it: once a sweep, not once a tile.
/// `packed` holds `K * F` doubles and is meaningful to this process only.
void suffice_pack_weights(double *packed, const double *W, long ldw, long K, long F);

/// R[k][i] = bias[k] + sum over f of W[k][f] T[f][i], or R[k][i] += that if `accumulate` is not 0.
///
/// `packed` comes from `suffice_pack_weights` with the same `K` and `F`; `bias` has `K` elements, or is NULL for zero.
/// The sum runs in the order of f (fused multiply-adds where the level has them): its error is that of a plain loop.
void suffice_scores(
  double *R, long ldr, const double *packed, const double *bias, const double *T, long ldt,
  long K, long F, long m, int accumulate);

/// S[k * lds + f] += sum over i < m of R[k][i] T[f][i].
///
/// Rows are summed 256 at a time in as many partial sums as a vector has lanes.
void suffice_accumulate(
  double *S, long lds, const double *R, long ldr, const double *T, long ldt, long K, long F, long m);

/// out[k] += sum over i < m of R[k][i]: `suffice_accumulate` for the feature that is always 1.
void suffice_row_sums(double *out, const double *R, long ldr, long K, long m);

/// `suffice_scores` for the features `suffice_outer` would form from the `D` vectors `X`, F = D (D + 1) / 2, without
/// forming them in memory. `packed` comes from `suffice_pack_weights` with that F.
///
/// Worth it where the tile would not fit the second-level cache, F * m * 8 bytes above about a megabyte (D = 64: faster
/// by 5 %, more with all cores at work); below (D = 16: slower by 5 %) form the products once with `suffice_outer`.
void suffice_scores_outer(
  double *R, long ldr, const double *packed, const double *bias, const double *X, long ldx,
  long K, long D, long m, int accumulate);

/// `suffice_accumulate` for the features `suffice_outer` would form from `X`, without forming them in memory.
void suffice_accumulate_outer(
  double *S, long lds, const double *R, long ldr, const double *X, long ldx, long K, long D, long m);

// MARK: Softmax

/// Turns the scores of each row into probabilities in place, and returns the sum over rows of
/// log(sum over k of exp R[k][i]); also stores each row's logarithm in `logNormalizer` (length m) unless that is NULL.
///
/// Stable at any magnitude: the largest score of a row is subtracted first. The exponential is within 1.2 ulp, exactly
/// 1 at the largest score, and 0 for scores more than 44.36 below it and for -inf: what that leaves out of a row is less than
/// K 2^-64 of it, which is what the bound loses, and `suffice_accumulate` passes over such rows. The logarithm of a
/// row's sum is within 1 ulp; the returned total takes that of the product of four rows' sums at once.
/// A row whose scores are all -inf, or with a NaN or +inf among them, has NaN probabilities and a NaN logarithm, and
/// the returned sum is NaN. With `K` of 0 nothing is written and the result is 0.
double suffice_softmax(double *R, long ldr, long K, long m, double *logNormalizer);

// MARK: Features

/// dst[i] = src[i * stride] - center.
void suffice_center(double *dst, const double *src, long stride, long m, double center);

/// dst[i] = src[rows[i] * stride] - center.
void suffice_gather(double *dst, const double *src, long stride, const long *rows, long m, double center);

/// T[d][i] = X[d][i] squared, for d < D.
void suffice_squares(double *T, long ldt, const double *X, long ldx, long D, long m);

/// The products of a lower triangle: T[i (i + 1) / 2 + j] = X[i] X[j] for 0 <= j <= i < D, row by row.
void suffice_outer(double *T, long ldt, const double *X, long ldx, long D, long m);

/// T[l][i] = 1 where codes[i] == l, else 0, for l < levels. A code that is no level (NaN, say) gives zeros only.
void suffice_one_hot(double *T, long ldt, const double *codes, long levels, long m);

/// The sum of m doubles in a fixed order.
double suffice_sum(const double *values, long m);

/// dst[d * ldd + i] = src[i * stride + d] - centers[d] for d < D, i < m: rows of D doubles become feature-major.
/// `centers` may be NULL for zeros.
void suffice_transpose(
  double *dst, long ldd, const double *src, long stride, long D, long m, const double *centers);

/// As `suffice_transpose`, of the rows `rows[0], ..., rows[m - 1]` of `src`.
void suffice_transpose_gather(
  double *dst, long ldd, const double *src, long stride, const long *rows, long D, long m, const double *centers);

// MARK: Rows of a table

/// T[f * ldt + i] = table[index[i] * width + f] for f < width, or += that if `adding` is not 0: the parameters of each
/// row's member as a tile. Where `index[i]` is NaN, a missing label, it is 0 that is written or added.
///
/// Any other index must be a whole number from 0 to the last row of the table. `table` and `index` need no padding.
void suffice_gather_rows(
  double *T, long ldt, const double *table, long width, const double *index, long m, int adding);

/// table[index[i] * width + f] += T[f * ldt + i] for f < width, rows in order; rows with an index of NaN are left out.
void suffice_scatter_rows(double *table, long width, const double *T, long ldt, const double *index, long m);

/// out[i] = c a[i] b[i], or += that if `adding` is not 0. `b` may be NULL for ones; `out` may be `a` or `b`. No padding
/// is needed, and none is touched.
void suffice_multiply_add(double *out, const double *a, const double *b, double c, long m, int adding);

// MARK: Special functions
//
// Of arrays without padding; `out` may be `x`. NaN gives NaN.

/// out[i] = exp(x[i]) within 1.5 ulp, subnormal results included; infinity above 709.78, 0 below -745.13.
void suffice_exp(double *out, const double *x, long n);

/// out[i] = log(x[i]) within 1 ulp: -inf for 0, NaN for negative numbers.
void suffice_log(double *out, const double *x, long n);

/// out[i] = digamma(x[i]) for x[i] >= 0, within 2e-15 max(1, |result|): -inf for 0, NaN for negative numbers.
void suffice_digamma(double *out, const double *x, long n);

/// out[i] = log gamma(x[i]) for x[i] >= 0, within 1e-14 max(1, |result|): inf for 0, NaN for negative numbers.
void suffice_log_gamma(double *out, const double *x, long n);

// MARK: Chains

/// The doubles of scratch that `suffice_forward_backward` wants.
long suffice_forward_backward_scratch(long T, long K);

/// The posterior of a chain of `T` labels, each one of `K`, in place of their scores. Returns the logarithm of the sum
/// over all paths s of exp(sum over t of scores[t * K + s_t] + sum over t >= 1 of logTransitions[s_(t-1) * K + s_t]).
///
/// On return scores[t * K + k] is P(s_t = k), and pairs[j * K + k] has grown by the sum over t >= 1 of
/// P(s_(t-1) = j, s_t = k). logs[t], unless `logs` is NULL, is what row t adds to the result: the same sum over the
/// paths of the rows up to t, less that up to t - 1. Scores and transitions are any logarithms, -inf included; what a chain begins with is part
/// of scores[0 ..< K]. The result is 0 when `T` or `K` is.
///
/// Time grows as T K^2; with few labels (up to two vectors of them, or 16 with AVX2) transitions and pairs stay in
/// registers or the first-level cache. Probabilities are summed, not logarithms; a posterior that might lose more
/// than 1e-27 to underflow is computed again with logarithms, up to ten times slower. If no path is possible the
/// result is -inf, and the marginals and pairs are NaN; a NaN or +inf among the operands gives NaN.
///
/// `links`, unless it is NULL, has K + K * K logarithms a row, which are added to the scores of the row before and to
/// the row's transitions: those of row 0 are not read. On return a row of it holds the probabilities of the label before
/// and of both labels, and row 0 zeros. Then all is computed with logarithms.
double suffice_forward_backward(
  double *scores, const double *logTransitions, double *links, long T, long K, double *pairs, double *logs,
  double *scratch);

/// The doubles of scratch that `suffice_gaussian_chain` wants.
long suffice_gaussian_chain_scratch(long D);

/// The posterior of a chain of `T` vectors x_t of dimension `D`, jointly normal, in place of their potentials. Returns
/// the logarithm of the integral of all potentials' product.
///
/// Row t of `natural` has D linear parameters h, then the lower triangle J, row by row, of the potential
/// exp(sum h_i x_i + sum over j <= i of J_ij x_i x_j): a precision of -2 J_ii and -J_ij. It may be improper alone.
/// Neighbours have the potential exp(sum x_(t-1)[a] cross[a * D + b] x_t[b]). On return a row holds E x_i, then
/// E x_i x_j; `pairs` (D x D) has grown by the sum over t >= 1 of E x_(t-1)[a] x_t[b]. logs[t], unless `logs` is NULL,
/// is what row t adds to the result: the log partition of its potential and the message of those before it.
///
/// If the precision of a vector given those before it is not positive definite, the result is NaN, and so are
/// `natural`, `pairs` and `logs`. With `T` or `D` of 0 the result is 0.
///
/// `links`, unless it is NULL, has the numbers of a row of `natural` and then of `cross` for each row: they are added to
/// the potential of the row before and to that of the row with it; those of row 0 are not read. On return a row of it
/// holds the expectations of the row before and E x_(t-1)[a] x_t[b], and row 0 zeros.
double suffice_gaussian_chain(
  double *natural, const double *cross, double *links, long T, long D, double *pairs, double *logs, double *scratch);

// MARK: Mean maps

/// From the natural parameters of `m` normal vectors to their expected statistics, in place: `D` linear features, then
/// D (D + 1) / 2 quadratic, as the rows of `suffice_gaussian_chain`, here feature-major. With P the precision,
/// logPartition[i] = h' P^-1 h / 2 - log |P| / 2 + D log(2 pi) / 2; no padding is needed there.
///
/// A row whose precision is not positive definite gets NaN. When all `m` rows have the same bits in their quadratic
/// features (and D <= 128), one matrix is inverted for all: faster, and rounded otherwise.
void suffice_gaussian_mean_map(double *T, long ldt, long D, long m, double *logPartition);

/// From the natural parameters of `D` gamma distributions a row to their expected statistics, in place: feature d holds
/// -rate, then E x; feature D + d holds shape - 1, then E log x. logPartition[i] = sum of
/// log gamma(shape) - shape log(rate), with no padding. NaN where a rate or shape is negative.
void suffice_gamma_mean_map(double *T, long ldt, long D, long m, double *logPartition);

/// logs[g * K + k] = digamma(alpha[g * K + k]) - digamma(sum over k of alpha[g * K + k]): the expected logarithms of
/// `members` Dirichlet distributions. `logs` may be `alpha`.
void suffice_dirichlet_expectations(double *logs, const double *alpha, long K, long members);

// MARK: Membership

/// out[i K + k] = exp(x[i K + k] - the largest of row i), row by row: likelihoods but for a factor. `out` may be `x`.
void suffice_exp_rows(double *out, const double *x, long rows, long K);

/// The doubles of scratch that `suffice_membership` wants.
long suffice_membership_scratch(long n, long K);

/// Fits the Dirichlet distribution of one group's label probabilities to its `n` rows, and returns the iterations done.
///
/// An iteration takes p_k = exp(digamma(alpha[k])), r[i * K + k] = e[i * K + k] p_k / (its sum over k), and then
/// alpha[k] = prior[k] + sum over i of weight[i] r[i * K + k]. The last is the one with a mean |change of alpha[k]|
/// below `tolerance`, or the `maxIterations`th; `r` holds the responsibilities that gave the final `alpha`. With
/// `maxIterations` of 0 `alpha` stays and `r` follows from it.
///
/// `e` holds the exponentials of scores but for a factor for each row, and is not negative. `weight` may be NULL for
/// ones; `r` may be `e`. A row whose e are all 0 gives NaN, and so does the group then.
long suffice_membership(
  double *r, const double *e, const double *weight, const double *prior, double *alpha, long n, long K,
  long maxIterations, double tolerance, double *scratch);

/// The same for rows of a table: row i has the exponentials table[index[i] N + k], k < N = K rounded up to a multiple of
/// 8, with zeros from K on.
///
/// On return the responsibility of row i for k, times its weight, is table[index[i] N + k] q[i] p[k]; `p` has N numbers.
long suffice_membership_lookup(
  double *q, double *p, const double *table, const int *index, const double *weight, const double *prior,
  double *alpha, long n, long K, long maxIterations, double tolerance, double *scratch);

/// sums[k] = e[k] times the sum over j < n of q[rows[j]] p[groups[rows[j]] N + k], for k < K and N as above: the
/// responsibilities of the rows that share the exponentials `e`, which has N numbers.
void suffice_membership_sums(
  double *sums, const double *e, const double *q, const double *p, const int *rows, const int *groups, long n,
  long K);

// MARK: Threads

/// Calls `body(context, task, worker)` once for each task of 0 ..< tasks and returns when all have returned.
///
/// At most `threads` threads take part, the caller (worker 0) among them; each takes the next task as it is free, so
/// which worker runs a task is not determined, and two tasks with one `worker` never overlap in time. 0 <= worker <
/// threads. What the tasks wrote is visible to the caller on return, and what it wrote before, to them.
/// With one thread, in a task of another `suffice_parallel`, or while another thread is in one, everything runs on the
/// caller in order, as worker 0. Worker threads are started when first needed and kept, with signals blocked; a forked
/// child starts its own. If the system refuses a thread, those there are do the work. On Linux a worker keeps off the
/// processor of the last caller if it may run elsewhere; the masks of other threads are never touched.
void suffice_parallel(
  int threads, long tasks, void (*body)(void *context, long task, int worker), void *context);

#endif
