import SpecialFunctions

extension StatisticName {
  /// What stands for the known number of trials of a multinomial variable: 0, with the number as natural parameter.
  public static let trials = StatisticName("trials", text: "n(·)", latex: "n(·)")
}

/// The multinomial distribution over vectors of counts, p(x) = n!/Πₖ xₖ! Πₖ πₖ^xₖ with n = Σₖ xₖ trials.
///
/// Statistics x, with natural parameter log π up to a constant, and ``StatisticName/trials``, which is 0, with natural
/// parameter n, a known constant of the member; the log partition is n log Σ e^η. The base measure n!/Πₖ xₖ! is not
/// constant, so that only an observed variable can be multinomial. Products of groups are not supported.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 2.2.
public struct Multinomial: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// Observed counts with known or latent probabilities; the number of trials is the sum of each row, and known.
  ///
  /// - Parameter probabilities: A variable that offers log π, or known positive numbers that sum to 1.
  public init(probabilities: some SimplexArgument) {
    conditional = Conditional(
      Multinomial.self, [("probabilities", probabilities)],
      terms: [Term(1, child(.value, .i), argument("probabilities", .logarithm, .i))])
  }

  /// Counts of a number of trials that is the same for all rows, so that new rows can be drawn.
  ///
  /// - Parameters:
  ///   - trials: The number of trials n; rows of data must sum to it.
  ///   - probabilities: A variable that offers log π, or known positive numbers that sum to 1.
  public init(trials: Int, probabilities: some SimplexArgument) {
    conditional = Conditional(
      Multinomial.self, [("probabilities", probabilities), ("trials", trials)],
      terms: [
        Term(1, child(.value, .i), argument("probabilities", .logarithm, .i)),
        Term(Double(trials), child(.trials)),
      ])
  }

  public static let domain = ValueDomain.count

  public static let constantStatistics: Set<StatisticName> = [.trials]

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension)), Statistic(.trials, .scalar)]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let trials = natural[shape.dimension]
    guard trials > 0 else { return .nan }
    return shape.dimension == 0 ? 0 : trials * logSumExp(natural[..<shape.dimension])
  }

  /// The probabilities.
  private static func probabilities(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let total = logSumExp(natural[..<shape.dimension])
    return natural[..<shape.dimension].map { _exp($0 - total) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    probabilities(natural, shape).map { natural[shape.dimension] * $0 } + [0]
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy(\.isFinite) && natural[shape.dimension] > 0
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value + [0] }

  /// log n!/Πₖ xₖ!.
  public static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double {
    value.reduce(logGamma(value.reduce(1, +))) { $0 - logGamma($1 + 1) }
  }

  public static let hasConstantBaseMeasure = false

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 >= 0 && $0 == $0.rounded() && $0.isFinite } ? nil : "a count 0, 1, 2 …"
  }

  /// One binomial number after another.
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let probabilities = probabilities(natural, shape)
    // From the last one on, so that the rest of the probabilities is a sum and no difference.
    var rests = probabilities
    for k in rests.indices.dropLast().reversed() { rests[k] += rests[k + 1] }
    var trials = natural[shape.dimension].rounded()
    return probabilities.indices.map { k in
      if k == shape.dimension - 1 { return trials }
      let count = random.binomial(trials: trials, probability: min(probabilities[k] / rests[k], 1))
      trials -= count
      return count
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("probabilities", .vector(shape.dimension), .positive), Parameter("trials", .scalar, .positive)]
  }

  /// The number of trials is rounded to a whole number, at least 1.
  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let (total, trials) = (parameters[0].reduce(0, +), parameters[1][0])
    return parameters[0].map { _log($0) - _log(total) } + [trials > 0 ? max(trials.rounded(), 1) : trials]
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    [probabilities(natural, shape), [natural[shape.dimension]]]
  }
}
