import Suffice

/// Gaussians with full covariance, as many as the data ask for: a Dirichlet process truncated at `components`.
public struct DirichletProcessGaussianMixture: Model {
  public static let summary = "Dirichlet-process mixture of Gaussians with full covariance matrices."

  @Hyperparameter("Largest number of mixture components.") public var components = 20
  @Hyperparameter("Concentration of the process; larger values use more components.") public var concentration = 1.0
  @Hyperparameter("How many observations the prior mean of a component is worth.") public var meanPrecision = 1.0

  /// The mixture weights, by stick-breaking.
  public let weights = Latent<StickBreaking>()
  /// Mean and precision of each component.
  public let cluster = Latent<NormalWishart>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<MultivariateNormal>()

  /// Twenty components at most.
  public init() {}

  public var body: [Statement] {
    weights ~ StickBreaking(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance, meanPrecision: meanPrecision)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(cluster[label])
    }
  }
}
