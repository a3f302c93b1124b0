import Suffice

/// Every row of binary answers belongs to one of `components` profiles: latent class analysis.
public struct BernoulliMixture: Model {
  public static let summary = "Mixture of Bernoulli distributions for binary columns (latent classes)."

  @Hyperparameter("Number of mixture components.") public var components = 5
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1
  @Hyperparameter("Both parameters of the beta prior of the probabilities.") public var pseudocount = 0.5

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// The probability of a 1 in each column of each component.
  public let probability = Latent<Beta>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The binary columns.
  public let x = Observed<Bernoulli>()

  /// Five components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) { probability ~ Beta(alpha: pseudocount, beta: pseudocount) }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Bernoulli(probability[label])
    }
  }
}
