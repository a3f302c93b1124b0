import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The standard normal density.
func normalDensity(_ z: Double) -> Double { exp(-0.5 * z * z) * 0.39894228040143267794 }

/// Nodes and weights for expectations over a standard normal number: E[g(Z)] ≈ Σ weights[i] g(scores[i]).
struct ScoreRule: Sendable {
  let scores: [Double]
  let weights: [Double]

  /// Beyond this score both tails are below the least double.
  static let limit = 37.5

  /// The trapezoid rule for a smooth function, out to where it no longer counts in E[g²]; the error falls exponentially
  /// with 1/step for functions that are analytic in a strip.
  ///
  /// Source: Trefethen & Weideman, "The exponentially convergent trapezoidal rule", *SIAM Review* 56 (2014).
  static func smooth(_ g: (Double) -> Double, step: Double = 1.0 / 16) -> (rule: ScoreRule, values: [Double]) {
    let centre = g(0)
    var (scores, values) = ([0.0], [centre])
    var total = 0.0
    for sign in [-1.0, 1.0] {
      var (side, sideValues): ([Double], [Double]) = ([], [])
      var k = 1.0
      while k * step <= limit {
        let z = sign * k * step
        let value = g(z)
        guard value.isFinite else { break }
        let part = normalDensity(z) * (value - centre) * (value - centre)
        total += part
        side.append(z)
        sideValues.append(value)
        if k * step > 9, part < 1e-34 * total { break }
        k += 1
      }
      if sign < 0 {
        scores = side.reversed() + scores
        values = sideValues.reversed() + values
      } else {
        scores += side
        values += sideValues
      }
    }
    return (ScoreRule(scores: scores, weights: scores.map { normalDensity($0) * step }), values)
  }

  private static let panelRule = GaussLegendre(count: 16)

  /// Gauss–Legendre panels that end at every break and grow from there, for functions with jumps and kinks.
  ///
  /// - Parameters:
  ///   - breaks: The scores of jumps and kinks.
  ///   - isGraded: Whether panels shrink towards the breaks, for roots that begin there.
  ///   - limit: Where the panels end on both sides.
  static func panels(breaks: [Double], isGraded: Bool, limit: Double) -> ScoreRule {
    var marks = Array(stride(from: -limit, through: limit, by: 0.25))
    for z in breaks where z.magnitude < limit {
      marks.append(z)
      guard isGraded else { continue }
      var distance = 0.25
      while distance > 1e-12 {
        marks.append(z - distance)
        marks.append(z + distance)
        distance /= 2
      }
    }
    marks = marks.filter { $0.magnitude <= limit }.sorted()
    var (scores, weights): ([Double], [Double]) = ([], [])
    for (a, b) in zip(marks, marks.dropFirst()) where b > a {
      for (node, weight) in zip(panelRule.nodes, panelRule.weights) {
        let z = 0.5 * (a + b) + 0.5 * (b - a) * node
        scores.append(z)
        weights.append(0.5 * (b - a) * weight * normalDensity(z))
      }
    }
    return ScoreRule(scores: scores, weights: weights)
  }

  /// Expectation and variance of a function with these values at the nodes.
  func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let centre = values[values.count / 2]
    var mean = 0.0
    for (value, weight) in zip(values, weights) { mean += weight * (value - centre) }
    var variance = 0.0
    for (value, weight) in zip(values, weights) {
      variance += weight * ((value - centre) - mean) * ((value - centre) - mean)
    }
    return (centre + mean, variance)
  }
}

/// Mean and variance of a smooth function of a standard normal number.
func smoothMoments(_ g: (Double) -> Double) -> (mean: Double, variance: Double) {
  let (rule, values) = ScoreRule.smooth(g)
  return rule.moments(values)
}
