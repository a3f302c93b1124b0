import Suffice

/// Counts of groups, each with a rate of its own that a common prior holds together, times a known exposure.
public struct PoissonRates: Model {
  public static let summary = "Poisson rates of groups with exposures and a common prior."

  @Hyperparameter("Shape of the gamma distribution of the rates: larger values hold the groups closer together.")
  public var shape = 2.0

  /// The rate of the gamma distribution of the groups' rates.
  public let scale = Latent<Gamma>()
  /// The rate of each group.
  public let rate = Latent<Gamma>()
  /// Which group a row belongs to.
  public let group = Groups()
  /// How long, or how many, a count was taken over.
  public let exposure = Covariates()
  /// The counts.
  public let y = Observed<Poisson>()

  /// Rates that may differ much.
  public init() {}

  public var body: [Statement] {
    scale ~ Gamma(shape: 1e-3, rate: 1e-3 / exposure.mean, count: 1)
    Plate(per: group) { rate ~ Gamma(shape: shape, rate: scale, count: 1) }
    Plate.rows { y ~ Poisson(rate[group], exposure: exposure) }
  }
}
