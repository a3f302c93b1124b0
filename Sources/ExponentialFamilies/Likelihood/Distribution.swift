/// The right-hand side of `variable ~ distribution`.
public protocol Distribution: Sendable {
  /// The family of the variable on the left.
  associatedtype Child: ExponentialFamily = Self
  /// The child's family, the arguments and the log density.
  var conditional: Conditional { get }
}

/// A conditional distribution as a value: the family of the child, the arguments, and the log density as a sum of terms.
public struct Conditional: Sendable {
  /// A parameter by name, and what stands for it.
  public struct NamedArgument: Hashable, Sendable {
    /// The parameter's name.
    public let name: String
    /// What stands for it.
    public let argument: Argument
    /// Whether it moves along when the child is moved by a constant, as a mean does.
    public let isLocation: Bool
  }

  /// The child's family.
  public let family: Family
  /// The arguments, in the order of their names in the family or in the terms.
  public let arguments: [NamedArgument]
  /// The log density, up to the child's base measure.
  ///
  /// It is used where an argument is a variable or the child is observed.
  /// With known arguments, the density of a latent child is the family's own with these parameters.
  public let terms: [Term]
  /// The child's dimension, where the distribution fixes it.
  public let count: Count?

  /// Describes a conditional distribution.
  ///
  /// - Parameters:
  ///   - family: The child's family.
  ///   - arguments: Name and value.
  ///   - locations: The names of arguments that move along when the child is moved by a constant.
  ///   - count: The child's dimension, where it is fixed here.
  ///   - terms: The log density up to the base measure, as a sum of products of statistics of the child and of the
  ///     arguments. Leave it out where every argument is known: then ``ExponentialFamily/natural(from:_:)`` is used.
  public init(
    _ family: any ExponentialFamily.Type, _ arguments: [(name: String, value: any ArgumentConvertible)],
    locations: Set<String> = [], count: Count? = nil, terms: [Term] = []
  ) {
    self.init(
      family: Family(family),
      arguments: arguments.map {
        NamedArgument(name: $0.name, argument: $0.value.argument, isLocation: locations.contains($0.name))
      }, count: count, terms: terms)
  }

  /// Puts a conditional distribution together from parts of others.
  init(family: Family, arguments: [NamedArgument], count: Count?, terms: [Term]) {
    self.family = family
    self.arguments = arguments
    self.terms = terms
    self.count = count
  }
}

/// An index of a term: it runs over the elements of every statistic that carries it.
///
/// A statistic with one element where
/// others have many is used for all of them.
public enum Index: String, Hashable, Sendable {
  /// The first index.
  case i
  /// The second index.
  case j
  /// The third index.
  case k
}

/// One term of a log density: a number times a product of statistics, summed over its indices.
///
/// Every variable occurs at most once in a term, so that the expected term is the product of expected statistics.
public struct Term: Hashable, Sendable {
  /// A statistic of the child or of an argument.
  public struct Factor: Hashable, Sendable {
    /// Whose statistic it is: nil for the child, or the name of an argument.
    public let argument: String?
    /// Which statistic.
    public let statistic: StatisticName
    /// Its indices: none, one, or two, as its form asks.
    public let indices: [Index]

    /// Describes a factor, as reading a saved model does; a distribution uses ``child(_:_:)`` and ``argument(_:_:_:)``.
    public init(argument: String?, statistic: StatisticName, indices: [Index]) {
      self.argument = argument
      self.statistic = statistic
      self.indices = indices
    }
  }

  /// The number in front.
  public let coefficient: Double
  /// The statistics.
  public let factors: [Factor]
  /// Indices that no factor carries, over which the term is summed all the same; each runs over the child's elements.
  public let over: [Index]
  /// In which rows of a chain the term holds.
  public let rows: RowScope

  /// Rows of a chain.
  public enum RowScope: String, Hashable, Sendable {
    /// All rows.
    case all
    /// The first row of each sequence.
    case first
    /// All rows but the first of each sequence.
    case later
    /// All rows but the last of each sequence.
    case followed
  }

  /// Writes a term.
  ///
  /// - Parameters:
  ///   - coefficient: The number in front.
  ///   - factors: The statistics, made with ``child(_:_:)`` and ``argument(_:_:_:)``.
  ///   - over: Indices over which it is summed although no factor carries them.
  public init(_ coefficient: Double, _ factors: Factor..., over: [Index] = []) {
    self.init(coefficient: coefficient, factors: factors, over: over)
  }

  /// Puts a term together from a list of statistics, as reading a saved model does.
  public init(coefficient: Double, factors: [Factor], over: [Index], rows: RowScope = .all) {
    self.coefficient = coefficient
    self.factors = factors
    self.over = over
    self.rows = rows
  }
}

/// A statistic of the variable on the left of `~`.
public func child(_ statistic: StatisticName, _ indices: Index...) -> Term.Factor {
  Term.Factor(argument: nil, statistic: statistic, indices: indices)
}

/// A statistic of an argument.
public func argument(_ name: String, _ statistic: StatisticName, _ indices: Index...) -> Term.Factor {
  Term.Factor(argument: name, statistic: statistic, indices: indices)
}
