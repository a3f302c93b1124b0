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

  /// Three rows of counts with a Dirichlet prior, including the multinomial coefficients.
  @Test func dirichletMultinomial() {
    let shape = FamilyShape(dimension: 5)
    let tolerance = Tolerance.relative(1e-14, because: "a chain of beta functions")
    var evidence = 0.0
    for row in [[0, 9, 2, 0, 9], [0, 18, 0, 0, 2], [5, 2, 1, 3, 9]] as [[Double]] {
      let prior = Dirichlet.natural(from: [[Double](repeating: 0.5, count: 5)], shape)
      let posterior = zip(prior, row).map { $0 + $1 }
      evidence +=
        Dirichlet.logPartition(posterior, shape) - Dirichlet.logPartition(prior, shape)
        + Multinomial.logBaseMeasure(of: row, shape)
    }
    #expect(tolerance.allows(evidence, -26.178938241943577), "\(evidence)")
  }

  /// All vectors of four trials have probabilities that add up to 1.
  @Test func multinomialProbabilities() {
    let shape = FamilyShape(dimension: 3)
    let natural = Multinomial.natural(from: [[0.2, 0.5, 0.3], [4]], shape)
    var sum = 0.0
    for i in 0...4 {
      for j in 0...(4 - i) {
        let value = [Double(i), Double(j), Double(4 - i - j)]
        sum += _exp(Multinomial.logDensity(of: value, natural: natural, shape))
      }
    }
    #expect(Tolerance.relative(1e-14, because: "fifteen rounded numbers").allows(sum, 1))
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
