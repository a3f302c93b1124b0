import Suffice

/// A sample of normal numbers with unknown mean and precision, as two independent variables.
public struct NormalSampleMeanField: Model {
  public static let summary = "Normal distribution with unknown mean and precision, as two variables."

  @Hyperparameter("Prior precision of the mean, in precisions of the data.") public var meanPrecision = 1e-6
  @Hyperparameter("Shape of the gamma prior of the precision.") public var shape = 1e-6
  @Hyperparameter("Rate of the gamma prior of the precision, in variances of the data.") public var rate = 1e-6

  /// The mean of each column.
  public let mean = Latent<Normal>()
  /// The precision of each column.
  public let precision = Latent<Gamma>()
  /// The numeric columns, independent of each other.
  public let x = Observed<Normal>()

  /// A prior that says little.
  public init() {}

  public var body: [Statement] {
    mean ~ Normal(mean: x.mean, precision: meanPrecision * x.precision)
    precision ~ Gamma(shape: shape, rate: rate * x.variance)
    Plate.rows { x ~ Normal(mean: mean, precision: precision) }
  }
}
