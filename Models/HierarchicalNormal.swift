import Suffice

/// Numbers in groups whose means come from one normal distribution: groups with few rows are drawn towards the whole.
public struct HierarchicalNormal: Model {
  public static let summary = "Normal means of groups with a common prior (partial pooling)."

  @Hyperparameter("Shape of the gamma priors of both precisions, whose means are that of the data.")
  public var shape = 0.5

  /// The mean of the groups' means.
  public let center = Latent<Normal>()
  /// The precision of the groups' means.
  public let between = Latent<Gamma>()
  /// The mean of each group.
  public let level = Latent<Normal>()
  /// The precision within groups.
  public let within = Latent<Gamma>()
  /// Which group a row belongs to.
  public let group = Groups()
  /// The numbers.
  public let y = Observed<Normal>()

  /// Priors worth one observation.
  public init() {}

  public var body: [Statement] {
    center ~ Normal(mean: y.mean, precision: 1e-3 * y.precision)
    between ~ Gamma(shape: shape, rate: 0.1 * shape * y.variance)
    Plate(per: group) { level ~ Normal(mean: center, precision: between) }
    within ~ Gamma(shape: shape, rate: shape * y.variance)
    Plate.rows { y ~ Normal(mean: level[group], precision: within) }
  }
}
