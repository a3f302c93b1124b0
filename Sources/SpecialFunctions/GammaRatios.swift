#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Small parts of gamma and beta functions that lose no digits where the whole functions nearly cancel.

private let unitRule = GaussLegendre(count: 14)

/// log Γ(x + h) − log Γ(x) for x > 0 and h ≥ 0, accurate relative to h where h is small.
///
/// Up to h = 1 by the integral of the digamma function, moved by one away from its pole:
/// h∫₀¹ψ(x + 1 + hs) ds − log(1 + h/x).
func logGammaIncrease(_ x: Double, by h: Double) -> Double {
  if h <= 1 {
    var sum = 0.0
    for (node, weight) in zip(unitRule.nodes, unitRule.weights) {
      sum += 0.5 * weight * digamma(x + 1 + h * 0.5 * (1 + node))
    }
    return h * sum - log1p(h / x)
  }
  if x >= 10 {
    // The leading parts of Stirling's series, with the difference of logarithms taken exactly.
    return (x - 0.5) * log1p(h / x) + h * log(x + h) - h + (stirlingRemainder(x + h) - stirlingRemainder(x))
  }
  return logGamma(x + h) - logGamma(x)
}

/// log Γ(1 + a)/a for a > 0; −γ at 0.
func logGammaOnePlusRatio(_ a: Double) -> Double {
  if a > 1 { return logGamma(1 + a) / a }
  var sum = 0.0
  for (node, weight) in zip(unitRule.nodes, unitRule.weights) {
    sum += 0.5 * weight * digamma(1 + a * 0.5 * (1 + node))
  }
  return sum
}

/// log(1 + x) − x for x > −1, without the cancellation near 0.
///
/// With r = x/(2 + x) it is −rx + 2r³(1/3 + r²/5 + r⁴/7 + …).
/// Source: Didonato & Morris, "Algorithm 708", *ACM Transactions on Mathematical Software* 18 (1992), function RLOG1.
func logOnePlusMinus(_ x: Double) -> Double {
  guard x.magnitude < 0.4 else { return log1p(x) - x }
  let r = x / (2 + x)
  let square = r * r
  var (sum, power, k) = (0.0, 1.0, 3.0)
  while power > 0x1p-60 {
    sum += power / k
    power *= square
    k += 2
  }
  return -r * x + 2 * r * square * sum
}

/// log r − (r − 1) for a ratio r > 0 that is known together with r − 1.
func logRatioMinus(_ r: Double, less1 difference: Double) -> Double {
  // Where r is small, r − 1 no longer has its digits.
  r < 0.6 ? log(r) - difference : logOnePlusMinus(difference)
}

/// p^(1/a) for a probability that is the sum of two doubles, `high` + `low`, with a relative error near 1e-16.
///
/// A logarithm would be rounded before it is divided by a; the power is not, and what 1/a loses is given back.
func powerOfProbability(_ high: Double, _ low: Double, reciprocal a: Double) -> Double {
  let exponent = 1 / a
  if exponent.isInfinite { return high >= 1 && low >= 0 ? 1 : 0 }
  let lost = (1.0).addingProduct(-exponent, a) / a
  return pow(high, exponent) * exp(log(high) * lost + log1p(low / high) * exponent)
}
