/// The Bernoulli distribution over 0 and 1, p(x) = p^x (1 − p)^(1−x), 0 < p < 1, for each element.
///
/// The statistic is x with natural parameter log(p/(1 − p)), the log odds; the log partition is Σ log(1 + e^η).
///
/// Source: Wainwright & Jordan, *Graphical Models, Exponential Families, and Variational Inference* (2008), table 3.1.
public struct Bernoulli: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// Zeros and ones with a known or latent probability of a 1.
  ///
  /// - Parameters:
  ///   - probability: Known, or a variable that offers log p and log(1 − p); of dimension 1 it serves all elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(_ probability: some UnitIntervalArgument, count: Int? = nil) {
    conditional = Conditional(
      Bernoulli.self, [("probability", probability)], count: count.map(Count.number),
      terms: [
        Term(1, child(.value, .i), argument("probability", .logarithm, .i)),
        Term(1, argument("probability", .logComplement, .i), over: [.i]),
        Term(-1, child(.value, .i), argument("probability", .logComplement, .i)),
      ])
  }

  public static let domain = ValueDomain.binary

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    // log(1 + e^η) = max(η, 0) + log(1 + e^−|η|)
    natural.reduce(0) { $0 + (max($1, 0) + _log1p(_exp(-abs($1)))) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    natural.map { 1 / (1 + _exp(-$0)) }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { natural.allSatisfy(\.isFinite) }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 == 0 || $0 == 1 } ? nil : "0 or 1"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    meanStatistics(natural, shape).map { random.uniform() < $0 ? 1 : 0 }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("probability", .vector(shape.dimension), .positive, below: 1)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[0].map { _log($0) - _log1p(-$0) }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    [meanStatistics(natural, shape)]
  }
}
