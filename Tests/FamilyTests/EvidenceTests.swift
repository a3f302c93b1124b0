import Suffice
import SufficeTesting
import Testing

/// Evidences in closed form, against numbers of another program (BayesPy 0.6.6).
@Suite struct EvidenceTests {
  /// A straight line through ten points, with the normal–gamma prior τ ~ G(10⁻³, 10⁻³), B | τ ~ N(0, (10⁻⁶τ)⁻¹).
  @Test func linearRegression() {
    let y = [
      5.993428306022466, 6.72347139765763, 10.295377076201385, 14.046059712816051, 12.531693250553328,
      14.531726086101639, 20.158425631014783, 20.534869458305817, 20.061051228130097, 24.08512008717193,
    ]
    let shape = FamilyShape(dimension: 1, inputs: 2)
    let prior = MatrixNormalWishart.natural(from: [[0, 0], [1e-6, 0, 1e-6], [2e-3], [1]], shape)
    var posterior = prior
    for (i, y) in y.enumerated() {
      let x = [1, Double(i)]
      let square = SymmetricMatrix(outer: x).natural(times: -0.5)
      let observation = x.map { $0 * y } + [-0.5 * y * y] + square + [0.5]
      for (k, delta) in observation.enumerated() { posterior[k] += delta }
    }
    let evidence =
      MatrixNormalWishart.logPartition(posterior, shape) - MatrixNormalWishart.logPartition(prior, shape)
      - 0.5 * Double(y.count) * logTwoPi
    let tolerance = Tolerance.absolute(
      1e-10, because: "W⁻¹ is a difference of sums of squares, a hundred times larger than itself")
    #expect(tolerance.allows(evidence, -41.304234509621), "\(evidence)")
  }

  /// With one input that is 1, a map is a mean.
  @Test func oneInputIsAMean() {
    let (line, plain) = (FamilyShape(dimension: 2, inputs: 1), FamilyShape(dimension: 2))
    let (mean, covariance) = ([1.5, -3], [2, 0.5, 3.0])
    let map = MatrixNormalWishart.natural(from: [mean, [0.5], [2.5], covariance], line)
    let pair = NormalWishart.natural(from: [mean, [0.5], [2.5], covariance], plain)
    #expect(map == pair)
    let tolerance = Tolerance.relative(1e-14, because: "the same formulas in another order")
    #expect(tolerance.allows(MatrixNormalWishart.logPartition(map, line), NormalWishart.logPartition(pair, plain)))
    for (a, b) in zip(
      MatrixNormalWishart.meanStatistics(map, line), NormalWishart.meanStatistics(pair, plain))
    {
      #expect(tolerance.allows(a, b))
    }
  }
}
