import CGSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// GSL calls abort() on a domain error unless its handler is off; every function here returns NaN instead.
private let gslIsQuiet: Bool = {
  gsl_set_error_handler_off()
  return true
}()

/// Logarithm of the gamma function, log Γ(x), for x > 0.
///
/// Relative error below 1e-14 (GSL, Lanczos method), absolute where the value is near its zeros at 1 and 2.
/// - Returns: NaN where `x` is not positive.
public func logGamma(_ x: Double) -> Double {
  guard gslIsQuiet, x > 0 else { return .nan }
  var result = gsl_sf_result()
  return gsl_sf_lngamma_e(x, &result) == 0 ? result.val : .nan
}

/// Digamma function ψ(x) = d log Γ(x)/dx, for x > 0.
///
/// Relative error below 1e-14 away from its zero near 1.4616 (GSL, Chebyshev expansions).
/// - Returns: NaN where `x` is not positive.
public func digamma(_ x: Double) -> Double {
  guard gslIsQuiet, x > 0 else { return .nan }
  var result = gsl_sf_result()
  return gsl_sf_psi_e(x, &result) == 0 ? result.val : .nan
}

/// The increase of the digamma function, ψ(x + h) − ψ(x), for x > 0 and h ≥ 0.
///
/// Every part is a sum of numbers ≥ 0, so the relative error stays near 1e-15 also where both values nearly agree: the
/// expected logarithm of a beta variable near 1, say.
/// Source: Abramowitz & Stegun, 6.3.5 up to x ≥ 10, then the asymptotic series 6.3.18.
/// - Returns: NaN where `x` is not positive or `h` is negative.
public func digammaIncrease(_ x: Double, by h: Double) -> Double {
  guard x > 0, h >= 0 else { return .nan }
  var (x, sum) = (x, 0.0)
  while x < 10 {
    sum += h / (x * (x + h))
    x += 1
  }
  let y = x + h
  // log x − 1/2x − 1/12x² − r(x): the first two negative powers as exact differences, the others are small.
  return sum + log1p(h / x) + h / x * (0.5 / y) + h / x * ((x + y) / x / (12 * y * y))
    + (digammaRemainder(x) - digammaRemainder(y))
}

/// The asymptotic series of log x − 1/2x − 1/12x² − ψ(x) for x ≥ 10; the first term left out is below 5e-17.
private func digammaRemainder(_ x: Double) -> Double {
  let terms = [-1 / 120.0, 1 / 252.0, -1 / 240.0, 1 / 132.0, -691 / 32760.0, 1 / 12.0]
  let square = 1 / (x * x)
  return square * square * terms.reversed().reduce(0) { $0 * square + $1 }
}

/// Trigamma function ψ′(x), for x > 0.
/// - Returns: NaN where `x` is not positive.
public func trigamma(_ x: Double) -> Double {
  guard gslIsQuiet, x > 0 else { return .nan }
  var result = gsl_sf_result()
  return gsl_sf_psi_1_e(x, &result) == 0 ? result.val : .nan
}

/// Logarithm of the beta function, log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b), for a, b > 0.
///
/// Where an argument is large, the large parts of the log-gamma functions are cancelled before they are computed, so the
/// relative error stays near 1e-15 however different the arguments are.
/// Source: Didonato & Morris, "Algorithm 708", *ACM Transactions on Mathematical Software* 18 (1992), section 2.
/// - Returns: NaN where an argument is not positive.
public func logBeta(_ a: Double, _ b: Double) -> Double {
  guard a > 0, b > 0, a + b < .infinity else { return .nan }
  let (p, q) = (min(a, b), max(a, b))
  if q < 10 { return logGamma(p) + logGamma(q) - logGamma(p + q) }
  let ratio = p / q
  let tail = stirlingRemainder(q) - stirlingRemainder(p + q)
  if p < 10 { return logGamma(p) + tail + p - p * log(q) - (p + q - 0.5) * log1p(ratio) }
  return 0.5 * (logTwoPi - log(q)) + tail + stirlingRemainder(p) + (p - 0.5) * log(ratio / (1 + ratio))
    - q * log1p(ratio)
}

/// log Γ(x) − (x − ½) log x + x − ½ log 2π for x ≥ 10, by the asymptotic series with Bernoulli numbers; the first term
/// left out is below 3e-17 (Abramowitz & Stegun, 6.1.41).
func stirlingRemainder(_ x: Double) -> Double {
  let terms = [1 / 12.0, -1 / 360.0, 1 / 1260.0, -1 / 1680.0, 1 / 1188.0, -691 / 360360.0, 1 / 156.0]
  let reciprocal = 1 / x
  return reciprocal * terms.reversed().reduce(0) { $0 * reciprocal * reciprocal + $1 }
}

/// Multivariate log-gamma function, log Γ_D(x) = D(D−1)/4 log π + Σ_{i<D} log Γ(x − i/2), for x > (D−1)/2.
///
/// Source: Anderson, *An Introduction to Multivariate Statistical Analysis*, 3rd ed., section 7.2.
public func multivariateLogGamma(_ x: Double, dimension: Int) -> Double {
  let d = Double(dimension)
  return (0..<dimension).reduce(d * (d - 1) / 4 * logPi) { $0 + logGamma(x - Double($1) / 2) }
}

/// Multivariate digamma function ψ_D(x) = Σ_{i<D} ψ(x − i/2), the derivative of ``multivariateLogGamma(_:dimension:)``.
public func multivariateDigamma(_ x: Double, dimension: Int) -> Double {
  (0..<dimension).reduce(0) { $0 + digamma(x - Double($1) / 2) }
}

/// log π.
public let logPi = 1.144729885849400174143427351353058711647
/// log 2π.
public let logTwoPi = 1.837877066409345483560659472811235279723
