#ifndef CKERNELS_H
#define CKERNELS_H

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

/// For tests: forces a level for the whole process and returns the level then in force. A level this processor
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
/// 1 at the largest score, and 0 for scores more than 708.39 below it (no subnormals) and for -inf. The logarithm of a
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
