import Suffice

/// Every row belongs to one of `components` Gaussians with a diagonal covariance matrix.
public struct DiagonalGaussianMixture: Model {
  public static let summary = "Mixture of Gaussians with diagonal covariance matrices."

  @Hyperparameter("Number of mixture components.") public var components = 10
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("How many observations the prior mean of a component is worth.") public var meanPrecision = 1.0

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// Mean and precision of each column in each component.
  public let cluster = Latent<NormalGamma>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<Normal>()

  /// Ten components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ NormalGamma(mean: x.mean, variance: x.variance, meanPrecision: meanPrecision)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Normal(cluster[label])
    }
  }
}
