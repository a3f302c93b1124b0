import SpecialFunctions

/// The Dirichlet distribution over probability vectors, p(π) ∝ Πₖ πₖ^(αₖ−1), α > 0.
///
/// Statistic log π with natural parameter α − 1. With groups, a product of one Dirichlet for each group.
public struct Dirichlet: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A Dirichlet prior with known concentration.
  ///
  /// - Parameters:
  ///   - concentration: One number for all elements, or one for each; above 0.
  ///   - count: Number of elements; by default as many as the labels that it is the weight of.
  public init(concentration: some KnownArgument, count: Int? = nil) {
    self.init(concentration: concentration, count: count.map(Count.number))
  }

  /// A Dirichlet prior with as many elements as a categorical column has levels.
  public init(concentration: some KnownArgument, count: Count?) {
    conditional = Conditional(Dirichlet.self, [("concentration", concentration)], count: count)
  }

  public static let domain = ValueDomain.simplex

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.logarithm, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    shape.groupRanges.reduce(0) { sum, group in
      // log B(α) as a chain of beta functions of two arguments, whose large parts cancel before they are computed.
      guard let last = natural[group].last else { return sum }
      var rest = last + 1
      var result = rest > 0 ? sum : .nan
      for eta in natural[group].dropLast().reversed() {
        result += logBeta(eta + 1, rest)
        rest += eta + 1
      }
      return result
    }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    shape.groupRanges.flatMap { group in
      // E[log πₖ] = ψ(αₖ) − ψ(Σα), with the sum of the others added up without a difference.
      let alpha = natural[group].map { $0 + 1 }
      var others = [Double](repeating: 0, count: alpha.count)
      var (before, after) = (0.0, 0.0)
      for k in alpha.indices {
        others[k] += before
        before += alpha[k]
        let last = alpha.count - 1 - k
        others[last] += after
        after += alpha[last]
      }
      return zip(alpha, others).map { -digammaIncrease($0, by: $1) }
    }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy { $0 > -1 && $0.isFinite }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value.map(_log) }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    let sumsToOne = shape.groupRanges.allSatisfy { abs(value[$0].reduce(0, +) - 1) < 1e-9 }
    return sumsToOne && value.allSatisfy { $0 > 0 } ? nil : "positive numbers that sum to 1"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    shape.groupRanges.flatMap { group in
      // In logarithms: with concentrations far below one, most gamma numbers underflow.
      let logs = natural[group].map { random.logGammaVariate(shape: $0 + 1) }
      let total = logSumExp(logs)
      return logs.map { positiveExp($0 - total) }
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("concentration", .vector(shape.dimension), .positive)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[0].map { $0 - 1 }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    [natural.map { $0 + 1 }]
  }

  /// The total concentration times the divergence of the second one's mean from the first one's.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    var sum = 0.0
    for group in shape.groupRanges {
      let own = natural[group].reduce(0) { $0 + $1 + 1 }
      let total = other[group].reduce(0) { $0 + $1 + 1 }
      for i in group {
        let (concentration, mean) = (natural[i] + 1, (other[i] + 1) / total)
        sum += concentration * _log(concentration / own / mean)
      }
    }
    return sum
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let mean = shape.groupRanges.flatMap { group in
      let total = natural[group].reduce(0) { $0 + $1 + 1 }
      return natural[group].map { ($0 + 1) / total }
    }
    return [Summary("mean", mean)]
  }
}
