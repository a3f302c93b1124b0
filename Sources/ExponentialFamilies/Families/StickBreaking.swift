import SpecialFunctions

extension StatisticName {
  /// The logarithm of what is left of the stick, log Rₖ = log Σ_{j>k} πⱼ, for k = 1 … K − 2.
  public static let logRemainder = StatisticName("logRemainder", text: "log R(·)", latex: "\\log R(·)")
}

/// The truncated stick-breaking distribution over K weights.
///
/// πₖ = vₖ Π_{j<k} (1 − vⱼ) with vₖ ~ Beta(aₖ, bₖ) for k < K and v_K = 1. With aₖ = 1 and bₖ = α it is the Dirichlet process with concentration α, truncated at K components.
///
/// With Rₖ = Σ_{j>k} πⱼ, the length left after k breaks (R₀ = 1, R_{K−1} = π_K), log vₖ = log πₖ − log R_{k−1} and
/// log(1 − vₖ) = log Rₖ − log R_{k−1}. So the statistics are log π (which a label's distribution needs) and log Rₖ for
/// k = 1 … K − 2, with natural parameters
/// - ηₖ = aₖ − 1 for k < K, and η_K = b_{K−1} − 1, for log πₖ;
/// - ηᴿₖ = bₖ − aₖ₊₁ − bₖ₊₁ + 1 for log Rₖ.
///
/// The density is with respect to dv₁ … dv_{K−1}, and A(η) = Σ_{k<K} log B(aₖ, bₖ). Conversely
/// bₖ = bₖ₊₁ + ηₖ₊₁ + ηᴿₖ, from the last stick to the first. Labels add their counts to ηₖ and leave ηᴿ alone, so for a
/// Dirichlet process (ηᴿ = 0) this adds up numbers ≥ 0: the relative error of bₖ stays below K·2⁻⁵³, whatever the counts.
/// Members whose bₖ is small while bₖ₊₁ is huge, which no data produce, lose digits of bₖ to cancellation.
///
/// K = 1 is one weight that is 1: A = 0 for every η. A product of groups is not supported: ``FamilyShape/groups`` is not
/// used.
///
/// Source: Ishwaran & James, "Gibbs sampling methods for stick-breaking priors", *JASA* 96 (2001), section 3; Blei &
/// Jordan, "Variational inference for Dirichlet process mixtures", *Bayesian Analysis* 1 (2006).
public struct StickBreaking: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// The weights of a Dirichlet process, truncated: vₖ ~ Beta(1, α).
  ///
  /// - Parameters:
  ///   - concentration: α > 0; the larger, the more components have weight.
  ///   - count: The truncation K.
  public init(concentration: some KnownArgument, count: Int? = nil) {
    self.init(alpha: 1.0, beta: concentration, count: count.map(Count.number))
  }

  /// The weights of a Pitman–Yor process, truncated: vₖ ~ Beta(1 − d, α + kd) for k = 1 … K − 1.
  ///
  /// The larger the discount, the heavier the tail of the weights; without one it is the Dirichlet process.
  /// Source: Ishwaran & James (2001), section 2.3.
  ///
  /// - Parameters:
  ///   - discount: d with 0 ≤ d < 1.
  ///   - concentration: α > −d.
  ///   - count: The truncation K.
  public init(discount: Double, concentration: Double, count: Int) {
    precondition(discount >= 0 && discount < 1, "a discount of \(discount); it must be at least 0 and below 1")
    precondition(concentration > -discount, "a concentration of \(concentration); it must be above −\(discount)")
    let sticks = 1..<max(count, 1)
    self.init(
      alpha: sticks.map { _ in 1 - discount }, beta: sticks.map { concentration + Double($0) * discount },
      count: .number(count))
  }

  /// Sticks vₖ ~ Beta(aₖ, bₖ), each parameter one number for all sticks or K − 1 numbers.
  private init(alpha: some KnownArgument, beta: some KnownArgument, count: Count?) {
    conditional = Conditional(StickBreaking.self, [("stickAlpha", alpha), ("stickBeta", beta)], count: count)
  }

  public static let domain = ValueDomain.simplex

  /// Number of sticks, K − 1.
  private static func stickCount(_ shape: FamilyShape) -> Int { max(shape.dimension - 1, 0) }

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [
      Statistic(.logarithm, .vector(shape.dimension)),
      Statistic(.logRemainder, .vector(max(shape.dimension - 2, 0))),
    ]
  }

  /// aₖ and bₖ of each stick.
  private static func sticks(_ natural: [Double], _ shape: FamilyShape) -> (a: [Double], b: [Double]) {
    let sticks = stickCount(shape)
    guard sticks > 0 else { return ([], []) }
    var b = [Double](repeating: natural[sticks] + 1, count: sticks)
    for k in stride(from: sticks - 2, through: 0, by: -1) {
      b[k] = b[k + 1] + (natural[k + 1] + natural[shape.dimension + k])
    }
    return (natural[..<sticks].map { $0 + 1 }, b)
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let (a, b) = sticks(natural, shape)
    return zip(a, b).reduce(0) { $0 + logBeta($1.0, $1.1) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let (a, b) = sticks(natural, shape)
    var remainder = 0.0
    var (weights, remainders): ([Double], [Double]) = ([], [])
    for (a, b) in zip(a, b) {
      weights.append(remainder - digammaIncrease(a, by: b))
      remainder -= digammaIncrease(b, by: a)
      remainders.append(remainder)
    }
    return weights + (shape.dimension > 0 ? [remainder] : []) + remainders.dropLast()
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    let (a, b) = sticks(natural, shape)
    return natural.allSatisfy(\.isFinite) && a.allSatisfy { $0 > 0 } && b.allSatisfy { $0 > 0 }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    // From the last weight on, so that a short remainder keeps its digits.
    var sums = value
    for k in stride(from: value.count - 2, through: 0, by: -1) { sums[k] += sums[k + 1] }
    return value.map(_log) + sums.dropFirst().dropLast().map(_log)
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    abs(value.reduce(0, +) - 1) < 1e-9 && value.allSatisfy { $0 > 0 } ? nil : "positive numbers that sum to 1"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let (a, b) = sticks(natural, shape)
    var remainder = 0.0
    var logs: [Double] = []
    for (a, b) in zip(a, b) {
      let pair = [random.logGammaVariate(shape: a), random.logGammaVariate(shape: b)]
      let total = logSumExp(pair)
      logs.append(remainder + (pair[0] - total))
      remainder += pair[1] - total
    }
    if shape.dimension > 0 { logs.append(remainder) }
    return logs.map(positiveExp)
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("stickAlpha", .vector(stickCount(shape)), .positive),
      Parameter("stickBeta", .vector(stickCount(shape)), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let (a, b) = (parameters[0], parameters[1])
    guard let last = b.last else { return [Double](repeating: 0, count: shape.dimension) }
    let remainders = (1..<b.count).map { (k: Int) -> Double in b[k - 1] - b[k] - (a[k] - 1) }
    return a.map { $0 - 1 } + [last - 1] + remainders
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let (a, b) = sticks(natural, shape)
    return [a, b]
  }

  /// The sum over sticks of that of a beta distribution.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    let ((a, b), (otherA, otherB)) = (sticks(natural, shape), sticks(other, shape))
    return a.indices.reduce(0) { sum, i in
      let total = otherA[i] + otherB[i]
      return sum + Beta.remoteness(alpha: a[i], beta: b[i], means: (otherA[i] / total, otherB[i] / total))
    }
  }

  /// The expected weights, E[πₖ] = aₖ/(aₖ + bₖ) Π_{j<k} bⱼ/(aⱼ + bⱼ).
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let (a, b) = sticks(natural, shape)
    var remainder = 1.0
    var weights: [Double] = []
    for (a, b) in zip(a, b) {
      weights.append(remainder * (a / (a + b)))
      remainder *= b / (a + b)
    }
    return [Summary("mean", weights + (shape.dimension > 0 ? [remainder] : []))]
  }
}
