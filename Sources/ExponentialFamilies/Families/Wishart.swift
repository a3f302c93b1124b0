import SpecialFunctions

/// The Wishart distribution over positive definite matrices Λ of order D, p(Λ) ∝ |Λ|^((ν−D−1)/2) exp(−½ tr(VΛ)), with
/// ν > D − 1 degrees of freedom and inverse scale matrix V.
///
/// Statistics Λ and log|Λ| with natural parameters −½V and (ν − D − 1)/2; the log partition is
/// ½νD log 2 − ½ν log|V| + log Γ_D(ν/2). A value is the lower triangle of Λ.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), equations B.78–B.82, with W = V⁻¹.
public struct Wishart: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A Wishart prior given by the covariance it expects: E[Λ] is the inverse of `covariance`.
  ///
  /// - Parameters:
  ///   - covariance: The inverse of the expected matrix, V/ν; one number is that multiple of the identity.
  ///   - degreesOfFreedom: ν > D − 1; by default the order D, which says least.
  ///   - count: The order D; by default the dimension of the variable that depends on it.
  public init(expecting covariance: some KnownArgument, degreesOfFreedom: Double? = nil, count: Int? = nil) {
    conditional = Conditional(
      Wishart.self,
      [
        ("degreesOfFreedom", Known(argument: degreesOfFreedom?.argument ?? .dimension(factor: 1))),
        ("covariance", covariance),
      ], count: count.map(Count.number))
  }

  /// A Wishart prior given by the inverse V of its scale matrix: E[Λ] = ν V⁻¹.
  public init(degreesOfFreedom: Double, inverseScale: some KnownArgument, count: Int? = nil) {
    self.init(
      expecting: Known(argument: inverseScale.argument.scaled(by: 1 / degreesOfFreedom)),
      degreesOfFreedom: degreesOfFreedom, count: count)
  }

  public static let domain = ValueDomain.positiveDefinite

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .symmetric(shape.dimension)), Statistic(.logDeterminant, .scalar)]
  }

  /// ν and V with its Cholesky factor.
  private struct Form {
    let degreesOfFreedom: Double, inverseScale: SymmetricMatrix, cholesky: Cholesky

    init?(_ natural: [Double], _ shape: FamilyShape) {
      let d = shape.dimension
      let nu = 2 * natural[natural.count - 1] + Double(d + 1)
      inverseScale = SymmetricMatrix(order: d, natural: natural.dropLast(), times: -2)
      guard nu > Double(d - 1), natural.allSatisfy(\.isFinite), let factor = inverseScale.cholesky() else {
        return nil
      }
      degreesOfFreedom = nu
      cholesky = factor
    }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    guard let form = Form(natural, shape) else { return .nan }
    let half = 0.5 * form.degreesOfFreedom
    return half * (Double(shape.dimension) * _log(2) - form.cholesky.logDeterminant)
      + multivariateLogGamma(half, dimension: shape.dimension)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: natural.count) }
    let d = shape.dimension
    return (form.degreesOfFreedom * form.cholesky.inverse()).packed + [
      multivariateDigamma(0.5 * form.degreesOfFreedom, dimension: d) + Double(d) * _log(2)
        - form.cholesky.logDeterminant
    ]
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Form(natural, shape) != nil }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    value + [SymmetricMatrix(order: shape.dimension, packed: value).cholesky()?.logDeterminant ?? .nan]
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    SymmetricMatrix(order: shape.dimension, packed: value).cholesky() == nil ? "a positive definite matrix" : nil
  }

  public static func valueCount(_ shape: FamilyShape) -> Int { shape.dimension * (shape.dimension + 1) / 2 }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: valueCount(shape)) }
    return draw(degreesOfFreedom: form.degreesOfFreedom, inverseScale: form.cholesky, using: &random).packed
  }

  /// Draws one matrix by the Bartlett decomposition: Λ = L⁻ᵀ A Aᵀ L⁻¹ with V = L Lᵀ and A a lower triangle of standard
  /// normal numbers below a diagonal of square roots of χ² numbers with ν − i degrees of freedom, i = 0 … D − 1.
  ///
  /// Where ν is close to D − 1 the matrix may be too close to a singular one for double precision.
  /// Source: Anderson, *An Introduction to Multivariate Statistical Analysis*, 3rd ed., corollary 7.2.1.
  public static func draw(
    degreesOfFreedom: Double, inverseScale: Cholesky, using random: inout RandomSource
  ) -> SymmetricMatrix {
    let d = inverseScale.order
    // Column j of A is zero above element j; each gives one outer product.
    var result = SymmetricMatrix(diagonal: [Double](repeating: 0, count: d))
    for j in 0..<d {
      var column = [Double](repeating: 0, count: d)
      column[j] = (2 * random.gamma(shape: 0.5 * (degreesOfFreedom - Double(j)))).squareRoot()
      for i in (j + 1)..<max(d, j + 1) { column[i] = random.normal() }
      result = result + SymmetricMatrix(outer: inverseScale.backward(column))
    }
    return result
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("degreesOfFreedom", .scalar, .above(Double(shape.dimension - 1))),
      Parameter("covariance", .symmetric(shape.dimension), .positiveDefinite),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let nu = parameters[0][0]
    let covariance = SymmetricMatrix(order: shape.dimension, packed: parameters[1])
    return covariance.natural(times: -0.5 * nu) + [0.5 * (nu - Double(shape.dimension + 1))]
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    let nu = 2 * natural[natural.count - 1] + Double(shape.dimension + 1)
    return [[nu], SymmetricMatrix(order: shape.dimension, natural: natural.dropLast(), times: -2 / nu).packed]
  }

  /// ½ ν (tr(V⁻¹V′) − D − log|V⁻¹V′|) of the expected precisions.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    remoteness(of: other, in: natural, keeping: ["degreesOfFreedom"], shape)
  }

  /// The mean ν V⁻¹ (its lower triangle), and √(Vᵢᵢ/ν), the deviations that belong to that precision's inverse.
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    guard let form = Form(natural, shape) else { return [] }
    return [
      Summary("mean", (form.degreesOfFreedom * form.cholesky.inverse()).packed),
      Summary("deviation", form.inverseScale.diagonal.map { ($0 / form.degreesOfFreedom).squareRoot() }),
    ]
  }
}
