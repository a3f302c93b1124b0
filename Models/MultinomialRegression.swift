import Suffice

/// Labels whose probabilities depend on inputs, by a logistic choice between each level and those after it.
///
/// Each choice has coefficients of its own; they are not those of the softmax, though the probabilities are as free.
public struct MultinomialRegression: Model {
  public static let summary = "Multinomial logistic regression for a column of labels, level by level."

  @Hyperparameter("Prior precision of the coefficients, per deviation of their inputs.") public
    var coefficientPrecision = 0.01

  /// For each level but the last, the intercept and the coefficients of its log odds against the levels after it.
  public let coefficients = Latent<MultivariateNormal>()
  /// The auxiliary variables of each observation.
  public let omega = Latent<PolyaGamma>()
  /// The inputs.
  public let x = Covariates(intercept: true)
  /// The labels.
  public let y = Observed<Categorical>()

  /// Prior deviations of 10.
  public init() {}

  public var body: [Statement] {
    Plate(per: y.splits) { coefficients ~ MultivariateNormal(mean: 0.0, precision: coefficientPrecision * x.variance) }
    Plate.rows {
      omega ~ PolyaGamma(shape: 1)
      y ~ Categorical(logits: coefficients * x, auxiliary: omega)
    }
  }
}
