import Suffice

/// Every row belongs to one of `components` linear regressions with coefficients and noise of their own.
public struct MixtureOfRegressions: Model {
  public static let summary = "Mixture of linear regressions of one or several outputs."

  @Hyperparameter("Number of regressions.") public var components = 2
  @Hyperparameter("Concentration of the mixture weights; small values leave components empty.")
  public var concentration = 1.0
  @Hyperparameter("How many observations the prior coefficients are worth.")
  public var inputPrecision = 0.01

  /// The mixture weights.
  public let weights = Latent<Dirichlet>()
  /// The coefficients, intercept first, and the precision matrix of the noise of each component.
  public let line = Latent<MatrixNormalWishart>()
  /// The component of each row.
  public let label = Latent<Categorical>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The outputs.
  public let y = Observed<MultivariateNormal>()

  /// Two regressions.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) {
      line
        ~ MatrixNormalWishart(
          mean: .intercept(y.mean), covariance: 0.01 * y.covariance, inputPrecision: inputPrecision * x.variance)
    }
    Plate.rows {
      label ~ Categorical(weights)
      y ~ MultivariateNormal(line[label], inputs: x)
    }
  }
}
