extension StatisticName {
  /// The logarithm of a Pólya–gamma variable's base measure relative to itself, which is 0.
  ///
  /// Its natural parameter is the shape.
  public static let polyaGammaShape = StatisticName("polyaGammaShape", text: "h(·)", latex: "h(·)")
}

/// The Pólya–gamma distribution over positive numbers, PG(ω | b, c), shape b > 0 and tilt c, for each element.
///
/// The density is that of PG(b, 0) times exp(−c²ω/2) cosh^b(c/2). It turns logistic likelihoods into normal ones:
/// e^(aψ)/(1 + e^ψ)^b = 2^−b e^((a − b/2)ψ) E[exp(−ωψ²/2)] with ω ~ PG(b, 0); given ψ, ω ~ PG(b, ψ).
///
/// Statistics ω, with natural parameter η = −c²/2 ≤ 0, and ``StatisticName/polyaGammaShape``, which is 0, with natural
/// parameter b, a known constant of the member. The log partition is −b log cosh √(−η/2), the mean E[ω] = b/2c·tanh(c/2).
/// Densities and entropies are relative to PG(b, 0), as ``ExponentialFamily/constantStatistics`` says; in a bound, where
/// prior and posterior have the same shape, it cancels. Since PG(b, c) = PG(b, −c), the tilt may have either sign.
///
/// Source: Polson, Scott & Windle, "Bayesian inference for logistic models using Pólya–Gamma latent variables", *JASA*
/// 108 (2013), sections 2 and 3.
public struct PolyaGamma: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// PG(b, 0), the prior of an augmentation.
  ///
  /// - Parameters:
  ///   - shape: The shape b; known: 1 for a binary observation, n for n trials, y + r for a count y with size r.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(shape: some KnownArgument, count: Int? = nil) {
    conditional = Conditional(
      PolyaGamma.self, [("shape", shape), ("tilt", 0.0)], count: count.map(Count.number),
      terms: [Term(1, child(.polyaGammaShape, .i), argument("shape", .value, .i))])
  }

  public static let domain = ValueDomain.positive

  public static let constantStatistics: Set<StatisticName> = [.polyaGammaShape]

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension)), Statistic(.polyaGammaShape, .vector(shape.dimension))]
  }

  /// Half of the tilt, c/2 = √(−η/2).
  private static func halfTilt(_ eta: Double) -> Double { (-0.5 * eta).squareRoot() }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) {
      let (x, b) = (halfTilt(natural[$1]), natural[d + $1])
      guard b > 0 else { return .nan }
      // log cosh x, without the difference from 1 for small x, and without overflow for large x.
      let t = _tanh(x)
      return $0 - b * (x < 1 ? -0.5 * _log1p(-t * t) : x + _log1p(_exp(-2 * x)) - _log(2))
    }
  }

  /// E[ω] = b/4 · tanh(x)/x with x = c/2.
  private static func mean(_ eta: Double, shape b: Double) -> Double {
    let x = halfTilt(eta)
    return 0.25 * b * (x < 1e-8 ? 1 : _tanh(x) / x)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    return (0..<d).map { mean(natural[$0], shape: natural[d + $0]) } + [Double](repeating: 0, count: d)
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    let d = shape.dimension
    return natural.allSatisfy(\.isFinite) && (0..<d).allSatisfy { natural[$0] <= 0 && natural[d + $0] > 0 }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value + value.map { _ in 0 } }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  /// The first 200 parts of ω = 1/2π² Σₖ gₖ/((k − ½)² + c²/4π²), gₖ ~ Gamma(b, 1), and the mean of the others, whose
  /// variance is below 10⁻⁷ of the whole where |c| < 10.
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map {
      let (eta, b) = (natural[$0], natural[d + $0])
      let square = -0.5 * eta / (Double.pi * Double.pi)
      var (value, expected) = (0.0, 0.0)
      for k in 0..<200 {
        let root = Double(k) + 0.5
        let weight = 0.5 / (Double.pi * Double.pi * (root * root + square))
        value += weight * random.gamma(shape: b)
        expected += weight * b
      }
      return value + max(mean(eta, shape: b) - expected, 0)
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("shape", .vector(shape.dimension), .positive), Parameter("tilt", .vector(shape.dimension))]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[1].map { -0.5 * $0 * $0 } + parameters[0]
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let d = shape.dimension
    return [Array(natural[d...]), natural[..<d].map { (-2 * $0).squareRoot() }]
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    [Summary("mean", Array(meanStatistics(natural, shape)[..<shape.dimension]))]
  }
}
