/// Completes a correlation matrix of which only some pairs are given, so that its determinant is as large as possible: given
/// the others, two columns without a correlation of their own are then uncorrelated.
///
/// Iterative proportional fitting over the given pairs, whose fixed point has zeros in the inverse elsewhere.
/// Sources: Dempster, "Covariance selection", *Biometrics* 28 (1972); Speed & Kiiveri, *Annals of Statistics* 14 (1986).
struct Completion {
  /// The completed matrix.
  private(set) var matrix: DenseMatrix
  /// Whether the given pairs are met: they are not where no positive definite matrix has them.
  private(set) var isComplete = false

  init(order: Int, pairs: [(i: Int, j: Int, value: Double)]) {
    matrix = DenseMatrix(identity: order)
    for _ in 0..<2000 {
      var gap = 0.0
      for pair in pairs {
        gap = max(gap, (matrix[pair.i, pair.j] - pair.value).magnitude)
        fit(pair)
      }
      if gap < 1e-15 || gap.isNaN {
        isComplete = !gap.isNaN
        break
      }
      isComplete = gap < 1e-12
    }
    // What rounding left of the given values is put right.
    for pair in pairs {
      matrix[pair.i, pair.j] = pair.value
      matrix[pair.j, pair.i] = pair.value
    }
    for i in 0..<order { matrix[i, i] = 1 }
  }

  /// Gives two columns their covariance block and keeps what the others are given these two:
  /// Σ ← Σ + ΣC(ΣCC⁻¹(S − ΣCC)ΣCC⁻¹)ΣCᵀ.
  private mutating func fit(_ pair: (i: Int, j: Int, value: Double)) {
    let (i, j) = (pair.i, pair.j)
    let (a, b, c) = (matrix[i, i], matrix[i, j], matrix[j, j])
    let determinant = a * c - b * b
    let inverse = (c / determinant, -b / determinant, a / determinant)
    // M = ΣCC⁻¹(S − ΣCC)ΣCC⁻¹, symmetric.
    let (d, e, f) = (1 - a, pair.value - b, 1 - c)
    let left = (
      inverse.0 * d + inverse.1 * e, inverse.0 * e + inverse.1 * f, inverse.1 * d + inverse.2 * e,
      inverse.1 * e + inverse.2 * f
    )
    let m = (
      left.0 * inverse.0 + left.1 * inverse.1, left.0 * inverse.1 + left.1 * inverse.2,
      left.2 * inverse.1 + left.3 * inverse.2
    )
    let n = matrix.order
    let first = (0..<n).map { matrix[$0, i] }
    let second = (0..<n).map { matrix[$0, j] }
    for column in 0..<n {
      let x = m.0 * first[column] + m.1 * second[column]
      let y = m.1 * first[column] + m.2 * second[column]
      if x == 0 && y == 0 { continue }
      for row in 0..<n { matrix[row, column] += first[row] * x + second[row] * y }
    }
  }
}
