import SpecialFunctions

/// The matrix normal–Wishart distribution over the map M of a linear regression with D outputs and P inputs and the
/// precision matrix Λ of its noise: Λ ~ W(ν, W), M | Λ ~ MN(M₀, Λ⁻¹, K⁻¹), that is vec M | Λ ~ N(vec M₀, K⁻¹ ⊗ Λ⁻¹).
///
/// D is ``FamilyShape/dimension``, P is ``FamilyShape/inputs``. Statistics ΛM (D × P), Λ, MᵀΛM (of order P) and log|Λ|
/// with natural parameters M₀K, −½(W⁻¹ + M₀KM₀ᵀ), −½K and (ν + P − D − 1)/2; the log partition is
/// ½DP log 2π − ½D log|K| + ½νD log 2 − ½ν log|W⁻¹| + log Γ_D(ν/2). A value is M row by row, followed by the lower
/// triangle of Λ. With P = 1 it is ``NormalWishart``, with D = 1 the normal–gamma prior of a regression's weights, with
/// P = 0 the Wishart distribution.
///
/// It is conjugate to y ~ N(Mx, Λ⁻¹) with known inputs x. Such a likelihood has the terms
/// - Σᵢⱼ yᵢ xⱼ (ΛM)ᵢⱼ: `Term(1, child(.value, .i), argument("inputs", .value, .j), argument("map",
///   .precisionTimesMean, .i, .j))`;
/// - −½ Σᵢⱼ (yyᵀ)ᵢⱼ Λᵢⱼ: `Term(-0.5, child(.outerProduct, .i, .j), argument("map", .precision, .i, .j))`;
/// - −½ Σⱼₖ (xxᵀ)ⱼₖ (MᵀΛM)ⱼₖ: `Term(-0.5, argument("inputs", .outerProduct, .j, .k), argument("map",
///   .meanPrecisionMean, .j, .k))`;
/// - ½ log|Λ|: `Term(0.5, argument("map", .logPrecision))`;
/// - −½D log 2π: `Term(-0.5 * logTwoPi, over: [.i])`.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 3.3 and exercise 3.12 (D = 1); Fox, Sudderth,
/// Jordan & Willsky, "Bayesian nonparametric inference of switching dynamic linear models", *IEEE Transactions on Signal
/// Processing* 59 (2011), appendix A (the matrix normal inverse-Wishart).
public struct MatrixNormalWishart: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A prior given by the noise covariance it expects: E[Λ] is the inverse of `covariance`.
  ///
  /// - Parameters:
  ///   - mean: The prior mean M₀ of M.
  ///   - covariance: The inverse of the expected precision, W⁻¹/ν.
  ///   - inputPrecision: K, of order P; one number is that multiple of the identity, two are the precision of the first
  ///     input, an intercept, and of all others.
  ///   - degreesOfFreedom: ν > D − 1; by default the dimension D, which says least.
  public init(
    mean: some KnownArgument = 0.0, covariance: some KnownArgument, inputPrecision: some KnownArgument = 1.0,
    degreesOfFreedom: Double? = nil
  ) {
    conditional = Conditional(
      MatrixNormalWishart.self,
      [
        ("mean", mean), ("inputPrecision", inputPrecision),
        ("degreesOfFreedom", Known(argument: degreesOfFreedom?.argument ?? .dimension(factor: 1))),
        ("covariance", covariance),
      ])
  }

  /// A prior given by the inverse of the Wishart's scale matrix, W⁻¹.
  public init(
    mean: some KnownArgument = 0.0, inverseScale: some KnownArgument, inputPrecision: some KnownArgument = 1.0,
    degreesOfFreedom: Double
  ) {
    self.init(
      mean: mean, covariance: Known(argument: inverseScale.argument.scaled(by: 1 / degreesOfFreedom)),
      inputPrecision: inputPrecision, degreesOfFreedom: degreesOfFreedom)
  }

  public static let domain = ValueDomain.meanAndPrecision

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [
      Statistic(.precisionTimesMean, .matrix(shape.dimension, shape.inputs)),
      Statistic(.precision, .symmetric(shape.dimension)), Statistic(.meanPrecisionMean, .symmetric(shape.inputs)),
      Statistic(.logPrecision, .scalar),
    ]
  }

  /// The rows of a D × P matrix that is stored row by row.
  static func rows(_ matrix: some Collection<Double>, _ shape: FamilyShape) -> [[Double]] {
    let elements = Array(matrix)
    return (0..<shape.dimension).map { Array(elements[($0 * shape.inputs)..<(($0 + 1) * shape.inputs)]) }
  }

  /// The product of a symmetric matrix and a D × P matrix given by its rows, as rows.
  static func product(_ a: SymmetricMatrix, _ rows: [[Double]], _ shape: FamilyShape) -> [[Double]] {
    rows.indices.map { i in
      (0..<shape.inputs).map { p in rows.indices.reduce(0.0) { $0 + a[i, $1] * rows[$1][p] } }
    }
  }

  /// AᵀB of two D × P matrices given by their rows, where it is symmetric.
  static func inner(_ a: [[Double]], _ b: [[Double]], _ shape: FamilyShape) -> SymmetricMatrix {
    var result = SymmetricMatrix(diagonal: [Double](repeating: 0, count: shape.inputs))
    for (a, b) in zip(a, b) { for p in a.indices { for q in 0...p { result[p, q] += a[p] * b[q] } } }
    return result
  }

  /// ABᵀ of two D × P matrices given by their rows, where it is symmetric.
  static func outer(_ a: [[Double]], _ b: [[Double]]) -> SymmetricMatrix {
    SymmetricMatrix(order: a.count, packed: a.indices.flatMap { i in (0...i).map { dot(a[i], b[$0]) } })
  }

  /// M₀ by rows, ν, W⁻¹ and the Cholesky factors of K and W⁻¹.
  private struct Form {
    let mean: [[Double]], degreesOfFreedom: Double, inputPrecision: SymmetricMatrix, inverseScale: SymmetricMatrix
    let inputFactor: Cholesky, cholesky: Cholesky

    init?(_ natural: [Double], _ shape: FamilyShape) {
      let (d, p) = (shape.dimension, shape.inputs)
      let precisionStart = d * p
      let inputStart = precisionStart + d * (d + 1) / 2
      let nu = 2 * natural[natural.count - 1] + Double(d + 1 - p)
      inputPrecision = SymmetricMatrix(order: p, natural: natural[inputStart..<(natural.count - 1)], times: -2)
      guard nu > Double(d - 1), natural.allSatisfy(\.isFinite), let inputs = inputPrecision.cholesky() else {
        return nil
      }
      degreesOfFreedom = nu
      inputFactor = inputs
      let linear = rows(natural[..<precisionStart], shape)
      mean = linear.map(inputs.solve)
      // M₀KM₀ᵀ from L⁻¹KM₀ᵀ, so that its diagonal is a sum of squares.
      let halves = linear.map(inputs.forward)
      inverseScale =
        SymmetricMatrix(order: d, natural: natural[precisionStart..<inputStart], times: -2)
        + -1 * outer(halves, halves)
      guard let factor = inverseScale.cholesky() else { return nil }
      cholesky = factor
    }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    guard let form = Form(natural, shape) else { return .nan }
    let (d, p, nu) = (Double(shape.dimension), Double(shape.inputs), form.degreesOfFreedom)
    return 0.5 * d * (p * logTwoPi - form.inputFactor.logDeterminant)
      + 0.5 * nu * (d * _log(2) - form.cholesky.logDeterminant)
      + multivariateLogGamma(nu / 2, dimension: shape.dimension)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: natural.count) }
    let d = Double(shape.dimension)
    let precision = form.degreesOfFreedom * form.cholesky.inverse()
    let linear = product(precision, form.mean, shape)
    let square = d * form.inputFactor.inverse() + inner(form.mean, linear, shape)
    return linear.flatMap { $0 } + precision.packed + square.packed + [
      multivariateDigamma(form.degreesOfFreedom / 2, dimension: shape.dimension) + d * _log(2)
        - form.cholesky.logDeterminant
    ]
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Form(natural, shape) != nil }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    let start = shape.dimension * shape.inputs
    let precision = SymmetricMatrix(order: shape.dimension, packed: Array(value[start...]))
    let mean = rows(value[..<start], shape)
    let linear = product(precision, mean, shape)
    return linear.flatMap { $0 } + precision.packed + inner(mean, linear, shape).packed + [
      precision.cholesky()?.logDeterminant ?? .nan
    ]
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    let start = shape.dimension * shape.inputs
    let precision = SymmetricMatrix(order: shape.dimension, packed: Array(value[start...]))
    return value.allSatisfy(\.isFinite) && precision.cholesky() != nil
      ? nil : "a finite map and a positive definite precision matrix"
  }

  public static func valueCount(_ shape: FamilyShape) -> Int {
    shape.dimension * shape.inputs + shape.dimension * (shape.dimension + 1) / 2
  }

  /// Λ first, and M given Λ as a matrix normal.
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let nothing = [Double](repeating: .nan, count: valueCount(shape))
    guard let form = Form(natural, shape) else { return nothing }
    let precision = Wishart.draw(degreesOfFreedom: form.degreesOfFreedom, inverseScale: form.cholesky, using: &random)
    guard let factor = precision.cholesky() else { return nothing }
    return MatrixNormal.draw(mean: form.mean, rows: factor, inputs: form.inputFactor, using: &random) + precision.packed
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [
      Parameter("mean", .matrix(shape.dimension, shape.inputs)),
      Parameter("inputPrecision", .symmetric(shape.inputs), .positiveDefinite, isOfInputs: true),
      Parameter("degreesOfFreedom", .scalar, .above(Double(shape.dimension - 1))),
      Parameter("covariance", .symmetric(shape.dimension), .positiveDefinite),
    ]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let (mean, nu) = (rows(parameters[0], shape), parameters[2][0])
    let inputPrecision = SymmetricMatrix(order: shape.inputs, packed: parameters[1])
    let linear = mean.map(inputPrecision.times)
    let sum = nu * SymmetricMatrix(order: shape.dimension, packed: parameters[3]) + outer(linear, mean)
    return linear.flatMap { $0 } + sum.natural(times: -0.5) + inputPrecision.natural(times: -0.5)
      + [0.5 * (nu + Double(shape.inputs - shape.dimension - 1))]
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    guard let form = Form(natural, shape) else {
      return parameters(shape).map { Array(repeating: .nan, count: $0.form.count) }
    }
    let covariance = (1 / form.degreesOfFreedom) * form.inverseScale
    return [form.mean.flatMap { $0 }, form.inputPrecision.packed, [form.degreesOfFreedom], covariance.packed]
  }

  /// As that of the Wishart, and half the squared distance of the maps.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    remoteness(of: other, in: natural, keeping: ["inputPrecision", "degreesOfFreedom"], shape)
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    guard let form = Form(natural, shape) else { return [] }
    let covariance = (1 / form.degreesOfFreedom) * form.inverseScale
    return [
      Summary("mean", form.mean.flatMap { $0 }), Summary("deviation", covariance.diagonal.map { $0.squareRoot() }),
      Summary("covariance", covariance.packed),
    ]
  }
}
