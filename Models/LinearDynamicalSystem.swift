import Suffice

/// Rows in order that a few hidden numbers explain, which follow linearly from those of the row before.
///
/// Columns of the loadings and of the dynamics have precisions of their own (automatic relevance determination).
/// Source: Luttinen, *Fast variational Bayesian linear state-space model* (2013).
public struct LinearDynamicalSystem: Model {
  public static let summary = "Linear dynamical system: hidden numbers that evolve linearly, seen through loadings."

  @Hyperparameter("Number of hidden numbers.") public var dimension = 3

  /// The rows of the matrix that takes the hidden numbers to the next row, and the precisions of its columns.
  public let dynamics = Latent<MultivariateNormal>(), dynamicsRelevance = Latent<Gamma>()
  /// The loadings of each column, and the precisions of the hidden numbers' loadings.
  public let loadings = Latent<MultivariateNormal>(), relevance = Latent<Gamma>()
  /// The level of each column, and its precision.
  public let level = Latent<Normal>(), precision = Latent<Gamma>()
  /// The hidden numbers of each row.
  public let z = Latent<MultivariateNormal>()
  /// The numeric columns.
  public let x = Observed<Normal>()

  /// Three hidden numbers.
  public init() {}

  public var body: [Statement] {
    dynamicsRelevance ~ Gamma(shape: 1, rate: 1, count: dimension)
    Plate(per: z) { dynamics ~ MultivariateNormal(mean: 0.0, precisions: dynamicsRelevance, count: dimension) }
    relevance ~ Gamma(shape: 1, rate: 1, count: dimension)
    level ~ Normal(mean: x.mean, precision: 1e-3 * x.precision)
    Plate(per: x) {
      loadings ~ MultivariateNormal(mean: 0.0, precisions: relevance, factor: x.precision, count: dimension)
    }
    precision ~ Gamma(shape: 1e-3, rate: 1e-3 * x.variance)
    Chain {
      z
        ~ MarkovChain(
          initial: MultivariateNormal(mean: 0.0, precision: 1e-3, count: dimension),
          transition: MultivariateNormal(mean: dynamics * z.previous, precisions: 1.0))
      x ~ Normal(mean: level + loadings * z, precision: precision)
    }
  }
}
