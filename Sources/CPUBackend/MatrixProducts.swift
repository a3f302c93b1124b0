import COpenBLAS

// The two matrix products of a sweep by OpenBLAS. Fortran stores columns where a tile stores features, so that a tile is
// its matrix of rows × features as it lies.

/// R[k][i] += Σ_f W[k][f] T[f][i].
func multiplyAdding(
  into target: UnsafeMutablePointer<Double>, _ stride: Int, rows: Int, labels: Int, weights: UnsafePointer<Double>,
  _ weightStride: Int, features: UnsafePointer<Double>, _ count: Int
) {
  var (m, n, k) = (Int32(rows), Int32(labels), Int32(count))
  var (lda, ldb, one) = (Int32(stride), Int32(weightStride), 1.0)
  var ldc = lda
  dgemm_("N", "N", &m, &n, &k, &one, features, &lda, weights, &ldb, &one, target, &ldc)
}

/// S[k][f] += Σ_i R[k][i] T[f][i].
func accumulateProducts(
  into sums: UnsafeMutablePointer<Double>, _ sumStride: Int, rows: Int, labels: Int, _ r: UnsafePointer<Double>,
  _ stride: Int, features: UnsafePointer<Double>, _ count: Int
) {
  var (m, n, k) = (Int32(count), Int32(labels), Int32(rows))
  var (lda, ldc, one) = (Int32(stride), Int32(sumStride), 1.0)
  var ldb = lda
  dgemm_("T", "N", &m, &n, &k, &one, features, &lda, r, &ldb, &one, sums, &ldc)
}
