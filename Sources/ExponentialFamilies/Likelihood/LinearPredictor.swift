import SpecialFunctions

/// A sum of variables and of inner products of variables: the mean of a regression, of factor analysis, of a matrix
/// factorisation.
///
/// ```swift
/// y ~ Normal(mean: level + effect[group] + coefficients * x, precision: noise)
/// ```
/// The expected square of the sum needs second moments: a factor of an inner product is data or a multivariate normal
/// variable, a summand by itself a normal one. No variable may occur twice.
public struct LinearPredictor: Sendable {
  /// One summand.
  enum Summand: Sendable {
    /// A variable or a known number.
    case single(Argument)
    /// The inner product of two vectors.
    case product(Argument, Argument)
  }

  let summands: [Summand]

  /// A predictor with one summand more.
  public static func + (a: LinearPredictor, b: LinearPredictor) -> LinearPredictor {
    LinearPredictor(summands: a.summands + b.summands)
  }

  /// A predictor with one variable or number more.
  public static func + (a: LinearPredictor, b: some RealArgument) -> LinearPredictor {
    LinearPredictor(summands: a.summands + [.single(b.argument)])
  }

  /// A predictor with one variable or number more.
  public static func + (a: some RealArgument, b: LinearPredictor) -> LinearPredictor {
    LinearPredictor(summands: [.single(a.argument)] + b.summands)
  }
}

/// The inner product of two vectors.
public func * (a: some VectorArgument, b: some VectorArgument) -> LinearPredictor {
  LinearPredictor(summands: [.product(a.argument, b.argument)])
}

/// The sum of two variables, or of numbers that labels choose.
public func + (a: some VariableReference, b: some VariableReference) -> LinearPredictor {
  LinearPredictor(summands: [.single(a.argument), .single(b.argument)])
}

/// A variable over real vectors, or numbers that a label chooses, for sums of these.
public protocol VariableReference: RealArgument {}

extension LinearPredictor {
  /// The statistics whose sum is the predictor, or its square, with the indices that they carry.
  private struct Part {
    let arguments: [(name: String, argument: Argument)]
    /// The factors of the value, with an inner index of its own where it is a product.
    func value(_ inner: Index) -> [Term.Factor] {
      if arguments.count == 1 { return [ExponentialFamilies.argument(arguments[0].name, .value, .i)] }
      return arguments.map { ExponentialFamilies.argument($0.name, .value, inner) }
    }

    /// The factors of the square.
    var square: [Term.Factor] {
      if arguments.count == 1 {
        return [Term.Factor(argument: arguments[0].name, statistic: .square, indices: [.i])]
      }
      return arguments.map { ExponentialFamilies.argument($0.name, .outerProduct, .j, .k) }
    }
  }

  private var parts: [Part] {
    var products = 0
    var singles = 0
    func suffix(_ n: Int) -> String { n == 1 ? "" : "\(n)" }
    return summands.map { summand in
      switch summand {
      case .single(let argument):
        singles += 1
        return Part(arguments: [("offset\(suffix(singles))", argument)])
      case .product(let a, let b):
        products += 1
        return Part(arguments: [("coefficients\(suffix(products))", a), ("inputs\(suffix(products))", b)])
      }
    }
  }

  /// The arguments of a distribution whose mean is the predictor.
  var arguments: [(name: String, value: any ArgumentConvertible)] {
    parts.flatMap(\.arguments).map { ($0.name, Known($0.argument)) }
  }

  /// An argument as it is.
  private struct Known: ArgumentConvertible {
    let argument: Argument
    init(_ argument: Argument) { self.argument = argument }
  }

  /// Terms of a coefficient times the predictor times other statistics.
  func linear(_ coefficient: Double, _ others: Term.Factor...) -> [Term] {
    parts.map { Term(coefficient: coefficient, factors: others + $0.value(.j), over: [.i]) }
  }

  /// Terms of a coefficient times the predictor's square times other statistics.
  func square(_ coefficient: Double, _ others: Term.Factor...) -> [Term] {
    parts.indices.flatMap { a in
      [Term(coefficient: coefficient, factors: others + parts[a].square, over: [.i])]
        + parts[..<a].indices.map { b in
          Term(
            coefficient: 2 * coefficient, factors: others + parts[a].value(.j) + parts[b].value(.k),
            over: [.i])
        }
    }
  }
}

extension Normal {
  /// A normal distribution whose mean is a linear predictor.
  ///
  /// - Parameters:
  ///   - mean: The predictor; of a vector, each element has the same inputs, and coefficients of its own where they stand
  ///     in a plate of its elements.
  ///   - precision: Known, or a variable that offers τ and log τ.
  public init(mean: LinearPredictor, precision: some PositiveArgument) {
    let tau = argument("precision", .value, .i)
    conditional = Conditional(
      Normal.self, mean.arguments + [("precision", precision)],
      terms: mean.linear(1, child(.value, .i), tau) + mean.square(-0.5, tau) + [
        Term(-0.5, child(.square, .i), tau),
        Term(0.5, argument("precision", .logarithm, .i), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }
}

extension MultivariateNormal {
  /// A multivariate normal distribution with independent elements, each with a precision of its own.
  ///
  /// With a gamma prior on the precisions this is automatic relevance determination (MacKay 1994).
  /// - Parameters:
  ///   - mean: Known.
  ///   - precisions: Known, or a variable that offers τ and log τ; of dimension 1 it serves all elements.
  ///   - count: Dimension; by default that of the variable that depends on it.
  public init(mean: some KnownArgument, precisions: some PositiveArgument, count: Int? = nil) {
    let tau = argument("precisions", .value, .i)
    conditional = Conditional(
      MultivariateNormal.self, [("mean", mean), ("precisions", precisions)], locations: ["mean"],
      count: count.map(Count.number),
      terms: [
        Term(1, child(.value, .i), argument("mean", .value, .i), tau),
        Term(-0.5, argument("mean", .square, .i), tau),
        Term(-0.5, child(.outerProduct, .i, .i), tau),
        Term(0.5, argument("precisions", .logarithm, .i), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }

  /// A multivariate normal distribution whose mean is a linear predictor, with independent noise in each element.
  public init(mean: LinearPredictor, precisions: some PositiveArgument) {
    let tau = argument("precisions", .value, .i)
    conditional = Conditional(
      MultivariateNormal.self, mean.arguments + [("precisions", precisions)],
      terms: mean.linear(1, child(.value, .i), tau) + mean.square(-0.5, tau) + [
        Term(-0.5, child(.outerProduct, .i, .i), tau),
        Term(0.5, argument("precisions", .logarithm, .i), over: [.i]),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }
}

extension MultivariateNormal {
  /// A multivariate normal distribution whose mean is a linear map of inputs: map and precision matrix are one joint
  /// variable, the conjugate prior of multi-output regression and of vector autoregression.
  ///
  /// Source: Fox et al., *Bayesian nonparametric inference of switching
  /// dynamic linear models* (2011), appendix.
  /// - Parameters:
  ///   - mapAndPrecision: A variable that offers Λ, ΛM, MᵀΛM and log|Λ|.
  ///   - inputs: The inputs, as data or as a multivariate normal variable.
  public init(_ mapAndPrecision: some VariableArgument<MatrixNormalWishart>, inputs: some VectorArgument) {
    self.init(linearMap: mapAndPrecision, inputs: inputs)
  }

  /// A multivariate normal distribution whose mean is a linear map of inputs, with known noise: the map is matrix normal,
  /// and the noise's precision matrix is a known constant of the map.
  ///
  /// - Parameters:
  ///   - map: A variable that offers Λ, ΛM, MᵀΛM and log|Λ|.
  ///   - inputs: The inputs, as data or as a multivariate normal variable.
  public init(_ map: some VariableArgument<MatrixNormal>, inputs: some VectorArgument) {
    self.init(linearMap: map, inputs: inputs)
  }

  private init(linearMap: any ArgumentConvertible, inputs: any ArgumentConvertible) {
    conditional = Conditional(
      MultivariateNormal.self, [("map", linearMap), ("inputs", inputs)],
      terms: [
        Term(1, child(.value, .i), argument("map", .precisionTimesMean, .i, .j), argument("inputs", .value, .j)),
        Term(-0.5, child(.outerProduct, .i, .j), argument("map", .precision, .i, .j)),
        Term(-0.5, argument("map", .meanPrecisionMean, .j, .k), argument("inputs", .outerProduct, .j, .k)),
        Term(0.5, argument("map", .logPrecision)),
        Term(-0.5 * logTwoPi, over: [.i]),
      ])
  }
}
