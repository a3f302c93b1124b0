#ifndef CKERNELS_SINGLE_H
#define CKERNELS_SINGLE_H

/// The kernels of a mixture sweep with tiles of floats, and sums over rows in double precision.
///
/// As those of `CKernels.h`, but a row vector has room for `m` rounded up to a multiple of 16 floats, `ldt >= (m + 15)
/// / 16 * 16`, and strides of tiles count floats. What the doubles' kernels say of padding, alignment, sameness and
/// levels holds here. A sum over rows runs in float over at most 512 rows, in as many partial sums as a vector has
/// lanes, and then in double.
///
/// Scores are **logarithms to base 2**: weights and biases of natural logarithms are to be divided by log(2) first.

/// As `suffice_pack_weights`, rounded to floats.
void suffice_single_pack_weights(float *packed, const double *W, long ldw, long K, long F);

/// As `suffice_scores`.
void suffice_single_scores(
  float *R, long ldr, const float *packed, const float *bias, const float *T, long ldt, long K, long F, long m,
  int accumulate);

/// As `suffice_scores_outer`.
void suffice_single_scores_outer(
  float *R, long ldr, const float *packed, const float *bias, const float *X, long ldx, long K, long D, long m,
  int accumulate);

/// As `suffice_accumulate`; the sums are doubles.
void suffice_single_accumulate(
  double *S, long lds, const float *R, long ldr, const float *T, long ldt, long K, long F, long m);

/// As `suffice_accumulate_outer`; the sums are doubles.
void suffice_single_accumulate_outer(
  double *S, long lds, const float *R, long ldr, const float *X, long ldx, long K, long D, long m);

/// As `suffice_squares`.
void suffice_single_squares(float *T, long ldt, const float *X, long ldx, long D, long m);

/// As `suffice_outer`.
void suffice_single_outer(float *T, long ldt, const float *X, long ldx, long D, long m);

/// Y[i] = sum over j <= i of G[i (i + 1) / 2 + j] X[j] - shift[i], row by row, in double precision until it is stored;
/// with `diagonal` not 0, Y[i] = G[i] X[i] - shift[i]. `X` has strides of doubles and room for `m` rounded up to a
/// multiple of 16, whose content from `m` on does not matter; `Y` is 0 there.
void suffice_single_frame(
  float *Y, long ldy, const double *X, long ldx, const double *G, const double *shift, long D, int diagonal, long m);

/// Turns scores to base 2 into probabilities in place, times the weight of the row unless `weight` is NULL, and returns
/// the sum over rows of the weight times the natural logarithm of their sum of exponentials.
///
/// The largest score of a row is subtracted first. 2^x is within 1.4 ulp, exactly 1 at the largest score, and 0 for scores
/// more than 126 below it. The logarithm is within 1e-6 in a group of four rows. A row whose scores are all -inf, or with
/// a NaN or +inf among them, has NaN probabilities, and the result is NaN. `weight` needs the padding of a row vector;
/// what is in it there does not matter. The probabilities of the padding are 0.
double suffice_single_softmax(float *R, long ldr, const float *weight, long K, long m);

/// The dimensions that `suffice_single_whitened` has.
#define SUFFICE_WHITENED_DIMENSIONS 3

/// A sweep over a tile whose scores are c - |z|^2 with z = A y - s for each label: scores, softmax, and the sums over
/// rows of r, r z and r z z' (lower triangle, row by row), which are added to `sums`, 1 + D + D (D + 1) / 2 doubles a
/// label.
///
/// `packed` holds for each label c, then the rows of the upper triangle of A, then s. `R` is scratch of K rows and one
/// more: probabilities but for the factor of each row, which is the last. The scores are to base 2, the result and
/// `weight` are those of `suffice_single_softmax`; the padding of `Y` must be finite. 1 <= D <= 3, m <= 512. Unless it is
/// NULL, `next` is where the caller will read from next, m rows of `stride` doubles: they are fetched meanwhile.
double suffice_single_whitened(
  double *sums, float *R, long ldr, const float *packed, const float *Y, long ldy, const float *weight, long K, long D,
  long m, const double *next, long stride);

#endif
