import Suffice

/// A sample of normal numbers with unknown mean and precision, as one joint variable: the posterior is exact.
public struct NormalSample: Model {
  public static let summary = "Normal distribution with unknown mean and precision, jointly (exact)."

  @Hyperparameter("How many observations the prior mean, that of the data, is worth.") public var meanPrecision = 1e-6
  @Hyperparameter("Shape of the gamma prior of the precision.") public var shape = 1e-3
  @Hyperparameter("Rate of the gamma prior of the precision, in variances of the data.") public var rate = 1e-3

  /// Mean and precision of each column.
  public let parameters = Latent<NormalGamma>()
  /// The numeric columns, independent of each other.
  public let x = Observed<Normal>()

  /// A prior that says little.
  public init() {}

  public var body: [Statement] {
    parameters
      ~ NormalGamma(
        mean: x.mean, meanPrecision: meanPrecision, shape: shape, rate: rate * x.variance)
    Plate.rows { x ~ Normal(parameters) }
  }
}
