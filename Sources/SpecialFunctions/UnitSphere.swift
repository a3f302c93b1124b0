import CGSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The logarithm of ∫ exp(κμᵀx) dx over the unit vectors x of dimension d, for κ ≥ 0:
/// (d/2) log 2π + log I_{d/2−1}(κ) − (d/2 − 1) log κ, which is the logarithm of the sphere's area at 0.
///
/// Up to κ = 400 the series of I with positive parts, relative to the area; above, κ plus GSL's scaled Bessel function.
/// Source: Mardia & Jupp, *Directional Statistics* (2000), section 9.3.2.
/// - Returns: NaN where κ is negative or the dimension is below 1.
public func logSphereIntegral(concentration kappa: Double, dimension: Int) -> Double {
  guard kappa >= 0, kappa.isFinite, dimension >= 1 else { return .nan }
  let half = 0.5 * Double(dimension)
  if dimension == 1 { return kappa + log1p(exp(-2 * kappa)) }
  if kappa <= 400 {
    let logArea = log(2) + half * logPi - logGamma(half)
    // Σ (κ²/4)ᵏ/(k! (d/2)ₖ) − 1
    var (term, sum, k) = (1.0, 0.0, 0.0)
    repeat {
      term *= kappa * kappa / (4 * (k + 1) * (half + k))
      sum += term
      k += 1
    } while term > 0x1p-60 * sum
    return logArea + log1p(sum)
  }
  let scaled = gsl_sf_bessel_Inu_scaled(half - 1, kappa)
  return half * logTwoPi + log(scaled) + kappa - (half - 1) * log(kappa)
}

/// I_{d/2}(κ)/(κ I_{d/2−1}(κ)), which times κ is the length of the mean of a von Mises–Fisher vector; 1/d at κ = 0.
///
/// By the continued fraction 1/(d + κ²/(d + 2 + κ²/(d + 4 + …))), whose parts are all positive; what is left out is taken
/// for a continued fraction with equal parts, so that 20 + 7√κ of them suffice for double precision.
/// Source: Abramowitz & Stegun, 9.1.73, for imaginary arguments.
/// - Returns: NaN where κ is negative or the dimension is below 1.
public func sphereMeanRatio(concentration kappa: Double, dimension: Int) -> Double {
  guard kappa >= 0, kappa.isFinite, dimension >= 1 else { return .nan }
  let (d, square) = (Double(dimension), kappa * kappa)
  let count = (20 + 7 * kappa.squareRoot()).rounded()
  let last = d + 2 * count
  var value = 2 / (last + (last * last + 4 * square).squareRoot())
  for k in stride(from: count, through: 0, by: -1) { value = 1 / (d + 2 * k + square * value) }
  return value
}
