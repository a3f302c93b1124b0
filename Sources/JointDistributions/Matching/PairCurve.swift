import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The correlation of two columns as a function of the correlation r of their normal scores.
///
/// It increases from the least possible value at r = −1 to the largest at r = 1: the bounds of Fréchet and Hoeffding.
struct PairCurve {
  let a: HermiteExpansion
  let b: HermiteExpansion

  /// How far off the series may be at r.
  func seriesError(_ r: Double) -> Double {
    let order = Double(min(a.coefficients.count, b.coefficients.count))
    // The coefficients that one of the two has and the other has not are within the other's rest.
    return (a.rest * b.rest).squareRoot() * pow(r.magnitude, order + 1) + 1e-15
      + (a.defect.squareRoot() + b.defect.squareRoot()) * r.magnitude
  }

  /// Σ cₖdₖrᵏ and its derivative.
  func series(_ r: Double) -> (value: Double, slope: Double) {
    var (value, slope) = (0.0, 0.0)
    for k in (0..<min(a.coefficients.count, b.coefficients.count)).reversed() {
      slope = slope * r + value
      value = value * r + a.coefficients[k] * b.coefficients[k]
    }
    return (value * r, slope * r + value)
  }

  /// The least and largest correlations that any joint distribution of the two columns has.
  func bounds() -> ClosedRange<Double> {
    let (low, high) = (extreme(-1), extreme(1))
    return min(low, high)...max(low, high)
  }

  /// The correlation where the columns are functions of one another, increasing (1) or decreasing (−1).
  private func extreme(_ sign: Double) -> Double {
    if let s = a.steps, let t = b.steps { return Self.extreme(s, t, sign) }
    if seriesError(sign) < 1e-12 { return series(sign).value }
    // Jumps of one meet jumps of the other: panels end at all of them.
    let breaks = a.breaks + (a.steps?.scores ?? []) + (b.breaks + (b.steps?.scores ?? [])).map { sign * $0 }
    let rule = ScoreRule.panels(breaks: breaks, isGraded: !(a.breaks + b.breaks).isEmpty, limit: ScoreRule.limit)
    var sum = 0.0
    for (z, weight) in zip(rule.scores, rule.weights) where weight > 0 {
      let product = (a.function(z) - a.mean) / a.deviation * ((b.function(sign * z) - b.mean) / b.deviation)
      if product.isFinite { sum += weight * product }
    }
    return sum
  }

  /// Two laws of atoms, by going through the scores at which either jumps.
  private static func extreme(_ s: HermiteExpansion.Steps, _ t: HermiteExpansion.Steps, _ sign: Double) -> Double {
    let other = sign > 0 ? t.scores : t.scores.map { -$0 }.reversed()
    let otherValues = sign > 0 ? t.values : t.values.reversed()
    // Jumps at infinite scores were left out at either end; values there have no probability.
    let firstValues = s.table.thresholds.firstIndex { $0.isFinite } ?? 0
    let otherThresholds = sign > 0 ? t.table.thresholds : t.table.thresholds.map { -$0 }.reversed()
    var (i, j) = (0, 0)
    let (iShift, jShift) = (firstValues, otherThresholds.firstIndex { $0.isFinite } ?? 0)
    var (sum, last) = (0.0, -Double.infinity)
    while true {
      let next = min(i < s.scores.count ? s.scores[i] : .infinity, j < other.count ? other[j] : .infinity)
      sum += intervalProbability(last, next) * s.values[i + iShift] * otherValues[j + jShift]
      if next == .infinity { return sum }
      while i < s.scores.count, s.scores[i] <= next { i += 1 }
      while j < other.count, other[j] <= next { j += 1 }
      last = next
    }
  }

  private static func intervalProbability(_ a: Double, _ b: Double) -> Double {
    a > 0
      ? normalProbability(a, tail: .upper) - normalProbability(b, tail: .upper)
      : normalProbability(b) - normalProbability(a)
  }

  // MARK: Two laws of atoms near r = ±1

  /// Where the series of steps is no longer exact, the curve goes on by its derivative.
  private static let handover = 0.95
  private static let panelRule = GaussLegendre(count: 24)

  /// d correlation/dr at r = sin θ times cos θ: Σ (jump)(jump) exp(−(s² − 2 sin θ st + t²)/2cos²θ)/2π over pairs of jumps.
  ///
  /// Source: Plackett, "A reduction formula for normal multivariate integrals", *Biometrika* 41 (1954).
  private func angularSlope(_ theta: Double) -> Double {
    guard let s = a.steps, let t = b.steps else { return 0 }
    // (s ∓ t)²/4(1 − |sin θ|) + (s ± t)²/4(1 + |sin θ|) has no difference of large numbers.
    let sign = theta < 0 ? -1.0 : 1.0
    let half = sin(0.5 * max(.pi / 2 - theta.magnitude, 1e-14))
    let near = 1 / (8 * half * half)
    let wide = 1 / (8 * (1 - half * half))
    var total = 0.0
    var start = 0
    // Jumps further apart than this from one another add less than the least double's part.
    let reach = (40 / near).squareRoot()
    let others = zip(t.scores, t.sizes).map { (sign * $0, $1) }.sorted { $0.0 < $1.0 }
    for (x, size) in zip(s.scores, s.sizes) {
      while start < others.count, others[start].0 < x - reach { start += 1 }
      var sum = 0.0
      var j = start
      while j < others.count, others[j].0 <= x + reach {
        let (y, otherSize) = others[j]
        sum += otherSize * exp(-(x - y) * (x - y) * near - (x + y) * (x + y) * wide)
        j += 1
      }
      total += size * sum
    }
    return total / (2 * .pi)
  }

  /// The change of the correlation between two angles, by panels that shrink towards ±π/2.
  private func angularIntegral(from first: Double, to last: Double) -> Double {
    let (low, high) = (min(first, last), max(first, last))
    let sign = low < 0 ? -1.0 : 1.0
    var marks = [low, high]
    var distance = 0.5
    while distance > 1e-9 {
      marks.append(sign * (.pi / 2 - distance))
      distance /= 2
    }
    marks = marks.filter { $0 >= low && $0 <= high }.sorted()
    var sum = 0.0
    for (a, b) in zip(marks, marks.dropFirst()) where b > a {
      for (node, weight) in zip(Self.panelRule.nodes, Self.panelRule.weights) {
        sum += 0.5 * (b - a) * weight * angularSlope(0.5 * (a + b) + 0.5 * (b - a) * node)
      }
    }
    return first <= last ? sum : -sum
  }

  /// The correlation of the columns where their scores have the correlation r.
  func value(_ r: Double) -> Double {
    if r.magnitude == 1 { return extreme(r) }
    guard seriesError(r) > 1e-13, r.magnitude > Self.handover, a.steps != nil, b.steps != nil else {
      return series(r).value
    }
    let start = Self.handover * (r < 0 ? -1 : 1)
    return series(start).value + angularIntegral(from: asin(start), to: asin(r))
  }

  /// How far off ``value(_:)`` may be.
  func error(_ r: Double) -> Double {
    if r.magnitude == 1 { return 1e-14 }
    return a.steps != nil && b.steps != nil ? seriesError(min(r.magnitude, Self.handover)) : seriesError(r)
  }

  /// The correlation of the scores that gives the columns theirs, which must lie within the bounds.
  func solve(_ target: Double, bounds: ClosedRange<Double>) -> Double {
    if target <= bounds.lowerBound { return -1 }
    if target >= bounds.upperBound { return 1 }
    var (low, high) = (-1.0, 1.0)
    var r = target
    for _ in 0..<200 {
      let (value, slope) = series(r)
      if value < target { low = r } else { high = r }
      var next = r - (value - target) / slope
      if !(next > low && next < high) { next = 0.5 * (low + high) }
      if (next - r).magnitude <= 1e-16 { break }
      r = next
    }
    guard seriesError(r) > 1e-13, r.magnitude > Self.handover, a.steps != nil, b.steps != nil else { return r }
    return solveByAngle(target, sign: r < 0 ? -1 : 1)
  }

  /// Newton's method in the angle, each step integrating from the last point on.
  private func solveByAngle(_ target: Double, sign: Double) -> Double {
    let start = sign * asin(Self.handover)
    var (low, high) = sign > 0 ? (start, .pi / 2) : (-.pi / 2, start)
    var theta = start
    var value = series(sin(start)).value
    for _ in 0..<100 {
      if value < target { low = max(low, theta) } else { high = min(high, theta) }
      var next = theta - (value - target) / angularSlope(theta)
      if !(next > low && next < high) { next = 0.5 * (low + high) }
      if (next - theta).magnitude <= 1e-15 { break }
      value += angularIntegral(from: theta, to: next)
      theta = next
    }
    return sin(theta)
  }
}
