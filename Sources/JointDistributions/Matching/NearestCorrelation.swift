#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The correlation matrix nearest to a symmetric one in a weighted Frobenius norm, Σ wᵢ²wⱼ²(xᵢⱼ − gᵢⱼ)², with no
/// eigenvalue below a floor.
///
/// A generalized Newton method on the dual problem: with diagonal weights the problem is that of WGW with the diagonal
/// w². The dual gradient is the diagonal of a projection, and each step solves its semismooth system by conjugate
/// gradients.
/// Source: Qi & Sun, "A quadratically convergent Newton method for computing the nearest correlation matrix", *SIAM
/// Journal on Matrix Analysis and Applications* 28 (2006).
struct NearestCorrelation {
  /// Eigenvalues of the result are at least about this.
  static let floor = 1e-8

  let matrix: DenseMatrix

  init(to given: DenseMatrix, weights: [Double]) {
    let n = given.order
    let floor = Self.floor
    // X = WYW⁻¹ … : Y is nearest to WGW among semidefinite matrices with the diagonal w², less the floor.
    let target = weights.map { $0 * $0 * (1 - floor) }
    var scaled = given
    for j in 0..<n { for i in 0..<n { scaled[i, j] = weights[i] * weights[j] * (i == j ? 1 - floor : given[i, j]) } }
    var dual = [Double](repeating: 0, count: n)
    var state = Projection(scaled, dual)
    let size = target.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for _ in 0..<100 {
      let gradient = (0..<n).map { target[$0] - state.diagonal[$0] }
      let norm = Self.norm(gradient)
      if norm <= 1e-12 * size { break }
      let direction = Self.conjugateGradients(state, gradient, tolerance: min(0.01, norm))
      // Armijo's rule on the dual objective.
      let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      var length = 1.0
      var next = state
      var point = dual
      for _ in 0..<30 {
        point = zip(dual, direction).map { $0 + length * $1 }
        next = Projection(scaled, point)
        let change = zip(target, direction).reduce(0) { $0 + $1.0 * $1.1 } * length - (next.objective - state.objective)
        if change >= 1e-4 * length * slope - 1e-12 * state.objective.magnitude { break }
        length /= 2
      }
      dual = point
      state = next
    }
    var result = state.positivePart
    // The diagonal is off by the tolerance at most; it is made exact by a congruence, which keeps the matrix definite.
    let scale = (0..<n).map { 1 / result[$0, $0].squareRoot() }
    for j in 0..<n {
      for i in 0..<n { result[i, j] = i == j ? 1 : (1 - floor) * result[i, j] * scale[i] * scale[j] }
    }
    for j in 0..<n { for i in 0..<j { result[i, j] = result[j, i] } }
    matrix = result
  }

  private static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// The eigensystem of G + Diag(y) and what follows from it.
  private struct Projection {
    let values: [Double]
    let vectors: DenseMatrix
    let diagonal: [Double]
    /// ½‖(G + Diag y)₊‖².
    let objective: Double

    init(_ matrix: DenseMatrix, _ dual: [Double]) {
      var shifted = matrix
      for i in 0..<matrix.order { shifted[i, i] += dual[i] }
      (values, vectors) = shifted.eigensystem()
      var diagonal = [Double](repeating: 0, count: matrix.order)
      for (k, value) in values.enumerated() where value > 0 {
        for i in 0..<matrix.order { diagonal[i] += value * vectors[i, k] * vectors[i, k] }
      }
      self.diagonal = diagonal
      objective = 0.5 * values.reduce(0) { $1 > 0 ? $0 + $1 * $1 : $0 }
    }

    var positivePart: DenseMatrix {
      var scaled = vectors
      for k in 0..<vectors.order { for i in 0..<vectors.order { scaled[i, k] *= max(values[k], 0) } }
      return scaled.multiplied(vectors, otherTransposed: true)
    }

    /// The generalized derivative of the diagonal applied to a change h of y: diag(V(Ω ∘ VᵀHV)Vᵀ).
    func derivative(_ h: [Double]) -> [Double] {
      let n = vectors.order
      var weighted = vectors
      for k in 0..<n { for i in 0..<n { weighted[i, k] *= h[i] } }
      var inner = vectors.multiplied(weighted, transposed: true)
      for k in 0..<n {
        for l in 0..<n {
          let (a, b) = (values[l], values[k])
          inner[l, k] *= a > 0 && b > 0 ? 1 : a <= 0 && b <= 0 ? 0 : max(a, b) / (a - b).magnitude
        }
      }
      let product = vectors.multiplied(inner)
      return (0..<n).map { i in (0..<n).reduce(1e-12 * h[i]) { $0 + product[i, $1] * vectors[i, $1] } }
    }
  }

  private static func conjugateGradients(_ state: Projection, _ b: [Double], tolerance: Double) -> [Double] {
    var x = [Double](repeating: 0, count: b.count)
    var (r, p) = (b, b)
    var square = b.reduce(0) { $0 + $1 * $1 }
    let goal = tolerance * square.squareRoot()
    for _ in 0..<200 {
      let image = state.derivative(p)
      let curvature = zip(p, image).reduce(0) { $0 + $1.0 * $1.1 }
      guard curvature > 0 else { break }
      let length = square / curvature
      for i in b.indices {
        x[i] += length * p[i]
        r[i] -= length * image[i]
      }
      let next = r.reduce(0) { $0 + $1 * $1 }
      if next.squareRoot() <= goal { break }
      for i in b.indices { p[i] = r[i] + next / square * p[i] }
      square = next
    }
    return x
  }
}
