// Squares and products of the row vectors of a tile.

INLINE void multiply(Real *dst, const Real *a, const Real *b, long vectors) {
  for (long v = 0; v < vectors; v++) store(dst + v * WIDTH, load(a + v * WIDTH) * load(b + v * WIDTH));
}

static void squares(Real *T, long ldt, const Real *X, long ldx, long D, long m) {
  for (long d = 0; d < D; d++) multiply(T + d * ldt, X + d * ldx, X + d * ldx, padded_vectors(m));
}

static void outer(Real *T, long ldt, const Real *X, long ldx, long D, long m) {
  for (long i = 0; i < D; i++)
    for (long j = 0; j <= i; j++, T += ldt) multiply(T, X + i * ldx, X + j * ldx, padded_vectors(m));
}
