import Suffice

/// Every row belongs to one of `components` factor analyses: clusters that are flat in most directions.
public struct MixtureOfFactorAnalysers: Model {
  public static let summary = "Mixture of factor analysers: clusters with a few directions of large variance."

  @Hyperparameter("Number of mixture components.") public var components = 10
  @Hyperparameter("Number of factors of each component.") public var factors = 2

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// The mean of each component.
  public let level = Latent<Normal>()
  /// The loadings of each column on the factors of each component.
  public let loadings = Latent<MultivariateNormal>()
  /// The precision of each column's noise.
  public let noise = Latent<Gamma>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The factors of each row.
  public let z = Latent<MultivariateNormal>()
  /// The columns.
  public let x = Observed<Normal>()

  /// Ten components with two factors.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: 0.1, count: components)
    noise ~ Gamma(shape: 0.5, rate: 0.05 * x.variance)
    Plate("component", components) {
      level ~ Normal(mean: x.mean, precision: x.precision)
      Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precision: x.precision) }
    }
    Plate.rows {
      label ~ Categorical(weights)
      z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: factors)
      x ~ Normal(mean: level[label] + loadings[label] * z, precision: noise)
    }
  }
}
