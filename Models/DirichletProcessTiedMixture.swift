import Suffice

/// Gaussians that share one covariance, as many as the data ask for: a Dirichlet process truncated at `components`.
public struct DirichletProcessTiedMixture: Model {
  public static let summary = "Dirichlet-process mixture of Gaussians that share one covariance matrix."

  @Hyperparameter("Largest number of mixture components.") public var components = 20
  @Hyperparameter("Concentration of the process; larger values use more components.") public var concentration = 1.0
  @Hyperparameter("The prior precision of a component's mean, in units of the precision of the data.")
  public var meanPrecision = 0.01

  /// The mixture weights, by stick-breaking.
  public let weights = Latent<StickBreaking>()
  /// The mean of each component.
  public let mean = Latent<MultivariateNormal>()
  /// The precision matrix of all components.
  public let precision = Latent<Wishart>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<MultivariateNormal>()

  /// Twenty components at most.
  public init() {}

  public var body: [Statement] {
    weights ~ StickBreaking(concentration: concentration, count: components)
    Plate("component", components) {
      mean ~ MultivariateNormal(mean: x.mean, precision: meanPrecision * x.precision)
    }
    precision ~ Wishart(expecting: 0.2 * x.covariance)
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(mean: mean[label], precision: precision)
    }
  }
}
