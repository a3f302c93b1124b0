import Suffice

/// Zeros and ones by the sign of a latent utility that depends linearly on inputs, with standard normal noise.
public struct ProbitRegression: Model {
  public static let summary = "Probit regression for a two-valued column."

  @Hyperparameter("Prior precision of the coefficients, per deviation of their inputs.") public
    var coefficientPrecision = 0.01

  /// The intercept and the coefficients, in the order of the inputs' columns.
  public let coefficients = Latent<MultivariateNormal>()
  /// The distance of each observation's utility from 0.
  public let utility = Latent<TruncatedNormal>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The two-valued column.
  public let y = Observed<Bernoulli>()

  /// Prior deviations of 10.
  public init() {}

  public var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: coefficientPrecision * x.variance)
    Plate.rows {
      utility ~ TruncatedNormal(mean: 0.0, precision: 1.0)
      y ~ Bernoulli(probit: coefficients * x, auxiliary: utility)
    }
  }
}
