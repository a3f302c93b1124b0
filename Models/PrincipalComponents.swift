import Suffice

/// Columns that depend linearly on a few latent components of each row, with the same noise in all: probabilistic principal
/// components with automatic relevance determination (Bishop 1999); cells may be missing.
public struct PrincipalComponents: Model {
  public static let summary = "Probabilistic principal components that finds how many are needed; cells may be missing."

  @Hyperparameter("Largest number of components; the relevance of those that are not needed grows without limit.")
  public var components = 10
  @Hyperparameter("Shape and rate of the gamma priors of relevance, and shape of that of the noise precision.")
  public var shape = 1e-3

  /// The level of each column.
  public let level = Latent<Normal>()
  /// The loadings of each column on the components.
  public let loadings = Latent<MultivariateNormal>()
  /// The prior precision of each component's loadings.
  public let relevance = Latent<Gamma>()
  /// The precision of the noise.
  public let noise = Latent<Gamma>()
  /// The components of each row.
  public let z = Latent<MultivariateNormal>()
  /// The columns.
  public let x = Observed<Normal>()

  /// Ten components at most.
  public init() {}

  public var body: [Statement] {
    level ~ Normal(mean: x.mean, precision: 1e-3 * x.precision)
    relevance ~ Gamma(shape: shape, rate: shape, count: components)
    Plate(per: x) {
      loadings ~ MultivariateNormal(mean: 0.0, precisions: relevance, factor: 1 / x.variance.average)
    }
    noise ~ Gamma(shape: shape, rate: 1e-3 * shape * x.variance, count: 1)
    Plate.rows {
      z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: components)
      x ~ Normal(mean: level + loadings * z, precision: noise)
    }
  }
}
