/// The derivative of a vector function of one number at 0, with an estimate of its error for each component.
///
/// Central differences with halved steps, extrapolated by Richardson's scheme to order 2·levels. Of all entries of the
/// scheme, the one whose neighbours agree best is taken, as Ridders (*Advances in Engineering Software* 4, 1982) does;
/// their distance, and the rounding error of the difference quotient, estimate the error.
///
/// - Parameter noise: The rounding error of each component of the function.
func derivative(
  step: Double, noise: [Double], levels: Int = 9, of function: (Double) -> [Double]
) -> (values: [Double], errors: [Double]) {
  var h = step
  var previous: [[Double]] = []
  var values: [Double] = []
  var errors: [Double] = []
  for level in 0..<levels {
    let (above, below) = (function(h), function(-h))
    let count = above.count
    var row = [zip(above, below).map { ($0 - $1) / (2 * h) }]
    if level == 0 {
      values = row[0]
      errors = [Double](repeating: .infinity, count: count)
    }
    var weight = 4.0
    for j in 0..<level {
      row.append((0..<count).map { (row[j][$0] * weight - previous[j][$0]) / (weight - 1) })
      weight *= 4
      for i in 0..<count {
        let rounding = (noise[i] + max(abs(above[i]), abs(below[i])).ulp) / h
        let estimate = max(abs(row[j + 1][i] - row[j][i]), abs(row[j + 1][i] - previous[j][i])) + rounding
        if estimate < errors[i] { (values[i], errors[i]) = (row[j + 1][i], estimate) }
      }
    }
    previous = row
    h /= 2
  }
  return (values, errors)
}

/// Eigenvalues and eigenvectors (rows) of a small symmetric matrix, by Jacobi's rotations.
func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
  let n = matrix.count
  var a = matrix
  var v = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
  for _ in 0..<50 {
    var offDiagonal = 0.0
    for i in 0..<n { for j in 0..<i { offDiagonal += a[i][j] * a[i][j] } }
    if offDiagonal < 1e-30 { break }
    for p in 0..<n {
      for q in (p + 1)..<max(n, p + 1) where a[p][q] != 0 {
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<n { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
        for k in 0..<n { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
        for k in 0..<n { (v[p][k], v[q][k]) = (c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k]) }
      }
    }
  }
  return ((0..<n).map { a[$0][$0] }, v)
}
