import SpecialFunctions

/// The normal-gamma distribution over D independent pairs of a mean μ and a precision τ: τ ~ Gamma(a, b),
/// μ | τ ~ N(m, (βτ)⁻¹), with β, a, b > 0.
///
/// Statistics τμ, τ, τμ² and log τ with natural parameters βm, −(b + ½βm²), −½β and a − ½, for each element; the log
/// partition is Σ log Γ(a) − a log b + ½ log(2π/β). A value is all the means followed by all the precisions.
///
/// Source: Bernardo & Smith, *Bayesian Theory* (1994), section 3.2.5; Bishop, *Pattern Recognition and Machine
/// Learning* (2006), equation 2.154.
public struct NormalGamma: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A normal-gamma prior given by the variance it expects: E[τ] is the inverse of `variance`.
  ///
  /// - Parameters:
  ///   - mean: The prior mean m of μ.
  ///   - variance: The inverse of the expected precision, b/a.
  ///   - meanPrecision: How many observations the prior mean is worth, β > 0.
  ///   - shape: a > 0; 2a is the number of observations that the prior precision is worth.
  public init(
    mean: some KnownArgument, variance: some KnownArgument, meanPrecision: some KnownArgument = 1.0,
    shape: Double = 0.5
  ) {
    self.init(
      mean: mean, meanPrecision: meanPrecision, shape: shape,
      rate: Known(argument: variance.argument.scaled(by: shape)))
  }

  /// A normal-gamma prior given by its conventional parameters m, β, a and b.
  public init(
    mean: some KnownArgument, meanPrecision: some KnownArgument, shape: some KnownArgument, rate: some KnownArgument
  ) {
    conditional = Conditional(
      NormalGamma.self, [("mean", mean), ("meanPrecision", meanPrecision), ("shape", shape), ("rate", rate)],
      locations: ["mean"])
  }

  public static let domain = ValueDomain.meanAndPrecision

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [StatisticName.precisionTimesMean, .precision, .meanPrecisionMean, .logPrecision].map {
      Statistic($0, .vector(shape.dimension))
    }
  }

  /// The four conventional parameters of one element.
  private struct Element {
    let mean: Double, meanPrecision: Double, shape: Double, rate: Double

    /// Reads element `i` out of D.
    init(_ natural: [Double], _ i: Int, of d: Int) {
      meanPrecision = -2 * natural[2 * d + i]
      mean = natural[i] / meanPrecision
      shape = natural[3 * d + i] + 0.5
      rate = -natural[d + i] - 0.5 * mean * natural[i]
    }

    var isProper: Bool { mean.isFinite && meanPrecision > 0 && shape > 0 && rate > 0 && rate.isFinite }

    var logPartition: Double { logGamma(shape) - shape * _log(rate) + 0.5 * (logTwoPi - _log(meanPrecision)) }
  }

  private static func elements(_ natural: [Double], _ shape: FamilyShape) -> [Element] {
    (0..<shape.dimension).map { Element(natural, $0, of: shape.dimension) }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    elements(natural, shape).reduce(0) { $0 + $1.logPartition }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let all = elements(natural, shape)
    let precision = all.map { $0.shape / $0.rate }
    let linear = zip(all, precision).map { $0.mean * $1 }
    return linear + precision + zip(all, linear).map { 1 / $0.meanPrecision + $0.mean * $1 }
      + all.map { digamma($0.shape) - _log($0.rate) }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy(\.isFinite) && elements(natural, shape).allSatisfy(\.isProper)
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    let (mean, precision) = (value[..<shape.dimension], Array(value[shape.dimension...]))
    let linear = zip(mean, precision).map { $0 * $1 }
    return linear + precision + zip(mean, linear).map { $0 * $1 } + precision.map(_log)
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy(\.isFinite) && value[shape.dimension...].allSatisfy { $0 > 0 }
      ? nil : "finite means followed by precisions above 0"
  }

  public static func valueCount(_ shape: FamilyShape) -> Int { 2 * shape.dimension }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let all = elements(natural, shape)
    let precision = all.map { positiveExp(random.logGammaVariate(shape: $0.shape) - _log($0.rate)) }
    return zip(all, precision).map { $0.mean + random.normal() / ($0.meanPrecision * $1).squareRoot() } + precision
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .vector(shape.dimension), isLocation: true),
      Parameter("meanPrecision", .vector(shape.dimension), .positive),
      Parameter("shape", .vector(shape.dimension), .positive), Parameter("rate", .vector(shape.dimension), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let (mean, beta) = (parameters[0], parameters[1])
    let linear = zip(mean, beta).map { $0 * $1 }
    let quadratic = zip(zip(mean, beta), parameters[3]).map { -($1 + 0.5 * $0.1 * $0.0 * $0.0) }
    return linear + quadratic + beta.map { -0.5 * $0 } + parameters[2].map { $0 - 0.5 }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let all = elements(natural, shape)
    return [all.map(\.mean), all.map(\.meanPrecision), all.map(\.shape), all.map(\.rate)]
  }

  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    discrepancyByElement(a, b, shape)
  }

  /// Σ a (x − 1 − log x) with the ratio x of the expected precisions, and half the squared distance of the means.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    var sum = 0.0
    for (own, other) in zip(elements(natural, shape), elements(other, shape)) {
      let precision = other.shape / other.rate
      let (x, distance) = (precision * own.rate / own.shape, own.mean - other.mean)
      sum += own.shape * (x - 1 - _log(x))
      sum += 0.5 * own.meanPrecision * precision * distance * distance
    }
    return sum
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let all = elements(natural, shape)
    return [
      Summary("mean", all.map(\.mean), isLocation: true),
      Summary("deviation", all.map { ($0.rate / $0.shape).squareRoot() }),
    ]
  }

  /// An element that gains one whole observation x gains the density of a Student-t with 2a degrees of freedom.
  ///
  /// It is log Γ(a + ½) − log Γ(a) + ½ log(β/(β + 1)) − ½ log b − (a + ½) log(1 + β(x − m)²/(2b(β + 1))), up to constants that
  /// belong to the observation (Bernardo & Smith, appendix A). An element that gains nothing is left out; any other
  /// takes both log partitions.
  public static func logPartitionIncrements(
    _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
  ) -> [Double] {
    let d = shape.dimension
    let all = elements(natural, shape)
    let constants = all.map {
      // log Γ(a + ½) − log Γ(a) without the difference of two large numbers.
      0.5 * (logPi - _log1p(1 / $0.meanPrecision) - _log($0.rate)) - logBeta($0.shape, 0.5)
    }
    return (0..<count).map { row in
      let delta = Array(increments[(row * natural.count)..<((row + 1) * natural.count)])
      return (0..<d).reduce(0) { sum, i in
        let (e, x) = (all[i], delta[i])
        if delta[2 * d + i] == -0.5 && delta[3 * d + i] == 0.5 && delta[d + i] == -0.5 * x * x {
          let distance = (x - e.mean) * (x - e.mean) / (2 * e.rate * (1 + 1 / e.meanPrecision))
          return sum + constants[i] - (e.shape + 0.5) * _log1p(distance)
        }
        if x == 0 && delta[d + i] == 0 && delta[2 * d + i] == 0 && delta[3 * d + i] == 0 { return sum }
        let moved = (0..<4).map { natural[$0 * d + i] + delta[$0 * d + i] }
        return sum + Element(moved, 0, of: 1).logPartition - e.logPartition
      }
    }
  }
}
