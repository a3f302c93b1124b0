import Suffice

/// Every row belongs to one of `components` Gaussians with full covariance.
public struct GaussianMixture: Model {
  public static let summary = "Mixture of Gaussians with full covariance matrices."

  @Hyperparameter("Number of mixture components.") public var components = 10
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("How many observations the prior mean of a component is worth.") public var meanPrecision = 1.0

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// Mean and precision of each component.
  public let cluster = Latent<NormalWishart>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<MultivariateNormal>()

  /// Ten components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance, meanPrecision: meanPrecision)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(cluster[label])
    }
  }
}
