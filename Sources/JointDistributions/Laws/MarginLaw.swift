import SpecialFunctions

/// The distribution of one column: its tails, its quantiles from either tail, and its first two moments.
///
/// A law of one's own needs these and nothing else. `quantile` must be the least x with P(X ≤ x) ≥ p, or for the upper tail
/// with P(X > x) ≤ p; probabilities down to 1e-300 are asked for in both tails.
public protocol MarginLaw: Sendable, CustomStringConvertible {
  /// What is wrong with the parameters, as a sentence; nil where nothing is.
  var problem: String? { get }
  /// P(X ≤ x), or with `.upper` P(X > x).
  func probability(_ x: Double, tail: Tail) -> Double
  /// The least number with at least (for the upper tail: at most) this probability in the tail.
  func quantile(_ p: Double, tail: Tail) -> Double
  /// Expectation; infinite or NaN where there is none.
  var mean: Double { get }
  /// Variance; infinite or NaN where there is none.
  var variance: Double { get }
  /// Where the law has atoms: all of it or a part.
  var shape: LawShape { get }
}

/// How the quantile function of a law looks.
public enum LawShape: Sendable {
  /// Smooth: a law with a density.
  case continuous
  /// Constant but for steps: a law of atoms only.
  case discrete(AtomTable)
  /// Smooth but for jumps and kinks at these probabilities P(X ≤ x), ascending.
  case mixed(breaks: [Double])
}

extension MarginLaw {
  /// The value whose rank among all is that of a standard normal number: F⁻¹(Φ(z)), by the tail that is small.
  public func value(atNormalScore z: Double) -> Double {
    z < 0 ? quantile(normalProbability(z), tail: .lower) : quantile(normalProbability(z, tail: .upper), tail: .upper)
  }

  /// What keeps the law from having a Pearson correlation; nil where nothing does.
  var momentProblem: String? {
    if variance.isNaN || variance == .infinity {
      return "\(self) has no finite variance, so no Pearson correlation exists; a Spearman correlation does."
    }
    if variance == 0 { return "\(self) is a constant, which correlates with nothing." }
    return nil
  }
}

/// The atoms of a discrete law: its values in ascending order and the probabilities up to and beyond each.
public struct AtomTable: Hashable, Sendable {
  /// The values, ascending.
  public let values: [Double]
  /// P(X ≤ values[i]).
  public let lower: [Double]
  /// P(X > values[i]).
  public let upper: [Double]

  /// Makes a table of values in ascending order with their tails; the last upper tail counts as 0, the last lower one as 1.
  public init(values: [Double], lower: [Double], upper: [Double]) {
    precondition(
      values.count == lower.count && values.count == upper.count && !values.isEmpty, "as many tails as values")
    self.values = values
    self.lower = lower.dropLast() + [1]
    self.upper = upper.dropLast() + [0]
  }

  /// Makes a table of values in ascending order and their probabilities, which need not add up to exactly 1.
  public init(values: [Double], weights: [Double]) {
    let total = weights.reduce(0, +)
    var (lower, upper) = (weights, weights)
    var sum = 0.0
    for i in weights.indices {
      sum += weights[i]
      lower[i] = min(1, sum / total)
    }
    sum = 0
    for i in weights.indices.reversed() {
      upper[i] = min(1, sum / total)
      sum += weights[i]
    }
    self.init(values: values, lower: lower, upper: upper)
  }

  /// The probability of each value.
  public var masses: [Double] {
    values.indices.map { i in
      if i == 0 { return lower[0] }
      return lower[i] < 0.5 ? lower[i] - lower[i - 1] : upper[i - 1] - upper[i]
    }
  }

  /// Expectation and variance, by sums about the middle value.
  public var moments: (mean: Double, variance: Double) {
    let masses = masses
    let origin = values[index(0.5, tail: .lower)]
    var mean = 0.0
    for (value, mass) in zip(values, masses) { mean += mass * (value - origin) }
    var variance = 0.0
    for (value, mass) in zip(values, masses) {
      variance += mass * ((value - origin) - mean) * ((value - origin) - mean)
    }
    return (origin + mean, variance)
  }

  /// The normal scores between neighbouring values, ascending: X is above values[i] where the score is above the i-th.
  var thresholds: [Double] {
    (0..<(values.count - 1)).map { i in
      lower[i] <= 0.5 ? normalQuantile(lower[i]) : normalQuantile(upper[i], tail: .upper)
    }
  }

  /// The position of the least value with at least (upper tail: at most) this probability, up to rounding.
  func index(_ p: Double, tail: Tail) -> Int {
    let (target, side) = p > 0.5 ? (1 - p, tail.opposite) : (p, tail)
    var (low, high) = (-1, values.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      let reaches = side == .lower ? lower[middle] >= target * (1 - 1e-14) : upper[middle] <= target * (1 + 1e-14)
      if reaches { high = middle } else { low = middle }
    }
    return high
  }

  /// P(X ≤ x) or P(X > x).
  func probability(_ x: Double, tail: Tail) -> Double {
    var (low, high) = (-1, values.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if values[middle] <= x { low = middle } else { high = middle }
    }
    if low < 0 { return tail == .lower ? 0 : 1 }
    return tail == .lower ? lower[low] : upper[low]
  }

  /// The most atoms that a law of infinitely many may be cut down to.
  static let largestCount = 2_000_000

  /// The whole numbers of a law between probabilities of 1e-32 on both sides, outside of which less than that is left out.
  static func wholeNumbers(of law: some MarginLaw) -> AtomTable {
    let (first, last) = (law.quantile(1e-32, tail: .lower), law.quantile(1e-32, tail: .upper))
    let values = Array(stride(from: first, through: last, by: 1))
    return AtomTable(
      values: values, lower: values.map { law.probability($0, tail: .lower) },
      upper: values.map { law.probability($0, tail: .upper) })
  }
}
