import Suffice

/// Rows of numbers, counts, labels and binary answers together: one label of the row chooses the distribution of all.
///
/// Bind counts by name (`--bind counts=visits,children`); kinds that a table lacks are left out.
public struct MixedMixture: Model {
  public static let summary = "Mixture for tables of numeric, count, categorical and binary columns together."

  @Hyperparameter("Number of mixture components.") public var components = 10
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 0.1

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// Mean and precision of the numeric columns, and the rates of the counts, in each component.
  public let location = Latent<NormalGamma>(), rate = Latent<Gamma>()
  /// The probabilities of levels, and those of a 1.
  public let profile = Latent<Dirichlet>(), probability = Latent<Beta>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The columns by kind: numeric, counts, categorical, binary.
  public let numbers = Observed<Normal>(), counts = Observed<Poisson>()
  public let categories = Observed<Categorical>(), flags = Observed<Bernoulli>()

  /// Ten components.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) {
      location ~ NormalGamma(mean: numbers.mean, variance: numbers.variance)
      rate ~ Gamma(shape: 1.0, rate: counts.reciprocalMean)
      profile ~ Dirichlet(concentration: 0.5, count: categories.levels)
      probability ~ Beta(alpha: 0.5, beta: 0.5)
    }
    Plate.rows {
      label ~ Categorical(weights)
      numbers ~ Normal(location[label])
      counts ~ Poisson(rate[label])
      categories ~ Categorical(profile[label])
      flags ~ Bernoulli(probability[label])
    }
  }
}
