import SpecialFunctions

/// The beta distribution over numbers between 0 and 1, p(x) ∝ x^(α−1) (1 − x)^(β−1), α, β > 0, for each element.
///
/// Statistics log x and log(1 − x) with natural parameters α − 1 and β − 1; the log partition is Σ log B(α, β).
/// A value is stored as x itself, so 1 − x is never smaller than 2⁻⁵³: samples with β far below one are cut off there.
///
/// Source: Johnson, Kotz & Balakrishnan, *Continuous Univariate Distributions*, vol. 2 (1995), chapter 25.
public struct Beta: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A beta prior with known parameters.
  ///
  /// - Parameters:
  ///   - alpha: α > 0, one number for all elements or one for each.
  ///   - beta: β > 0, likewise.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(alpha: some KnownArgument, beta: some KnownArgument, count: Int? = nil) {
    conditional = Conditional(Beta.self, [("alpha", alpha), ("beta", beta)], count: count.map(Count.number))
  }

  public static let domain = ValueDomain.unitInterval

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.logarithm, .vector(shape.dimension)), Statistic(.logComplement, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) { $0 + logBeta(natural[$1] + 1, natural[d + $1] + 1) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    return natural.indices.map { i in
      -digammaIncrease(natural[i] + 1, by: natural[i < d ? d + i : i - d] + 1)
    }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy { $0 > -1 && $0.isFinite }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    value.map(_log) + value.map { _log1p(-$0) }
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0 < 1 } ? nil : "a number between 0 and 1, both excluded"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map { i in
      // In logarithms: with both parameters far below one, both gamma numbers may underflow.
      let a = random.logGammaVariate(shape: natural[i] + 1)
      let b = random.logGammaVariate(shape: natural[d + i] + 1)
      return min(positiveExp(-_log1p(_exp(b - a))), 1 - 0x1p-53)
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("alpha", .vector(shape.dimension), .positive),
      Parameter("beta", .vector(shape.dimension), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters.flatMap { $0.map { $0 - 1 } }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    [natural[..<shape.dimension].map { $0 + 1 }, natural[shape.dimension...].map { $0 + 1 }]
  }

  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    discrepancyByElement(a, b, shape)
  }

  /// Σ (α + β) times the divergence of a coin with the second one's mean from one with the first one's.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    let (own, others) = (parameters(from: natural, shape), parameters(from: other, shape))
    return own[0].indices.reduce(0) { sum, i in
      let total = others[0][i] + others[1][i]
      return sum + remoteness(alpha: own[0][i], beta: own[1][i], means: (others[0][i] / total, others[1][i] / total))
    }
  }

  /// That of one element from the means of a probability and of its complement.
  static func remoteness(alpha: Double, beta: Double, means: (Double, Double)) -> Double {
    let total = alpha + beta
    return alpha * _log(alpha / total / means.0) + beta * _log(beta / total / means.1)
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let p = parameters(from: natural, shape)
    let mean = zip(p[0], p[1]).map { $0 / ($0 + $1) }
    let deviation = zip(p[0], p[1]).map { ($0 * $1 / ($0 + $1 + 1)).squareRoot() / ($0 + $1) }
    return [Summary("mean", mean), Summary("deviation", deviation)]
  }
}
