import Suffice

/// Every row belongs to one of `components` Gaussians with one variance for all columns.
public struct SphericalGaussianMixture: Model {
  public static let summary = "Mixture of Gaussians with one variance for all columns."

  @Hyperparameter("Number of mixture components.") public var components = 10
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("How many observations the prior mean of a component is worth.") public var meanPrecision = 1.0

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// The mean of each column and the precision of all, in each component.
  public let cluster = Latent<SphericalNormalGamma>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<Normal>()

  /// Ten components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ SphericalNormalGamma(mean: x.mean, variance: x.variance, meanPrecision: meanPrecision)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Normal(cluster[label])
    }
  }
}
