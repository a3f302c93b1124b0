import SpecialFunctions

/// The inverse gamma distribution over positive numbers, p(x) = bᵃ/Γ(a) x^(−a−1) e^(−b/x), shape a > 0, scale b > 0, for
/// each element: 1/x has a gamma distribution with shape a and rate b.
///
/// Statistics log x and 1/x with natural parameters −a − 1 and −b; the log partition is log Γ(a) − a log b. It is the
/// conjugate prior of a variance and of the scale of a gamma distribution.
///
/// Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed. (2013), table A.1.
public struct InverseGamma: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// An inverse gamma distribution.
  ///
  /// - Parameters:
  ///   - shape: The shape a; known.
  ///   - scale: The scale b: known, or a variable that offers b and log b.
  ///   - count: Number of elements; by default as many as the variable that depends on it. With `count: 1`, one number
  ///     serves all elements.
  public init(shape: some KnownArgument, scale: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      InverseGamma.self, [("shape", shape), ("scale", scale)], count: count.map(Count.number),
      terms: [
        Term(-1, child(.logarithm, .i), argument("shape", .value, .i)),
        Term(-1, child(.logarithm, .i)),
        Term(-1, child(.reciprocal, .i), argument("scale", .value, .i)),
        Term(1, argument("shape", .value, .i), argument("scale", .logarithm, .i), over: [.i]),
        Term(-1, argument("shape", .logGamma, .i), over: [.i]),
      ])
  }

  public static let domain = ValueDomain.positive

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.logarithm, .vector(shape.dimension)), Statistic(.reciprocal, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) {
      let a = -natural[$1] - 1
      return $0 + logGamma(a) - a * _log(-natural[d + $1])
    }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    return (0..<d).map { _log(-natural[d + $0]) - digamma(-natural[$0] - 1) }
      + (0..<d).map { (natural[$0] + 1) / natural[d + $0] }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    let d = shape.dimension
    return natural.allSatisfy(\.isFinite) && (0..<d).allSatisfy { natural[$0] < -1 && natural[d + $0] < 0 }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    value.map(_log) + value.map { 1 / $0 }
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map {
      let log = _log(-natural[d + $0]) - random.logGammaVariate(shape: -natural[$0] - 1)
      // With shapes far below one, most numbers are too large for doubles.
      return min(positiveExp(log), .greatestFiniteMagnitude)
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("shape", .vector(shape.dimension), .positive), Parameter("scale", .vector(shape.dimension), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[0].map { -$0 - 1 } + parameters[1].map { -$0 }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let d = shape.dimension
    return [natural[..<d].map { -$0 - 1 }, natural[d...].map { -$0 }]
  }

  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    discrepancyByElement(a, b, shape)
  }

  /// That of the reciprocal, which is a gamma variable.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    let (own, others) = (parameters(from: natural, shape), parameters(from: other, shape))
    return own[0].indices.reduce(0) { sum, i in
      // The ratio of the means.
      let x = (others[0][i] / others[1][i]) / (own[0][i] / own[1][i])
      return sum + own[0][i] * (x - 1 - _log(x))
    }
  }

  /// The mode b/(a + 1), and 1/E[1/x]: the mean is infinite where a ≤ 1.
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let d = shape.dimension
    return [
      Summary("mode", (0..<d).map { natural[d + $0] / natural[$0] }),
      Summary("harmonic mean", (0..<d).map { natural[d + $0] / (natural[$0] + 1) }),
    ]
  }
}

extension Normal {
  /// A normal distribution with mean and variance as two arguments.
  ///
  /// - Parameters:
  ///   - mean: Known, or a variable that offers x and x².
  ///   - variance: A variable; of dimension 1 it serves all elements.
  public init(mean: some RealArgument, variance: some VariableArgument & PositiveArgument) {
    conditional = Conditional(
      Normal.self, [("mean", mean), ("variance", variance)], locations: ["mean"],
      terms: [
        Term(1, child(.value, .i), argument("mean", .value, .i), argument("variance", .reciprocal, .i)),
        Term(-0.5, child(.square, .i), argument("variance", .reciprocal, .i)),
        Term(-0.5, argument("mean", .square, .i), argument("variance", .reciprocal, .i), over: [.i]),
        Term(-0.5, argument("variance", .logarithm, .i), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }
}

extension Gamma {
  /// A gamma distribution with a scale, the reciprocal of the rate, that is a variable.
  ///
  /// - Parameters:
  ///   - shape: The shape a; known.
  ///   - scale: A variable; of dimension 1 it serves all elements.
  public init(shape: some KnownArgument, scale: some VariableArgument<InverseGamma>) {
    conditional = Conditional(
      Gamma.self, [("shape", shape), ("scale", scale)],
      terms: [
        Term(1, child(.logarithm, .i), argument("shape", .value, .i)),
        Term(-1, child(.logarithm, .i)),
        Term(-1, child(.value, .i), argument("scale", .reciprocal, .i)),
        Term(-1, argument("shape", .value, .i), argument("scale", .logarithm, .i), over: [.i]),
        Term(-1, argument("shape", .logGamma, .i), over: [.i]),
      ])
  }
}
