import SpecialFunctions

/// The Normal–Wishart distribution over a mean μ and a precision matrix Λ: Λ ~ W(ν, W), μ | Λ ~ N(m, (βΛ)⁻¹).
///
/// Statistics Λμ, Λ, μᵀΛμ and log|Λ|, with natural parameters βm, −½(W⁻¹ + β m mᵀ), −β/2 and (ν − D)/2.
/// A value is μ followed by the lower triangle of Λ.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), equations 2.157 and B.82.
public struct NormalWishart: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A Normal–Wishart prior given by the covariance it expects: E[Λ] is the inverse of `covariance`.
  ///
  /// - Parameters:
  ///   - mean: The prior mean m of μ.
  ///   - covariance: The inverse of the expected precision, W⁻¹/ν.
  ///   - meanPrecision: How many observations the prior mean is worth, β > 0.
  ///   - degreesOfFreedom: ν > D − 1; by default the dimension D, which says least.
  public init(
    mean: some KnownArgument, covariance: some KnownArgument, meanPrecision: some KnownArgument = 1.0,
    degreesOfFreedom: Double? = nil
  ) {
    conditional = Conditional(
      NormalWishart.self,
      [
        ("mean", mean), ("meanPrecision", meanPrecision),
        ("degreesOfFreedom", Known(argument: degreesOfFreedom?.argument ?? .dimension(factor: 1))),
        ("covariance", covariance),
      ], locations: ["mean"])
  }

  /// A Normal–Wishart prior given by the inverse of the Wishart's scale matrix, W⁻¹.
  public init(
    mean: some KnownArgument, inverseScale: some KnownArgument, meanPrecision: some KnownArgument = 1.0,
    degreesOfFreedom: Double
  ) {
    self.init(
      mean: mean, covariance: Known(argument: inverseScale.argument.scaled(by: 1 / degreesOfFreedom)),
      meanPrecision: meanPrecision, degreesOfFreedom: degreesOfFreedom)
  }

  public static let domain = ValueDomain.meanAndPrecision

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [
      Statistic(.precisionTimesMean, .vector(shape.dimension)), Statistic(.precision, .symmetric(shape.dimension)),
      Statistic(.meanPrecisionMean, .scalar), Statistic(.logPrecision, .scalar),
    ]
  }

  /// m, β, ν and the Cholesky factor of W⁻¹.
  private struct Form {
    let mean: [Double], meanPrecision: Double, degreesOfFreedom: Double, inverseScale: SymmetricMatrix
    let cholesky: Cholesky

    init?(_ natural: [Double], _ shape: FamilyShape) {
      let d = shape.dimension
      let size = d * (d + 1) / 2
      let beta = -2 * natural[d + size]
      let nu = 2 * natural[d + size + 1] + Double(d)
      guard beta > 0, nu > Double(d - 1), natural.allSatisfy(\.isFinite) else { return nil }
      meanPrecision = beta
      degreesOfFreedom = nu
      mean = natural[..<d].map { $0 / beta }
      let sum = SymmetricMatrix(order: d, natural: natural[d..<(d + size)], times: -2)
      inverseScale = sum + SymmetricMatrix(outer: mean, times: -beta)
      guard let factor = inverseScale.cholesky() else { return nil }
      cholesky = factor
    }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    guard let form = Form(natural, shape) else { return .nan }
    let d = Double(shape.dimension)
    let nu = form.degreesOfFreedom
    return 0.5 * d * (logTwoPi - _log(form.meanPrecision)) + 0.5 * nu * (d * _log(2) - form.cholesky.logDeterminant)
      + multivariateLogGamma(nu / 2, dimension: shape.dimension)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: natural.count) }
    let d = Double(shape.dimension)
    let precision = form.degreesOfFreedom * form.cholesky.inverse()
    let linear = precision.times(form.mean)
    return linear + precision.packed + [
      d / form.meanPrecision + dot(linear, form.mean),
      multivariateDigamma(form.degreesOfFreedom / 2, dimension: shape.dimension) + d * _log(2)
        - form.cholesky.logDeterminant,
    ]
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Form(natural, shape) != nil }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    let precision = SymmetricMatrix(order: d, packed: Array(value[d...]))
    let mean = Array(value[..<d])
    let linear = precision.times(mean)
    return linear + precision.packed + [dot(linear, mean), precision.cholesky()?.logDeterminant ?? .nan]
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    let precision = SymmetricMatrix(order: shape.dimension, packed: Array(value[shape.dimension...]))
    return value.allSatisfy(\.isFinite) && precision.cholesky() != nil
      ? nil : "a finite mean and a positive definite precision matrix"
  }

  public static func valueCount(_ shape: FamilyShape) -> Int {
    shape.dimension + shape.dimension * (shape.dimension + 1) / 2
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: valueCount(shape)) }
    let precision = Wishart.draw(
      degreesOfFreedom: form.degreesOfFreedom, inverseScale: form.cholesky, using: &random)
    guard let cholesky = precision.cholesky() else { return [Double](repeating: .nan, count: valueCount(shape)) }
    let noise = cholesky.backward((0..<shape.dimension).map { _ in random.normal() })
    let scale = 1 / form.meanPrecision.squareRoot()
    return zip(form.mean, noise).map { $0 + scale * $1 } + precision.packed
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .vector(shape.dimension), isLocation: true), Parameter("meanPrecision", .scalar, .positive),
      Parameter("degreesOfFreedom", .scalar, .above(Double(shape.dimension - 1))),
      Parameter("covariance", .symmetric(shape.dimension), .positiveDefinite),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let (mean, beta, nu) = (parameters[0], parameters[1][0], parameters[2][0])
    let covariance = SymmetricMatrix(order: shape.dimension, packed: parameters[3])
    let sum = nu * covariance + SymmetricMatrix(outer: mean, times: beta)
    return mean.map { beta * $0 } + sum.natural(times: -0.5) + [-0.5 * beta, 0.5 * (nu - Double(shape.dimension))]
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    guard let form = Form(natural, shape) else {
      return parameters(shape).map { Array(repeating: .nan, count: $0.form.count) }
    }
    let covariance = (1 / form.degreesOfFreedom) * form.inverseScale
    return [form.mean, [form.meanPrecision], [form.degreesOfFreedom], covariance.packed]
  }

  /// ½ ν (tr(V⁻¹V′) − D − log|V⁻¹V′|) of the expected precisions, and ½ β ν times the squared distance of the means.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    remoteness(of: other, in: natural, keeping: ["meanPrecision", "degreesOfFreedom"], shape)
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    guard let form = Form(natural, shape) else { return [] }
    let covariance = (1 / form.degreesOfFreedom) * form.inverseScale
    return [
      Summary("mean", form.mean, isLocation: true),
      Summary("deviation", covariance.diagonal.map { $0.squareRoot() }),
      Summary("covariance", covariance.packed),
    ]
  }

  /// One Cholesky factor serves every increment: an observation adds x xᵀ and x, which change W⁻¹ by a matrix of rank
  /// one, so that the determinant lemma gives the density of a Student-t (Bishop, exercise 2.46 and equation 10.81).
  public static func logPartitionIncrements(
    _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
  ) -> [Double] {
    let d = shape.dimension
    let size = natural.count
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: count) }
    let (beta, nu) = (form.meanPrecision, form.degreesOfFreedom)
    // Γ_D((ν + 1)/2)/Γ_D(ν/2) = Γ((ν + 1)/2)/Γ((ν + 1 − D)/2), without the difference of two large numbers.
    let gain = d > 0 ? logGamma(0.5 * Double(d)) - logBeta(0.5 * (nu + 1 - Double(d)), 0.5 * Double(d)) : 0
    let constant =
      0.5 * Double(d) * (_log(beta) - _log(beta + 1) + _log(2)) - 0.5 * form.cholesky.logDeterminant + gain
    return (0..<count).map { row in
      let start = row * size
      if (0..<d).contains(where: { increments[start + $0].isNaN }) {
        return increment(natural, Array(increments[start..<start + size]), shape)
      }
      // One whole observation: weight ½ on both counts and a linear part x whose square is the quadratic part.
      let isObservation =
        increments[start + size - 1] == 0.5 && increments[start + size - 2] == -0.5
        && (0..<d).allSatisfy { i in
          let x = increments[start + i]
          return increments[start + d + i * (i + 1) / 2 + i] == -0.5 * x * x
        }
      guard isObservation else {
        let moved = (0..<size).map { natural[$0] + increments[start + $0] }
        return logPartition(moved, shape) - logPartition(natural, shape)
      }
      let difference = (0..<d).map { increments[start + $0] - form.mean[$0] }
      let half = form.cholesky.forward(difference)
      let distance = dot(half, half) * beta / (beta + 1)
      return constant - 0.5 * (nu + 1) * _log1p(distance)
    }
  }
}

extension NormalWishart {
  /// The increment of an observation of which some elements are missing, marked by NaN: that of the elements that are seen, whose mean and
  /// precision matrix, the inverse of a block of the covariance, are normal-Wishart with as many degrees of freedom fewer.
  private static func increment(_ natural: [Double], _ delta: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    let seen = (0..<d).filter { !delta[$0].isNaN }
    if seen.isEmpty { return 0 }
    let own = FamilyShape(dimension: seen.count)
    let whole = parameters(from: natural, shape)
    let (nu, covariance) = (whole[2][0], SymmetricMatrix(order: d, packed: whole[3]))
    let left = nu - Double(d - seen.count)
    func place(_ i: Int, _ j: Int) -> Int { i * (i + 1) / 2 + j }
    let pairs = seen.indices.flatMap { a in (0...a).map { (seen[a], seen[$0]) } }
    let marginal = self.natural(
      from: [seen.map { whole[0][$0] }, whole[1], [left], pairs.map { covariance[$0, $1] * nu / left }], own)
    return logPartitionIncrements(
      marginal, adding: seen.map { delta[$0] } + pairs.map { delta[d + place($0, $1)] } + delta.suffix(2), count: 1, own
    )[0]
  }
}

/// An argument that is known although no type of its own stands for it.
struct Known: KnownArgument {
  let argument: Argument
}
