import SpecialFunctions

/// The normal distribution with mean μ and precision τ > 0 restricted to positive numbers, for each element.
///
/// Statistics x and x² with natural parameters τμ and −τ/2, as of ``Normal``. With z = μ√τ the log partition is
/// z²/2 − ½ log τ + log √(2π)Φ(z), computed without cancellation also where nearly all of the normal distribution lies
/// below 0. It is the distribution of the latent utility of a probit model, given the label.
///
/// Source: Johnson, Kotz & Balakrishnan, *Continuous Univariate Distributions*, vol. 1 (1994), section 13.10.1; Albert &
/// Chib, "Bayesian analysis of binary and polychotomous response data", *JASA* 88 (1993).
public struct TruncatedNormal: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A normal distribution restricted to positive numbers, with known parameters.
  ///
  /// They must be known since the normalizer depends on them through log Φ(μ√τ), which is no product of statistics.
  ///
  /// - Parameters:
  ///   - mean: The mean μ of the normal distribution before it is restricted.
  ///   - precision: Its precision τ.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(mean: some KnownArgument, precision: some KnownArgument, count: Int? = nil) {
    conditional = Conditional(
      TruncatedNormal.self, [("mean", mean), ("precision", precision)], count: count.map(Count.number))
  }

  public static let domain = ValueDomain.positive

  public static func statistics(_ shape: FamilyShape) -> [Statistic] { Normal.statistics(shape) }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) {
      let precision = -2 * natural[d + $1]
      return $0 + logPositiveNormalIntegral(natural[$1] / precision.squareRoot()) - 0.5 * _log(precision)
    }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    let precision = natural[d...].map { -2 * $0 }
    let moments = (0..<d).map { positiveNormalMoments(mean: natural[$0] / precision[$0].squareRoot()) }
    return (0..<d).map { moments[$0].first / precision[$0].squareRoot() }
      + (0..<d).map { moments[$0].second / precision[$0] }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Normal.isProper(natural, shape) }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value + value.map { $0 * $0 } }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  /// Normal numbers until one is positive, or, in the tail, exponential ones (Robert, *Statistics and Computing* 5, 1995).
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map {
      let deviation = 1 / (-2 * natural[d + $0]).squareRoot()
      let z = natural[$0] * deviation
      guard z < 0 else {
        while true {
          let x = z + random.normal()
          if x > 0 { return x * deviation }
        }
      }
      let rate = 0.5 * ((z * z + 4).squareRoot() - z)
      while true {
        let x = -_log(random.uniform()) / rate
        let distance = x - z - rate
        if _log(random.uniform()) < -0.5 * distance * distance { return x * deviation }
      }
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("mean", .vector(shape.dimension)), Parameter("precision", .vector(shape.dimension), .positive)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    Normal.natural(from: parameters, shape)
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    Normal.parameters(from: natural, shape)
  }

  /// Mean and deviation of the restricted distribution.
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let (d, mean) = (shape.dimension, meanStatistics(natural, shape))
    return [
      Summary("mean", Array(mean[..<d])),
      Summary("deviation", (0..<d).map { max(mean[d + $0] - mean[$0] * mean[$0], 0).squareRoot() }),
    ]
  }
}
