import SpecialFunctions

/// The gamma distribution over positive numbers, p(τ) ∝ τ^(a−1) e^(−bτ), shape a > 0, rate b > 0, for each element.
///
/// Statistics τ and log τ with natural parameters −b and a − 1.
public struct Gamma: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A gamma distribution.
  ///
  /// - Parameters:
  ///   - shape: The shape a; known.
  ///   - rate: The rate b: known, or a variable.
  ///   - count: Number of elements; by default as many as the variable that depends on it. With `count: 1`, one number
  ///     serves all elements (a spherical precision, say).
  public init(shape: some KnownArgument, rate: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      Gamma.self, [("shape", shape), ("rate", rate)], count: count.map(Count.number),
      terms: [
        Term(1, child(.logarithm, .i), argument("shape", .value, .i)),
        Term(-1, child(.logarithm, .i)),
        Term(-1, child(.value, .i), argument("rate", .value, .i)),
        Term(1, argument("shape", .value, .i), argument("rate", .logarithm, .i), over: [.i]),
        Term(-1, argument("shape", .logGamma, .i), over: [.i]),
      ])
  }

  public static let domain = ValueDomain.positive

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension)), Statistic(.logarithm, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) {
      let a = natural[d + $1] + 1
      return $0 + logGamma(a) - a * _log(-natural[$1])
    }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    return (0..<d).map { -(natural[d + $0] + 1) / natural[$0] }
      + (0..<d).map { digamma(natural[d + $0] + 1) - _log(-natural[$0]) }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    let d = shape.dimension
    return natural.allSatisfy(\.isFinite) && (0..<d).allSatisfy { natural[$0] < 0 && natural[d + $0] > -1 }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value + value.map(_log) }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map { positiveExp(random.logGammaVariate(shape: natural[d + $0] + 1) - _log(-natural[$0])) }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("shape", .vector(shape.dimension), .positive),
      Parameter("rate", .vector(shape.dimension), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[1].map { -$0 } + parameters[0].map { $0 - 1 }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let d = shape.dimension
    return [natural[d...].map { $0 + 1 }, natural[..<d].map { -$0 }]
  }

  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    discrepancyByElement(a, b, shape)
  }

  /// Σ a (x − 1 − log x) with the ratio x of the means.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    let (own, others) = (parameters(from: natural, shape), parameters(from: other, shape))
    return own[0].indices.reduce(0) { sum, i in
      // The ratio of the means.
      let x = (others[0][i] / others[1][i]) / (own[0][i] / own[1][i])
      return sum + own[0][i] * (x - 1 - _log(x))
    }
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let d = shape.dimension
    return [
      Summary("mean", (0..<d).map { -(natural[d + $0] + 1) / natural[$0] }),
      Summary("deviation", (0..<d).map { (natural[d + $0] + 1).squareRoot() / -natural[$0] }),
    ]
  }
}
