import ExponentialFamilies
import PlanIR

/// Climbs to the basis of a latent space in which the bound is highest.
///
/// Steps are relative, R ← (1 + E)R, so that each begins where the one before ended as if that were the basis that things had; their
/// direction is that of a quasi-Newton method of limited memory, which starts from the second derivatives of pairs E(i, j), E(j, i).
///
/// Source: Ablin, Cardoso & Gramfort, *Faster independent component analysis by preconditioning with Hessian approximations*
/// (2018), who change bases likewise.
struct BasisSearch {
  /// Steps.
  private static let mostSteps = 30
  /// Gradients that are remembered.
  private static let memory = 7
  /// No step moves an element of the basis by more than this, which keeps 1 + E from being singular.
  private static let longestStep = 0.5
  /// Halvings of a step.
  private static let mostHalvings = 12
  /// A step that gains less than this, in nats, is the last one.
  private static let leastGain = 1e-9

  /// The best basis found, its value and what it gains; nil where the present one is as good.
  static func climb(_ objective: BasisObjective) -> (map: AffineMap, value: BasisObjective.Value, gain: Double)? {
    let k = objective.basis.dimension
    guard var map = AffineMap(SquareMatrix(identity: k).rows), var value = objective.value(map) else { return nil }
    let first = value.bound
    var steps: [(step: SquareMatrix, change: SquareMatrix, product: Double)] = []
    search: for _ in 0..<mostSteps {
      var direction = ascent(value, steps)
      if !(direction.inner(value.gradient) > 0) {
        steps = []
        direction = ascent(value, steps)
      }
      let slope = direction.inner(value.gradient)
      let largest = direction.elements.reduce(0) { max($0, abs($1)) }
      guard slope > leastGain / 10, largest.isFinite else { break }
      var length = min(1, longestStep / largest)
      for _ in 0..<mostHalvings {
        let step = length * direction
        let moved = (SquareMatrix(identity: k) + step) * SquareMatrix(rows: map.matrix)
        if let next = AffineMap(moved.rows), let found = objective.value(next),
          found.bound >= value.bound + 1e-4 * length * slope
        {
          let change = value.gradient + -1 * found.gradient
          let product = change.inner(step)
          if product > 1e-12 * step.inner(step) { steps.append((step, change, product)) }
          if steps.count > memory { steps.removeFirst() }
          let gain = found.bound - value.bound
          (map, value) = (next, found)
          if gain < leastGain { break search }
          continue search
        }
        length /= 2
      }
      if steps.isEmpty { break }
      steps = []
    }
    return value.bound > first ? (map, value, value.bound - first) : nil
  }

  /// The direction of the two-loop recursion (Nocedal & Wright, *Numerical Optimization* (2006), algorithm 7.4).
  private static func ascent(
    _ value: BasisObjective.Value, _ steps: [(step: SquareMatrix, change: SquareMatrix, product: Double)]
  ) -> SquareMatrix {
    var direction = value.gradient
    var factors: [Double] = []
    for past in steps.reversed() {
      let factor = past.step.inner(direction) / past.product
      factors.append(factor)
      direction = direction + -factor * past.change
    }
    direction = preconditioned(direction, value)
    for (past, factor) in zip(steps, factors.reversed()) {
      direction = direction + (factor - past.change.inner(direction) / past.product) * past.step
    }
    return direction
  }

  /// Solves pair by pair, each with so much curvature added that it moves by the longest step at most.
  private static func preconditioned(_ gradient: SquareMatrix, _ value: BasisObjective.Value) -> SquareMatrix {
    let k = gradient.order
    var result = gradient
    func least(_ slope: Double, _ largest: Double) -> Double {
      max(slope / longestStep, 1e-6 * abs(largest), .leastNormalMagnitude)
    }
    for i in 0..<k {
      // Of a diagonal element both derivatives are of one square.
      let own = value.curvature[i, i] + value.crossCurvature[i, i]
      result[i, i] = gradient[i, i] / max(own, least(abs(value.gradient[i, i]), value.curvature[i, i]))
      for j in 0..<i {
        let (a, b, c) = (value.curvature[i, j], value.curvature[j, i], value.crossCurvature[i, j])
        let (half, difference) = ((a + b) / 2, (a - b) / 2)
        let radius = (difference * difference + c * c).squareRoot()
        let slope = (value.gradient[i, j] * value.gradient[i, j] + value.gradient[j, i] * value.gradient[j, i])
          .squareRoot()
        let lift = max(0, least(slope, half + radius) - (half - radius))
        let (p, q) = (a + lift, b + lift)
        let determinant = p * q - c * c
        result[i, j] = (q * gradient[i, j] - c * gradient[j, i]) / determinant
        result[j, i] = (p * gradient[j, i] - c * gradient[i, j]) / determinant
      }
    }
    return result
  }
}
