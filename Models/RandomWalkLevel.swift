import Suffice

/// A series about a level that moves by a random step from row to row: the local level model, by Kalman smoothing.
///
/// Source: Durbin & Koopman, *Time Series Analysis by State Space Methods* (2012), chapter 2.
public struct RandomWalkLevel: Model {
  public static let summary = "Local level model: a random walk with noise, smoothed."

  @Hyperparameter("Shape of the gamma priors of both precisions; small values say little.") public var shape = 1e-3

  /// The precision of the steps.
  public let steadiness = Latent<Gamma>()
  /// The precision of the observations about the level.
  public let precision = Latent<Gamma>()
  /// The level of each row.
  public let level = Latent<MultivariateNormal>()
  /// The column.
  public let x = Observed<Normal>()

  /// Priors that expect both deviations at that of the changes from row to row.
  public init() {}

  public var body: [Statement] {
    steadiness ~ Gamma(shape: shape, rate: shape * x.stepVariance, count: 1)
    precision ~ Gamma(shape: shape, rate: shape * x.stepVariance)
    Chain {
      level
        ~ MarkovChain(
          initial: MultivariateNormal(mean: x.mean, precision: 0.1 * x.precision, count: 1),
          transition: MultivariateNormal(mean: Matrix([[1]]) * level.previous, precisions: steadiness))
      x ~ Normal(mean: Matrix([[1]]) * level, precision: precision)
    }
  }
}
