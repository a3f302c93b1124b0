import SpecialFunctions

/// The multivariate normal distribution N(x | μ, Λ⁻¹) with mean μ and precision matrix Λ.
///
/// Statistics x and x xᵀ with natural parameters Λμ and −Λ/2.
public struct MultivariateNormal: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A multivariate normal distribution with mean and precision matrix as two arguments.
  ///
  /// - Parameters:
  ///   - mean: Known, or a variable that offers x and x xᵀ.
  ///   - precision: Known (one number is that multiple of the identity), or a variable that offers Λ and log|Λ|.
  ///   - count: Dimension; by default that of the variable that depends on it.
  public init(mean: some RealArgument, precision: some PositiveDefiniteArgument, count: Int? = nil) {
    conditional = Conditional(
      MultivariateNormal.self, [("mean", mean), ("precision", precision)], locations: ["mean"],
      count: count.map(Count.number),
      terms: [
        Term(1, child(.value, .i), argument("precision", .value, .i, .j), argument("mean", .value, .j)),
        Term(-0.5, child(.outerProduct, .i, .j), argument("precision", .value, .i, .j)),
        Term(-0.5, argument("mean", .outerProduct, .i, .j), argument("precision", .value, .i, .j)),
        Term(0.5, argument("precision", .logDeterminant)),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  /// A multivariate normal distribution whose mean and precision are one joint variable: the conjugate pair.
  public init(_ meanAndPrecision: some VariableArgument<NormalWishart>) {
    conditional = Conditional(
      MultivariateNormal.self, [("parameters", meanAndPrecision)], locations: ["parameters"],
      terms: [
        Term(1, child(.value, .i), argument("parameters", .precisionTimesMean, .i)),
        Term(-0.5, child(.outerProduct, .i, .j), argument("parameters", .precision, .i, .j)),
        Term(-0.5, argument("parameters", .meanPrecisionMean)),
        Term(0.5, argument("parameters", .logPrecision)),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  public static let domain = ValueDomain.real

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension)), Statistic(.outerProduct, .symmetric(shape.dimension))]
  }

  /// Λμ and the Cholesky factor of Λ.
  private static func factor(_ natural: [Double], _ shape: FamilyShape) -> (linear: [Double], cholesky: Cholesky)? {
    let d = shape.dimension
    let precision = SymmetricMatrix(order: d, natural: natural[d...], times: -2)
    return precision.cholesky().map { (Array(natural[..<d]), $0) }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    guard let (linear, cholesky) = factor(natural, shape) else { return .nan }
    let half = cholesky.forward(linear)
    return 0.5 * (dot(half, half) - cholesky.logDeterminant + Double(shape.dimension) * logTwoPi)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    guard let (linear, cholesky) = factor(natural, shape) else {
      return [Double](repeating: .nan, count: natural.count)
    }
    let mean = cholesky.solve(linear)
    return mean + (cholesky.inverse() + SymmetricMatrix(outer: mean)).packed
  }

  /// The unknown elements have precision Λ_uu and linear parameter η_u − Λ_uk x_k given the known ones.
  public static func expectations(
    _ natural: [Double], given value: [Double], _ shape: FamilyShape
  ) -> (mean: [Double], logPartition: Double) {
    let d = shape.dimension
    let unknown = (0..<d).filter { value[$0].isNaN }
    // Of a row in which nothing is seen, nothing is known either: it is left out.
    if unknown.count == d { return ([Double](repeating: 0, count: natural.count), 0) }
    let known = (0..<d).filter { !value[$0].isNaN }
    let precision = SymmetricMatrix(order: d, natural: natural[d...], times: -2)
    var mean = value
    var covariance = [Double](repeating: 0, count: d * (d + 1) / 2)
    var logPartition = 0.0
    for i in known {
      logPartition += natural[i] * value[i]
      for j in known { logPartition -= 0.5 * precision[i, j] * value[i] * value[j] }
    }
    if !unknown.isEmpty {
      let linear = unknown.map { i in known.reduce(natural[i]) { $0 - precision[i, $1] * value[$1] } }
      let packed = unknown.indices.flatMap { i in (0...i).map { precision[unknown[i], unknown[$0]] } }
      guard let cholesky = SymmetricMatrix(order: unknown.count, packed: packed).cholesky() else {
        return ([Double](repeating: .nan, count: natural.count), .nan)
      }
      let half = cholesky.forward(linear)
      logPartition += 0.5 * (dot(half, half) - cholesky.logDeterminant + Double(unknown.count) * logTwoPi)
      let (center, inverse) = (cholesky.solve(linear), cholesky.inverse())
      for (a, i) in unknown.enumerated() {
        mean[i] = center[a]
        for (b, j) in unknown.enumerated() where j <= i { covariance[i * (i + 1) / 2 + j] = inverse[a, b] }
      }
    }
    let second = zip(covariance, SymmetricMatrix(outer: mean).packed).map { $0 + $1 }
    return (mean + second, logPartition)
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy(\.isFinite) && factor(natural, shape) != nil
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    value + SymmetricMatrix(outer: value).packed
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy(\.isFinite) ? nil : "a finite number"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    guard let (linear, cholesky) = factor(natural, shape) else {
      return [Double](repeating: .nan, count: shape.dimension)
    }
    // With Λ = L Lᵀ, L⁻ᵀ z has covariance Λ⁻¹.
    let noise = cholesky.backward((0..<shape.dimension).map { _ in random.normal() })
    return zip(cholesky.solve(linear), noise).map { $0 + $1 }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .vector(shape.dimension), isLocation: true),
      Parameter("precision", .symmetric(shape.dimension), .positiveDefinite),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let precision = SymmetricMatrix(order: shape.dimension, packed: parameters[1])
    return precision.times(parameters[0]) + precision.natural(times: -0.5)
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let d = shape.dimension
    let precision = SymmetricMatrix(order: d, natural: natural[d...], times: -2)
    let mean = precision.cholesky()?.solve(Array(natural[..<d])) ?? [Double](repeating: .nan, count: d)
    return [mean, precision.packed]
  }

  /// ½ δᵀ Λ₁ (Λ₁ + Λ₂)⁻¹ Λ₂ δ, which needs no covariance.
  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    let (first, second) = (parameters(from: a, shape), parameters(from: b, shape))
    let difference = zip(first[0], second[0]).map { $0 - $1 }
    func image(_ packed: [Double]) -> [Double] {
      let matrix = SymmetricMatrix(order: shape.dimension, packed: packed)
      return difference.indices.map { i in difference.indices.reduce(0) { $0 + matrix[i, $1] * difference[$1] } }
    }
    let sum = SymmetricMatrix(order: shape.dimension, packed: zip(first[1], second[1]).map(+))
    guard let root = sum.cholesky() else { return nil }
    return max(0.5 * dot(image(first[1]), root.solve(image(second[1]))), 0)
  }

  /// ½ (m − m′)ᵀ Λ (m − m′).
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    remoteness(of: other, in: natural, keeping: ["precision"], shape)
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let p = parameters(from: natural, shape)
    guard let inverse = SymmetricMatrix(order: shape.dimension, packed: p[1]).cholesky()?.inverse() else { return [] }
    return [
      Summary("mean", p[0], isLocation: true), Summary("deviation", inverse.diagonal.map { $0.squareRoot() }),
      Summary("covariance", inverse.packed),
    ]
  }
}
