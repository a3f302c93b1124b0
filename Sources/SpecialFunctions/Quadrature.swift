#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A Gauss–Legendre rule on [−1, 1]: ∫f ≈ Σ weights[i] f(nodes[i]), exact for polynomials of degree 2·count − 1.
///
/// Source: Press et al., *Numerical Recipes*, 3rd ed., section 4.6.1 (Newton's method on the Legendre recurrence).
public struct GaussLegendre: Sendable {
  /// The nodes, ascending.
  public let nodes: [Double]
  /// Their weights; they add up to 2.
  public let weights: [Double]

  /// Makes the rule with a number of nodes, at least 1.
  public init(count: Int) {
    precondition(count >= 1, "a quadrature rule needs a node")
    let n = Double(count)
    var nodes: [Double] = []
    var weights: [Double] = []
    for i in 0..<count {
      var x = -cos(.pi * (Double(i) + 0.75) / (n + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (value, before) = (1.0, 0.0)
        for j in 0..<count {
          (value, before) = (((2 * Double(j) + 1) * x * value - Double(j) * before) / Double(j + 1), value)
        }
        slope = n * (x * value - before) / (x * x - 1)
        let step = value / slope
        x -= step
        if step.magnitude < 1e-15 { break }
      }
      nodes.append(x)
      weights.append(2 / ((1 - x * x) * slope * slope))
    }
    self.nodes = nodes
    self.weights = weights
  }
}
