#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds x > 0 where a tail of a distribution has a given probability, by Newton's method on the logarithm of the tail as a
/// function of log x, kept within a bracket.
///
/// - Parameters:
///   - target: The probability, in (0, 1).
///   - tail: Which tail has it.
///   - start: Where to begin.
///   - limit: Largest x; the solution lies at or below it.
///   - evaluate: The tail at x, and x times the density there.
func solveTail(
  _ target: Double, _ tail: Tail, start: Double, limit: Double = .infinity,
  _ evaluate: (Double) -> (probability: Double, slope: Double)
) -> Double {
  var (low, high) = (0.0, limit)
  var x = min(max(start, 1e-300), limit < .infinity ? limit : 1e300)
  for _ in 0..<200 {
    let (probability, slope) = evaluate(x)
    // Positive where x must grow.
    let isLow = tail == .lower ? probability < target : probability > target
    if isLow { low = max(low, x) } else { high = min(high, x) }
    if probability == target { return x }
    // d log(tail)/d log x has the sign of the tail; the ratio keeps the digits of small probabilities.
    let ratio = target / probability
    let gap = ratio > 0.5 && ratio < 2 ? log1p((target - probability) / probability) : log(target) - log(probability)
    var step = gap * probability / slope * (tail == .lower ? 1 : -1)
    if !step.isFinite || probability == 0 || slope == 0 { step = isLow ? 2 : -2 }
    step = min(max(step, -20), 20)
    var next = step.magnitude < 0.5 ? x + x * expm1(step) : x * exp(step)
    if (next - x).magnitude <= 0x1p-53 * x { return min(next, limit) }
    if !(next > low && next < high) {
      // Half way in the logarithm, where both ends have one.
      next =
        low > 0 && high < .infinity
        ? low.squareRoot() * high.squareRoot() : low > 0 ? min(low * 16, limit) : max(high / 16, .leastNonzeroMagnitude)
    }
    if low > 0 && high - low <= 0x1p-51 * low { return next }
    x = next
    if x < .leastNormalMagnitude { return x }
  }
  return x
}
