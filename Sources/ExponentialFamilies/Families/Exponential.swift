/// The exponential distribution over numbers x ≥ 0, p(x) = λ e^(−λx), λ > 0, for each element.
///
/// The statistic is x with natural parameter −λ; the log partition is −Σ log λ. The support includes 0, which data such
/// as waiting times contain; a sample is 0 with probability zero.
///
/// Source: Wainwright & Jordan, *Graphical Models, Exponential Families, and Variational Inference* (2008), table 3.1.
public struct Exponential: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// An exponential distribution with a known or latent rate.
  ///
  /// - Parameters:
  ///   - rate: Known, or a variable that offers λ and log λ; of dimension 1 it serves all elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(_ rate: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      Exponential.self, [("rate", rate)], count: count.map(Count.number),
      terms: [
        Term(1, argument("rate", .logarithm, .i), over: [.i]),
        Term(-1, child(.value, .i), argument("rate", .value, .i)),
      ])
  }

  public static let domain = ValueDomain.positive

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    natural.reduce(0) { $0 - _log(-$1) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] { natural.map { -1 / $0 } }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy { $0 < 0 && $0.isFinite }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 >= 0 && $0.isFinite } ? nil : "a finite number, 0 or above"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    natural.map { _log(random.uniform()) / $0 }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("rate", .vector(shape.dimension), .positive)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    parameters[0].map { -$0 }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [natural.map { -$0 }] }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    [Summary("mean", meanStatistics(natural, shape))]
  }
}
