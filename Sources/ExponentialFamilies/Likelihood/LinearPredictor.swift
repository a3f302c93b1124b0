import SpecialFunctions

/// A sum of variables and of inner products of variables: the mean of a regression, of factor analysis, of a matrix
/// factorisation.
///
/// ```swift
/// y ~ Normal(mean: level + effect[group] + coefficients * x, precision: noise)
/// ```
/// The expected square of the sum needs second moments: a factor of an inner product is data or a multivariate normal
/// variable, a summand by itself a normal one. A variable may occur in several summands, but in one of them only once.
///
/// A number of the row times a predictor, `u * (coefficients * x)`, lets coefficients vary with it.
public struct LinearPredictor: Sendable {
  /// One summand: a variable, a known number or the inner product of two vectors, times numbers that scale it.
  struct Summand: Sendable {
    let factors: [Argument]
    var scales: [Argument] = []
  }

  let summands: [Summand]

  /// A predictor with one summand more.
  public static func + (a: LinearPredictor, b: LinearPredictor) -> LinearPredictor {
    LinearPredictor(summands: a.summands + b.summands)
  }

  /// A predictor with one variable or number more.
  public static func + (a: LinearPredictor, b: some RealArgument) -> LinearPredictor {
    LinearPredictor(summands: a.summands + [Summand(factors: [b.argument])])
  }

  /// A predictor with one variable or number more.
  public static func + (a: some RealArgument, b: LinearPredictor) -> LinearPredictor {
    LinearPredictor(summands: [Summand(factors: [a.argument])] + b.summands)
  }

  /// A predictor times a number of the row: data, or a variable of one element.
  ///
  /// `dynamics * z.previous + u * (change * z.previous)` is a chain whose matrix varies with u.
  /// Source: Luttinen, Raiko & Ilin, *Linear state-space model with time-varying dynamics* (2014), where the numbers are
  /// a chain.
  public static func * (scale: some RealArgument, predictor: LinearPredictor) -> LinearPredictor {
    LinearPredictor(
      summands: predictor.summands.map { Summand(factors: $0.factors, scales: $0.scales + [scale.argument]) })
  }
}

/// The inner product of two vectors.
public func * (a: some VectorArgument, b: some VectorArgument) -> LinearPredictor {
  LinearPredictor(summands: [LinearPredictor.Summand(factors: [a.argument, b.argument])])
}

/// The sum of two variables, or of numbers that labels choose.
public func + (a: some VariableReference, b: some VariableReference) -> LinearPredictor {
  LinearPredictor(summands: [a.argument, b.argument].map { LinearPredictor.Summand(factors: [$0]) })
}

/// A variable over real vectors, or numbers that a label chooses, for sums of these.
public protocol VariableReference: RealArgument {}

extension LinearPredictor {
  /// A value with the index that it carries.
  private typealias Value = (name: String, argument: Argument, index: Index?)

  /// The statistics whose product is a summand.
  private struct Part {
    let factors: [(name: String, argument: Argument)]
    let scales: [(name: String, argument: Argument)]

    /// The values: those of a product with an inner index of its own, those of one number without.
    func values(_ inner: Index) -> [Value] {
      factors.map { ($0.name, $0.argument, factors.count == 1 ? .i : inner) }
        + scales.map { ($0.name, $0.argument, nil) }
    }
  }

  private var parts: [Part] {
    var (products, singles, scales) = (0, 0, 0)
    func suffix(_ n: Int) -> String { n == 1 ? "" : "\(n)" }
    return summands.map { summand in
      let names: [String]
      if summand.factors.count == 1 {
        singles += 1
        names = ["offset\(suffix(singles))"]
      } else {
        products += 1
        names = ["coefficients\(suffix(products))", "inputs\(suffix(products))"]
      }
      let own = summand.scales.map { scale -> (name: String, argument: Argument) in
        scales += 1
        return ("multiplier\(suffix(scales))", scale)
      }
      return Part(factors: zip(names, summand.factors).map { ($0, $1) }, scales: own)
    }
  }

  /// The arguments of a distribution whose mean is the predictor.
  var arguments: [(name: String, value: any ArgumentConvertible)] {
    parts.flatMap { $0.factors + $0.scales }.map { ($0.name, Known($0.argument)) }
  }

  /// An argument as it is.
  private struct Known: ArgumentConvertible {
    let argument: Argument
    init(_ argument: Argument) { self.argument = argument }
  }

  /// The statistics whose product is that of two lists of values: of one that is in both, its second moment.
  private func product(_ a: [Value], _ b: [Value]) -> [Term.Factor] {
    func factor(_ value: Value, _ statistic: StatisticName, _ indices: [Index?]) -> Term.Factor {
      Term.Factor(argument: value.name, statistic: statistic, indices: indices.compactMap { $0 })
    }
    var rest = b
    var factors: [Term.Factor] = []
    for value in a {
      guard let twin = rest.firstIndex(where: { $0.argument == value.argument }) else {
        factors.append(factor(value, .value, [value.index]))
        continue
      }
      let other = rest.remove(at: twin).index
      // A real vector of one number has its square among the products of its elements.
      var isVector = value.index != other
      if case .variable(let use) = value.argument, value.index == nil {
        isVector = use.family == Family(MultivariateNormal.self)
      }
      factors.append(
        isVector ? factor(value, .outerProduct, [value.index, other]) : factor(value, .square, [value.index]))
    }
    return factors + rest.map { factor($0, .value, [$0.index]) }
  }

  /// Terms of a coefficient times the predictor times other statistics.
  func linear(_ coefficient: Double, _ others: Term.Factor...) -> [Term] {
    parts.map { Term(coefficient: coefficient, factors: others + product($0.values(.j), []), over: [.i]) }
  }

  /// Terms of a coefficient times the predictor's square times other statistics.
  func square(_ coefficient: Double, _ others: Term.Factor...) -> [Term] {
    parts.indices.flatMap { a in
      ([a] + Array(0..<a)).map { b in
        Term(
          coefficient: a == b ? coefficient : 2 * coefficient,
          factors: others + product(parts[a].values(.j), parts[b].values(.k)), over: [.i])
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
