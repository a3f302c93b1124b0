import SpecialFunctions

// Distributions that an auxiliary variable of each row makes conjugate. The auxiliary variable is declared and given its
// prior like any other; nothing but the terms here knows of it.

extension Bernoulli {
  /// Zeros and ones of which the log odds are a linear predictor: logistic regression.
  ///
  /// Exact with one Pólya–gamma variable for each observation:
  /// e^(yψ)/(1 + e^ψ) = ½ e^((y − ½)ψ) E[exp(−ωψ²/2)], ω ~ PG(1, 0).
  /// ```swift
  /// omega ~ PolyaGamma(shape: 1)
  /// y ~ Bernoulli(logit: coefficients * x, auxiliary: omega)
  /// ```
  /// Source: Polson, Scott & Windle, *JASA* 108 (2013), theorem 1. The updates are those of Jaakkola & Jordan (2000).
  public init(logit: LinearPredictor, auxiliary: some VariableArgument<PolyaGamma>) {
    conditional = Conditional(
      Bernoulli.self, logit.arguments + [("auxiliary", auxiliary)],
      terms: logit.linear(1, child(.value, .i)) + logit.linear(-0.5)
        + logit.square(-0.5, argument("auxiliary", .value, .i)) + [Term(-_log(2), over: [.i])])
  }

  /// Zeros and ones of which a linear predictor is the probit of the probability: probit regression.
  ///
  /// Exact with one truncated normal variable for each observation, the distance of a latent utility from 0 on the side
  /// that was observed: Φ(±ψ) = ½ E[exp(±ψu − ψ²/2)], u ~ N(0, 1) on u > 0.
  /// ```swift
  /// utility ~ TruncatedNormal(mean: 0.0, precision: 1.0)
  /// y ~ Bernoulli(probit: coefficients * x, auxiliary: utility)
  /// ```
  /// Source: Albert & Chib, *JASA* 88 (1993), section 3.
  public init(probit: LinearPredictor, auxiliary: some VariableArgument<TruncatedNormal>) {
    let utility = argument("auxiliary", .value, .i)
    conditional = Conditional(
      Bernoulli.self, probit.arguments + [("auxiliary", auxiliary)],
      terms: probit.linear(2, child(.value, .i), utility) + probit.linear(-1, utility) + probit.square(-0.5) + [
        Term(-_log(2), over: [.i])
      ])
  }
}

extension Categorical {
  /// Labels chosen by a row of yes-or-no questions, each with log odds of its own: multinomial logistic regression.
  ///
  /// Of K levels, the k-th is chosen with probability σ(ψₖ) where none before it is, and the last where none is:
  /// p(x | ψ) = Πₖ e^([x = k]ψₖ)/(1 + e^ψₖ)^[x ≥ k] over k < K. Exact with one Pólya–gamma variable for each question, which
  /// counts where the question is reached. Predictors and auxiliary variable have one element for each level but the last.
  /// The order of the levels matters to the prior, though any probabilities can be had in any order.
  /// ```swift
  /// Plate(per: y.splits) { coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01) }
  /// Plate.rows {
  ///   omega ~ PolyaGamma(shape: 1)
  ///   y ~ Categorical(logits: coefficients * x, auxiliary: omega)
  /// }
  /// ```
  /// Source: Linderman, Johnson & Adams, "Dependent multinomial models made easy: stick breaking with the Pólya-gamma
  /// augmentation", *NIPS* (2015), section 2.
  public init(logits: LinearPredictor, auxiliary: some VariableArgument<PolyaGamma>) {
    let reached = child(.reached, .i)
    conditional = Conditional(
      Categorical.self, logits.arguments + [("auxiliary", auxiliary)],
      terms: logits.linear(1, child(.split, .i)) + logits.linear(-0.5, reached)
        + logits.square(-0.5, reached, argument("auxiliary", .value, .i)) + [Term(-_log(2), reached)])
  }
}

/// Counts 0, 1, 2 … as data: what is Poisson or negative binomial.
public typealias Counts = Poisson

/// The negative binomial distribution over counts with known size r and a linear predictor of the log odds,
/// p(y) = Γ(y + r)/(Γ(r) y!) · e^(yψ)/(1 + e^ψ)^(y + r): mean r e^ψ, variance r e^ψ (1 + e^ψ).
///
/// Exact with one Pólya–gamma variable for each observation, of shape y + r. For large r the distribution is nearly Poisson
/// with ψ + log r as the logarithm of the rate, but the posterior that is found for ψ is too narrow: by the factor √(c / sinh c) with
/// c = log(r / mean), half of what it should be at r = 30 means. Sizes at which it would be less than a tenth are refused.
/// ```swift
/// omega ~ PolyaGamma(shape: size, plus: y)
/// y ~ NegativeBinomial(size: size, logit: coefficients * x, auxiliary: omega)
/// ```
/// Source: Polson, Scott & Windle, *JASA* 108 (2013), section 3.
public struct NegativeBinomial: Distribution {
  public typealias Child = Poisson
  public let conditional: Conditional

  /// Counts of known size with a linear predictor.
  public init(size: Double, logit: LinearPredictor, auxiliary: some VariableArgument<PolyaGamma>) {
    conditional = Conditional(
      Poisson.self, logit.arguments + [("auxiliary", auxiliary)],
      terms: logit.linear(0.5, child(.value, .i)) + logit.linear(-0.5 * size)
        + logit.square(-0.5, argument("auxiliary", .value, .i)) + Self.constants(size) + [
          Term(-_log(2), child(.value, .i)), Term(-size * _log(2), over: [.i]),
        ])
  }

  /// Counts of known size with a known or latent probability of one more: p(y) ∝ (1 − p)^r p^y.
  public init(size: Double, probability: some UnitIntervalArgument) {
    conditional = Conditional(
      Poisson.self, [("probability", probability)],
      terms: Self.constants(size) + [
        Term(1, child(.value, .i), argument("probability", .logarithm, .i)),
        Term(size, argument("probability", .logComplement, .i), over: [.i]),
      ])
  }

  /// log Γ(y + r) − log Γ(r); 1/y! is the counts' base measure.
  private static func constants(_ size: Double) -> [Term] {
    [Term(1, child(.logGammaSum(size), .i)), Term(-logGamma(size), over: [.i])]
  }
}

/// The binomial distribution over counts up to a known number of trials, p(y) = C(n, y) p^y (1 − p)^(n − y).
public struct Binomial: Distribution {
  public typealias Child = Poisson
  public let conditional: Conditional

  /// Counts of successes in some trials.
  ///
  /// - Parameters:
  ///   - trials: How many trials each count is of; counts above it are refused.
  ///   - probability: Known, or a variable that offers log p and log(1 − p).
  public init(trials: Int, probability: some UnitIntervalArgument) {
    let n = Double(trials)
    conditional = Conditional(
      Poisson.self, [("probability", probability)],
      terms: [
        Term(1, child(.value, .i), argument("probability", .logarithm, .i)),
        Term(n, argument("probability", .logComplement, .i), over: [.i]),
        Term(-1, child(.value, .i), argument("probability", .logComplement, .i)),
        // n!/(n − y)!; 1/y! is the counts' base measure.
        Term(-1, child(.logGammaDifference(n + 1), .i)), Term(logGamma(n + 1), over: [.i]),
      ])
  }

  /// Counts of successes in a number of trials of each row's own.
  ///
  /// - Parameters:
  ///   - trials: `Covariates` of whole numbers: one column for all counts, or one for each.
  ///   - probability: Known, or a variable that offers log p and log(1 − p).
  public init(trials: some PositiveArgument & VectorArgument, probability: some UnitIntervalArgument) {
    conditional = Conditional(
      Poisson.self, [("probability", probability), ("trials", trials)],
      terms: [
        Term(1, child(.value, .i), argument("probability", .logarithm, .i)),
        Term(1, argument("trials", .value, .i), argument("probability", .logComplement, .i)),
        Term(-1, child(.value, .i), argument("probability", .logComplement, .i)),
        Term(1, argument("trials", .arrangements, .i)),
      ])
  }
}

/// The Weibull distribution over positive numbers with known shape k, p(x) = kλ x^(k−1) e^(−λx^k).
///
/// Lifetimes whose hazard grows (k > 1) or falls (k < 1) with age. The data are declared as `Observed<Exponential>`, which
/// it is for k = 1.
public struct Weibull: Distribution {
  public typealias Child = Exponential
  public let conditional: Conditional

  /// Lifetimes.
  ///
  /// - Parameters:
  ///   - shape: The shape k, above 0.
  ///   - rate: The rate λ of x^k: known, or a variable that offers λ and log λ, such as a Gamma.
  public init(shape: Double, rate: some PositiveArgument) {
    conditional = Conditional(
      Exponential.self, [("rate", rate)],
      terms: [
        Term(-1, child(.power(shape), .i), argument("rate", .value, .i)),
        Term(1, argument("rate", .logarithm, .i), over: [.i]),
        Term(shape - 1, child(.logarithm, .i)), Term(_log(shape), over: [.i]),
      ])
  }
}

extension Poisson {
  /// Counts with a rate times an exposure: the size of a population, the length of a time.
  public init(_ rate: some PositiveArgument, exposure: some PositiveArgument & VectorArgument) {
    conditional = Conditional(
      Poisson.self, [("rate", rate), ("exposure", exposure)],
      terms: [
        Term(1, child(.value, .i), argument("rate", .logarithm, .i)),
        Term(1, child(.value, .i), argument("exposure", .logarithm, .i)),
        Term(-1, argument("rate", .value, .i), argument("exposure", .value, .i)),
      ])
  }
}

extension PolyaGamma {
  /// PG(y + r, 0), the prior of an augmentation of counts y.
  public init(shape: Double, plus counts: some ArgumentConvertible) {
    conditional = Conditional(
      PolyaGamma.self, [("counts", counts)],
      terms: [
        Term(shape, child(.polyaGammaShape, .i)),
        Term(1, child(.polyaGammaShape, .i), argument("counts", .value, .i)),
      ])
  }
}

// MARK: Scale mixtures

extension Normal {
  /// A normal distribution whose precision is τu with a factor u of its own for each row: with u ~ Gamma(ν/2, ν/2), a
  /// Student-t with ν degrees of freedom, so that outliers weigh less.
  ///
  /// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 2.3.7.
  public init(mean: some RealArgument, precision: some PositiveArgument, factor: some PositiveArgument) {
    self = Normal(scaling: Normal(mean: mean, precision: precision).conditional, ["precision"], factor)
  }

  /// A normal distribution with a joint mean and precision, and a factor of the precision for each row.
  public init(_ meanAndPrecision: some VariableArgument<NormalGamma>, factor: some PositiveArgument) {
    self = Normal(scaling: Normal(meanAndPrecision).conditional, ["parameters"], factor)
  }

  /// A normal distribution whose mean is a linear predictor, with a factor of the precision for each row.
  public init(mean: LinearPredictor, precision: some PositiveArgument, factor: some PositiveArgument) {
    self = Normal(scaling: Normal(mean: mean, precision: precision).conditional, ["precision"], factor)
  }

  private init(scaling conditional: Conditional, _ precisions: Set<String>, _ factor: some PositiveArgument) {
    self.conditional = conditional.scaled(
      precisions, by: factor, logarithm: Term(0.5, argument("factor", .logarithm, .i), over: [.i]))
  }
}

extension MultivariateNormal {
  /// A multivariate normal distribution with a joint mean and precision matrix, and a factor of the precision for each row:
  /// with u ~ Gamma(ν/2, ν/2), a multivariate Student-t.
  ///
  /// The factor is one number for all elements.
  public init(_ meanAndPrecision: some VariableArgument<NormalWishart>, factor: some PositiveArgument) {
    conditional = MultivariateNormal(meanAndPrecision).conditional.scaled(
      ["parameters"], by: factor, isOneNumber: true,
      logarithm: Term(0.5, argument("factor", .logarithm), over: [.i]))
  }
}

extension MultivariateNormal {
  /// A multivariate normal distribution with independent elements, each with a precision of its own times a known factor, its
  /// unit.
  ///
  /// With `factor: x.precision` and a prior of the precisions near 1, elements are small or large beside the data's
  /// deviations, whatever these are.
  ///
  /// - Parameters:
  ///   - mean: Known.
  ///   - precisions: Known, or a variable that offers τ and log τ; of dimension 1 it serves all elements.
  ///   - factor: Known and above 0, one number or one for each element.
  ///   - count: Dimension; by default that of the variable that depends on it.
  public init(
    mean: some KnownArgument, precisions: some PositiveArgument, factor: some KnownArgument & PositiveArgument,
    count: Int? = nil
  ) {
    conditional = MultivariateNormal(mean: mean, precisions: precisions, count: count).conditional.scaled(
      ["precisions"], by: factor, logarithm: Term(0.5, argument("factor", .logarithm, .i), over: [.i]))
  }
}

extension Conditional {
  /// The distribution with a precision times a factor: terms that are linear in the precision gain the factor, and its
  /// logarithm is added.
  ///
  /// - Parameter isOneNumber: Whether one number scales the precisions of all elements, as it must where these are correlated.
  fileprivate func scaled(
    _ precisions: Set<String>, by factor: some PositiveArgument, isOneNumber: Bool = false, logarithm: Term
  ) -> Conditional {
    let logarithms: Set<StatisticName> = [.logarithm, .logPrecision, .logDeterminant]
    return Conditional(
      family: family,
      arguments: arguments + [NamedArgument(name: "factor", argument: factor.argument, isLocation: false)],
      count: count,
      terms: terms.map { term in
        let isLinear = term.factors.contains { written in
          written.argument.map(precisions.contains) == true && !logarithms.contains(written.statistic)
        }
        if !isLinear { return term }
        return Term(
          coefficient: term.coefficient,
          factors: term.factors + [isOneNumber ? argument("factor", .value) : argument("factor", .value, .i)],
          over: term.over, rows: term.rows)
      } + [logarithm])
  }
}
