import Suffice

/// Linear regression with the horseshoe prior: most coefficients shrink to almost nothing, large ones hardly at all.
///
/// A half-Cauchy deviation is a gamma precision whose rate is gamma: Makalic & Schmidt, *A simple sampler for the horseshoe
/// estimator* (2016), written in precisions.
public struct HorseshoeRegression: Model {
  public static let summary = "Linear regression with the horseshoe prior, for many inputs of which few matter."

  @Hyperparameter("Scale of the half-Cauchy prior of the deviation that all coefficients share.") public var scale = 1.0

  /// The level of the output where all inputs are at their means.
  public let level = Latent<Normal>()
  /// The coefficients.
  public let coefficients = Latent<MultivariateNormal>()
  /// The prior precision of each coefficient, and the rate of its prior.
  public let local = Latent<Gamma>(), spread = Latent<Gamma>()
  /// The precision that all coefficients share, and the rate of its prior.
  public let shrinkage = Latent<Gamma>(), tail = Latent<Gamma>()
  /// The precision of the noise.
  public let precision = Latent<Gamma>()
  /// The inputs, about their means.
  public let x = Covariates(centered: true)
  /// The output.
  public let y = Observed<Normal>()

  /// A half-Cauchy prior of scale 1.
  public init() {}

  public var body: [Statement] {
    level ~ Normal(mean: y.mean, precision: 1e-3 * y.precision)
    tail ~ Gamma(shape: 0.5, rate: 1 / (scale * scale), count: 1)
    shrinkage ~ Gamma(shape: 0.5, rate: tail, count: 1)
    spread ~ Gamma(shape: 0.5, rate: shrinkage)
    local ~ Gamma(shape: 0.5, rate: spread)
    coefficients ~ MultivariateNormal(mean: 0.0, precisions: local, factor: x.variance / y.variance)
    precision ~ Gamma(shape: 1e-3, rate: 1e-3 * y.variance)
    Plate.rows { y ~ Normal(mean: level + coefficients * x, precision: precision) }
  }
}
