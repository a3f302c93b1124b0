// The part of BLAS that the library calls, so that a wheel needs no OpenBLAS.
//
// It is reached on processors without fused multiply-add only; elsewhere the library's own kernels do all products.

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
