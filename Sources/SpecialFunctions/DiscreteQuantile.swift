#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The smallest whole number k ≥ 0 with P(X ≤ k) ≥ p, or with `.upper` with P(X > k) ≤ p, by search on the tail that is small.
///
/// A probability within a relative 1e-14 of a value of the tail counts as that value: quantiles of probabilities that
/// were computed from k give k back.
///
/// - Parameters:
///   - p: A probability in [0, 1].
///   - tail: Which tail has it.
///   - start: Where the answer is expected.
///   - limit: The largest possible number; infinity where there is none.
///   - tails: P(X ≤ k) and P(X > k).
public func discreteQuantile(
  _ p: Double, tail: Tail, start: Double, limit: Double,
  _ tails: (Double) -> (lower: Double, upper: Double)
) -> Double {
  guard p >= 0, p <= 1 else { return .nan }
  if p == 0 || p == 1, (p == 1) == (tail == .lower) { return limit }
  if p == 0 || p == 1 { return 0 }
  let (target, side) = p > 0.5 ? (1 - p, tail.opposite) : (p, tail)
  func reaches(_ k: Double) -> Bool {
    let value = tails(k)
    return side == .lower ? value.lower >= target * (1 - 1e-14) : value.upper <= target * (1 + 1e-14)
  }
  var high = min(max(start.rounded(.down), 0), min(limit, 0x1p53))
  var step = 1.0
  var low: Double
  if reaches(high) {
    low = high
    repeat {
      if low == 0 { low = -1 } else { (high, low) = (low, max(low - step, 0)) }
      step *= 2
    } while low >= 0 && reaches(low)
  } else {
    repeat {
      (low, high) = (high, min(high + step, limit))
      step *= 2
    } while high < limit && !reaches(high)
  }
  // Reached at `high`, not at `low`.
  while high - low > 1 {
    let middle = ((low + high) / 2).rounded(.down)
    if reaches(middle) { high = middle } else { low = middle }
  }
  return high
}

/// P(X ≤ k) and P(X > k) of a Poisson number with a mean above 0.
public func poissonTails(mean: Double, _ k: Double) -> (lower: Double, upper: Double) {
  if k < 0 { return (0, 1) }
  let tails = gammaTails(shape: k.rounded(.down) + 1, mean)
  return (tails.upper, tails.lower)
}

/// P(X ≤ k) and P(X > k) of the number of successes in n trials with a probability in (0, 1).
public func binomialTails(trials n: Double, probability: Double, _ k: Double) -> (lower: Double, upper: Double) {
  let k = k.rounded(.down)
  if k < 0 { return (0, 1) }
  if k >= n { return (1, 0) }
  let tails = betaTails(k + 1, n - k, probability)
  return (tails.upper, tails.lower)
}

/// P(X ≤ k) and P(X > k) of the number of failures before r successes (r > 0, whole or not) with a probability in (0, 1).
public func negativeBinomialTails(successes r: Double, probability: Double, _ k: Double) -> (
  lower: Double, upper: Double
) {
  if k < 0 { return (0, 1) }
  return betaTails(r, k.rounded(.down) + 1, probability)
}
