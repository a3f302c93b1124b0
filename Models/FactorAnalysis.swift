import Suffice

/// Columns that depend linearly on a few latent factors of each row, with noise of their own; cells may be missing.
public struct FactorAnalysis: Model {
  public static let summary = "Factor analysis: columns of a row depend on a few latent factors; cells may be missing."

  @Hyperparameter("Number of factors.") public var factors = 5
  @Hyperparameter("Shape and rate of the gamma priors of the factors' relevance; small values take factors out.")
  public var shape = 1.0

  /// The level of each column.
  public let level = Latent<Normal>()
  /// The loadings of each column on the factors.
  public let loadings = Latent<MultivariateNormal>()
  /// The prior precision of each factor's loadings.
  public let relevance = Latent<Gamma>()
  /// The precision of each column's noise.
  public let noise = Latent<Gamma>()
  /// The factors of each row.
  public let z = Latent<MultivariateNormal>()
  /// The columns.
  public let x = Observed<Normal>()

  /// Five factors.
  public init() {}

  public var body: [Statement] {
    level ~ Normal(mean: x.mean, precision: 1e-3 * x.precision)
    relevance ~ Gamma(shape: shape, rate: shape, count: factors)
    Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precisions: relevance, factor: x.precision) }
    noise ~ Gamma(shape: 0.5, rate: 0.5 * x.variance)
    Plate.rows {
      z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: factors)
      x ~ Normal(mean: level + loadings * z, precision: noise)
    }
  }
}
