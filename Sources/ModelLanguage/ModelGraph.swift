import ExponentialFamilies

/// A model as a value: plates, variables, and one factor for each variable.
///
/// Everything later works on the graph; the model's Swift type is needed no more.
public struct ModelGraph: Hashable, Sendable {
  /// Something that is repeated.
  public struct PlateNode: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// How often; nil for the rows of the data.
    public let size: Int?
    /// Whether it is the rows of the data.
    public var isRows: Bool { size == nil }

    /// Describes a plate.
    public init(name: String, size: Int?) {
      self.name = name
      self.size = size
    }
  }

  /// A latent or observed variable.
  public struct Variable: Hashable, Sendable {
    /// The property's name.
    public let name: String
    /// Its family.
    public let family: Family
    /// Whether data are bound to it.
    public let isObserved: Bool
    /// Its plates, from the outermost in, as indices into ``ModelGraph/plates``.
    public let plates: [Int]
    /// Where it was declared.
    public let location: ModelError.Location

    /// Describes a variable.
    public init(
      name: String, family: Family, isObserved: Bool, plates: [Int], location: ModelError.Location
    ) {
      self.name = name
      self.family = family
      self.isObserved = isObserved
      self.plates = plates
      self.location = location
    }
  }

  /// What stands for a parameter, with variables as indices.
  public enum Argument: Hashable, Sendable {
    /// Known numbers.
    case constant([Double])
    /// A property of an observed variable's data, times a factor.
    case moment(variable: Int, kind: DataMoment.Kind, factor: Double)
    /// The dimension of the child, times a factor.
    case dimension(factor: Double)
    /// A variable, and the labels that choose its member.
    case variable(Int, gates: [Int])
  }

  /// How many elements a distribution gives its child.
  public enum Dimension: Hashable, Sendable {
    /// As many as its neighbours have.
    case inherited
    /// A known number.
    case number(Int)
    /// The numbers of levels of a categorical variable's columns.
    case levels(variable: Int)
  }

  /// The conditional distribution of one variable.
  public struct Factor: Hashable, Sendable {
    /// A named parameter of the distribution.
    public struct NamedArgument: Hashable, Sendable {
      /// The parameter's name.
      public let name: String
      /// What stands for it.
      public let value: Argument
      /// Whether it moves along when the child is moved by a constant.
      public let isLocation: Bool

      /// Describes an argument.
      public init(name: String, value: Argument, isLocation: Bool) {
        self.name = name
        self.value = value
        self.isLocation = isLocation
      }
    }

    /// The variable.
    public let child: Int
    /// The distribution's parameters.
    public let arguments: [NamedArgument]
    /// The dimension that the distribution gives its child.
    public let dimension: Dimension
    /// The log density, up to the child's base measure.
    public let terms: [Term]

    /// Whether no argument is a variable.
    public var isPrior: Bool {
      arguments.allSatisfy { if case .variable = $0.value { false } else { true } }
    }

    /// Describes a factor.
    public init(child: Int, arguments: [NamedArgument], dimension: Dimension, terms: [Term]) {
      self.child = child
      self.arguments = arguments
      self.dimension = dimension
      self.terms = terms
    }
  }

  /// The model's name on the command line.
  public let name: String
  /// What the model is, in a sentence.
  public let summary: String
  /// The values of its hyperparameters.
  public let hyperparameters: [HyperparameterDescription]
  /// The plates.
  public let plates: [PlateNode]
  /// The variables, in the order of declaration.
  public let variables: [Variable]
  /// One factor for each variable, in the order of the body.
  public let factors: [Factor]

  /// Puts a graph together; the graph is not checked.
  public init(
    name: String, summary: String, hyperparameters: [HyperparameterDescription], plates: [PlateNode],
    variables: [Variable], factors: [Factor]
  ) {
    self.name = name
    self.summary = summary
    self.hyperparameters = hyperparameters
    self.plates = plates
    self.variables = variables
    self.factors = factors
  }

  /// The factor whose child is a variable.
  public func factor(of variable: Int) -> Factor {
    // One factor for each variable is what building a graph ensures.
    factors.first { $0.child == variable } ?? Factor(child: variable, arguments: [], dimension: .inherited, terms: [])
  }

  /// The index of the plate of rows, where there is one.
  public var rowPlate: Int? { plates.firstIndex(where: \.isRows) }

  /// Whether a variable is repeated for each row.
  public func isRowVariable(_ variable: Int) -> Bool {
    variables[variable].plates.contains { plates[$0].isRows }
  }

  /// The observed variables.
  public var observed: [Int] { variables.indices.filter { variables[$0].isObserved } }
  /// The latent variables outside the rows: the global parameters.
  public var globals: [Int] { variables.indices.filter { !variables[$0].isObserved && !isRowVariable($0) } }
  /// The latent variables of each row.
  public var locals: [Int] { variables.indices.filter { !variables[$0].isObserved && isRowVariable($0) } }
  /// The index of the variable of a name.
  public func variable(named name: String) -> Int? { variables.firstIndex { $0.name == name } }
}
