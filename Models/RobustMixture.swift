import Suffice

/// Every row belongs to one of `components` multivariate Student-t distributions: outlying rows hardly move them.
public struct RobustMixture: Model {
  public static let summary = "Mixture of multivariate Student-t distributions, robust against outlying rows."

  @Hyperparameter("Number of mixture components.") public var components = 5
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("Degrees of freedom; smaller values have heavier tails.") public var degreesOfFreedom = 4.0

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// Location and scale of each component.
  public let cluster = Latent<NormalWishart>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The factor of each row's precision: small where the row is an outlier.
  public let factor = Latent<Gamma>()
  /// The numeric columns.
  public let x = Observed<MultivariateNormal>()

  /// Five components with four degrees of freedom.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) { cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance) }
    Plate.rows {
      label ~ Categorical(weights)
      factor ~ Gamma(shape: 0.5 * degreesOfFreedom, rate: 0.5 * degreesOfFreedom, count: 1)
      x ~ MultivariateNormal(cluster[label], factor: factor)
    }
  }
}
