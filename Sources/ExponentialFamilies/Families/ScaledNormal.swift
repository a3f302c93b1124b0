import SpecialFunctions

/// A factor u > 0 and a vector x with u ~ Gamma(a, b) and x | u ~ N(m, (uΛ)⁻¹), of which elements of x may be known: what a row of a
/// `MultivariateNormal` with a factor is where some of its cells are missing.
///
/// Statistics u, log u, u x and u x xᵀ with natural parameters −(b + ½mᵀΛm), a − 1 + D/2, Λm and −Λ/2; besides x and x xᵀ, which nothing
/// multiplies and whose natural parameters are 0. A value is x: the factor is never seen.
///
/// With elements seen, the others are integrated out: those left of x are normal given u, of the mean m + … that does not depend on u,
/// and what u is known by are the elements that are seen.
///
/// Source: Liu & Rubin, *ML estimation of the t distribution using EM and its extensions* (1995), section 3.
package struct ScaledNormal: ExponentialFamily {
  package static let domain = ValueDomain.real

  package static func statistics(_ shape: FamilyShape) -> [Statistic] {
    let d = shape.dimension
    return [
      Statistic(.value, .vector(1)), Statistic(.logarithm, .vector(1)), Statistic(.scaledVector, .vector(d)),
      Statistic(.scaledOuterProduct, .symmetric(d)), Statistic(.vector, .vector(d)),
      Statistic(.outerProduct, .symmetric(d)),
    ]
  }

  /// The factor's gamma distribution once the unknown elements are integrated out, and what these are.
  private struct Form {
    /// The factor's shape and rate.
    let shape: Double, rate: Double
    /// Known elements, and the others' means.
    let mean: [Double]
    /// The covariance at factor 1: 0 for known elements.
    let covariance: [Double]
    /// What the unknown elements add to the log partition.
    let logVolume: Double

    /// nil where the unknown elements have no distribution.
    init?(_ natural: [Double], given value: [Double], _ familyShape: FamilyShape) {
      let d = familyShape.dimension
      let size = d * (d + 1) / 2
      let linear = Array(natural[2..<2 + d])
      let precision = SymmetricMatrix(order: d, natural: natural[(2 + d)..<(2 + d + size)], times: -2)
      let (known, unknown) = ((0..<d).filter { !value[$0].isNaN }, (0..<d).filter { value[$0].isNaN })
      var mean = value
      var covariance = [Double](repeating: 0, count: size)
      var (logVolume, gain) = (0.0, 0.0)
      for i in known {
        gain += linear[i] * value[i]
        for j in known { gain -= 0.5 * precision[i, j] * value[i] * value[j] }
      }
      if !unknown.isEmpty {
        let rest = unknown.map { i in known.reduce(linear[i]) { $0 - precision[i, $1] * value[$1] } }
        let packed = unknown.indices.flatMap { a in (0...a).map { precision[unknown[a], unknown[$0]] } }
        guard let cholesky = SymmetricMatrix(order: unknown.count, packed: packed).cholesky() else { return nil }
        let half = cholesky.forward(rest)
        gain += 0.5 * dot(half, half)
        logVolume = 0.5 * (Double(unknown.count) * logTwoPi - cholesky.logDeterminant)
        let (center, inverse) = (cholesky.solve(rest), cholesky.inverse())
        for (a, i) in unknown.enumerated() {
          mean[i] = center[a]
          for (b, j) in unknown.enumerated() where j <= i { covariance[i * (i + 1) / 2 + j] = inverse[a, b] }
        }
      }
      shape = natural[1] + 1 - 0.5 * Double(unknown.count)
      rate = -(natural[0] + gain)
      (self.mean, self.covariance, self.logVolume) = (mean, covariance, logVolume)
    }

    var logPartition: Double { logGamma(shape) - shape * _log(rate) + logVolume }

    var expectations: [Double] {
      let factor = shape / rate
      let square = SymmetricMatrix(outer: mean).packed
      // With a shape up to 1 the unknown elements have no variance: that at the mean factor stands for it.
      let reciprocal = shape > 1 ? rate / (shape - 1) : 1 / factor
      return [factor, digamma(shape) - _log(rate)] + mean.map { factor * $0 }
        + zip(square, covariance).map { factor * $0 + $1 } + mean
        + zip(square, covariance).map { $0 + reciprocal * $1 }
    }
  }

  private static func unseen(_ shape: FamilyShape) -> [Double] {
    [Double](repeating: .nan, count: shape.dimension)
  }

  package static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    Form(natural, given: unseen(shape), shape)?.logPartition ?? .nan
  }

  package static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    Form(natural, given: unseen(shape), shape)?.expectations ?? [Double](repeating: .nan, count: natural.count)
  }

  /// Where nothing of x is seen, it is left out, and the factor has its own distribution.
  package static func expectations(
    _ natural: [Double], given value: [Double], _ shape: FamilyShape
  ) -> (mean: [Double], logPartition: Double) {
    if value.allSatisfy(\.isNaN) {
      let own = FamilyShape(dimension: 1)
      let factor = Array(natural[..<2])
      return (
        Gamma.meanStatistics(factor, own) + [Double](repeating: 0, count: natural.count - 2),
        Gamma.logPartition(factor, own)
      )
    }
    guard let form = Form(natural, given: value, shape) else {
      return ([Double](repeating: .nan, count: natural.count), .nan)
    }
    return (form.expectations, form.logPartition)
  }

  package static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    guard natural.allSatisfy(\.isFinite), let form = Form(natural, given: unseen(shape), shape) else { return false }
    return form.shape > 0 && form.rate > 0
  }

  /// The statistics at factor 1.
  package static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    let all = value + SymmetricMatrix(outer: value).packed
    return [1, 0] + all + all
  }

  package static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    MultivariateNormal.expectation(violatedBy: value, shape)
  }

  package static func sample(
    _ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource
  ) -> [Double] {
    guard let form = Form(natural, given: unseen(shape), shape),
      let factor = SymmetricMatrix(order: shape.dimension, packed: form.covariance).cholesky()
    else { return unseen(shape) }
    let u = positiveExp(random.logGammaVariate(shape: form.shape) - _log(form.rate))
    let noise = factor.times((0..<shape.dimension).map { _ in random.normal() / u.squareRoot() })
    return zip(form.mean, noise).map { $0 + $1 }
  }

  package static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .vector(shape.dimension), isLocation: true),
      Parameter("precision", .symmetric(shape.dimension), .positiveDefinite),
      Parameter("shape", .scalar, .positive), Parameter("rate", .scalar, .positive),
    ]
  }

  package static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let normal = MultivariateNormal.natural(from: [parameters[0], parameters[1]], shape)
    let linear = normal[..<shape.dimension]
    return [
      -parameters[3][0] - 0.5 * dot(Array(linear), parameters[0]),
      parameters[2][0] - 1 + 0.5 * Double(shape.dimension),
    ] + normal + [Double](repeating: 0, count: normal.count)
  }

  package static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let size = shape.dimension * (shape.dimension + 1) / 2
    let normal = MultivariateNormal.parameters(from: Array(natural[2..<2 + shape.dimension + size]), shape)
    let linear = Array(natural[2..<2 + shape.dimension])
    return normal + [
      [natural[1] + 1 - 0.5 * Double(shape.dimension)], [-natural[0] - 0.5 * dot(linear, normal[0])],
    ]
  }
}

extension StatisticName {
  /// A vector times its factor, u x.
  package static let scaledVector = StatisticName("scaledVector", text: "u·", latex: "u\\,·")
  /// The outer product of a vector times its factor, u x xᵀ.
  package static let scaledOuterProduct = StatisticName("scaledOuterProduct", text: "u··ᵀ", latex: "u\\,··^\\top")
  /// A vector beside its factor.
  package static let vector = StatisticName("vector", text: "·", latex: "·")
}
