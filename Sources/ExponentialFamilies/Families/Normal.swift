import SpecialFunctions

/// The normal distribution over real numbers, N(x | μ, τ⁻¹), mean μ and precision τ > 0, for each element.
///
/// Statistics x and x² with natural parameters τμ and −τ/2. Of dimension D it is the normal distribution with a diagonal
/// covariance matrix; with a precision of dimension 1, with a spherical one.
public struct Normal: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A normal distribution with mean and precision as two arguments.
  ///
  /// - Parameters:
  ///   - mean: Known, or a variable that offers x and x².
  ///   - precision: Known, or a variable that offers τ and log τ; of dimension 1 it serves all elements.
  ///   - count: Number of elements; by default as many as the variable that depends on it.
  public init(mean: some RealArgument, precision: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      Normal.self, [("mean", mean), ("precision", precision)], locations: ["mean"], count: count.map(Count.number),
      terms: [
        Term(1, child(.value, .i), argument("mean", .value, .i), argument("precision", .value, .i)),
        Term(-0.5, child(.square, .i), argument("precision", .value, .i)),
        Term(-0.5, argument("mean", .square, .i), argument("precision", .value, .i), over: [.i]),
        Term(0.5, argument("precision", .logarithm, .i), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  /// A normal distribution whose mean and precision are one joint variable: the conjugate pair.
  public init(_ meanAndPrecision: some VariableArgument<NormalGamma>) {
    conditional = Conditional(
      Normal.self, [("parameters", meanAndPrecision)], locations: ["parameters"],
      terms: [
        Term(1, child(.value, .i), argument("parameters", .precisionTimesMean, .i)),
        Term(-0.5, child(.square, .i), argument("parameters", .precision, .i)),
        Term(-0.5, argument("parameters", .meanPrecisionMean, .i), over: [.i]),
        Term(0.5, argument("parameters", .logPrecision, .i), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  /// A normal distribution whose mean and one precision for all elements are one joint variable.
  public init(_ meanAndPrecision: some VariableArgument<SphericalNormalGamma>) {
    conditional = Conditional(
      Normal.self, [("parameters", meanAndPrecision)], locations: ["parameters"],
      terms: [
        Term(1, child(.value, .i), argument("parameters", .precisionTimesMean, .i)),
        Term(-0.5, child(.square, .i), argument("parameters", .precision)),
        Term(-0.5, argument("parameters", .meanPrecisionMean)),
        Term(0.5, argument("parameters", .logPrecision), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  public static let domain = ValueDomain.real

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension)), Statistic(.square, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    let d = shape.dimension
    return (0..<d).reduce(0) {
      let precision = -2 * natural[d + $1]
      return $0 + 0.5 * (natural[$1] * natural[$1] / precision - _log(precision) + logTwoPi)
    }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let d = shape.dimension
    let mean = (0..<d).map { natural[$0] / (-2 * natural[d + $0]) }
    return mean + (0..<d).map { mean[$0] * mean[$0] - 0.5 / natural[d + $0] }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy(\.isFinite) && natural[shape.dimension...].allSatisfy { $0 < 0 }
  }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value + value.map { $0 * $0 } }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy(\.isFinite) ? nil : "a finite number"
  }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let d = shape.dimension
    return (0..<d).map {
      let precision = -2 * natural[d + $0]
      return natural[$0] / precision + random.normal() / precision.squareRoot()
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .vector(shape.dimension), isLocation: true),
      Parameter("precision", .vector(shape.dimension), .positive),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    zip(parameters[0], parameters[1]).map { $0 * $1 } + parameters[1].map { -0.5 * $0 }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let d = shape.dimension
    let precision = natural[d...].map { -2 * $0 }
    return [zip(natural[..<d], precision).map { $0 / $1 }, precision]
  }

  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    discrepancyByElement(a, b, shape)
  }

  /// ½ Σ τ (m − m′)².
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    remoteness(of: other, in: natural, keeping: ["precision"], shape)
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    let p = parameters(from: natural, shape)
    return [Summary("mean", p[0], isLocation: true), Summary("deviation", p[1].map { 1 / $0.squareRoot() })]
  }
}
