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
  public subscript(_ label: Latent<Categorical>) -> Gated<F> {
    Gated(variable: identity, gates: [label.identity])
  }
}

/// A latent variable of which one or more labels choose a member.
public struct Gated<F: ExponentialFamily>: Sendable {
  /// The variable.
  public let variable: VariableIdentity
  /// The labels, one for each plate that the variable is used out of, in the order of the plates.
  public let gates: [VariableIdentity]

  /// The member that one more label chooses, in the variable's next plate.
  public subscript(_ label: Latent<Categorical>) -> Gated<F> {
    Gated(variable: variable, gates: gates + [label.identity])
  }
}

/// An observed variable of a model: data are bound to it.
///
/// A variable of dimension D is bound to D columns. Priors may depend on its data: `x.mean`, `x.covariance`.
public struct Observed<F: ExponentialFamily>: Sendable {
  /// The variable's identity.
  public let identity: VariableIdentity

  /// Declares an observed variable.
  public init(file: String = #fileID, line: Int = #line) {
    identity = VariableIdentity(file: file, line: line)
  }

  /// The mean of each column.
  public var mean: DataMoment { DataMoment(variable: identity, kind: .mean) }
  /// The variance of each column, with N − 1 in the denominator.
  public var variance: DataMoment { DataMoment(variable: identity, kind: .variance) }
  /// The reciprocal of the variance of each column.
  public var precision: DataMoment { DataMoment(variable: identity, kind: .precision) }
  /// The reciprocal of the mean of each column: the rate of a gamma prior of shape 1 whose mean is that of the data.
  public var reciprocalMean: DataMoment { DataMoment(variable: identity, kind: .reciprocalMean) }
  /// The covariance matrix of the columns, with N − 1 in the denominator.
  public var covariance: DataMoment { DataMoment(variable: identity, kind: .covariance) }
  /// The number of levels of each categorical column.
  public var levels: Count { .levels(identity) }
}

extension Latent: ArgumentConvertible {
  /// The variable as an argument.
  public var argument: Argument { .variable(VariableUse(variable: identity, family: Family(F.self))) }
}

extension Gated: ArgumentConvertible {
  /// The chosen member as an argument.
  public var argument: Argument { .variable(VariableUse(variable: variable, family: Family(F.self), gates: gates)) }
}

extension Latent: VariableArgument { public typealias VariableFamily = F }
extension Gated: VariableArgument { public typealias VariableFamily = F }
extension Latent: RealArgument where F: RealFamily {}
extension Gated: RealArgument where F: RealFamily {}
extension Latent: PositiveArgument where F: PositiveFamily {}
extension Gated: PositiveArgument where F: PositiveFamily {}
extension Latent: UnitIntervalArgument where F: UnitIntervalFamily {}
extension Gated: UnitIntervalArgument where F: UnitIntervalFamily {}
extension Latent: SimplexArgument where F: SimplexFamily {}
extension Gated: SimplexArgument where F: SimplexFamily {}
extension Latent: PositiveDefiniteArgument where F: PositiveDefiniteFamily {}
extension Gated: PositiveDefiniteArgument where F: PositiveDefiniteFamily {}

/// What reflection finds in a model: a variable of any family.
protocol AnyVariable {
  var identity: VariableIdentity { get }
  var family: Family { get }
  var isObserved: Bool { get }
}

extension Latent: AnyVariable {
  var family: Family { Family(F.self) }
  var isObserved: Bool { false }
}

extension Observed: AnyVariable {
  var family: Family { Family(F.self) }
  var isObserved: Bool { true }
}
