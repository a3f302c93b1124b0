import Suffice

/// A number that depends linearly on others: coefficients and noise as two variables.
public struct LinearRegression: Model {
  public static let summary = "Linear regression with an intercept and normal noise."

  @Hyperparameter("Prior precision of the coefficients, in deviations of the output per deviation of the input.")
  public var coefficientPrecision = 1e-6
  @Hyperparameter("Shape of the gamma prior of the noise precision, whose mean is that of the data.")
  public var shape = 1e-3

  /// The intercept and the coefficients, in the order of the inputs' columns.
  public let coefficients = Latent<MultivariateNormal>()
  /// The precision of the noise.
  public let precision = Latent<Gamma>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The output.
  public let y = Observed<Normal>()

  /// A prior that says little.
  public init() {}

  public var body: [Statement] {
    coefficients
      ~ MultivariateNormal(mean: .intercept(y.mean), precision: coefficientPrecision * x.variance / y.variance)
    precision ~ Gamma(shape: shape, rate: shape * y.variance)
    Plate.rows { y ~ Normal(mean: coefficients * x, precision: precision) }
  }
}
