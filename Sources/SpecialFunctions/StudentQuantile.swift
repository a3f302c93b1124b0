#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// P(T ≤ t), or with `.upper` P(T > t), of Student's t with ν degrees of freedom.
/// - Returns: NaN where ν is not positive and finite.
public func studentProbability(degreesOfFreedom nu: Double, _ t: Double, tail: Tail = .lower) -> Double {
  guard nu > 0, nu.isFinite, !t.isNaN else { return .nan }
  let isUpper = (tail == .upper) == (t >= 0)
  // From here on the two-term expansion about the normal distribution is exact to double precision.
  if nu >= 1e10 {
    let z = t - t * (1 + t * t) / (4 * nu)
    return normalProbability(z, tail: tail)
  }
  let square = t * t
  if square == .infinity {
    let outer = exp(-nu * (log(t.magnitude) - 0.5 * log(nu)) - 0.5 * nu * logScaledBetaRatio(0.5 * nu, 0.5)) / 2
    return isUpper ? outer : 1 - outer
  }
  let tails = betaTails(0.5 * nu, 0.5, nu / (nu + square), complement: square / (nu + square))
  return isUpper ? 0.5 * tails.lower : 0.5 + 0.5 * tails.upper
}

/// The number below (or, with `.upper`, above) which Student's t with ν degrees of freedom lies with probability p.
///
/// By the beta distribution of ν/(ν + t²); where that underflows, by the leading term of the tail. Relative error at most
/// 1e-13 wherever the result is a normal double.
/// - Returns: NaN where ν is not positive and finite, or `p` is outside of [0, 1].
public func studentQuantile(degreesOfFreedom nu: Double, _ p: Double, tail: Tail = .lower) -> Double {
  guard nu > 0, nu.isFinite, p >= 0, p <= 1 else { return .nan }
  let sign = (p > 0.5) == (tail == .lower) ? 1.0 : -1.0
  if p == 0 || p == 1 { return sign * .infinity }
  if p == 0.5 { return 0 }
  let outer = p > 0.5 ? 1 - p : p
  if nu >= 1e10 {
    let z = normalQuantile(outer, tail: .upper)
    return sign * (z + z * (1 + z * z) / (4 * nu))
  }
  let a = 0.5 * nu
  let leading = powerOfProbability(2 * outer, 0, reciprocal: a) * exp(logScaledBetaRatio(a, 0.5))
  if leading < 1e-40 {
    return sign * nu.squareRoot()
      / (powerOfProbability(2 * outer, 0, reciprocal: nu) * exp(0.5 * logScaledBetaRatio(a, 0.5)))
  }
  // Near the middle the other tail of the beta number is the small one, and ½ − p is exact.
  let inner = 2 * (0.5 - outer)
  let w = outer < 0.25 ? betaQuantile(a, 0.5, 2 * outer) : betaQuantile(a, 0.5, inner, tail: .upper)
  return sign * (nu * (w.complement / w.value)).squareRoot()
}
