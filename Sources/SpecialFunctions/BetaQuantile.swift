#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The number below (or, with `.upper`, above) which a beta number with shapes a and b lies with probability p, and its
/// complement to 1, each with a relative error of at most 1e-13 where it is a normal double.
///
/// - Returns: NaN where a shape is not positive and finite, or `p` is outside of [0, 1].
public func betaQuantile(
  _ a: Double, _ b: Double, _ p: Double, tail: Tail = .lower
) -> (value: Double, complement: Double) {
  guard a > 0, b > 0, a.isFinite, b.isFinite, p >= 0, p <= 1 else { return (.nan, .nan) }
  if p == 0 || p == 1 { return (p == 0) == (tail == .lower) ? (0, 1) : (1, 0) }
  let half = betaTails(a, b, 0.5)
  let isLow = tail == .lower ? p <= half.lower : p >= half.upper
  if isLow {
    let x = lowBetaQuantile(a, b, p, tail)
    return (x, 1 - x)
  }
  let y = lowBetaQuantile(b, a, p, tail.opposite)
  return (1 - y, y)
}

/// The quantile where it is at most ½.
private func lowBetaQuantile(_ a: Double, _ b: Double, _ p: Double, _ tail: Tail) -> Double {
  if a < 30, let x = smallBetaQuantile(a, b, p, tail) { return x }
  let (target, side) = p > 0.5 ? (1 - p, tail.opposite) : (p, tail)
  return solveTail(target, side, start: betaStart(a, b, target, side), limit: 0.5) { x in
    let tails = betaTails(a, b, x)
    return (side == .lower ? tails.lower : tails.upper, betaPrefactor(a, b, x, 1 - x) / (1 - x))
  }
}

/// The quantile where the power series converges fast: x = (p a B(a, b))^(1/a) (1 + aS(x))^(−1/a).
private func smallBetaQuantile(_ a: Double, _ b: Double, _ p: Double, _ tail: Tail) -> Double? {
  let (high, low) = tail == .lower ? (p, 0) : (1 - p, (1 - (1 - p)) - p)
  if high == 0 { return nil }
  let base = powerOfProbability(high, low, reciprocal: a) * exp(logScaledBetaRatio(a, b))
  let limit = min(0.5, 1 / b)
  func sum(_ x: Double) -> Double { a * betaPowerSum(a, b, x) }
  guard log(base) <= log(limit) + log1p(sum(limit)) / a else { return nil }
  if base * max(b, 1) < 1e-17 { return base }
  var x = min(base, limit)
  for _ in 0..<60 {
    // d log P/d log x = a (1 − x)^(b − 1)/(1 + aS)
    let part = sum(x)
    let step = -(log(x / base) + log1p(part) / a) * (1 + part) * exp((1 - b) * log1p(-x))
    let next = min(x * exp(step), limit)
    if next == x { break }
    x = next
    if step.magnitude < 1e-16 { break }
  }
  return x
}

/// The logit of a normal approximation, or the leading term of the lower tail where that is further out.
private func betaStart(_ a: Double, _ b: Double, _ p: Double, _ tail: Tail) -> Double {
  let deviation = (1 / a + 1 / b).squareRoot()
  let logit = log(a / b) + normalQuantile(p, tail: tail) * deviation
  let normal = 1 / (1 + exp(-logit))
  if tail == .lower, a < 10 {
    let leading = exp(log(p) / a + logScaledBetaRatio(a, b))
    return min(max(leading, 1e-300), 0.5)
  }
  return min(max(normal, 1e-300), 0.5)
}
