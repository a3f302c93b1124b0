import Suffice

/// Linear regression that finds out which inputs matter: every coefficient has a precision of its own, and those of
/// irrelevant inputs grow without limit (automatic relevance determination).
public struct RelevanceRegression: Model {
  public static let summary = "Linear regression that switches irrelevant inputs off (relevance determination)."

  @Hyperparameter("Shape of the gamma priors of the coefficients' precisions and of the noise precision.")
  public var shape = 1e-3
  @Hyperparameter("Rate of the gamma priors of the coefficients' precisions.") public var rate = 1e-8

  /// The level of the output where all inputs are at their means.
  public let level = Latent<Normal>()
  /// The coefficients.
  public let coefficients = Latent<MultivariateNormal>()
  /// The prior precision of each coefficient: large where the input is irrelevant.
  public let relevance = Latent<Gamma>()
  /// The precision of the noise.
  public let precision = Latent<Gamma>()
  /// The inputs, about their means.
  public let x = Covariates(centered: true)
  /// The output.
  public let y = Observed<Normal>()

  /// A prior that says little.
  public init() {}

  public var body: [Statement] {
    level ~ Normal(mean: y.mean, precision: 1e-3 * y.precision)
    relevance ~ Gamma(shape: shape, rate: rate)
    coefficients ~ MultivariateNormal(mean: 0.0, precisions: relevance, factor: x.variance / y.variance)
    precision ~ Gamma(shape: shape, rate: shape * y.variance)
    Plate.rows { y ~ Normal(mean: level + coefficients * x, precision: precision) }
  }
}
