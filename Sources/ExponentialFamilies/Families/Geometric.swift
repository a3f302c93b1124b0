/// The geometric distribution over counts 0, 1, 2 …, p(x) = p(1 − p)^x, 0 < p < 1, for each element: the failures before
/// the first success.
///
/// The statistic is x with natural parameter log(1 − p) < 0; the log partition is −Σ log(1 − e^η).
///
/// Source: Johnson, Kemp & Kotz, *Univariate Discrete Distributions*, 3rd ed. (2005), section 5.2.
public struct Geometric: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// Counts of failures with a known or latent probability of success.
  ///
  /// - Parameters:
  ///   - probability: Known, or a variable that offers log p and log(1 − p); of dimension 1 it serves all elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(_ probability: some UnitIntervalArgument, count: Int? = nil) {
    conditional = Conditional(
      Geometric.self, [("probability", probability)], count: count.map(Count.number),
      terms: [
        Term(1, child(.value, .i), argument("probability", .logComplement, .i)),
        Term(1, argument("probability", .logarithm, .i), over: [.i]),
      ])
  }

  public static let domain = ValueDomain.count

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    natural.reduce(0) { $0 - _log(-_expm1($1)) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    natural.map { 1 / _expm1(-$0) }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy { $0 < 0 && $0.isFinite }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 >= 0 && $0 == $0.rounded() && $0.isFinite } ? nil : "a count 0, 1, 2 …"
  }

  /// By inversion: the least x with 1 − (1 − p)^(x + 1) ≥ u.
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    natural.map { (_log(random.uniform()) / $0).rounded(.down) }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("probability", .vector(shape.dimension), .positive, below: 1)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[0].map { _log1p(-$0) }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    [natural.map { -_expm1($0) }]
  }
}
