import ExponentialFamilies

/// A latent variable of a model: a distribution over its value is what a fit finds.
///
/// Declare it as a stored property and give it a distribution in the model's body:
/// ```swift
/// let weights = Latent<Dirichlet>()
/// ```
public struct Latent<F: ExponentialFamily>: Sendable {
  /// The variable's identity.
  public let identity: VariableIdentity

  /// Declares a latent variable.
  public init(file: String = #fileID, line: Int = #line) {
    identity = VariableIdentity(file: file, line: line)
  }

  /// The member that a label chooses: `cluster[label]` is the cluster of the row's label.
  public subscript(_ label: some LabelReference) -> Reference<F> {
    Reference(VariableUse(variable: identity, family: Family(F.self), gates: [label.use]))
  }

  /// The variable in the row before, in a chain.
  public var previous: Reference<F> {
    Reference(VariableUse(variable: identity, family: Family(F.self), lags: [1]))
  }
}

/// An observed variable of a model: data are bound to it.
///
/// A variable of dimension D is bound to D columns. Priors may depend on its data: `x.mean`, `x.covariance`.
public struct Observed<F: ExponentialFamily>: Sendable {
  /// The variable's identity.
  public let identity: VariableIdentity

  /// Whether the model is of the values less their means.
  let isCentered: Bool

  /// Declares an observed variable.
  ///
  /// - Parameters:
  ///   - centered: Whether the model is of the values less the means of their columns: for a model that has no level of its
  ///     own. What is told of rows is told for the values as given.
  ///   - file: Where the variable is declared, for messages.
  ///   - line: The line in that file.
  public init(centered: Bool = false, file: String = #fileID, line: Int = #line) {
    identity = VariableIdentity(file: file, line: line)
    isCentered = centered
  }

  /// The number of levels of each categorical column.
  public var levels: Count { .levels(identity) }

  /// The values of the rows before, one after another: those `lags` rows back in the same sequence.
  ///
  /// Rows without a full past are left out.
  /// - Parameters:
  ///   - lags: How many rows back, at least 1.
  ///   - intercept: Whether a 1 comes before them, as the inputs of a regression ask for.
  public func lag(_ lags: ClosedRange<Int>, intercept: Bool = false) -> Reference<MultivariateNormal> {
    Reference(
      VariableUse(
        variable: identity, family: Family(MultivariateNormal.self), lags: Array(lags), intercept: intercept))
  }

  /// The values of the row `lag` rows before in the same sequence.
  public func lag(_ lag: Int, intercept: Bool = false) -> Reference<MultivariateNormal> {
    self.lag(lag...lag, intercept: intercept)
  }
}

/// What stands for columns of numbers of which priors may depend.
public protocol DataColumns: Sendable {
  /// The variable, and which rows before it is taken from.
  var columns: VariableUse { get }
}

extension DataColumns {
  /// The mean of each column.
  public var mean: DataMoment { DataMoment(.mean, of: columns) }
  /// The variance of each column, with N − 1 in the denominator; 1 for an intercept.
  public var variance: DataMoment { DataMoment(.variance, of: columns) }
  /// The reciprocal of the variance of each column.
  public var precision: DataMoment { DataMoment(.precision, of: columns) }
  /// The reciprocal of the mean of each column: the rate of a gamma prior of shape 1 whose mean is that of the data.
  public var reciprocalMean: DataMoment { DataMoment(.reciprocalMean, of: columns) }
  /// The covariance matrix of the columns, with N − 1 in the denominator.
  public var covariance: DataMoment { DataMoment(.covariance, of: columns) }
  /// The mean square of each column's change from one row of a sequence to the next, for the steps of a random walk: the
  /// variance of its values grows with its length.
  public var stepVariance: DataMoment { DataMoment(.stepVariance, of: columns) }
}

extension Observed: DataColumns {
  public var columns: VariableUse { VariableUse(variable: identity, family: Family(F.self)) }
}

extension Covariates: DataColumns {
  public var columns: VariableUse { VariableUse(variable: identity, family: Family(MultivariateNormal.self)) }
}

extension Reference: DataColumns where F == MultivariateNormal {
  public var columns: VariableUse { use }
}

extension Observed where F == Categorical {
  /// The choices between a level and those after it, one less than there are levels: `Plate(per: y.splits)`.
  public var splits: Splits { Splits(identity: identity) }
}

/// The choices between a level of an observed label and those after it.
public struct Splits: Sendable {
  let identity: VariableIdentity
}

/// Labels of the rows that the model conditions on: which group a row belongs to, which subject, which word.
///
/// It has no distribution; it chooses members: `effect[subject]` with `effect` in `Plate(per: subject)`.
public struct Groups: Sendable {
  /// The variable's identity.
  public let identity: VariableIdentity

  /// Declares groups.
  public init(file: String = #fileID, line: Int = #line) {
    identity = VariableIdentity(file: file, line: line)
  }

  /// The number of its levels.
  public var levels: Count { .levels(identity) }
}

/// Numbers of the rows that the model conditions on: the inputs of a regression, an exposure.
///
/// They have no distribution.
public struct Covariates: Sendable {
  /// The variable's identity.
  public let identity: VariableIdentity
  /// Whether a column of ones comes before the others.
  public let intercept: Bool
  /// Whether the model is of the values less their means.
  let isCentered: Bool

  /// Declares covariates.
  ///
  /// With an intercept, a column of ones comes before the others. Where all that the inputs do is to be multiplied with
  /// coefficients, the prior of these is that of inputs less their means: the first coefficient is the level at the inputs'
  /// centre. Coefficients are told for the inputs as given.
  /// - Parameters:
  ///   - intercept: Whether a column of ones comes before the others.
  ///   - centered: Whether the model is of the values less the means of their columns: for inputs without an intercept beside
  ///     a level, which is then the level at the inputs' centre.
  ///   - file: Where the variable is declared, for messages.
  ///   - line: The line in that file.
  public init(intercept: Bool = false, centered: Bool = false, file: String = #fileID, line: Int = #line) {
    identity = VariableIdentity(file: file, line: line)
    self.intercept = intercept
    isCentered = centered
  }
}

/// A variable where it is used: chosen by labels, or of a row before.
public struct Reference<F: ExponentialFamily>: Sendable {
  /// Which variable, and how it is chosen.
  public let use: VariableUse

  init(_ use: VariableUse) { self.use = use }

  /// The member that one more label chooses, in the variable's next plate.
  public subscript(_ label: some LabelReference) -> Reference<F> {
    Reference(
      VariableUse(
        variable: use.variable, family: use.family, gates: use.gates + [label.use], lags: use.lags,
        intercept: use.intercept))
  }
}

/// Known numbers for each value of one or more labels: `Table([[0.9, 0.1], [0.2, 0.8]])[state]`.
public struct Table: Sendable {
  let values: [Double]
  let isMatrix: Bool

  /// One number for each value of a label.
  public init(_ values: [Double]) { (self.values, isMatrix) = (values, false) }

  /// One vector or symmetric matrix, row by row, for each value of a label.
  public init(_ values: [[Double]]) { (self.values, isMatrix) = (filled(values), false) }

  /// One matrix of coefficients for each value of a label: `Table([a, b])[mode] * z.previous`.
  public init(_ matrices: [Matrix]) { (values, isMatrix) = (filled(matrices.flatMap(\.rows)), true) }

  /// The numbers that a label chooses.
  public subscript(_ label: some LabelReference) -> TableReference {
    TableReference(values: values, gates: [label.use], isMatrix: isMatrix)
  }
}

/// A known matrix as the coefficients of a linear predictor, one row for each element of the variable on the left:
/// `z ~ MarkovChain(initial: …, transition: MultivariateNormal(mean: Matrix([[1, 1], [0, 1]]) * z.previous, precisions: 1))`.
public struct Matrix: VectorArgument {
  let rows: [[Double]]

  /// A matrix by its rows.
  public init(_ rows: [[Double]]) { self.rows = rows }

  /// The matrix as an argument.
  public var argument: Argument { .table(filled(rows), gates: [], isMatrix: true) }
}

/// Rows one after another; shorter ones are filled with NaN, which is refused where the numbers are used.
private func filled(_ rows: [[Double]]) -> [Double] {
  let length = rows.map(\.count).max() ?? 0
  return rows.flatMap { $0 + [Double](repeating: .nan, count: length - $0.count) }
}

/// Known numbers that labels choose.
public struct TableReference: KnownArgument, VectorArgument, RealArgument, PositiveArgument, UnitIntervalArgument,
  SimplexArgument,
  PositiveDefiniteArgument
{
  let values: [Double]
  let gates: [VariableUse]
  let isMatrix: Bool
  /// The numbers as an argument.
  public var argument: Argument { .table(values, gates: gates, isMatrix: isMatrix) }

  /// The numbers that one more label chooses.
  public subscript(_ label: some LabelReference) -> TableReference {
    TableReference(values: values, gates: gates + [label.use], isMatrix: isMatrix)
  }
}

/// A label that chooses members: latent, observed, or the groups of rows.
public protocol LabelReference: Sendable {
  /// Which label, and how it is itself chosen.
  var use: VariableUse { get }
}

extension Latent: LabelReference where F == Categorical {
  public var use: VariableUse { VariableUse(variable: identity, family: Family(F.self)) }
}
extension Observed: LabelReference where F == Categorical {
  public var use: VariableUse { VariableUse(variable: identity, family: Family(F.self)) }
}
extension Reference: LabelReference where F == Categorical {}
extension Groups: LabelReference {
  public var use: VariableUse { VariableUse(variable: identity, family: Family(Categorical.self)) }
}

extension Latent: ArgumentConvertible {
  /// The variable as an argument.
  public var argument: Argument { .variable(VariableUse(variable: identity, family: Family(F.self))) }
}

extension Reference: ArgumentConvertible {
  /// The chosen member as an argument.
  public var argument: Argument { .variable(use) }
}

extension Covariates: VectorArgument, RealArgument, PositiveArgument {
  /// The numbers as an argument.
  public var argument: Argument {
    .variable(VariableUse(variable: identity, family: Family(MultivariateNormal.self)))
  }
}

extension Observed: ArgumentConvertible {
  /// The data as an argument: of a distribution that augments them.
  public var argument: Argument { .variable(VariableUse(variable: identity, family: Family(F.self))) }
}

extension Latent: VariableArgument { public typealias VariableFamily = F }
extension Reference: VariableArgument { public typealias VariableFamily = F }
extension Latent: RealArgument where F: RealFamily {}
extension Reference: RealArgument where F: RealFamily {}
extension Latent: VariableReference where F: RealFamily {}
extension Reference: VariableReference where F: RealFamily {}
extension TableReference: VariableReference {}
extension Latent: VectorArgument where F == MultivariateNormal {}
extension Reference: VectorArgument where F == MultivariateNormal {}
extension Latent: PositiveArgument where F: PositiveFamily {}
extension Reference: PositiveArgument where F: PositiveFamily {}
extension Latent: UnitIntervalArgument where F: UnitIntervalFamily {}
extension Reference: UnitIntervalArgument where F: UnitIntervalFamily {}
extension Latent: SimplexArgument where F: SimplexFamily {}
extension Reference: SimplexArgument where F: SimplexFamily {}
extension Latent: PositiveDefiniteArgument where F: PositiveDefiniteFamily {}
extension Reference: PositiveDefiniteArgument where F: PositiveDefiniteFamily {}

/// What reflection finds in a model: a variable of any family.
protocol AnyVariable {
  var identity: VariableIdentity { get }
  var family: Family { get }
  var role: ModelGraph.Role { get }
  var isCentered: Bool { get }
}

extension AnyVariable {
  var isCentered: Bool { false }
}

extension Latent: AnyVariable {
  var family: Family { Family(F.self) }
  var role: ModelGraph.Role { .latent }
}

extension Observed: AnyVariable {
  var family: Family { Family(F.self) }
  var role: ModelGraph.Role { .observed }
}

extension Groups: AnyVariable {
  var family: Family { Family(Categorical.self) }
  var role: ModelGraph.Role { .given(intercept: false) }
}

extension Covariates: AnyVariable {
  var family: Family { Family(MultivariateNormal.self) }
  var role: ModelGraph.Role { .given(intercept: intercept) }
}
