#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Logarithm of the probability that a chi-square number with some degrees of freedom exceeds x, log Q(ν/2, x/2).
///
/// Far in the tail the probability itself is no `Double` any more; its logarithm is.
/// Source: Abramowitz & Stegun, 6.5.29 (series of the lower part) and 6.5.31 (continued fraction of the upper part).
/// - Parameters:
///   - x: At least 0.
///   - degrees: The degrees of freedom, above 0.
/// - Returns: NaN outside the domain.
public func logChiSquareTail(_ x: Double, degrees: Double) -> Double {
  guard x >= 0, degrees > 0 else { return .nan }
  let (a, z) = (degrees / 2, x / 2)
  if z == 0 { return 0 }
  if z.isInfinite { return -.infinity }
  let scale = a * log(z) - z - logGamma(a)
  if z < a + 1 {
    var (term, sum, n) = (1 / a, 1 / a, a)
    while abs(term) > 1e-17 * sum {
      n += 1
      term *= z / n
      sum += term
    }
    return log1p(-min(exp(scale) * sum, 1))
  }
  // Lentz's evaluation of 1/(z + 1 − a − 1(1 − a)/(z + 3 − a − …)).
  var b = z + 1 - a
  var (c, d) = (Double.greatestFiniteMagnitude, 1 / b)
  var fraction = d
  for i in 1..<100_000 {
    let numerator = -Double(i) * (Double(i) - a)
    b += 2
    d = 1 / (numerator * d + b)
    c = b + numerator / c
    let step = c * d
    fraction *= step
    if abs(step - 1) < 1e-15 { break }
  }
  return scale + log(fraction)
}
