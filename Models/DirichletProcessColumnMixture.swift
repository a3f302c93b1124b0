import Suffice

/// One numeric column as a Dirichlet-process mixture: the mode-specific normalisation of tabular generative models.
///
/// The defaults are those of CTGAN and RDT: ten components, concentration 0.001, a prior worth one observation.
public struct DirichletProcessColumnMixture: Model {
  public static let summary = "Dirichlet-process mixture of normals for one numeric column, as tabular GANs fit it."

  @Hyperparameter("Largest number of mixture components.") public var components = 10
  @Hyperparameter("Concentration of the process; larger values use more components.") public var concentration = 0.001
  @Hyperparameter("How many observations the prior mean of a component is worth.") public var meanPrecision = 1.0

  /// The mixture weights, by stick-breaking.
  public let weights = Latent<StickBreaking>()
  /// Mean and precision of each component.
  public let cluster = Latent<NormalGamma>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The column.
  public let x = Observed<Normal>()

  /// Ten components at most.
  public init() {}

  public var body: [Statement] {
    weights ~ StickBreaking(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ NormalGamma(mean: x.mean, variance: x.variance, meanPrecision: meanPrecision)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Normal(cluster[label])
    }
  }
}
