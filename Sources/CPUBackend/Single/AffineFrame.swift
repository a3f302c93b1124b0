import COpenBLAS
import ExponentialFamilies

/// Coordinates in which data are of order one and nearly uncorrelated: x = shift + B y.
///
/// Floats have seven digits. A column far from its centre, narrow beside another, or almost a multiple of another would
/// spend them on what all rows share. Values are put into these coordinates in double precision, and then rounded; it is
/// the weights that are transformed, and the sums over rows are transformed back in double precision.
struct AffineFrame {
  let dimension: Int
  let isDiagonal: Bool
  let shift: [Double]
  /// B: a diagonal, or a matrix row by row.
  let basis: [Double]

  init(shift: [Double], basis: [Double], isDiagonal: Bool) {
    (dimension, self.shift, self.basis, self.isDiagonal) = (shift.count, shift, basis, isDiagonal)
  }

  /// The coordinates that give some rows mean 0 and covariance 1.
  ///
  /// A column without spread keeps its scale; correlations are taken down by 1e-10, so that columns that are multiples of
  /// one another have coordinates too. Where rows are too few to tell correlations, they count as 0.
  init(rows values: [Double], dimension: Int, isDiagonal: Bool) {
    let count = dimension == 0 ? 0 : values.count / dimension
    var shift = [Double](repeating: 0, count: dimension)
    var scale = [Double](repeating: 1, count: dimension)
    for j in 0..<dimension where count > 0 {
      let column = (0..<count).map { values[$0 * dimension + j] }
      let mean = column.reduce(0) { $0 + $1 / Double(count) }
      let largest = column.reduce(0) { max($0, abs($1 - mean)) }
      guard mean.isFinite, largest.isFinite, largest > 0 else { continue }
      (shift[j], scale[j]) = (mean, largest)
    }
    var covariance = SymmetricMatrix(diagonal: [Double](repeating: 0, count: dimension))
    for row in 0..<count {
      let z = (0..<dimension).map { (values[row * dimension + $0] - shift[$0]) / scale[$0] }
      for i in 0..<dimension {
        for j in isDiagonal || count <= 2 * dimension ? i...i : 0...i {
          covariance.packed[i * (i + 1) / 2 + j] += z[i] * z[j] / Double(count)
        }
      }
    }
    for i in 0..<dimension {
      covariance[i, i] = covariance[i, i] > 0 && covariance[i, i].isFinite ? covariance[i, i] * (1 + 1e-10) : 1
    }
    let deviations = zip(scale, covariance.diagonal).map { $0 * $1.squareRoot() }
    if isDiagonal {
      self.init(shift: shift, basis: deviations, isDiagonal: true)
      return
    }
    var basis = [Double](repeating: 0, count: dimension * dimension)
    let factor = covariance.cholesky()
    for i in 0..<dimension {
      for j in 0...i {
        if let factor {
          basis[i * dimension + j] = scale[i] * factor.packed[i * (i + 1) / 2 + j]
        } else if i == j {
          basis[i * dimension + i] = deviations[i]
        }
      }
    }
    self.init(shift: shift, basis: basis, isDiagonal: false)
  }

  /// B⁻¹ as a diagonal or a packed lower triangle, and B⁻¹ shift; B is a lower triangle.
  var inverse: (basis: [Double], shift: [Double]) {
    if isDiagonal { return (basis.map { 1 / $0 }, zip(shift, basis).map { $0 / $1 }) }
    let n = dimension
    var inverse = [Double](repeating: 0, count: n * (n + 1) / 2)
    for j in 0..<n {
      for i in j..<n {
        var sum = i == j ? 1.0 : 0.0
        for k in j..<i { sum -= basis[i * n + k] * inverse[k * (k + 1) / 2 + j] }
        inverse[i * (i + 1) / 2 + j] = sum / basis[i * n + i]
      }
    }
    var origin = [Double](repeating: 0, count: n)
    for i in 0..<n { for j in 0...i { origin[i] += inverse[i * (i + 1) / 2 + j] * shift[j] } }
    return (inverse, origin)
  }

  /// The natural parameters ⟨w, x⟩ + ⟨q, products of x⟩ as functions of y: what is constant, w′ and q′.
  ///
  /// Off-diagonal elements of `q` count both halves, or it has a diagonal only.
  func weights(_ w: [Double], _ q: [Double]) -> (constant: Double, linear: [Double], quadratic: [Double]) {
    let n = dimension
    if isDiagonal {
      var constant = 0.0
      for i in 0..<n { constant += shift[i] * (w[i] + q[i] * shift[i]) }
      let linear = (0..<n).map { i -> Double in basis[i] * (w[i] + 2 * q[i] * shift[i]) }
      return (constant, linear, (0..<n).map { i -> Double in basis[i] * q[i] * basis[i] })
    }
    let matrix = SymmetricMatrix(order: n, natural: q)
    let product = matrix.times(shift)
    var constant = 0.0
    var linear = [Double](repeating: 0, count: n)
    for i in 0..<n {
      constant += shift[i] * (w[i] + product[i])
      let gradient = w[i] + 2 * product[i]
      for j in 0..<n { linear[j] += basis[i * n + j] * gradient }
    }
    // Bᵀ Q B.
    let quadratic = Self.congruent(Self.dense(matrix), basis, n, transposed: true)
    return (constant, linear, Self.packed(quadratic, n).natural())
  }

  /// Sums over rows of weights, y, and products of y, into those of x.
  func sums(count: Double, _ first: [Double], _ second: [Double]) -> (first: [Double], second: [Double]) {
    let n = dimension
    if isDiagonal {
      let linear = zip(basis, first).map { $0 * $1 }
      let squares = (0..<n).map { i -> Double in
        let square = basis[i] * second[i] * basis[i]
        return shift[i] * (count * shift[i] + 2 * linear[i]) + square
      }
      return (zip(shift, linear).map { count * $0 + $1 }, squares)
    }
    var linear = [Double](repeating: 0, count: n)
    for i in 0..<n { for j in 0..<n { linear[i] += basis[i * n + j] * first[j] } }
    // B S Bᵀ.
    let matrix = Self.dense(SymmetricMatrix(order: n, packed: second))
    var products = Self.packed(Self.congruent(matrix, basis, n, transposed: false), n)
    for i in 0..<n {
      for j in 0...i {
        products.packed[i * (i + 1) / 2 + j] +=
          count * shift[i] * shift[j] + shift[i] * linear[j] + linear[i] * shift[j]
      }
    }
    return (zip(shift, linear).map { count * $0 + $1 }, products.packed)
  }

  /// These coordinates followed by others of the same dimension: x = shift + B (other.shift + other.B z).
  func followed(by other: AffineFrame) -> AffineFrame {
    let n = dimension
    if isDiagonal {
      return AffineFrame(
        shift: (0..<n).map { shift[$0] + basis[$0] * other.shift[$0] },
        basis: (0..<n).map { basis[$0] * other.basis[$0] }, isDiagonal: true)
    }
    var moved = shift
    for i in 0..<n { for j in 0..<n { moved[i] += basis[i * n + j] * other.shift[j] } }
    return AffineFrame(shift: moved, basis: Self.product(basis, "N", other.basis, "N", n), isDiagonal: false)
  }

  // MARK: Matrices, row by row

  private static func dense(_ matrix: SymmetricMatrix) -> [Double] {
    let n = matrix.order
    var dense = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        let value = matrix.packed[i * (i + 1) / 2 + j]
        (dense[i * n + j], dense[j * n + i]) = (value, value)
      }
    }
    return dense
  }

  private static func packed(_ dense: [Double], _ n: Int) -> SymmetricMatrix {
    var packed: [Double] = []
    packed.reserveCapacity(n * (n + 1) / 2)
    for i in 0..<n { packed += dense[i * n...i * n + i] }
    return SymmetricMatrix(order: n, packed: packed)
  }

  /// Bᵀ M B, or B M Bᵀ.
  private static func congruent(_ m: [Double], _ b: [Double], _ n: Int, transposed: Bool) -> [Double] {
    transposed
      ? product(b, "T", product(m, "N", b, "N", n), "N", n) : product(b, "N", product(m, "N", b, "T", n), "N", n)
  }

  /// The product of two matrices, either of them transposed.
  private static func product(_ a: [Double], _ ta: String, _ b: [Double], _ tb: String, _ n: Int) -> [Double] {
    var result = [Double](repeating: 0, count: n * n)
    var (order, one, zero) = (Int32(n), 1.0, 0.0)
    // Fortran reads rows as columns: (A B)ᵀ = Bᵀ Aᵀ.
    if n > 0 { dgemm_(tb, ta, &order, &order, &order, &one, b, &order, a, &order, &zero, &result, &order) }
    return result
  }
}
