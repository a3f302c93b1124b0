import Suffice

/// Counts of which the logarithm of the mean depends linearly on inputs, with more variance than Poisson counts.
///
/// The mean is `size` · exp(coefficients · x), so that the intercept is that of the log mean less log `size`. With a size far above the
/// mean of the counts, deviations come out too small: half of what they should be at 30 times the mean, and a tenth at 1300 times, beyond
/// which the size is refused.
public struct NegativeBinomialRegression: Model {
  public static let summary = "Negative binomial regression for a column of counts."

  @Hyperparameter("The size r: a count of mean m has variance m + m²/r.") public var size = 1.0
  @Hyperparameter("Prior precision of the coefficients, per deviation of their inputs.") public
    var coefficientPrecision = 0.01

  /// The intercept and the coefficients, in the order of the inputs' columns.
  public let coefficients = Latent<MultivariateNormal>()
  /// The auxiliary variable of each observation.
  public let omega = Latent<PolyaGamma>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The counts.
  public let y = Observed<Counts>()

  /// Size 1, prior deviations of 10.
  public init() {}

  public var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: coefficientPrecision * x.variance)
    Plate.rows {
      omega ~ PolyaGamma(shape: size, plus: y)
      y ~ NegativeBinomial(size: size, logit: coefficients * x, auxiliary: omega)
    }
  }
}
