import SpecialFunctions

/// The log-normal distribution over positive numbers, log x ~ N(μ, τ⁻¹), for each element.
///
/// Statistics log x and log² x with natural parameters τμ − 1 and −τ/2: the factor 1/x of the density is in the first, so
/// that the base measure is constant. The log partition is that of ``Normal`` with the first parameter increased by 1.
///
/// Source: Johnson, Kotz & Balakrishnan, *Continuous Univariate Distributions*, vol. 1 (1994), chapter 14.
public struct LogNormal: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A log-normal distribution with mean and precision of the logarithm as two arguments.
  ///
  /// - Parameters:
  ///   - mean: The mean of log x: known, or a variable that offers μ and μ².
  ///   - precision: The precision of log x: known, or a variable that offers τ and log τ; of dimension 1 it serves all
  ///     elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(mean: some RealArgument, precision: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      LogNormal.self, [("mean", mean), ("precision", precision)], count: count.map(Count.number),
      terms: [
        Term(1, child(.logarithm, .i), argument("mean", .value, .i), argument("precision", .value, .i)),
        Term(-0.5, child(.squaredLogarithm, .i), argument("precision", .value, .i)),
        Term(-0.5, argument("mean", .square, .i), argument("precision", .value, .i), over: [.i]),
        Term(0.5, argument("precision", .logarithm, .i), over: [.i]),
        Term(-1, child(.logarithm, .i)),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  /// A log-normal distribution whose mean and precision of the logarithm are one joint variable: the conjugate pair.
  public init(_ meanAndPrecision: some VariableArgument<NormalGamma>) {
    conditional = Conditional(
      LogNormal.self, [("parameters", meanAndPrecision)],
      terms: [
        Term(1, child(.logarithm, .i), argument("parameters", .precisionTimesMean, .i)),
        Term(-0.5, child(.squaredLogarithm, .i), argument("parameters", .precision, .i)),
        Term(-0.5, argument("parameters", .meanPrecisionMean, .i), over: [.i]),
        Term(0.5, argument("parameters", .logPrecision, .i), over: [.i]),
        Term(-1, child(.logarithm, .i)),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  public static let domain = ValueDomain.positive

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.logarithm, .vector(shape.dimension)), Statistic(.squaredLogarithm, .vector(shape.dimension))]
  }

  /// Natural parameters of the normal distribution of log x.
  private static func ofLogarithm(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    natural.indices.map { $0 < shape.dimension ? natural[$0] + 1 : natural[$0] }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    Normal.logPartition(ofLogarithm(natural, shape), shape)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    Normal.meanStatistics(ofLogarithm(natural, shape), shape)
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Normal.isProper(natural, shape) }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    let logs = value.map(_log)
    return logs + logs.map { $0 * $0 }
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    Normal.sample(ofLogarithm(natural, shape), shape, using: &random).map {
      min(positiveExp($0), .greatestFiniteMagnitude)
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("mean", .vector(shape.dimension)), Parameter("precision", .vector(shape.dimension), .positive)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let natural = Normal.natural(from: parameters, shape)
    return natural.indices.map { $0 < shape.dimension ? natural[$0] - 1 : natural[$0] }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    Normal.parameters(from: ofLogarithm(natural, shape), shape)
  }

  /// The median e^μ, and the deviation of the logarithm.
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let p = parameters(from: natural, shape)
    return [
      Summary("median", p[0].map { min(_exp($0), .greatestFiniteMagnitude) }),
      Summary("deviation of the logarithm", p[1].map { 1 / $0.squareRoot() }),
    ]
  }
}
