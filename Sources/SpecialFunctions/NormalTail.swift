import CGSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Logarithm of the probability that a standard normal number exceeds x, log Q(x) = log ½erfc(x/√2).
///
/// Accurate far into both tails (GSL, scaled Chebyshev expansions).
/// - Returns: NaN where `x` is not a number.
public func logNormalTail(_ x: Double) -> Double {
  guard !x.isNaN else { return .nan }
  // Below 0 the tail is nearly 1, and its complement is small.
  return x < 0 ? log1p(-0.5 * erfc(-x / 2.0.squareRoot())) : gsl_sf_log_erfc(x / 2.0.squareRoot()) - log(2)
}

/// Hazard function of the standard normal distribution, φ(x)/Q(x).
///
/// - Returns: NaN where `x` is not a number.
public func normalHazard(_ x: Double) -> Double {
  guard !x.isNaN else { return .nan }
  return gsl_sf_hazard(x)
}

/// E[x] and E[x²] of a normal number x with mean z and deviation 1, given that it is positive.
///
/// E[x] = z + φ(z)/Φ(z) and E[x²] = 1 + z E[x]. Where z is below 0 these are differences of nearly equal numbers;
/// there both follow from Laplace's continued fraction of Mills' ratio, whose parts are all positive, so that the
/// relative error stays near 1e-15.
/// Source: Abramowitz & Stegun, 26.2.14.
public func positiveNormalMoments(mean z: Double) -> (first: Double, second: Double) {
  guard z < -1.5 else {
    let first = z + normalHazard(-z)
    return (first, 1 + z * first)
  }
  // φ(x)/Q(x) − x = 1/(x + g) with g = 2/(x + 3/(x + 4/(x + …))).
  let x = -z
  var g = 0.0
  for k in stride(from: (20 + 400 / (x * x)).rounded(), through: 2, by: -1) { g = k / (x + g) }
  let first = 1 / (x + g)
  return (first, g * first)
}

/// A(z) = z²/2 + log √(2π)Φ(z), the logarithm of ∫₀^∞ exp(zx − x²/2) dx.
public func logPositiveNormalIntegral(_ z: Double) -> Double {
  z < 0 ? -log(normalHazard(-z)) : 0.5 * (z * z + logTwoPi) + logNormalTail(-z)
}
