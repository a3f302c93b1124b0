extension StatisticName {
  /// What stands for the known minimum m of a Pareto variable: 0, with log m as natural parameter.
  public static let logMinimum = StatisticName("logMinimum", text: "log m(·)", latex: "\\log m(·)")
}

/// The Pareto distribution over numbers from a known minimum m > 0 on, p(x) = α mᵅ x^(−α−1), α > 0, for each element.
///
/// Statistics log x, with natural parameter −α − 1, and ``StatisticName/logMinimum``, which is 0, with natural parameter
/// log m, a known constant of the member; the log partition is −log α − α log m. Values below m have no
/// density, but are not rejected, since the minimum is no part of a shape: data must be checked before.
///
/// Source: Johnson, Kotz & Balakrishnan, *Continuous Univariate Distributions*, vol. 1 (1994), chapter 20.
public struct Pareto: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A Pareto distribution with a known minimum and a known or latent shape.
  ///
  /// - Parameters:
  ///   - minimum: The minimum m; known. No value may lie below.
  ///   - shape: The shape α: known, or a variable that offers α and log α; of dimension 1 it serves all elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(minimum: some KnownArgument, shape: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      Pareto.self, [("minimum", minimum), ("shape", shape)], count: count.map(Count.number),
      terms: [
        Term(-1, child(.logarithm, .i), argument("shape", .value, .i)),
        Term(-1, child(.logarithm, .i)),
        Term(1, child(.logMinimum, .i), argument("minimum", .logarithm, .i)),
        Term(1, argument("shape", .logarithm, .i), over: [.i]),
        Term(1, argument("shape", .value, .i), argument("minimum", .logarithm, .i), over: [.i]),
      ])
  }

  public static let domain = ValueDomain.positive

  public static let constantStatistics: Set<StatisticName> = [.logMinimum]

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.logarithm, .vector(shape.dimension)), Statistic(.logMinimum, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) {
      let alpha = -natural[$1] - 1
      return $0 - _log(alpha) - alpha * natural[d + $1]
    }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    return (0..<d).map { natural[d + $0] - 1 / (natural[$0] + 1) } + [Double](repeating: 0, count: d)
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy(\.isFinite) && natural[..<shape.dimension].allSatisfy { $0 < -1 }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    value.map(_log) + value.map { _ in 0 }
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map {
      let log = natural[d + $0] + _log(random.uniform()) / (natural[$0] + 1)
      return min(positiveExp(log), .greatestFiniteMagnitude)
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("minimum", .vector(shape.dimension), .positive),
      Parameter("shape", .vector(shape.dimension), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[1].map { -$0 - 1 } + parameters[0].map(_log)
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let d = shape.dimension
    return [natural[d...].map(_exp), natural[..<d].map { -$0 - 1 }]
  }
}
