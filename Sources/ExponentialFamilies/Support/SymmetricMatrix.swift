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
    l.withUnsafeMutableBufferPointer { buffer in
      guard let l = buffer.baseAddress else { return }
      for first in stride(from: 0, to: n, by: rowsAtOnce) {
        let rows = first..<min(first + rowsAtOnce, n)
        // Left of the block, several rows share what is read of the rows above, and no sum waits for another.
        if rows.count == rowsAtOnce {
          let (a, b, c, d) = (row(l, first), row(l, first + 1), row(l, first + 2), row(l, first + 3))
          for j in 0..<first {
            let above = row(l, j)
            var (x, y, z, w) = (a[j], b[j], c[j], d[j])
            for k in 0..<j {
              let factor = above[k]
              x -= a[k] * factor
              y -= b[k] * factor
              z -= c[k] * factor
              w -= d[k] * factor
            }
            (a[j], b[j], c[j], d[j]) = (x / above[j], y / above[j], z / above[j], w / above[j])
          }
        }
        for i in rows {
          let own = row(l, i)
          for j in (rows.count == rowsAtOnce ? first : 0)...i {
            let above = row(l, j)
            var sum = own[j]
            for k in 0..<j { sum -= own[k] * above[k] }
            if i > j {
              own[j] = sum / above[j]
              continue
            }
            // A pivot that is lost in rounding is no pivot.
            guard sum > 0, sum.isFinite else {
              definite = false
              return
            }
            own[i] = sum.squareRoot()
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
    var m = [Double](repeating: 0, count: packed.count)
    var inverse = [Double](repeating: 0, count: packed.count)
    packed.withUnsafeBufferPointer { l in
      m.withUnsafeMutableBufferPointer { m in
        inverse.withUnsafeMutableBufferPointer { inverse in
          if let l = l.baseAddress, let m = m.baseAddress, let inverse = inverse.baseAddress {
            invert(l, order: n, root: m, into: inverse)
          }
        }
      }
    }
    return SymmetricMatrix(order: n, packed: inverse)
  }
}

/// Rows of a triangle that are computed together.
private let rowsAtOnce = 4

/// A row of a packed lower triangle.
@inline(__always)
private func row(_ packed: UnsafeMutablePointer<Double>, _ i: Int) -> UnsafeMutablePointer<Double> {
  packed + i * (i + 1) / 2
}

/// The inverse of L Lᵀ.
///
/// M = L⁻¹ is found row by row, since L M is the identity; the inverse is Mᵀ M. Several rows share what is read of M.
///
/// - Parameters:
///   - l: L, a packed lower triangle.
///   - n: Number of rows.
///   - m: Zeros; becomes M.
///   - inverse: Zeros; becomes the inverse.
private func invert(
  _ l: UnsafePointer<Double>, order n: Int, root m: UnsafeMutablePointer<Double>,
  into inverse: UnsafeMutablePointer<Double>
) {
  for first in stride(from: 0, to: n, by: rowsAtOnce) {
    let rows = first..<min(first + rowsAtOnce, n)
    let isWhole = rows.count == rowsAtOnce
    if isWhole {
      for k in 0..<first {
        addMultiples(
          (-row(l, first)[k], -row(l, first + 1)[k], -row(l, first + 2)[k], -row(l, first + 3)[k]), of: row(m, k),
          count: k + 1, to: m, from: first)
      }
    }
    for i in rows {
      let (own, diagonal) = (row(m, i), row(l, i)[i])
      for k in (isWhole ? first : 0)..<i { addMultiple(-row(l, i)[k], of: row(m, k), count: k + 1, to: own) }
      for j in 0..<i { own[j] /= diagonal }
      own[i] = 1 / diagonal
    }
  }
  for first in stride(from: 0, to: n, by: rowsAtOnce) {
    let rows = first..<min(first + rowsAtOnce, n)
    let isWhole = rows.count == rowsAtOnce
    for k in first..<(isWhole ? first + rowsAtOnce - 1 : n) {
      let source = row(m, k)
      for i in rows where i <= k { addMultiple(source[i], of: source, count: i + 1, to: row(inverse, i)) }
    }
    if !isWhole { continue }
    for k in (first + rowsAtOnce - 1)..<n {
      let source = row(m, k)
      addMultiples(
        (source[first], source[first + 1], source[first + 2], source[first + 3]), of: source, count: first + 1,
        to: inverse, from: first)
      for i in rows {
        addMultiple(
          source[i], of: source + first + 1, count: i - first, to: row(inverse, i) + first + 1)
      }
    }
  }
}

@inline(__always)
private func row(_ packed: UnsafePointer<Double>, _ i: Int) -> UnsafePointer<Double> { packed + i * (i + 1) / 2 }

/// Adds a multiple of one row to another.
@inline(__always)
private func addMultiple(
  _ factor: Double, of source: UnsafePointer<Double>, count: Int, to target: UnsafeMutablePointer<Double>
) {
  for j in 0..<count { target[j] += factor * source[j] }
}

/// Adds multiples of one row to four rows of a packed lower triangle.
@inline(__always)
private func addMultiples(
  _ factors: (Double, Double, Double, Double), of source: UnsafePointer<Double>, count: Int,
  to packed: UnsafeMutablePointer<Double>, from first: Int
) {
  let (a, b, c, d) = (row(packed, first), row(packed, first + 1), row(packed, first + 2), row(packed, first + 3))
  for j in 0..<count {
    let x = source[j]
    a[j] += factors.0 * x
    b[j] += factors.1 * x
    c[j] += factors.2 * x
    d[j] += factors.3 * x
  }
}
