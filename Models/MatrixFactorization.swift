import Suffice

/// A large table with most cells missing, one row for each cell that is there: its row, its column, its value.
///
/// The value is a level, an effect of the row, an effect of the column, and the inner product of a vector of each.
public struct MatrixFactorization: Model {
  public static let summary = "Ratings of items by users: effects of both and a product of latent vectors."

  @Hyperparameter("Length of the latent vectors.") public var factors = 5

  /// The level of all ratings, and the precision of the noise.
  public let level = Latent<Normal>(), noise = Latent<Gamma>()
  /// The effect of each user and of each item, and their precisions.
  public let generosity = Latent<Normal>(), quality = Latent<Normal>()
  public let generosityPrecision = Latent<Gamma>(), qualityPrecision = Latent<Gamma>()
  /// The vector of each user and of each item, and the relevance of the vectors' elements.
  public let taste = Latent<MultivariateNormal>(), trait = Latent<MultivariateNormal>(), relevance = Latent<Gamma>()
  /// Who rated, and what.
  public let user = Groups(), item = Groups()
  /// The ratings.
  public let rating = Observed<Normal>()

  /// Vectors of five elements.
  public init() {}

  public var body: [Statement] {
    level ~ Normal(mean: rating.mean, precision: 1e-3 * rating.precision)
    noise ~ Gamma(shape: 0.5, rate: 0.5 * rating.variance)
    generosityPrecision ~ Gamma(shape: 0.5, rate: 0.5 * rating.variance)
    qualityPrecision ~ Gamma(shape: 0.5, rate: 0.5 * rating.variance)
    relevance ~ Gamma(shape: 0.5, rate: 0.5, count: factors)
    Plate(per: user) {
      generosity ~ Normal(mean: 0.0, precision: generosityPrecision)
      taste ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: factors)
    }
    Plate(per: item) {
      quality ~ Normal(mean: 0.0, precision: qualityPrecision)
      trait ~ MultivariateNormal(mean: 0.0, precisions: relevance, factor: rating.precision)
    }
    Plate.rows {
      rating ~ Normal(mean: level + generosity[user] + quality[item] + taste[user] * trait[item], precision: noise)
    }
  }
}
