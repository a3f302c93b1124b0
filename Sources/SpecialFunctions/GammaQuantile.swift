#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The number below (or, with `.upper`, above) which a gamma number with shape a and rate 1 lies with probability p.
///
/// Either tail may be as small as 1e-300: each is solved for as it is given. Relative error at most 1e-13 wherever the
/// result is a normal double; below the least double it is 0.
/// - Returns: NaN where the shape is not positive and finite, or `p` is outside of [0, 1].
public func gammaQuantile(shape a: Double, _ p: Double, tail: Tail = .lower) -> Double {
  guard a > 0, a.isFinite, p >= 0, p <= 1 else { return .nan }
  if p == 0 || p == 1 { return (p == 0) == (tail == .lower) ? 0 : .infinity }
  if a < 30, let x = smallGammaQuantile(a, p, tail) { return x }
  // The complement of a probability above ½ is exact.
  let (target, side) = p > 0.5 ? (1 - p, tail.opposite) : (p, tail)
  return solveTail(target, side, start: gammaStart(a, target, side)) { x in
    let tails = gammaTails(shape: a, x)
    return (side == .lower ? tails.lower : tails.upper, gammaDensityTimesArgument(a, x))
  }
}

/// The quantile where it is at most 1: x = (pΓ(a + 1))^(1/a) (1 + aS(x))^(−1/a), which loses no digits however small a is.
private func smallGammaQuantile(_ a: Double, _ p: Double, _ tail: Tail) -> Double? {
  let (high, low) = tail == .lower ? (p, 0) : (1 - p, (1 - (1 - p)) - p)
  if high == 0 { return nil }
  let base = powerOfProbability(high, low, reciprocal: a) * exp(logGammaOnePlusRatio(a))
  func rest(_ x: Double) -> Double { log1p(a * gammaPowerSum(a, x)) / a }
  guard log(base) <= rest(1) else { return nil }
  if base < 1e-17 { return base }
  var x = min(base, 1)
  for _ in 0..<60 {
    // d log P/d log x = a e⁻ˣ/(1 + aS)
    let value = rest(x)
    let step = -(log(x / base) + value) * (1 + a * gammaPowerSum(a, x)) * exp(x)
    x = min(x * exp(step), 1)
    if step.magnitude < 1e-16 { break }
    if x == 1 && step > 0 { break }
  }
  return x
}

/// Wilson and Hilferty's cube of a normal number; where that fails, the leading term of the lower tail.
private func gammaStart(_ a: Double, _ p: Double, _ tail: Tail) -> Double {
  let z = normalQuantile(p, tail: tail)
  let root = 1 - 1 / (9 * a) + z / (3 * a.squareRoot())
  if root > 0.2 { return a * root * root * root }
  if tail == .upper { return max(-log(p), 1) }
  return exp((log(p) + logGamma(a + 1)) / a)
}
