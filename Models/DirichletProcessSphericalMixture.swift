import Suffice

/// Gaussians with one variance for all columns, as many as the data ask for: a Dirichlet process truncated at
/// `components`.
public struct DirichletProcessSphericalMixture: Model {
  public static let summary = "Dirichlet-process mixture of Gaussians with one variance for all columns."

  @Hyperparameter("Largest number of mixture components.") public var components = 20
  @Hyperparameter("Concentration of the process; larger values use more components.") public var concentration = 1.0
  @Hyperparameter("How many observations the prior mean of a component is worth.") public var meanPrecision = 1.0

  /// The mixture weights, by stick-breaking.
  public let weights = Latent<StickBreaking>()
  /// The mean of each column and the precision of all, in each component.
  public let cluster = Latent<SphericalNormalGamma>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<Normal>()

  /// Twenty components at most.
  public init() {}

  public var body: [Statement] {
    weights ~ StickBreaking(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ SphericalNormalGamma(mean: x.mean, variance: x.variance, meanPrecision: meanPrecision)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Normal(cluster[label])
    }
  }
}
