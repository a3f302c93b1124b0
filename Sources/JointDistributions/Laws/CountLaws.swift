import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

private func inUnit(_ probability: Double, of law: String) -> String? {
  probability > 0 && probability < 1
    ? nil : "\(law): probability \(text(probability)) is not between 0 and 1."
}

/// A law of whole numbers from 0 on, given by its tails.
public protocol CountLaw: MarginLaw {
  /// P(X ≤ k) and P(X > k) for a whole number k ≥ 0.
  func tails(_ k: Double) -> (lower: Double, upper: Double)
  /// The largest number; infinity where there is none.
  var largest: Double { get }
  /// What is wrong with the parameters.
  var parameterProblem: String? { get }
}

extension CountLaw {
  public var problem: String? {
    if let problem = parameterProblem { return problem }
    // Tails of 1e-32 are within 12 deviations of a normal number, and within 80 means of an exponential one.
    let width = 24 * variance.squareRoot() + 80 * variance / max(mean, 1)
    if min(width, largest) < Double(AtomTable.largestCount) { return nil }
    return "\(self) has more than \(AtomTable.largestCount) values that matter; a continuous law can stand for it."
  }
  public var shape: LawShape { .discrete(.wholeNumbers(of: self)) }
  public func probability(_ x: Double, tail: Tail) -> Double {
    if x < 0 { return tail == .lower ? 0 : 1 }
    let tails = tails(x.rounded(.down))
    return tail == .lower ? tails.lower : tails.upper
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    let z = min(max(normalQuantile(p, tail: tail), -40), 40)
    return discreteQuantile(p, tail: tail, start: mean + z * variance.squareRoot(), limit: largest, tails)
  }
}

/// The Poisson distribution.
public struct PoissonLaw: CountLaw {
  public let mean: Double

  public var description: String { "poisson(mean: \(text(mean)))" }
  public var parameterProblem: String? { positive("mean", mean, of: "poisson") }
  public var variance: Double { mean }
  public var largest: Double { .infinity }
  public func tails(_ k: Double) -> (lower: Double, upper: Double) { poissonTails(mean: mean, k) }
}

/// The number of successes in a number of trials; one trial is Bernoulli's distribution.
public struct BinomialLaw: CountLaw {
  /// Number of trials.
  public let trials: Int
  /// Probability of a success.
  public let successProbability: Double
  private let name: String

  init(trials: Int, probability: Double, name: String? = nil) {
    self.trials = trials
    successProbability = probability
    self.name = name ?? "binomial(trials: \(trials), probability: \(text(probability)))"
  }

  public var description: String { name }
  public var parameterProblem: String? {
    trials < 1 ? "\(name): at least 1 trial was expected." : inUnit(successProbability, of: name)
  }
  public var mean: Double { Double(trials) * successProbability }
  public var variance: Double { mean * (1 - successProbability) }
  public var largest: Double { Double(trials) }
  public func tails(_ k: Double) -> (lower: Double, upper: Double) {
    binomialTails(trials: Double(trials), probability: successProbability, k)
  }
}

/// The number of failures before a number of successes, which need not be whole: a gamma mixture of Poisson numbers.
public struct NegativeBinomialLaw: CountLaw {
  /// Number of successes.
  public let successes: Double
  /// Probability of a success.
  public let successProbability: Double

  public var description: String {
    "negativeBinomial(successes: \(text(successes)), probability: \(text(successProbability)))"
  }
  public var parameterProblem: String? {
    positive("successes", successes, of: "negativeBinomial") ?? inUnit(successProbability, of: "negativeBinomial")
  }
  public var mean: Double { successes * (1 - successProbability) / successProbability }
  public var variance: Double { mean / successProbability }
  public var largest: Double { .infinity }
  public func tails(_ k: Double) -> (lower: Double, upper: Double) {
    negativeBinomialTails(successes: successes, probability: successProbability, k)
  }
}

extension MarginLaw where Self == PoissonLaw {
  /// The Poisson distribution with a mean.
  public static func poisson(mean: Double) -> PoissonLaw { PoissonLaw(mean: mean) }
}

extension MarginLaw where Self == BinomialLaw {
  /// The number of successes in independent trials.
  public static func binomial(trials: Int, probability: Double) -> BinomialLaw {
    BinomialLaw(trials: trials, probability: probability)
  }
  /// 1 with a probability, else 0.
  public static func bernoulli(_ probability: Double) -> BinomialLaw {
    BinomialLaw(trials: 1, probability: probability, name: "bernoulli(\(text(probability)))")
  }
}

extension MarginLaw where Self == NegativeBinomialLaw {
  /// The number of failures before a number of successes.
  public static func negativeBinomial(successes: Double, probability: Double) -> NegativeBinomialLaw {
    NegativeBinomialLaw(successes: successes, successProbability: probability)
  }
}
