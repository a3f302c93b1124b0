import Suffice

/// The set that a density of one number is integrated over.
enum Interval {
  /// All numbers, looked at around a centre with a scale.
  case line(center: Double, scale: Double)
  /// The positive numbers, looked at with a scale.
  case halfLine(scale: Double)
  /// The numbers from 0 to 1.
  case unit

  /// The double-exponential change of variables x(t) and log dx/dt (Takahasi & Mori 1974).
  ///
  /// The integrand dies out so fast in t that the trapezoidal rule converges exponentially. On the unit interval the pair is (x, 1 − x).
  fileprivate func point(_ t: Double) -> (x: [Double], logDerivative: Double) {
    let half = 0.5 * Double.pi
    let (sinh, cosh) = ((_exp(t) - _exp(-t)) / 2, (_exp(t) + _exp(-t)) / 2)
    switch self {
    case .line(let center, let scale): return ([center + scale * sinh], _log(scale * cosh))
    case .halfLine(let scale):
      let exponent = half * sinh
      return ([scale * _exp(exponent)], _log(scale * half * cosh) + exponent)
    case .unit:
      let exponent = 2 * half * sinh
      let (x, complement) = (1 / (1 + _exp(-exponent)), 1 / (1 + _exp(exponent)))
      return ([x, complement], _log(2 * half * cosh) + _log(x) + _log(complement))
    }
  }

  /// ∫ exp(f(x)) dx by the trapezoidal rule in t, with steps of `step` over |t| ≤ `range`; points where x leaves the
  /// interval by rounding, or f is not finite, count as 0.
  func integral(step: Double, range: Double = 6.5, of logDensity: ([Double]) -> Double) -> Double {
    let count = Int(range / step)
    var sum = 0.0
    for k in -count...count {
      let (x, logDerivative) = point(Double(k) * step)
      let value = logDensity(x) + logDerivative
      if value.isFinite { sum += _exp(value) }
    }
    return sum * step
  }
}
