import SpecialFunctions

/// The Poisson distribution over counts 0, 1, 2 …, p(x) = λ^x e^−λ / x!, λ > 0, for each element.
///
/// The statistic is x with natural parameter log λ; the base measure is 1/x! and the log partition Σ e^η. Since the base
/// measure is not constant, only an observed variable can be Poisson.
///
/// Source: Wainwright & Jordan, *Graphical Models, Exponential Families, and Variational Inference* (2008), table 3.1.
public struct Poisson: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// Counts with a known or latent rate.
  ///
  /// - Parameters:
  ///   - rate: Known, or a variable that offers λ and log λ; of dimension 1 it serves all elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(_ rate: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      Poisson.self, [("rate", rate)], count: count.map(Count.number),
      terms: [
        Term(1, child(.value, .i), argument("rate", .logarithm, .i)),
        Term(-1, argument("rate", .value, .i), over: [.i]),
      ])
  }

  public static let domain = ValueDomain.count

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    natural.reduce(0) { $0 + _exp($1) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] { natural.map(_exp) }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { natural.allSatisfy(\.isFinite) }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }

  /// The logarithm of Π 1/x!.
  public static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double {
    value.reduce(0) { $0 - logGamma($1 + 1) }
  }

  public static let hasConstantBaseMeasure = false

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 >= 0 && $0 == $0.rounded() && $0.isFinite } ? nil : "a count 0, 1, 2 …"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    natural.map { random.poisson(mean: _exp($0)) }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("rate", .vector(shape.dimension), .positive)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] { parameters[0].map(_log) }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [natural.map(_exp)] }
}
