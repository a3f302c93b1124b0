import ExponentialFamilies

/// A model as a value: plates, variables, and one factor for each variable.
///
/// Everything later works on the graph; the model's Swift type is needed no more.
public struct ModelGraph: Hashable, Sendable {
  /// Something that is repeated.
  public struct PlateNode: Hashable, Sendable {
    /// How often a plate repeats what is inside.
    public enum Extent: Hashable, Sendable {
      /// A known number of times.
      case fixed(Int)
      /// Once for each row of the data.
      case rows
      /// Once for each level of a label with data.
      case levels(variable: Int)
      /// Once for each element of a vector.
      case elements(variable: Int)
      /// Once for each level of a label but the last.
      case splits(variable: Int)

      /// The variable in whose distribution the members are used element by element.
      public var user: Int? {
        switch self {
        case .elements(let v), .splits(let v): v
        case .fixed, .rows, .levels: nil
        }
      }
    }

    /// Its name.
    public let name: String
    /// How often.
    public let extent: Extent
    /// How often, where the model says it.
    public var size: Int? { if case .fixed(let n) = extent { n } else { nil } }
    /// Whether it is the rows of the data.
    public var isRows: Bool { extent == .rows }

    /// Describes a plate.
    public init(name: String, extent: Extent) {
      self.name = name
      self.extent = extent
    }
  }

  /// What a variable is to the model.
  public enum Role: Hashable, Sendable {
    /// A fit finds its distribution.
    case latent
    /// Data are bound to it, and the model says how they are distributed.
    case observed
    /// Data are bound to it that the model conditions on; with an intercept, a column of ones comes first.
    case given(intercept: Bool)
    /// The values of another variable in rows before; with an intercept, a 1 comes first.
    case lagged(variable: Int, lags: [Int], intercept: Bool)
    /// 1 in rows of a scope within their sequence, 0 in the others.
    case position(Term.RowScope)
  }

  /// The order of the rows.
  public struct Order: Hashable, Sendable {
    /// The label that tells sequences apart; nil for one sequence.
    public let sequence: Int?
    /// The numbers that must grow by one step within a sequence; nil where nothing is to be checked.
    public let time: Int?

    /// Describes an order.
    public init(sequence: Int?, time: Int?) {
      self.sequence = sequence
      self.time = time
    }
  }

  /// A variable where it is used.
  public struct Use: Hashable, Sendable {
    /// Which variable.
    public let variable: Int
    /// The labels that choose its member, in the order of the plates that it is used out of.
    public let gates: [Use]
    /// Whether it is the value of the row before.
    public let isPrevious: Bool

    /// Describes a use.
    public init(_ variable: Int, gates: [Use] = [], isPrevious: Bool = false) {
      self.variable = variable
      self.gates = gates
      self.isPrevious = isPrevious
    }
  }

  /// A latent or observed variable.
  public struct Variable: Hashable, Sendable {
    /// The property's name.
    public let name: String
    /// Its family.
    public let family: Family
    /// What it is to the model.
    public let role: Role
    /// Whether data are bound to it.
    public var isObserved: Bool { role != .latent }
    /// Its plates, from the outermost in, as indices into ``ModelGraph/plates``.
    public let plates: [Int]
    /// Where it was declared.
    public let location: ModelError.Location
    /// Whether the model is of its values less the means of their columns.
    public let isCentered: Bool

    /// Describes a variable.
    public init(
      name: String, family: Family, role: Role, plates: [Int], location: ModelError.Location, isCentered: Bool = false
    ) {
      self.isCentered = isCentered
      self.name = name
      self.family = family
      self.role = role
      self.plates = plates
      self.location = location
    }
  }

  /// A property of the data, with variables as indices; see `DataMoment`.
  public struct Moment: Hashable, Sendable {
    /// A property of one variable, or its reciprocal.
    public struct Part: Hashable, Sendable {
      /// The variable.
      public let variable: Int
      /// Which property.
      public let kind: DataMoment.Kind
      /// Whether it is divided by.
      public let isReciprocal: Bool
      /// Whether it is the mean over the columns.
      public let isAverage: Bool

      /// Describes a part.
      public init(variable: Int, kind: DataMoment.Kind, isReciprocal: Bool = false, isAverage: Bool = false) {
        self.isAverage = isAverage
        self.variable = variable
        self.kind = kind
        self.isReciprocal = isReciprocal
      }
    }

    /// What is multiplied, in order.
    public let parts: [Part]
    /// One number, one for each element, or two for the first and all others.
    public let factor: [Double]
    /// Whether it is the first element's, and 0 elsewhere.
    public let isOfIntercept: Bool

    /// Describes a property.
    public init(_ parts: [Part], factor: [Double] = [1], isOfIntercept: Bool = false) {
      self.parts = parts
      self.factor = factor
      self.isOfIntercept = isOfIntercept
    }
  }

  /// What stands for a parameter, with variables as indices.
  public enum Argument: Hashable, Sendable {
    /// Known numbers.
    case constant([Double])
    /// A property of the data.
    case moment(Moment)
    /// The dimension of the child, times a factor.
    case dimension(factor: Double)
    /// A variable, and the labels that choose its member.
    case variable(Use)
    /// Known numbers for each value of some labels, the last label running fastest; of a matrix, a row for each element.
    case table([Double], gates: [Use], isMatrix: Bool)

    /// The variables in it: the one that is used, and the labels that choose.
    public var variables: [Int] {
      func all(_ use: Use) -> [Int] { [use.variable] + use.gates.flatMap(all) }
      return switch self {
      case .variable(let use): all(use)
      case .table(_, let gates, _): gates.flatMap(all)
      case .constant, .moment, .dimension: []
      }
    }
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
      arguments.allSatisfy { $0.value.variables.isEmpty } && terms.allSatisfy { $0.rows == .all }
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
  /// One factor for each latent or observed variable, in the order of the body.
  public let factors: [Factor]
  /// The order of the rows, where a chain gives them one.
  public let order: Order?
  /// The variables of a row that are solved by themselves, although they could be solved given a label.
  public let meanField: [Int]

  /// Puts a graph together; the graph is not checked.
  public init(
    name: String, summary: String, hyperparameters: [HyperparameterDescription], plates: [PlateNode],
    variables: [Variable], factors: [Factor], order: Order? = nil,
    meanField: [Int] = []
  ) {
    self.name = name
    self.summary = summary
    self.hyperparameters = hyperparameters
    self.plates = plates
    self.variables = variables
    self.factors = factors
    self.order = order
    self.meanField = meanField
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

  /// The variables with data.
  public var observed: [Int] { variables.indices.filter { variables[$0].isObserved } }
  /// The latent variables outside the rows: the global parameters.
  public var globals: [Int] { variables.indices.filter { !variables[$0].isObserved && !isRowVariable($0) } }
  /// The latent variables of each row.
  public var locals: [Int] { variables.indices.filter { !variables[$0].isObserved && isRowVariable($0) } }
  /// Whether a prior depends on some property of a variable's data.
  public func needs(_ kind: DataMoment.Kind, of variable: Int) -> Bool {
    factors.contains { factor in
      factor.arguments.contains {
        guard case .moment(let moment) = $0.value else { return false }
        return moment.parts.contains { $0.variable == variable && $0.kind == kind }
      }
    }
  }

  /// The plates of a factor's child whose members are elements of a variable that the property is of: each member has that
  /// of its own element.
  public func elementPlates(of moment: Moment, in factor: Factor) -> [Int] {
    variables[factor.child].plates.filter { plate in
      guard case .elements(let v) = plates[plate].extent else { return false }
      return moment.parts.contains { $0.variable == v && !$0.isAverage }
    }
  }

  /// The index of the variable of a name.
  public func variable(named name: String) -> Int? { variables.firstIndex { $0.name == name } }
}
