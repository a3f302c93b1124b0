import Suffice

/// Zeros and ones of which the log odds depend linearly on inputs, by Pólya–gamma augmentation.
public struct LogisticRegression: Model {
  public static let summary = "Logistic regression for a two-valued column."

  @Hyperparameter("Prior precision of the coefficients and the intercept.") public var coefficientPrecision = 0.01

  /// The intercept and the coefficients, in the order of the inputs' columns.
  public let coefficients = Latent<MultivariateNormal>()
  /// The auxiliary variable of each observation.
  public let omega = Latent<PolyaGamma>()
  /// The inputs, best in units that give them deviations near 1.
  public let x = Covariates(intercept: true)
  /// The two-valued column.
  public let y = Observed<Bernoulli>()

  /// Prior deviations of 10.
  public init() {}

  public var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: coefficientPrecision)
    Plate.rows {
      omega ~ PolyaGamma(shape: 1)
      y ~ Bernoulli(logit: coefficients * x, auxiliary: omega)
    }
  }
}
