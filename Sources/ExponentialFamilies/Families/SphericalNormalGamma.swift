import SpecialFunctions

/// The normal-gamma distribution over a mean μ in ℝᴰ and one precision τ for all its elements: τ ~ Gamma(a, b),
/// μ | τ ~ N(m, (βτ)⁻¹ I), with β, a, b > 0.
///
/// Statistics τμ, τ, τ μᵀμ and log τ with natural parameters βm, −(b + ½β mᵀm), −½β and a − 1 + D/2; the log partition is
/// log Γ(a) − a log b + ½D log(2π/β). A value is the mean followed by the precision.
///
/// Source: Bernardo & Smith, *Bayesian Theory* (1994), section 3.2.5, with D means instead of one.
public struct SphericalNormalGamma: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A prior given by the variance it expects: E[τ] is the inverse of `variance`.
  ///
  /// - Parameters:
  ///   - mean: The prior mean m of μ.
  ///   - variance: The inverse of the expected precision, b/a: one number. The variances of data columns are several;
  ///     a moment of the data that stands for one number is the mean of its elements.
  ///   - meanPrecision: How many observations the prior mean is worth, β > 0.
  ///   - shape: a > 0; 2a/D is the number of observations that the prior precision is worth.
  public init(
    mean: some KnownArgument, variance: some KnownArgument, meanPrecision: some KnownArgument = 1.0,
    shape: Double = 0.5
  ) {
    self.init(
      mean: mean, meanPrecision: meanPrecision, shape: shape,
      rate: Known(argument: variance.argument.scaled(by: shape)))
  }

  /// A prior given by its conventional parameters m, β, a and b.
  public init(
    mean: some KnownArgument, meanPrecision: some KnownArgument, shape: some KnownArgument, rate: some KnownArgument
  ) {
    conditional = Conditional(
      SphericalNormalGamma.self, [("mean", mean), ("meanPrecision", meanPrecision), ("shape", shape), ("rate", rate)],
      locations: ["mean"])
  }

  public static let domain = ValueDomain.meanAndPrecision

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [
      Statistic(.precisionTimesMean, .vector(shape.dimension)), Statistic(.precision, .scalar),
      Statistic(.meanPrecisionMean, .scalar), Statistic(.logPrecision, .scalar),
    ]
  }

  /// The conventional parameters m, β, a and b.
  private struct Form {
    let mean: [Double], meanPrecision: Double, shape: Double, rate: Double

    init(_ natural: [Double], _ familyShape: FamilyShape) {
      let d = familyShape.dimension
      let beta = -2 * natural[d + 1]
      let m = natural[..<d].map { $0 / beta }
      meanPrecision = beta
      mean = m
      shape = natural[d + 2] + (1 - 0.5 * Double(d))
      rate = -natural[d] - 0.5 * beta * dot(m, m)
    }

    var isProper: Bool {
      mean.allSatisfy(\.isFinite) && meanPrecision > 0 && shape > 0 && rate > 0 && rate.isFinite
    }

    var logPartition: Double {
      logGamma(shape) - shape * _log(rate) + 0.5 * Double(mean.count) * (logTwoPi - _log(meanPrecision))
    }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    Form(natural, shape).logPartition
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let form = Form(natural, shape)
    let precision = form.shape / form.rate
    let linear = form.mean.map { $0 * precision }
    return linear + [
      precision, Double(shape.dimension) / form.meanPrecision + dot(linear, form.mean),
      digamma(form.shape) - _log(form.rate),
    ]
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy(\.isFinite) && Form(natural, shape).isProper
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    let (mean, precision) = (Array(value[..<shape.dimension]), value[shape.dimension])
    let linear = mean.map { $0 * precision }
    return linear + [precision, dot(linear, mean), _log(precision)]
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy(\.isFinite) && value[shape.dimension] > 0 ? nil : "a finite mean followed by a precision above 0"
  }

  public static func valueCount(_ shape: FamilyShape) -> Int { shape.dimension + 1 }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let form = Form(natural, shape)
    let precision = positiveExp(random.logGammaVariate(shape: form.shape) - _log(form.rate))
    let deviation = 1 / (form.meanPrecision * precision).squareRoot()
    return form.mean.map { $0 + deviation * random.normal() } + [precision]
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .vector(shape.dimension), isLocation: true), Parameter("meanPrecision", .scalar, .positive),
      Parameter("shape", .scalar, .positive), Parameter("rate", .scalar, .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let (mean, beta) = (parameters[0], parameters[1][0])
    return mean.map { beta * $0 } + [
      -(parameters[3][0] + 0.5 * beta * dot(mean, mean)), -0.5 * beta,
      parameters[2][0] + (0.5 * Double(shape.dimension) - 1),
    ]
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let form = Form(natural, shape)
    return [form.mean, [form.meanPrecision], [form.shape], [form.rate]]
  }

  /// a (x − 1 − log x) with the ratio x of the expected precisions, and half the squared distance of the means.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    let (own, other) = (Form(natural, shape), Form(other, shape))
    let precision = other.shape / other.rate
    let x = precision * own.rate / own.shape
    let distance = zip(own.mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return own.shape * (x - 1 - _log(x)) + 0.5 * own.meanPrecision * precision * distance
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let form = Form(natural, shape)
    return [
      Summary("mean", form.mean, isLocation: true),
      Summary("deviation", [(form.rate / form.shape).squareRoot()]),
    ]
  }

  /// One whole observation x adds D/2 to a, 1 to β and ½β|x − m|²/(β + 1) to b, which gives the density of a
  /// multivariate Student-t with 2a degrees of freedom, up to constants that belong to the observation; any other
  /// increment takes both log partitions.
  public static func logPartitionIncrements(
    _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
  ) -> [Double] {
    let (d, half) = (shape.dimension, 0.5 * Double(shape.dimension))
    let form = Form(natural, shape)
    let base = form.logPartition
    // log Γ(a + D/2) − log Γ(a) without the difference of two large numbers.
    let gain = d > 0 ? logGamma(half) - logBeta(form.shape, half) : 0
    let constant = gain - half * (_log1p(1 / form.meanPrecision) + _log(form.rate))
    return (0..<count).map { row in
      let delta = Array(increments[(row * natural.count)..<((row + 1) * natural.count)])
      let x = Array(delta[..<d])
      let square = 0.5 * dot(x, x)
      // The sum of squares may have been added up in another order.
      let isObservation =
        delta[d + 1] == -0.5 && delta[d + 2] == half && abs(delta[d] + square) <= 2 * half * square.ulp
      guard isObservation else {
        return Form(zip(natural, delta).map { $0 + $1 }, shape).logPartition - base
      }
      let difference = zip(x, form.mean).map { $0 - $1 }
      let distance = dot(difference, difference) / (2 * form.rate * (1 + 1 / form.meanPrecision))
      return constant - (form.shape + half) * _log1p(distance)
    }
  }
}
