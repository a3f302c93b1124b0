// The Fortran entry points, by name: libgsl brings a second, slow library with the same C entry points
// (cblas_dgemm …), and which of the two a program would get depends on the order of linking.
void dgemm_(
    const char *transA, const char *transB, const int *m, const int *n, const int *k,
    const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
    const double *beta, double *c, const int *ldc);
void sgemm_(
    const char *transA, const char *transB, const int *m, const int *n, const int *k,
    const float *alpha, const float *a, const int *lda, const float *b, const int *ldb,
    const float *beta, float *c, const int *ldc);
void dtrmm_(
    const char *side, const char *triangle, const char *transA, const char *diagonal, const int *m, const int *n,
    const double *alpha, const double *a, const int *lda, double *b, const int *ldb);
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info);
void dsyevd_(
    const char *job, const char *triangle, const int *n, double *a, const int *lda, double *values, double *work,
    const int *workCount, int *integerWork, const int *integerWorkCount, int *info);
void openblas_set_num_threads(int count);
