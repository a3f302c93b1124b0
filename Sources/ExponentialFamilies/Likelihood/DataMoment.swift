/// A property of the data that a prior may depend on: numbers times a product of properties of variables.
///
/// Priors that are made of such properties are in the data's own units, and say the same whatever these are:
/// ```swift
/// coefficients ~ MultivariateNormal(mean: .intercept(y.mean), precision: 1e-6 * x.variance / y.variance)
/// ```
/// Products and ratios are taken element by element; one number stands for all elements. In a plate of the elements of a
/// variable, `Plate(per: x)`, a property of that variable is that of the member's own element.
public struct DataMoment: Hashable, Sendable {
  /// Which property.
  public enum Kind: String, Hashable, Sendable {
    /// The mean of each column.
    case mean
    /// The variance of each column, with N − 1 in the denominator; 1 for an intercept.
    case variance
    /// The covariance matrix, with N − 1 in the denominator.
    case covariance
    /// The reciprocal of the mean of each column.
    case reciprocalMean
    /// The reciprocal of the variance of each column.
    case precision
    /// The mean square of each column's change from one row of a sequence to the next, which does not grow with the
    /// length of a random walk as the variance does.
    case stepVariance
    /// The number of levels of each categorical column.
    case levels
  }

  /// A property of one variable, or its reciprocal.
  public struct Part: Hashable, Sendable {
    /// The variable with data.
    public let use: VariableUse
    /// Which property.
    public let kind: Kind
    /// Whether it is divided by.
    public let isReciprocal: Bool
    /// Whether it is the mean over the columns: one number for all.
    public let isAverage: Bool
  }

  /// What is multiplied, in order.
  public let parts: [Part]
  /// What the product is multiplied with: one number, one for each element, or two for the first and all others.
  public let factor: [Double]
  /// Whether it is the first element's, an intercept's, and 0 elsewhere.
  public let isOfIntercept: Bool

  private init(_ parts: [Part], factor: [Double], isOfIntercept: Bool) {
    self.parts = parts
    self.factor = factor
    self.isOfIntercept = isOfIntercept
  }

  /// A property of one variable.
  public init(_ kind: Kind, of use: VariableUse) {
    self.init([Part(use: use, kind: kind, isReciprocal: false, isAverage: false)], factor: [1], isOfIntercept: false)
  }

  /// The mean over the columns: one number for all elements, where columns share a unit.
  public var average: DataMoment {
    DataMoment(
      parts.map { Part(use: $0.use, kind: $0.kind, isReciprocal: $0.isReciprocal, isAverage: true) }, factor: factor,
      isOfIntercept: isOfIntercept)
  }

  /// A property of the first element, which is an intercept, with 0 for all others.
  public static func intercept(_ moment: DataMoment) -> DataMoment {
    DataMoment(moment.parts, factor: moment.factor, isOfIntercept: true)
  }
}

extension DataMoment: KnownArgument, RealArgument, PositiveArgument, PositiveDefiniteArgument {
  /// The property.
  public var argument: Argument { .moment(self) }
}

extension RealArgument where Self == DataMoment {
  /// A property of the first element, which is an intercept, with 0 for all others.
  public static func intercept(_ moment: DataMoment) -> DataMoment { DataMoment.intercept(moment) }
}

extension KnownArgument where Self == DataMoment {
  /// A property of the first element, which is an intercept, with 0 for all others.
  public static func intercept(_ moment: DataMoment) -> DataMoment { DataMoment.intercept(moment) }
}

extension DataMoment {
  /// The property times a number.
  public static func * (factor: Double, moment: DataMoment) -> DataMoment {
    DataMoment(moment.parts, factor: moment.factor.map { factor * $0 }, isOfIntercept: moment.isOfIntercept)
  }

  /// The property times numbers: one for each element, or two for the first, often an intercept, and all others.
  public static func * (factors: [Double], moment: DataMoment) -> DataMoment {
    DataMoment(
      moment.parts, factor: factors.map { $0 * (moment.factor.first ?? 1) }, isOfIntercept: moment.isOfIntercept)
  }

  /// The product of two properties, element by element.
  public static func * (a: DataMoment, b: DataMoment) -> DataMoment {
    DataMoment(
      a.parts + b.parts, factor: multiplied(a.factor, b.factor), isOfIntercept: a.isOfIntercept || b.isOfIntercept)
  }

  /// A number divided by a property, element by element.
  public static func / (factor: Double, moment: DataMoment) -> DataMoment {
    DataMoment([], factor: [factor], isOfIntercept: false) / moment
  }

  /// The ratio of two properties, element by element.
  public static func / (a: DataMoment, b: DataMoment) -> DataMoment {
    DataMoment(
      a.parts
        + b.parts.map { Part(use: $0.use, kind: $0.kind, isReciprocal: !$0.isReciprocal, isAverage: $0.isAverage) },
      factor: multiplied(a.factor, b.factor.map { 1 / $0 }), isOfIntercept: a.isOfIntercept || b.isOfIntercept)
  }

  /// One number stands for many.
  private static func multiplied(_ a: [Double], _ b: [Double]) -> [Double] {
    if a.count == 1 { return b.map { a[0] * $0 } }
    return a.indices.map { a[$0] * (b.count == 1 ? b[0] : b[min($0, b.count - 1)]) }
  }
}
