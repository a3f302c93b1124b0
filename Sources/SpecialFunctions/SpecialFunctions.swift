import CGSL

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

/// Trigamma function ψ′(x), for x > 0.
/// - Returns: NaN where `x` is not positive.
public func trigamma(_ x: Double) -> Double {
  guard gslIsQuiet, x > 0 else { return .nan }
  var result = gsl_sf_result()
  return gsl_sf_psi_1_e(x, &result) == 0 ? result.val : .nan
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
