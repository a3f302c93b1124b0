/// A symmetric matrix of small order, with the factorisations that families need.
///
/// Stored as its lower triangle row by row, as ``Statistic/Form/symmetric(_:)`` says.
public struct SymmetricMatrix: Hashable, Sendable {
  /// Number of rows.
  public let order: Int
  /// The lower triangle, row by row.
  public var packed: [Double]

  /// Wraps a lower triangle.
  public init(order: Int, packed: [Double]) {
    precondition(packed.count == order * (order + 1) / 2, "\(packed.count) numbers for order \(order)")
    self.order = order
    self.packed = packed
  }

  /// A diagonal matrix.
  public init(diagonal: [Double]) {
    self.init(order: diagonal.count, packed: Array(repeating: 0, count: diagonal.count * (diagonal.count + 1) / 2))
    for i in 0..<order { packed[i * (i + 1) / 2 + i] = diagonal[i] }
  }

  /// The outer product x xᵀ, times a factor.
  public init(outer x: [Double], times factor: Double = 1) {
    var packed: [Double] = []
    packed.reserveCapacity(x.count * (x.count + 1) / 2)
    for i in 0..<x.count { for j in 0...i { packed.append(factor * x[i] * x[j]) } }
    self.init(order: x.count, packed: packed)
  }

  /// The symmetric matrix whose natural parameters are given: off-diagonal ones count twice.
  public init(order: Int, natural: some Sequence<Double>, times factor: Double = 1) {
    self.init(order: order, packed: natural.map { $0 * factor })
    for i in 0..<order { for j in 0..<i { packed[i * (i + 1) / 2 + j] *= 0.5 } }
  }

  /// The lower triangle with off-diagonal elements doubled: the natural parameters of a symmetric statistic.
  public func natural(times factor: Double = 1) -> [Double] {
    var result = packed.map { $0 * factor }
    for i in 0..<order { for j in 0..<i { result[i * (i + 1) / 2 + j] *= 2 } }
    return result
  }

  /// Element (i, j).
  public subscript(i: Int, j: Int) -> Double {
    get { i >= j ? packed[i * (i + 1) / 2 + j] : packed[j * (j + 1) / 2 + i] }
    set { packed[i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i] = newValue }
  }

  /// The diagonal.
  public var diagonal: [Double] { (0..<order).map { packed[$0 * ($0 + 1) / 2 + $0] } }

  /// Elementwise sum.
  public static func + (a: SymmetricMatrix, b: SymmetricMatrix) -> SymmetricMatrix {
    SymmetricMatrix(order: a.order, packed: zip(a.packed, b.packed).map { $0 + $1 })
  }

  /// Every element times a factor.
  public static func * (factor: Double, a: SymmetricMatrix) -> SymmetricMatrix {
    SymmetricMatrix(order: a.order, packed: a.packed.map { $0 * factor })
  }

  /// The product with a vector.
  public func times(_ x: [Double]) -> [Double] {
    (0..<order).map { i in
      var sum = 0.0
      for j in 0..<order { sum += self[i, j] * x[j] }
      return sum
    }
  }

  /// The Cholesky factor L with L Lᵀ = this matrix, or nil where the matrix is not positive definite.
  public func cholesky() -> Cholesky? { Cholesky(self) }
}

/// The Cholesky factor of a positive definite matrix: a lower triangle L with L Lᵀ = A.
///
/// Rows are stored as in ``SymmetricMatrix``; the factorisation is exact under scaling of rows and columns by powers of
/// two, so deviations of very different sizes do no harm.
public struct Cholesky: Hashable, Sendable {
  /// Number of rows.
  public let order: Int
  /// The lower triangle of L, row by row.
  public let packed: [Double]

  /// Factorises a matrix; nil where a pivot is not positive.
  public init?(_ matrix: SymmetricMatrix) {
    order = matrix.order
    var l = matrix.packed
    var definite = true
    let n = matrix.order
    l.withUnsafeMutableBufferPointer { l in
      for i in 0..<n {
        let ri = i * (i + 1) / 2
        for j in 0...i {
          let rj = j * (j + 1) / 2
          var sum = l[ri + j]
          for k in 0..<j { sum -= l[ri + k] * l[rj + k] }
          if i == j {
            // A pivot that is lost in rounding is no pivot.
            guard sum > 0, sum.isFinite else {
              definite = false
              return
            }
            l[ri + i] = sum.squareRoot()
          } else {
            l[ri + j] = sum / l[rj + j]
          }
        }
      }
    }
    guard definite else { return nil }
    packed = l
  }

  /// log|A|.
  public var logDeterminant: Double {
    var sum = 0.0
    for i in 0..<order { sum += _log(packed[i * (i + 1) / 2 + i]) }
    return 2 * sum
  }

  /// Solves L y = b.
  public func forward(_ b: [Double]) -> [Double] {
    var y = b
    for i in 0..<order {
      let r = i * (i + 1) / 2
      for k in 0..<i { y[i] -= packed[r + k] * y[k] }
      y[i] /= packed[r + i]
    }
    return y
  }

  /// Solves Lᵀ x = y.
  public func backward(_ y: [Double]) -> [Double] {
    var x = y
    for i in stride(from: order - 1, through: 0, by: -1) {
      let r = i * (i + 1) / 2
      x[i] /= packed[r + i]
      for k in 0..<i { x[k] -= packed[r + k] * x[i] }
    }
    return x
  }

  /// Solves A x = b.
  public func solve(_ b: [Double]) -> [Double] { backward(forward(b)) }

  /// L x.
  public func times(_ x: [Double]) -> [Double] {
    (0..<order).map { i in
      var sum = 0.0
      for j in 0...i { sum += packed[i * (i + 1) / 2 + j] * x[j] }
      return sum
    }
  }

  /// The inverse A⁻¹.
  public func inverse() -> SymmetricMatrix {
    let n = order
    // M = L⁻¹, column by column; then A⁻¹ = Mᵀ M.
    var m = [Double](repeating: 0, count: packed.count)
    for j in 0..<n {
      for i in j..<n {
        let r = i * (i + 1) / 2
        var sum = i == j ? 1.0 : 0.0
        for k in j..<i { sum -= packed[r + k] * m[k * (k + 1) / 2 + j] }
        m[r + j] = sum / packed[r + i]
      }
    }
    var inverse = SymmetricMatrix(order: n, packed: [Double](repeating: 0, count: packed.count))
    for k in 0..<n {
      let r = k * (k + 1) / 2
      for i in 0...k {
        let t = i * (i + 1) / 2
        for j in 0...i { inverse.packed[t + j] += m[r + i] * m[r + j] }
      }
    }
    return inverse
  }
}
