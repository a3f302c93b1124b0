import ExponentialFamilies

/// One statement of a model's body: a variable has a distribution, in some plates.
public struct Statement: Sendable {
  let variable: VariableIdentity
  /// The variable's distribution; nil where the statement asks for its own block in the rows.
  let conditional: Conditional?
  var plates: [PlateExtent] = []
  var order: RowOrder?
}

infix operator ~ : ComparisonPrecedence

/// Says that a latent variable has a distribution.
public func ~ <D: Distribution>(variable: Latent<D.Child>, distribution: D) -> Statement {
  Statement(variable: variable.identity, conditional: distribution.conditional)
}

/// Says that an observed variable has a distribution.
public func ~ <D: Distribution>(variable: Observed<D.Child>, distribution: D) -> Statement {
  Statement(variable: variable.identity, conditional: distribution.conditional)
}

/// A name and how often everything inside is repeated.
public struct PlateExtent: Hashable, Sendable {
  /// How often a plate repeats what is inside.
  public enum Size: Hashable, Sendable {
    /// A known number of times.
    case fixed(Int)
    /// Once for each row of the data.
    case rows
    /// Once for each level of a label.
    case levels(VariableIdentity)
    /// Once for each element of a vector.
    case elements(VariableIdentity)
    /// Once for each level of a label but the last.
    case splits(VariableIdentity)
  }

  /// The plate's name.
  public let name: String
  /// How often it repeats.
  public let size: Size
}

/// Repeats the statements inside: a known number of times, or once for each row of the data.
///
/// ```swift
/// Plate("component", components) { cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance) }
/// Plate.rows { label ~ Categorical(weights) }
/// ```
public struct Plate: Sendable {
  let statements: [Statement]

  /// Repeats what is inside a known number of times.
  ///
  /// - Parameters:
  ///   - name: The plate's name; plates of one name are one plate.
  ///   - count: How often.
  ///   - body: What is repeated.
  public init(_ name: String, _ count: Int, @ModelBuilder _ body: () -> [Statement]) {
    self.init(PlateExtent(name: name, size: .fixed(count)), body())
  }

  /// Repeats what is inside for each row of the data.
  public static func rows(@ModelBuilder _ body: () -> [Statement]) -> Plate {
    Plate(PlateExtent(name: "row", size: .rows), body())
  }

  /// Repeats what is inside for each level of a label: for each group of rows, each subject, each word.
  public init(per index: Groups, @ModelBuilder _ body: () -> [Statement]) {
    self.init(PlateExtent(name: "", size: .levels(index.identity)), body())
  }

  /// Repeats what is inside for each level of an observed label.
  public init(per label: Observed<Categorical>, @ModelBuilder _ body: () -> [Statement]) {
    self.init(PlateExtent(name: "", size: .levels(label.identity)), body())
  }

  /// Repeats what is inside for each element of an observed vector; in the vector's distribution the members are used
  /// element by element.
  public init<F: RealFamily>(per element: Observed<F>, @ModelBuilder _ body: () -> [Statement]) {
    self.init(PlateExtent(name: "", size: .elements(element.identity)), body())
  }

  /// Repeats what is inside for each element of a latent vector; in the vector's distribution the members are used
  /// element by element.
  public init(per element: Latent<MultivariateNormal>, @ModelBuilder _ body: () -> [Statement]) {
    self.init(PlateExtent(name: "", size: .elements(element.identity)), body())
  }

  /// Repeats what is inside for each level of an observed label but the last; in the label's distribution the members are
  /// used choice by choice.
  public init(per splits: Splits, @ModelBuilder _ body: () -> [Statement]) {
    self.init(PlateExtent(name: "", size: .splits(splits.identity)), body())
  }

  init(_ extent: PlateExtent, _ body: [Statement]) {
    statements = body.map {
      var statement = $0
      statement.plates.insert(extent, at: 0)
      return statement
    }
  }
}

/// The rows of the data in their order: a variable may depend on the row before.
///
/// ```swift
/// Chain(of: patient) {
///   state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
///   x ~ MultivariateNormal(cluster[state])
/// }
/// ```
public struct Chain: Sendable {
  let statements: [Statement]

  /// All rows are one sequence, or one for each level of a label.
  ///
  /// - Parameters:
  ///   - sequence: Which sequence a row belongs to; the rows of each follow one another.
  ///   - time: A number of each row that grows by the same step throughout a sequence; a gap is an error.
  ///   - body: What holds in every row.
  public init(of sequence: Groups? = nil, at time: Covariates? = nil, @ModelBuilder _ body: () -> [Statement]) {
    let order = RowOrder(sequence: sequence?.identity, time: time?.identity)
    statements = Plate(PlateExtent(name: "row", size: .rows), body()).statements.map {
      var statement = $0
      statement.order = order
      return statement
    }
  }
}

/// How rows are ordered.
struct RowOrder: Hashable, Sendable {
  let sequence: VariableIdentity?
  let time: VariableIdentity?
}

/// Asks that a latent variable of a row be solved by itself, and not together with the label that it depends on:
/// q(label) q(z) in place of q(label) q(z | label).
///
/// The bound is lower, and each row cheaper.
public struct MeanField: Sendable {
  let statement: Statement

  /// A variable that is solved by itself.
  public init<F: ExponentialFamily>(_ variable: Latent<F>) {
    statement = Statement(variable: variable.identity, conditional: nil)
  }
}

/// Collects the statements of a model's body.
@resultBuilder
public enum ModelBuilder {
  /// One statement.
  public static func buildExpression(_ statement: Statement) -> [Statement] { [statement] }
  /// A plate's statements.
  public static func buildExpression(_ plate: Plate) -> [Statement] { plate.statements }
  /// How a variable is solved.
  public static func buildExpression(_ meanField: MeanField) -> [Statement] { [meanField.statement] }
  /// A chain's statements.
  public static func buildExpression(_ chain: Chain) -> [Statement] { chain.statements }
  /// Statements made elsewhere.
  public static func buildExpression(_ statements: [Statement]) -> [Statement] { statements }
  /// A variable alone says nothing.
  @available(*, unavailable, message: "a variable must be given a distribution: 'variable ~ Distribution(…)'")
  public static func buildExpression<F: ExponentialFamily>(_ variable: Latent<F>) -> [Statement] { [] }
  /// A variable alone says nothing.
  @available(*, unavailable, message: "a variable must be given a distribution: 'variable ~ Distribution(…)'")
  public static func buildExpression<F: ExponentialFamily>(_ variable: Observed<F>) -> [Statement] { [] }
  /// A distribution alone says nothing.
  @available(*, unavailable, message: "say which variable has this distribution: 'variable ~ Distribution(…)'")
  public static func buildExpression<D: Distribution>(_ distribution: D) -> [Statement] { [] }
  /// Statements in order.
  public static func buildBlock(_ parts: [Statement]...) -> [Statement] { parts.flatMap { $0 } }
  /// Statements under a condition.
  public static func buildOptional(_ part: [Statement]?) -> [Statement] { part ?? [] }
  /// The first of two alternatives.
  public static func buildEither(first part: [Statement]) -> [Statement] { part }
  /// The second of two alternatives.
  public static func buildEither(second part: [Statement]) -> [Statement] { part }
  /// Statements of a loop.
  public static func buildArray(_ parts: [[Statement]]) -> [Statement] { parts.flatMap { $0 } }
}
