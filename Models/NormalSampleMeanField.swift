import Suffice

/// A sample of normal numbers with unknown mean and precision, as two independent variables.
public struct NormalSampleMeanField: Model {
  public static let summary = "Normal distribution with unknown mean and precision, as two variables."

  @Hyperparameter("Prior mean.") public var priorMean = 0.0
  @Hyperparameter("Prior precision of the mean.") public var meanPrecision = 1e-6
  @Hyperparameter("Shape of the gamma prior of the precision.") public var shape = 1e-6
  @Hyperparameter("Rate of the gamma prior of the precision.") public var rate = 1e-6

  /// The mean of each column.
  public let mean = Latent<Normal>()
  /// The precision of each column.
  public let precision = Latent<Gamma>()
  /// The numeric columns, independent of each other.
  public let x = Observed<Normal>()

  /// A prior that says little.
  public init() {}

  public var body: [Statement] {
    mean ~ Normal(mean: priorMean, precision: meanPrecision)
    precision ~ Gamma(shape: shape, rate: rate)
    Plate.rows { x ~ Normal(mean: mean, precision: precision) }
  }
}
