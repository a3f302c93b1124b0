/// A family of distributions with density p(x | η) = h(x) exp(⟨η, t(x)⟩ − A(η)).
///
/// Statistics, log partition and mean map are all that inference asks for: updates, bounds, entropies, divergences and
/// predictive densities follow from them. The type itself is the family; a member is a vector of natural parameters and
/// a ``FamilyShape``. Vectors hold the statistics one after another, in the order of ``statistics(_:)``.
///
/// A scalar family of dimension D is a product of D independent members, one for each element.
///
/// Source: Wainwright & Jordan, *Graphical Models, Exponential Families, and Variational Inference* (2008), chapter 3.
public protocol ExponentialFamily: Sendable {
  /// The family's name in messages, files and printed models.
  static var name: String { get }

  /// The set of values: fixes which statistics a point value has.
  static var domain: ValueDomain { get }

  /// The sufficient statistics t(x), in the order of the natural parameters.
  static func statistics(_ shape: FamilyShape) -> [Statistic]

  /// The log partition function A(η) = log ∫ h(x) exp⟨η, t(x)⟩ dx.
  ///
  /// - Returns: NaN or infinity where η lies outside the natural parameter space.
  static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double

  /// The mean parameters E[t(x)] = ∇A(η).
  static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double]

  /// The expected statistics of a value of which some elements are known and the others are NaN, and the log of the
  /// integral of h(x) exp⟨η, t(x)⟩ over the unknown ones.
  ///
  /// Where all elements are unknown, the value is left out: zeros. The default knows all elements or none.
  static func expectations(
    _ natural: [Double], given value: [Double], _ shape: FamilyShape
  ) -> (mean: [Double], logPartition: Double)

  /// Whether η lies in the open natural parameter space.
  static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool

  /// The statistics t(x) of one value.
  static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double]

  /// log h(x).
  static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double

  /// Whether h(x) is the same for every x, as a latent variable's update requires.
  static var hasConstantBaseMeasure: Bool { get }

  /// Statistics that are 0 for every value, so that their natural parameters are known constants of a member which
  /// nothing infers: the shape of a Pólya–gamma variable, the number of trials of a multinomial one.
  ///
  /// The base measure may depend on those constants: log h is then left out of ``logBaseMeasure(of:_:)``, and densities,
  /// entropies and divergences, between members with the same constants, are relative to it. The log partition may
  /// depend on them in any way.
  static var constantStatistics: Set<StatisticName> { get }

  /// Why a value lies outside the support, in words that follow "must be"; nil where it lies inside.
  static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String?

  /// Number of doubles that hold one value.
  static func valueCount(_ shape: FamilyShape) -> Int

  /// Draws one value.
  static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double]

  /// The conventional parameters: names, forms, what their values must be.
  static func parameters(_ shape: FamilyShape) -> [Parameter]

  /// Natural parameters from conventional ones, in the order of ``parameters(_:)``.
  static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double]

  /// Conventional parameters from natural ones, in the order of ``parameters(_:)``.
  static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]]

  /// What a person wants to know of a member: named vectors, such as the mean and the deviation.
  static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary]

  /// How far out in one member the centre of another lies, whatever the other one's own spread.
  ///
  /// For a normal distribution it is half the squared distance of the means in deviations; in general, what the log density
  /// of the other one's centre falls short of the highest, in coordinates in which a conjugate prior is highest at its mean: the
  /// number of observations that the member is worth, times the divergence of what one observation is at the other one's centre
  /// from what it is at the member's own (Diaconis & Ylvisaker 1979). Twice this is about a chi-square number for values
  /// drawn from the member.
  /// - Parameters:
  ///   - other: Natural parameters of the member whose centre counts.
  ///   - natural: Natural parameters of the member whose concentration counts.
  ///   - shape: The shape of both.
  /// - Returns: A number from 0 on; nil, the default, where the family does not tell concentration and centre apart.
  static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double?

  /// How far apart the centres of two members lie, beside the spreads of both.
  ///
  /// For normal distributions it is half the squared distance of the means in deviations of their difference, ½ δᵀ(Σ₁ + Σ₂)⁻¹δ. The
  /// default is what that is in one dimension, of how far each centre is out in the other member (``remoteness(of:in:_:)``):
  /// 1 / (1 / r₁ + 1 / r₂). A family of several dimensions, of which one member is wide in some and the other in others, must say more:
  /// each would be far out in the other, although they agree.
  /// - Returns: A number from 0 on; nil where ``remoteness(of:in:_:)`` is nil.
  static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double?

  /// A(η + δ) − A(η) for each of many increments δ: the posterior predictive density of one more observation.
  ///
  /// The default computes both log partitions; a family whose increments have low rank can do better.
  /// - Parameters:
  ///   - natural: η.
  ///   - increments: `count` vectors δ, one after another. A missing element of the observation leaves NaN; what remains is the
  ///     density of the elements that are seen where the family is that of a mean and a precision matrix, and NaN elsewhere.
  ///   - count: How many increments.
  ///   - shape: The member's shape.
  static func logPartitionIncrements(
    _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
  ) -> [Double]
}

/// One conventional parameter of a family.
public struct Parameter: Hashable, Sendable {
  /// What values are allowed.
  public enum Constraint: Hashable, Sendable {
    /// Any finite number.
    case real
    /// Each element above zero.
    case positive
    /// Each element above the bound.
    case above(Double)
    /// A symmetric positive definite matrix.
    case positiveDefinite
  }

  /// The field's term for it.
  public let name: String
  /// Its form; a symmetric matrix is stored as its lower triangle.
  public let form: Statistic.Form
  /// What its values must be.
  public let constraint: Constraint
  /// What each element must be below, besides the constraint; nil where there is no such bound.
  public let upperBound: Double?
  /// Whether it moves along when the data are moved by a constant, as a mean does.
  public let isLocation: Bool
  /// Whether two numbers may stand for a matrix: the first element of its diagonal, often that of an intercept, and all
  /// others.
  public let isOfInputs: Bool

  /// Describes a parameter.
  public init(
    _ name: String, _ form: Statistic.Form, _ constraint: Constraint = .real, below upperBound: Double? = nil,
    isLocation: Bool = false, isOfInputs: Bool = false
  ) {
    self.isOfInputs = isOfInputs
    self.name = name
    self.form = form
    self.constraint = constraint
    self.upperBound = upperBound
    self.isLocation = isLocation
  }
}

/// One line of a member's readable summary: a name and its numbers.
public struct Summary: Hashable, Sendable {
  /// For example `mean` or `deviation`.
  public let name: String
  /// One number for each element, or the lower triangle of a matrix.
  public let values: [Double]
  /// Whether the numbers move along when the data are moved by a constant.
  public let isLocation: Bool

  /// Makes a line.
  public init(_ name: String, _ values: [Double], isLocation: Bool = false) {
    self.name = name
    self.values = values
    self.isLocation = isLocation
  }
}

/// The set of values that a family's variable takes.
public enum ValueDomain: String, Hashable, Sendable {
  /// Real vectors.
  case real
  /// Vectors of positive numbers.
  case positive
  /// Vectors of numbers between 0 and 1.
  case unitInterval
  /// Probability vectors.
  case simplex
  /// Labels.
  case label
  /// Vectors of 0 and 1.
  case binary
  /// Vectors of counts 0, 1, 2 …
  case count
  /// Symmetric positive definite matrices.
  case positiveDefinite
  /// Pairs of a location and a precision.
  case meanAndPrecision
  /// Vectors of length 1.
  case unitVector
}
