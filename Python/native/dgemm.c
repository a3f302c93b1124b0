// The parts of BLAS and LAPACK that the library calls, so that a wheel needs no OpenBLAS.
//
// It is reached on processors without fused multiply-add only; elsewhere the library's own kernels do all products.

#include <math.h>

void openblas_set_num_threads(int count) { (void)count; }

void dgemm_(
    const char *transA, const char *transB, const int *m, const int *n, const int *k, const double *alpha,
    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc) {
  const long M = *m, N = *n, K = *k, LDA = *lda, LDB = *ldb, LDC = *ldc;
  const int ta = *transA != 'N' && *transA != 'n', tb = *transB != 'N' && *transB != 'n';
  for (long j = 0; j < N; j++) {
    double *out = c + j * LDC;
    for (long i = 0; i < M; i++) out[i] = *beta == 0 ? 0 : *beta * out[i];
    if (ta) {
      for (long i = 0; i < M; i++) {
        double sum = 0;
        for (long p = 0; p < K; p++) sum += a[i * LDA + p] * (tb ? b[p * LDB + j] : b[j * LDB + p]);
        out[i] += *alpha * sum;
      }
    } else {
      for (long p = 0; p < K; p++) {
        const double factor = *alpha * (tb ? b[p * LDB + j] : b[j * LDB + p]);
        for (long i = 0; i < M; i++) out[i] += factor * a[p * LDA + i];
      }
    }
  }
}

// The Cholesky factor of a symmetric matrix, in its lower triangle; `info` is the first row without one, counted from 1.
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info) {
  const long N = *n, LDA = *lda;
  (void)triangle;
  *info = 0;
  for (long j = 0; j < N; j++) {
    double rest = a[j * LDA + j];
    for (long p = 0; p < j; p++) rest -= a[p * LDA + j] * a[p * LDA + j];
    if (!(rest > 0)) {
      *info = (int)j + 1;
      return;
    }
    a[j * LDA + j] = sqrt(rest);
    for (long i = j + 1; i < N; i++) {
      double sum = a[j * LDA + i];
      for (long p = 0; p < j; p++) sum -= a[p * LDA + i] * a[p * LDA + j];
      a[j * LDA + i] = sum / a[j * LDA + j];
    }
  }
}

// B ← α A B, where A is the lower triangle of a square matrix: the only form that is asked for.
void dtrmm_(
    const char *side, const char *triangle, const char *transA, const char *diagonal, const int *m, const int *n,
    const double *alpha, const double *a, const int *lda, double *b, const int *ldb) {
  const long M = *m, N = *n, LDA = *lda, LDB = *ldb;
  (void)side, (void)triangle, (void)transA, (void)diagonal;
  for (long j = 0; j < N; j++) {
    for (long i = M - 1; i >= 0; i--) {
      double sum = 0;
      for (long p = 0; p <= i; p++) sum += a[p * LDA + i] * b[j * LDB + p];
      b[j * LDB + i] = *alpha * sum;
    }
  }
}

// Eigenvalues in ascending order and eigenvectors of a symmetric matrix in its lower triangle, by Jacobi's rotations.
void dsyevd_(
    const char *job, const char *triangle, const int *n, double *a, const int *lda, double *values, double *work,
    const int *workCount, int *integerWork, const int *integerWorkCount, int *info) {
  const long N = *n, LDA = *lda;
  (void)job, (void)triangle, (void)integerWorkCount;
  *info = 0;
  if (*workCount < 0) {
    work[0] = (double)(N * N);
    integerWork[0] = 1;
    return;
  }
  // The matrix moves to the work space, and the vectors take its place.
  double *s = work;
  for (long j = 0; j < N; j++) {
    for (long i = 0; i < N; i++) s[j * N + i] = i >= j ? a[j * LDA + i] : a[i * LDA + j];
  }
  for (long j = 0; j < N; j++) {
    for (long i = 0; i < N; i++) a[j * LDA + i] = i == j;
  }
  for (int sweep = 0; sweep < 60; sweep++) {
    double off = 0, all = 0;
    for (long k = 0; k < N * N; k++) all += s[k] * s[k];
    for (long j = 0; j < N; j++) {
      for (long i = j + 1; i < N; i++) off += 2 * s[j * N + i] * s[j * N + i];
    }
    if (off <= 1e-32 * all) break;
    for (long p = 0; p < N; p++) {
      for (long q = p + 1; q < N; q++) {
        const double apq = s[p * N + q];
        if (apq == 0) continue;
        const double theta = (s[q * N + q] - s[p * N + p]) / (2 * apq);
        const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
        const double c = 1 / sqrt(t * t + 1), d = t * c;
        for (long k = 0; k < N; k++) {
          const double x = s[k * N + p], y = s[k * N + q];
          s[k * N + p] = c * x - d * y;
          s[k * N + q] = d * x + c * y;
        }
        for (long k = 0; k < N; k++) {
          const double x = s[p * N + k], y = s[q * N + k];
          s[p * N + k] = c * x - d * y;
          s[q * N + k] = d * x + c * y;
        }
        for (long k = 0; k < N; k++) {
          const double x = a[p * LDA + k], y = a[q * LDA + k];
          a[p * LDA + k] = c * x - d * y;
          a[q * LDA + k] = d * x + c * y;
        }
      }
    }
  }
  for (long k = 0; k < N; k++) values[k] = s[k * N + k];
  for (long k = 0; k < N; k++) {
    long least = k;
    for (long i = k + 1; i < N; i++) {
      if (values[i] < values[least]) least = i;
    }
    if (least == k) continue;
    const double value = values[k];
    values[k] = values[least];
    values[least] = value;
    for (long i = 0; i < N; i++) {
      const double x = a[k * LDA + i];
      a[k * LDA + i] = a[least * LDA + i];
      a[least * LDA + i] = x;
    }
  }
}
