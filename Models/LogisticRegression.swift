import Suffice

/// Zeros and ones of which the log odds depend linearly on inputs, by Pólya–gamma augmentation.
public struct LogisticRegression: Model {
  public static let summary = "Logistic regression for a two-valued column."

  @Hyperparameter("Prior precision of the coefficients, per deviation of their inputs.") public
    var coefficientPrecision = 0.01

  /// The intercept and the coefficients, in the order of the inputs' columns.
  public let coefficients = Latent<MultivariateNormal>()
  /// The auxiliary variable of each observation.
  public let omega = Latent<PolyaGamma>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The two-valued column.
  public let y = Observed<Bernoulli>()

  /// Prior deviations of 10.
  public init() {}

  public var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: coefficientPrecision * x.variance)
    Plate.rows {
      omega ~ PolyaGamma(shape: 1)
      y ~ Bernoulli(logit: coefficients * x, auxiliary: omega)
    }
  }
}
