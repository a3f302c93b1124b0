import ExponentialFamilies

/// A square matrix, row by row.
struct SquareMatrix: Equatable {
  let order: Int
  var elements: [Double]

  init(order: Int, elements: [Double]) {
    self.order = order
    self.elements = elements
  }

  init(identity order: Int) {
    self.init(order: order, elements: [Double](repeating: 0, count: order * order))
    for i in 0..<order { elements[i * order + i] = 1 }
  }

  init(_ matrix: SymmetricMatrix) {
    let n = matrix.order
    self.init(order: n, elements: (0..<n * n).map { matrix[$0 / n, $0 % n] })
  }

  init(rows: [[Double]]) { self.init(order: rows.count, elements: rows.flatMap { $0 }) }

  subscript(i: Int, j: Int) -> Double {
    get { elements[i * order + j] }
    set { elements[i * order + j] = newValue }
  }

  var rows: [[Double]] { (0..<order).map { Array(elements[$0 * order..<($0 + 1) * order]) } }

  var transposed: SquareMatrix {
    SquareMatrix(order: order, elements: (0..<order * order).map { elements[$0 % order * order + $0 / order] })
  }

  /// The mean of the matrix and its transpose.
  var symmetrized: SquareMatrix { 0.5 * (self + transposed) }

  /// The lower triangle of a matrix that is symmetric.
  var symmetric: SymmetricMatrix {
    SymmetricMatrix(order: order, packed: (0..<order).flatMap { i in (0...i).map { self[i, $0] } })
  }

  static func + (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    SquareMatrix(order: a.order, elements: zip(a.elements, b.elements).map { $0 + $1 })
  }

  static func * (factor: Double, a: SquareMatrix) -> SquareMatrix {
    SquareMatrix(order: a.order, elements: a.elements.map { factor * $0 })
  }

  static func * (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    let n = a.order
    var product = [Double](repeating: 0, count: n * n)
    product.withUnsafeMutableBufferPointer { product in
      a.elements.withUnsafeBufferPointer { a in
        b.elements.withUnsafeBufferPointer { b in
          for i in 0..<n {
            for k in 0..<n {
              let factor = a[i * n + k]
              for j in 0..<n { product[i * n + j] += factor * b[k * n + j] }
            }
          }
        }
      }
    }
    return SquareMatrix(order: n, elements: product)
  }

  /// T A Tᵀ.
  func congruent(by map: SquareMatrix) -> SquareMatrix { map * self * map.transposed }

  /// Elementwise product.
  func times(_ other: SquareMatrix) -> SquareMatrix {
    SquareMatrix(order: order, elements: zip(elements, other.elements).map { $0 * $1 })
  }

  /// The sum of the products of elements, ⟨A, B⟩.
  func inner(_ other: SquareMatrix) -> Double { dot(elements, other.elements) }
}
