import ExponentialFamilies
import SpecialFunctions

/// Forward and backward messages of a chain of labels, in logarithms.
///
/// Source: Rabiner, *A tutorial on hidden Markov models* (1989), section III.
/// - Parameters:
///   - rows: Natural parameters of each row, replaced by the probabilities of each label.
///   - cross: For each row, natural parameters from the row before to the row, row by row; replaced by the probabilities
///     of both labels, and by zeros in the first row.
/// - Returns: What each row adds to the log partition.
func solveLabels(_ rows: inout [[Double]], cross: inout [[Double]]) -> [Double] {
  let count = rows.first?.count ?? 0
  let labels = 0..<count
  // Forward messages, each normalised; their normalizers add up to the log partition.
  var forward: [[Double]] = []
  var normalizers: [Double] = []
  for (t, scores) in rows.enumerated() {
    let joint = labels.map { k in
      t == 0 ? scores[k] : scores[k] + logSumExp(labels.map { forward[t - 1][$0] + cross[t][$0 * count + k] }[...])
    }
    let total = logSumExp(joint[...])
    normalizers.append(total)
    forward.append(joint.map { $0 - total })
  }
  var backward = [Double](repeating: 0, count: count)
  for t in rows.indices.reversed() {
    let scores = rows[t]
    rows[t] = labels.map { _exp(forward[t][$0] + backward[$0]) }
    if t == 0 { break }
    let after = labels.map { scores[$0] + backward[$0] - normalizers[t] }
    backward = labels.map { j in logSumExp(labels.map { cross[t][j * count + $0] + after[$0] }[...]) }
    cross[t] = labels.flatMap { j in labels.map { _exp(forward[t - 1][j] + cross[t][j * count + $0] + after[$0]) } }
  }
  if !rows.isEmpty { cross[0] = [Double](repeating: 0, count: count * count) }
  return normalizers
}

/// Smoothing of a chain of real vectors, in natural parameters.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 13.3, with messages as linear and quadratic
/// forms.
/// - Parameters:
///   - rows: Natural parameters of each row, replaced by expected statistics.
///   - cross: For each row, natural parameters of xₜ₋₁ xₜᵀ, row by row; replaced by its expectation, and by zeros in the
///     first row.
/// - Returns: What each row adds to the log partition; NaN, as all else is, where it does not exist.
func solveVectors(_ rows: inout [[Double]], cross: inout [[Double]]) -> [Double] {
  let size = rows.first?.count ?? 0
  // size = D + D (D + 1) / 2.
  let d = (0...size).first { $0 + $0 * ($0 + 1) / 2 == size } ?? 0
  let shape = FamilyShape(dimension: d)
  let missing = [Double](repeating: .nan, count: rows.count)
  let improper = rows.map { row in row.map { _ in Double.nan } }
  let unknown = cross.enumerated().map { t, matrix in matrix.map { _ in t == 0 ? 0 : Double.nan } }
  /// What integrating over a neighbour with some natural parameters leaves, as natural parameters of the other.
  func message(
    _ natural: [Double], across cross: [Double], transposed: Bool
  ) -> (natural: [Double], factor: Cholesky)? {
    guard let factor = SymmetricMatrix(order: d, natural: natural[d...], times: -2).cholesky() else { return nil }
    func column(_ j: Int) -> [Double] { (0..<d).map { transposed ? cross[j * d + $0] : cross[$0 * d + j] } }
    let halves = (0..<d).map { factor.forward(column($0)) }
    let half = factor.forward(Array(natural[..<d]))
    let linear = halves.map { dot($0, half) }
    let quadratic = (0..<d).flatMap { i in (0...i).map { j in (i == j ? 0.5 : 1) * dot(halves[i], halves[j]) } }
    return (linear + quadratic, factor)
  }
  func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
  var before: [[Double]] = []
  var factors: [Cholesky] = []
  var normalizers: [Double] = []
  var incoming = [Double](repeating: 0, count: size)
  let none = [Double](repeating: 0, count: d * d)
  for (t, row) in rows.enumerated() {
    let joint = add(row, incoming)
    let ahead = t + 1 < rows.count ? cross[t + 1] : none
    guard let (next, factor) = message(joint, across: ahead, transposed: false) else {
      (rows, cross) = (improper, unknown)
      return missing
    }
    before.append(joint)
    factors.append(factor)
    normalizers.append(MultivariateNormal.logPartition(joint, shape))
    incoming = next
  }
  var after = [Double](repeating: 0, count: size)
  var means: [[Double]] = []
  for t in rows.indices.reversed() {
    means.append(MultivariateNormal.meanStatistics(add(before[t], after), shape))
    guard let (next, _) = message(add(rows[t], after), across: t > 0 ? cross[t] : none, transposed: true) else {
      (rows, cross) = (improper, unknown)
      return missing
    }
    after = next
  }
  means.reverse()
  for t in rows.indices.dropFirst() {
    let covariance = SymmetricMatrix(
      order: d, packed: zip(means[t][d...], SymmetricMatrix(outer: Array(means[t][..<d])).packed).map { $0 - $1 })
    var pairs = none
    for b in 0..<d {
      // Cov(x′, x) = A⁻¹ C Var(x), where A is the precision of the row before given everything before.
      let column = (0..<d).map { i in (0..<d).reduce(0) { $0 + cross[t][i * d + $1] * covariance[$1, b] } }
      for (a, value) in factors[t - 1].solve(column).enumerated() {
        pairs[a * d + b] = value + means[t - 1][a] * means[t][b]
      }
    }
    cross[t] = pairs
  }
  if !rows.isEmpty { cross[0] = none }
  rows = means
  return normalizers
}
