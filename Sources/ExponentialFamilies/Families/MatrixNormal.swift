import SpecialFunctions

extension StatisticName {
  /// What stands for the known precision of a matrix normal variable's rows: 0, with the matrix as natural parameter.
  public static let rowPrecision = StatisticName("rowPrecision", text: "Λ₀(·)", latex: "\\Lambda_0(·)")
}

/// The matrix normal distribution MN(M₀, Λ⁻¹, K⁻¹) over the map M of a linear regression with D outputs and P inputs,
/// whose noise has the known precision matrix Λ: vec M ~ N(vec M₀, K⁻¹ ⊗ Λ⁻¹).
///
/// D is ``FamilyShape/dimension``, P is ``FamilyShape/inputs``. It is ``MatrixNormalWishart`` given Λ, and stands where
/// that does: values (M row by row, then the lower triangle of Λ) and statistics ΛM (D × P), Λ, MᵀΛM (of order P) and
/// log|Λ| are the same. Λ and log|Λ| do not vary. One more statistic, ``StatisticName/rowPrecision``, is 0, with the
/// matrix Λ, a known constant of the member, as natural parameter.
///
/// With L, −½S, −½K, ℓ and Λ for the natural parameters, M₀ = LK⁻¹, and the log partition is
/// ½DP log 2π − ½D log|K| + (ℓ − ½P) log|Λ| − ½ tr Λ(S − LK⁻¹Lᵀ). S and ℓ, whose statistics are constant, are what
/// observations add to their evidence; a prior has S = M₀KM₀ᵀ and ℓ = ½P.
///
/// It is conjugate to y ~ N(Mx, Λ⁻¹) with known inputs x; ``MatrixNormalWishart`` has the terms of such a likelihood.
///
/// Source: Dawid, "Some matrix-variate distribution theory", *Biometrika* 68 (1981); Gupta & Nagar, *Matrix Variate
/// Distributions* (2000), chapter 2.
public struct MatrixNormal: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A prior of a linear map whose noise is known.
  ///
  /// - Parameters:
  ///   - mean: The prior mean M₀ of M.
  ///   - covariance: The known covariance Λ⁻¹ of the noise; one number is that multiple of the identity.
  ///   - inputPrecision: K, of order P; one number is that multiple of the identity, two are the precision of the first
  ///     input, an intercept, and of all others.
  public init(
    mean: some KnownArgument = 0.0, covariance: some KnownArgument, inputPrecision: some KnownArgument = 1.0
  ) {
    conditional = Conditional(
      MatrixNormal.self, [("mean", mean), ("inputPrecision", inputPrecision), ("covariance", covariance)])
  }

  public static let domain = MatrixNormalWishart.domain

  public static let constantStatistics: Set<StatisticName> = [.rowPrecision]

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    MatrixNormalWishart.statistics(shape) + [Statistic(.rowPrecision, .symmetric(shape.dimension))]
  }

  /// M₀ by rows, L K^(−½), K, Λ and the Cholesky factors of both, S and ℓ.
  private struct Form {
    let mean: [[Double]], halves: [[Double]], inputPrecision: SymmetricMatrix, precision: SymmetricMatrix
    let inputFactor: Cholesky, factor: Cholesky, scatter: SymmetricMatrix, logCount: Double

    init?(_ natural: [Double], _ shape: FamilyShape) {
      let (d, p) = (shape.dimension, shape.inputs)
      let (scatterStart, order) = (d * p, d * (d + 1) / 2)
      let (inputStart, end) = (scatterStart + order, natural.count - order - 1)
      inputPrecision = SymmetricMatrix(order: p, natural: natural[inputStart..<end], times: -2)
      precision = SymmetricMatrix(order: d, packed: Array(natural[(end + 1)...]))
      guard natural.allSatisfy(\.isFinite), let inputs = inputPrecision.cholesky(), let outputs = precision.cholesky()
      else { return nil }
      (inputFactor, factor, logCount) = (inputs, outputs, natural[end])
      halves = MatrixNormalWishart.rows(natural[..<scatterStart], shape).map(inputs.forward)
      mean = halves.map(inputs.backward)
      scatter = SymmetricMatrix(order: d, natural: natural[scatterStart..<inputStart], times: -2)
    }
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    guard let form = Form(natural, shape) else { return .nan }
    let (d, p) = (Double(shape.dimension), Double(shape.inputs))
    // tr Λ(S − LK⁻¹Lᵀ), the difference first: Λ may be large.
    var residual = 0.0
    for i in 0..<shape.dimension {
      for j in 0...i {
        let element = form.precision[i, j] * (form.scatter[i, j] - dot(form.halves[i], form.halves[j]))
        residual += i == j ? element : 2 * element
      }
    }
    return 0.5 * d * (p * logTwoPi - form.inputFactor.logDeterminant)
      + (form.logCount - 0.5 * p) * form.factor.logDeterminant - 0.5 * residual
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: natural.count) }
    let linear = MatrixNormalWishart.product(form.precision, form.mean, shape)
    let square =
      Double(shape.dimension) * form.inputFactor.inverse() + MatrixNormalWishart.inner(form.mean, linear, shape)
    return linear.flatMap { $0 } + form.precision.packed + square.packed + [form.factor.logDeterminant]
      + form.precision.packed.map { _ in 0 }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Form(natural, shape) != nil }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    MatrixNormalWishart.statistics(of: value, shape)
      + [Double](repeating: 0, count: shape.dimension * (shape.dimension + 1) / 2)
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    MatrixNormalWishart.expectation(violatedBy: value, shape)
  }

  public static func valueCount(_ shape: FamilyShape) -> Int { MatrixNormalWishart.valueCount(shape) }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    guard let form = Form(natural, shape) else { return [Double](repeating: .nan, count: valueCount(shape)) }
    return draw(mean: form.mean, rows: form.factor, inputs: form.inputFactor, using: &random) + form.precision.packed
  }

  /// M = M₀ + L⁻ᵀ Z C⁻¹, row by row, with Λ = L Lᵀ, K = C Cᵀ and a matrix Z of standard normal numbers.
  static func draw(
    mean: [[Double]], rows: Cholesky, inputs: Cholesky, using random: inout RandomSource
  ) -> [Double] {
    let columns = (0..<inputs.order).map { _ in rows.backward((0..<rows.order).map { _ in random.normal() }) }
    let noise = (0..<rows.order).map { i in inputs.backward(columns.map { $0[i] }) }
    return zip(mean, noise).flatMap { zip($0, $1).map { $0 + $1 } }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    MatrixNormalWishart.parameters(shape).filter { $0.name != "degreesOfFreedom" }
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    let mean = MatrixNormalWishart.rows(parameters[0], shape)
    let inputPrecision = SymmetricMatrix(order: shape.inputs, packed: parameters[1])
    let covariance = SymmetricMatrix(order: shape.dimension, packed: parameters[2])
    let linear = mean.map(inputPrecision.times)
    let precision = covariance.cholesky()?.inverse().packed ?? covariance.packed.map { _ in .nan }
    let scatter = MatrixNormalWishart.outer(linear, mean)
    return linear.flatMap { $0 } + scatter.natural(times: -0.5) + inputPrecision.natural(times: -0.5)
      + [0.5 * Double(shape.inputs)] + precision
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    guard let form = Form(natural, shape) else {
      return parameters(shape).map { Array(repeating: .nan, count: $0.form.count) }
    }
    return [form.mean.flatMap { $0 }, form.inputPrecision.packed, form.factor.inverse().packed]
  }

  /// Half the squared distance of the maps, in deviations of the first.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    remoteness(of: other, in: natural, keeping: ["inputPrecision", "covariance"], shape)
  }

  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    guard let form = Form(natural, shape) else { return [] }
    let covariance = form.factor.inverse()
    return [
      Summary("mean", form.mean.flatMap { $0 }), Summary("deviation", covariance.diagonal.map { $0.squareRoot() }),
      Summary("covariance", covariance.packed),
    ]
  }
}
