#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Both tails of a beta number with shapes a and b at x: P(X ≤ x), the regularized incomplete beta function, and P(X > x).
///
/// Each is computed without subtraction where it is the smaller one.
/// Sources: Didonato & Morris, "Algorithm 708", *ACM Transactions on Mathematical Software* 18 (1992); the continued
/// fraction is Abramowitz & Stegun 26.5.8.
/// - Parameters:
///   - a: First shape.
///   - b: Second shape.
///   - x: A number in [0, 1].
///   - complement: 1 − x, where it is known better than by subtraction.
/// - Returns: NaN where a shape is not positive and finite, or `x` is outside of [0, 1].
public func betaTails(_ a: Double, _ b: Double, _ x: Double, complement: Double? = nil) -> (
  lower: Double, upper: Double
) {
  guard a > 0, b > 0, a.isFinite, b.isFinite, x >= 0, x <= 1 else { return (.nan, .nan) }
  let y = complement ?? (1 - x)
  if x == 0 { return (0, 1) }
  if y == 0 { return (1, 0) }
  if a <= 1, x <= 0.6, b * x <= 1 { return powerBetaTails(a, b, x) }
  if b <= 1, y <= 0.6, a * y <= 1 {
    let tails = powerBetaTails(b, a, y)
    return (tails.upper, tails.lower)
  }
  let prefactor = betaPrefactor(a, b, x, y)
  if x < (a + 1) / (a + b + 2) {
    let lower = min(1, prefactor * betaFraction(a, b, x) / a)
    return (lower, 1 - lower)
  }
  let upper = min(1, prefactor * betaFraction(b, a, y) / b)
  return (1 - upper, upper)
}

/// xᵃ(1 − x)ᵇ/B(a, b), which is the density times x(1 − x).
func betaPrefactor(_ a: Double, _ b: Double, _ x: Double, _ y: Double) -> Double {
  if min(a, b) >= 10 {
    // Both exponents about the mean, where their leading parts cancel.
    let n = a + b
    let away = a * y - b * x
    let exponent =
      a * logRatioMinus(x / (a / n), less1: -away / a) + b * logRatioMinus(y / (b / n), less1: away / b)
    let tail = stirlingRemainder(a) + stirlingRemainder(b) - stirlingRemainder(n)
    return exp(exponent - tail) * (a / n * b / (2 * .pi)).squareRoot()
  }
  if a + b <= 100 { return pow(x, a) * pow(y, b) * (tgamma(a + b) / tgamma(a) / tgamma(b)) }
  if a > b { return betaPrefactor(b, a, y, x) }
  // Γ(a + b)/Γ(b) = (a + b)ᵃ times what is near 1 for a small a.
  let logY = x < 0.5 ? log1p(-x) : log(y)
  let exponent =
    b * logY + (b - 0.5) * log1p(a / b) - a + (stirlingRemainder(a + b) - stirlingRemainder(b))
  return pow(x * (a + b), a) * exp(exponent) / tgamma(a)
}

/// log(a B(a, b))/a, accurate also where a is small and the logarithm nearly 0.
func logScaledBetaRatio(_ a: Double, _ b: Double) -> Double {
  if a > 1 { return (log(a) + logBeta(a, b)) / a }
  return logGammaOnePlusRatio(a) - logGammaIncrease(b, by: a) / a
}

/// S in P(X ≤ x) = xᵃ/(a B(a, b)) · (1 + aS): Σ_{n≥1} (1 − b)ₙ xⁿ/(n!(a + n)).
func betaPowerSum(_ a: Double, _ b: Double, _ x: Double) -> Double {
  var (term, sum, n) = (1.0, 0.0, 0.0)
  repeat {
    n += 1
    term *= (n - b) * x / n
    sum += term / (a + n)
  } while term.magnitude > 0x1p-60 * sum.magnitude
  return sum
}

private func powerBetaTails(_ a: Double, _ b: Double, _ x: Double) -> (lower: Double, upper: Double) {
  let part = a * betaPowerSum(a, b, x)
  let t = a * (log(x) - logScaledBetaRatio(a, b))
  return (exp(t) * (1 + part), -expm1(t) - exp(t) * part)
}

private func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
  var c = 1.0
  var d = 1 / guarded(1 - (a + b) * x / (a + 1))
  var h = d
  for i in 1...1_000_000 {
    let m = Double(i)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / guarded(1 + even * d)
    c = guarded(1 + even / c)
    h *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / guarded(1 + odd * d)
    c = guarded(1 + odd / c)
    h *= d * c
    if (d * c - 1).magnitude < 0x1p-52 { break }
  }
  return h
}
