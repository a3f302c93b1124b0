import Suffice

/// Every row of counts belongs to one of `components` groups with rates of their own.
public struct PoissonMixture: Model {
  public static let summary = "Mixture of Poisson distributions for columns of counts."

  @Hyperparameter("Number of mixture components.") public var components = 5
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("Shape of the gamma prior of the rates, whose mean is that of the data.") public var shape = 1.0

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// The rate of each column in each component.
  public let rate = Latent<Gamma>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The columns of counts.
  public let x = Observed<Poisson>()

  /// Five components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) { rate ~ Gamma(shape: shape, rate: shape * x.reciprocalMean) }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Poisson(rate[label])
    }
  }
}
