import Suffice

/// Several outputs that depend linearly on the same inputs, with correlated noise: coefficients and noise precision matrix
/// are one joint variable, and the posterior is exact.
public struct MultiOutputRegression: Model {
  public static let summary = "Linear regression of one or several outputs, with correlated noise (exact)."

  @Hyperparameter("How many observations the prior coefficients are worth.")
  public var inputPrecision = 1e-3

  /// The matrix of coefficients, intercepts first, and the precision matrix of the noise.
  public let map = Latent<MatrixNormalWishart>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The outputs.
  public let y = Observed<MultivariateNormal>()

  /// A prior that says little.
  public init() {}

  public var body: [Statement] {
    map
      ~ MatrixNormalWishart(
        mean: .intercept(y.mean), covariance: 1e-3 * y.covariance, inputPrecision: inputPrecision * x.variance)
    Plate.rows { y ~ MultivariateNormal(map, inputs: x) }
  }
}
