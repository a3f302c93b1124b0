import COpenBLAS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A square matrix of doubles, column by column; symmetric unless a text says otherwise.
struct DenseMatrix: Sendable {
  let order: Int
  var elements: [Double]

  init(order: Int, elements: [Double]) {
    self.order = order
    self.elements = elements
  }

  init(identity order: Int) {
    self.init(order: order, elements: [Double](repeating: 0, count: order * order))
    for i in 0..<order { self[i, i] = 1 }
  }

  subscript(i: Int, j: Int) -> Double {
    get { elements[j * order + i] }
    set { elements[j * order + i] = newValue }
  }

  /// The lower triangular factor L of LLᵀ, with zeros above; nil where the matrix is not positive definite.
  func choleskyFactor() -> DenseMatrix? {
    var factor = self
    var n = Int32(order)
    var info: Int32 = 0
    dpotrf_("L", &n, &factor.elements, &n, &info)
    guard info == 0 else { return nil }
    for j in 0..<order { for i in 0..<j { factor[i, j] = 0 } }
    return factor
  }

  /// Eigenvalues, ascending, and eigenvectors as columns.
  func eigensystem() -> (values: [Double], vectors: DenseMatrix) {
    var vectors = self
    var values = [Double](repeating: 0, count: order)
    var n = Int32(order)
    var info: Int32 = 0
    var (count, integerCount): (Int32, Int32) = (-1, -1)
    var size = [0.0]
    var integerSize: [Int32] = [0]
    dsyevd_("V", "L", &n, &vectors.elements, &n, &values, &size, &count, &integerSize, &integerCount, &info)
    count = Int32(size[0])
    integerCount = integerSize[0]
    var work = [Double](repeating: 0, count: Int(count))
    var integerWork = [Int32](repeating: 0, count: Int(integerCount))
    dsyevd_("V", "L", &n, &vectors.elements, &n, &values, &work, &count, &integerWork, &integerCount, &info)
    return (values, vectors)
  }

  /// This matrix, or its transpose, times another one.
  func multiplied(_ other: DenseMatrix, transposed: Bool = false, otherTransposed: Bool = false) -> DenseMatrix {
    var result = DenseMatrix(order: order, elements: [Double](repeating: 0, count: order * order))
    var n = Int32(order)
    var (one, zero) = (1.0, 0.0)
    dgemm_(
      transposed ? "T" : "N", otherTransposed ? "T" : "N", &n, &n, &n, &one, elements, &n, other.elements, &n, &zero,
      &result.elements, &n)
    return result
  }
}

extension DenseMatrix {
  /// M with xM = x G⁻ᵀFᵀ, where this is the lower triangular G and F another square matrix: M = G⁻ᵀFᵀ.
  func transposeSolved(_ other: DenseMatrix) -> DenseMatrix {
    var result = DenseMatrix(order: order, elements: [Double](repeating: 0, count: order * order))
    // Column c of Fᵀ is row c of F; Gᵀ is upper triangular.
    for c in 0..<order {
      for i in (0..<order).reversed() {
        var value = other[c, i]
        for k in (i + 1)..<max(order, i + 1) { value -= self[k, i] * result[k, c] }
        result[i, c] = value / self[i, i]
      }
    }
    return result
  }

  /// The solution of LLᵀx = b, where this is the lower triangular L; nil where it is not finite.
  func solved(_ b: [Double]) -> [Double]? {
    var x = b
    for j in 0..<order {
      x[j] /= self[j, j]
      for i in (j + 1)..<max(order, j + 1) { x[i] -= self[i, j] * x[j] }
    }
    for j in (0..<order).reversed() {
      for i in (j + 1)..<max(order, j + 1) { x[j] -= self[i, j] * x[i] }
      x[j] /= self[j, j]
    }
    return x.allSatisfy(\.isFinite) ? x : nil
  }
}
