import ExponentialFamilies
import PlanIR

/// What the bound is in another basis of a latent space, up to what does not depend on it.
///
/// In the basis R the rows' vectors and the global ones are distributed as their images are; the rows of a matrix A of the space,
/// which become those of R A R⁻¹, are made independent of one another again by taking each by itself, which leaves all expected
/// terms what they are and adds to the entropy. Scales are at their optimum: what depends on one adds up to its log partition.
struct BasisObjective {
  /// A matrix of the space: means of its rows, and their covariances.
  struct Matrix {
    let means: SquareMatrix
    let covariances: [SquareMatrix]

    /// Σ over rows a of E[a aᵀ].
    var secondMoments: SquareMatrix { covariances.reduce(means.transposed * means, +) }
  }

  /// A variable that scales, with the natural parameters that it would be set to in the present basis.
  private struct Scale {
    let variable: Plan.GlobalVariable
    let position: Int
    let target: [Double]
  }

  private struct Form {
    let moments: SquareMatrix
    let side: LatentBasis.Side
    let weights: LatentBasis.Weights
  }

  /// The bound in a basis, its gradient in E where the basis is (1 + E)R, and about how it is curved.
  struct Value {
    var bound = 0.0
    var gradient: SquareMatrix
    /// −∂²/∂E(i, j)².
    var curvature: SquareMatrix
    /// −∂²/∂E(i, j)∂E(j, i).
    var crossCurvature: SquareMatrix
    /// The natural parameters of the scales, by position among the global variables.
    var scales: [(position: Int, natural: [Double])] = []
  }

  let basis: LatentBasis
  private let forms: [Form]
  private let priors: [Form]
  private let scales: [Scale]
  /// The matrices, by their place among the space's variables.
  let matrices: [Int: Matrix]
  /// How many vectors there are more than covectors, but for matrices: what log|det R| counts in the entropy.
  private let excess: Double

  /// Reads an engine's expectations and sums over rows, which belong to one basis.
  init?(_ basis: LatentBasis, _ engine: Engine) {
    self.basis = basis
    let k = basis.dimension
    // The optimum of a scale is one more step of coordinate ascent.
    for position in basis.scales { engine.update(position) }
    engine.executor.run(basis.moments, on: &engine.memory, rate: 1)
    scales = basis.scales.map { position in
      let variable = engine.plan.globals[position]
      return Scale(variable: variable, position: position, target: engine.memory[variable.natural])
    }
    forms = basis.forms.map { form in
      Form(
        moments: SquareMatrix(order: k, elements: engine.memory[form.moments]).symmetrized, side: form.side,
        weights: form.weights)
    }
    var excess = basis.rowCounts.reduce(0) { sum, count in
      sum + (count.side == .vector ? 1 : -1) * engine.memory[count.slot][count.offset]
    }
    var matrices: [Int: Matrix] = [:]
    for (place, variable) in basis.variables.enumerated() {
      guard variable.isMatrix else {
        excess += (variable.side == .vector ? 1 : -1) * Double(variable.members.count)
        continue
      }
      let global = engine.plan.globals[variable.position]
      let size = k + k * (k + 1) / 2
      var means: [[Double]] = []
      var covariances: [SquareMatrix] = []
      for member in variable.members {
        let natural = Array(engine.memory[global.natural][member * size..<(member + 1) * size])
        guard let factor = SymmetricMatrix(order: k, natural: natural[k...], times: -2).cholesky() else { return nil }
        means.append(factor.solve(Array(natural[..<k])))
        covariances.append(SquareMatrix(factor.inverse()))
      }
      matrices[place] = Matrix(means: SquareMatrix(rows: means), covariances: covariances)
    }
    self.matrices = matrices
    self.excess = excess
    priors = basis.matrixPriors.compactMap { prior in
      matrices[prior.variable].map { Form(moments: $0.secondMoments, side: .covector, weights: prior.weights) }
    }
    let numbers = forms.flatMap(\.moments.elements) + [excess] + scales.flatMap(\.target)
    guard numbers.allSatisfy(\.isFinite) else { return nil }
  }

  /// The image of a matrix where its space has a basis R: T A T⁻¹ with the T of its vectors.
  static func image(_ matrix: Matrix, by map: AffineMap, _ side: LatentBasis.Side) -> Matrix {
    // A covector's rows are those of a matrix that maps vectors.
    let (rows, columns) = maps(map, side)
    let images = matrix.covariances.map { $0.congruent(by: columns) }
    let k = matrix.means.order
    return Matrix(
      means: rows * matrix.means * columns.transposed,
      covariances: (0..<k).map { i in
        (0..<k).reduce(SquareMatrix(order: k, elements: [Double](repeating: 0, count: k * k))) { sum, p in
          sum + (rows[i, p] * rows[i, p]) * images[p]
        }
      })
  }

  /// How the order of a matrix's rows moves, and how their elements do.
  private static func maps(_ map: AffineMap, _ side: LatentBasis.Side) -> (rows: SquareMatrix, columns: SquareMatrix) {
    let (vector, covector) = (SquareMatrix(rows: map.matrix), SquareMatrix(rows: map.inverse).transposed)
    return side == .covector ? (vector, covector) : (covector, vector)
  }

  /// The bound in a basis; nil where that is none.
  func value(_ map: AffineMap) -> Value? {
    let k = basis.dimension
    let zero = SquareMatrix(order: k, elements: [Double](repeating: 0, count: k * k))
    var value = Value(gradient: zero, curvature: zero, crossCurvature: zero)
    let transforms: [LatentBasis.Side: SquareMatrix] = [
      .vector: SquareMatrix(rows: map.matrix), .covector: SquareMatrix(rows: map.inverse).transposed,
    ]
    // Second moments in the basis.
    let images = forms.map { $0.moments.congruent(by: transforms[$0.side] ?? zero) }
    var movedMatrices: [Int: Matrix] = [:]
    for (place, matrix) in matrices {
      movedMatrices[place] = Self.image(matrix, by: map, basis.variables[place].side)
    }
    let priorImages = basis.matrixPriors.map { movedMatrices[$0.variable]?.secondMoments ?? zero }
    // Scales at their optimum.
    var natural = scales.map(\.target)
    func follow(_ weights: LatentBasis.Weights, from start: SquareMatrix, to image: SquareMatrix) {
      guard let scale = weights.scale, let s = scales.firstIndex(where: { $0.position == scale.position }) else {
        return
      }
      for (i, address) in scale.addresses.enumerated() where weights.numbers[i] != 0 {
        natural[s][address] += weights.numbers[i] * (image.elements[i] - start.elements[i])
      }
    }
    for (form, image) in zip(forms, images) { follow(form.weights, from: form.moments, to: image) }
    for (prior, image) in zip(priors, priorImages) { follow(prior.weights, from: prior.moments, to: image) }
    var means: [[Double]] = []
    for (scale, natural) in zip(scales, natural) {
      let size = natural.count / max(scale.variable.members, 1)
      var mean: [Double] = []
      for first in stride(from: 0, to: natural.count, by: max(size, 1)) {
        let member = Array(natural[first..<first + size])
        guard scale.variable.family.type.isProper(member, scale.variable.shape) else { return nil }
        value.bound += scale.variable.family.type.logPartition(member, scale.variable.shape)
        mean += scale.variable.family.type.meanStatistics(member, scale.variable.shape)
      }
      means.append(mean)
      value.scales.append((scale.position, natural))
    }
    func weights(_ form: Form) -> SquareMatrix {
      var weights = SquareMatrix(order: k, elements: form.weights.numbers)
      if let scale = form.weights.scale, let s = scales.firstIndex(where: { $0.position == scale.position }) {
        for (i, address) in scale.addresses.enumerated() { weights.elements[i] *= means[s][address] }
      }
      return weights.symmetrized
    }
    for (form, image) in zip(forms, images) {
      let weights = weights(form)
      if form.weights.scale == nil { value.bound += weights.inner(image) }
      value.slope(weights, image, form.side)
      value.curve(weights, image, form.side)
    }
    for (place, moved) in movedMatrices.sorted(by: { $0.key < $1.key }) {
      let side = basis.variables[place].side
      let (rows, columns) = Self.maps(map, side)
      let still = matrices[place]?.covariances.map { $0.congruent(by: columns) } ?? []
      var gradient = zero
      // What E does to the covariances of rows through the order of the rows.
      func mixing(_ traces: (Int, Int) -> Double) {
        for i in 0..<k {
          for l in 0..<k { for p in 0..<k { gradient[i, l] += rows[i, p] * rows[l, p] * traces(i, p) } }
        }
      }
      for (n, prior) in basis.matrixPriors.enumerated() where prior.variable == place {
        let weights = weights(priors[n])
        if priors[n].weights.scale == nil { value.bound += weights.inner(priorImages[n]) }
        gradient = gradient + 2 * (moved.means * weights * moved.means.transposed) + -2 * (priorImages[n] * weights)
        let traces = still.map { 2 * weights.inner($0) }
        value.curve(weights, priorImages[n], side)
        value.curve(
          SquareMatrix(identity: k), moved.means * weights * moved.means.transposed,
          side == .covector ? .vector : .covector)
        mixing { traces[$1] }
      }
      var inverses: [SquareMatrix] = []
      for covariance in moved.covariances {
        guard let factor = covariance.symmetric.cholesky() else { return nil }
        value.bound += 0.5 * factor.logDeterminant
        inverses.append(SquareMatrix(factor.inverse()))
      }
      mixing { inverses[$0].inner(still[$1]) }
      for i in 0..<k { gradient[i, i] -= Double(k) }
      for i in 0..<k { for j in 0..<k { value.crossCurvature[i, j] += side == .covector ? -Double(k) : Double(k) } }
      // The gradient is that of the map of the rows' order: for vectors of the other side that of the inverse, transposed.
      value.gradient = value.gradient + (side == .covector ? gradient : -1 * gradient.transposed)
    }
    value.bound += excess * map.logDeterminant
    for i in 0..<k {
      value.gradient[i, i] += excess
      for j in 0..<k { value.crossCurvature[i, j] += excess }
    }
    return value.bound.isFinite ? value : nil
  }
}

extension BasisObjective.Value {
  /// Adds the gradient of ⟨weights, T G Tᵀ⟩, where `image` is T G Tᵀ and T is (1 + E) R or its inverse, transposed.
  fileprivate mutating func slope(_ weights: SquareMatrix, _ image: SquareMatrix, _ side: LatentBasis.Side) {
    gradient = gradient + (side == .vector ? 2 * (weights * image) : -2 * (image * weights))
  }

  /// Adds how ⟨weights, T G Tᵀ⟩ is curved, as if weights and moments were diagonal.
  fileprivate mutating func curve(_ weights: SquareMatrix, _ image: SquareMatrix, _ side: LatentBasis.Side) {
    let k = weights.order
    for i in 0..<k {
      for j in 0..<k {
        switch side {
        case .vector: curvature[i, j] -= 2 * weights[i, i] * image[j, j]
        case .covector:
          curvature[i, j] -= 2 * weights[j, j] * image[i, i]
          crossCurvature[i, j] -= 2 * (weights[i, i] * image[i, i] + weights[j, j] * image[j, j])
        }
      }
    }
  }
}
