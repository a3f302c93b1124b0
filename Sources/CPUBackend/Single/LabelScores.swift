import ExponentialFamilies

/// What the score of a label is, in the coordinates of all rows and in its own.
struct LabelScores {
  private(set) var constant = 0.0
  /// One number for each feature.
  private(set) var weights: [Double]
  /// The sum of the magnitudes of what is added up at the label's centre: rounding moves the score by a part of it.
  private(set) var magnitude = 0.0
  /// The label's own coordinates z, in which a score that is one quadratic form is `top` − ‖z‖² / 2.
  ///
  /// Nil where the score has no largest value; not to be asked for where there are several quadratic forms.
  private(set) var frame: AffineFrame?
  private(set) var top = 0.0

  /// A label without a score.
  init(weights: [Double]) { self.weights = weights }

  /// Puts a label's weights into the coordinates of each quadratic form.
  ///
  /// - Parameter magnitudes: Those of the plain features.
  init(_ weights: [Double], constant: Double, _ form: SingleForm, _ frames: [AffineFrame], magnitudes: [Double]) {
    (self.weights, self.constant) = (weights, constant)
    for (quadratic, frame) in zip(form.quadratics, frames) {
      let (constant, linear, products) = frame.weights(
        Array(weights[quadratic.values]), Array(weights[quadratic.products]))
      self.weights.replaceSubrange(quadratic.values, with: linear)
      self.weights.replaceSubrange(quadratic.products, with: products)
      self.constant += constant
      let own = Self.coordinates(linear, products, isDiagonal: quadratic.isDiagonal)
      (self.frame, top) = (own?.frame, self.constant + (own?.top ?? 0))
      magnitude += Self.magnitude(linear, products, own: own?.frame, isDiagonal: quadratic.isDiagonal)
    }
    for (i, f) in form.plain.joined().enumerated() { magnitude += abs(weights[f]) * magnitudes[i] }
  }

  /// How many of its deviations the label's centre lies from that of all rows: what cancels in z, twice, since the score
  /// is the square; infinite where it has no centre.
  var distance: Double {
    guard let frame else { return .infinity }
    return (0..<frame.dimension).reduce(0) { largest, i in
      let deviation = frame.isDiagonal ? frame.basis[i] : frame.basis[i * frame.dimension + i]
      return max(largest, 2 * abs(frame.shift[i]) / abs(deviation))
    }
  }

  /// The coordinates z in which ⟨w, y⟩ + ⟨q, products of y⟩ is a largest value less ‖z‖² / 2; nil where there are none.
  private static func coordinates(
    _ w: [Double], _ q: [Double], isDiagonal: Bool
  ) -> (frame: AffineFrame, top: Double)? {
    let n = w.count
    if isDiagonal {
      guard q.allSatisfy({ $0 < 0 }) else { return nil }
      let center = zip(w, q).map { -0.5 * $0 / $1 }
      return (
        AffineFrame(shift: center, basis: q.map { 1 / (-2 * $0).squareRoot() }, isDiagonal: true),
        0.5 * zip(w, center).reduce(0) { $0 + $1.0 * $1.1 }
      )
    }
    guard let factor = SymmetricMatrix(order: n, natural: q, times: -2).cholesky() else { return nil }
    let center = factor.solve(w)
    // P = L Lᵀ and z = Lᵀ (y − centre): B is the inverse of Lᵀ, an upper triangle.
    var basis = [Double](repeating: 0, count: n * n)
    for j in 0..<n {
      let column = factor.backward((0..<n).map { $0 == j ? 1 : 0 })
      for i in 0...j { basis[i * n + j] = column[i] }
    }
    return (
      AffineFrame(shift: center, basis: basis, isDiagonal: false), 0.5 * zip(w, center).reduce(0) { $0 + $1.0 * $1.1 }
    )
  }

  private static func magnitude(_ w: [Double], _ q: [Double], own: AffineFrame?, isDiagonal: Bool) -> Double {
    // Without a centre, rows are as far out as three deviations of all of them.
    let reach = w.indices.map { i in
      own.map { abs($0.shift[i]) + abs(isDiagonal ? $0.basis[i] : $0.basis[i * w.count + i]) } ?? 3
    }
    var sum = zip(w, reach).reduce(0) { $0 + abs($1.0) * $1.1 }
    for i in w.indices {
      if isDiagonal {
        sum += abs(q[i]) * reach[i] * reach[i]
      } else {
        for j in 0...i { sum += abs(q[i * (i + 1) / 2 + j]) * reach[i] * reach[j] }
      }
    }
    return sum
  }
}
