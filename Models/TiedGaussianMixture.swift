import Suffice

/// Every row belongs to one of `components` Gaussians that share one covariance matrix.
public struct TiedGaussianMixture: Model {
  public static let summary = "Mixture of Gaussians that share one covariance matrix."

  @Hyperparameter("Number of mixture components.") public var components = 10
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("The prior precision of a component's mean, in units of the precision of the data.")
  public var meanPrecision = 0.01

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// The mean of each component.
  public let mean = Latent<MultivariateNormal>()
  /// The precision matrix of all components.
  public let precision = Latent<Wishart>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<MultivariateNormal>()

  /// Ten components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
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
