import Suffice
import SufficeTesting
import Testing

@Suite struct EdgeCaseTests {
  private func shape(_ dimension: Int) -> FamilyShape { FamilyShape(dimension: dimension) }

  private func isClose(_ value: Double, _ expected: Double, _ fraction: Double, because reason: String) -> Bool {
    Tolerance.relative(fraction, because: reason).allows(value, expected)
  }

  // MARK: Stick-breaking

  @Test func oneWeightIsConstant() {
    for eta in [0.0, -0.5, 1e8, -3] {
      #expect(StickBreaking.logPartition([eta], shape(1)) == 0)
      #expect(StickBreaking.meanStatistics([eta], shape(1)) == [0])
      #expect(StickBreaking.isProper([eta], shape(1)))
      #expect(StickBreaking.logPartitionIncrements([eta], adding: [1, 5], count: 2, shape(1)) == [0, 0])
    }
    #expect(StickBreaking.natural(from: [[], []], shape(1)) == [0])
    #expect(StickBreaking.parameters(from: [7], shape(1)) == [[], []])
    var random = RandomSource(seed: 1)
    #expect(StickBreaking.sample([7], shape(1), using: &random) == [1])
  }

  @Test func oneStickIsABetaVariable() {
    for (a, b) in [(1.0, 0.001), (3.5, 0.25), (1e8, 2.0)] {
      let natural = StickBreaking.natural(from: [[a], [b]], shape(2))
      #expect(natural == Beta.natural(from: [[a], [b]], shape(1)))
      #expect(StickBreaking.logPartition(natural, shape(2)) == Beta.logPartition(natural, shape(1)))
      #expect(StickBreaking.meanStatistics(natural, shape(2)) == Beta.meanStatistics(natural, shape(1)))
      #expect(StickBreaking.meanStatistics(natural, shape(2)) == Dirichlet.meanStatistics(natural, shape(2)))
    }
  }

  /// A hundred million labels over a hundred components, most of them in few, and a concentration of 10⁻³: the parameters
  /// bₖ = α + Σ_{j>k} Nⱼ come back although they span eleven orders of magnitude.
  @Test func manyCountsAndASmallConcentration() {
    let (size, concentration) = (100, 1e-3)
    let sticks = [Double](repeating: 1, count: size - 1)
    var counts = [Double](repeating: 0, count: size)
    for k in 0..<40 { counts[k] = (1e8 * _exp(-0.7 * Double(k))).rounded() + 0.375 }
    var natural = StickBreaking.natural(from: [sticks, sticks.map { $0 * concentration }], shape(size))
    for k in 0..<size { natural[k] += counts[k] }
    #expect(StickBreaking.isProper(natural, shape(size)))
    let parameters = StickBreaking.parameters(from: natural, shape(size))
    var rest = 0.0
    for k in (0..<(size - 1)).reversed() {
      rest += counts[k + 1]
      #expect(parameters[0][k] == 1 + counts[k])
      #expect(
        isClose(
          parameters[1][k], concentration + rest, 2e-13, because: "α − 1 keeps 16 digits of 1, and a hundred sums"))
    }
    // What is left of the stick becomes less with each break, also where there are no counts.
    let mean = StickBreaking.meanStatistics(natural, shape(size))
    #expect(mean.filter { !$0.isFinite }.isEmpty)
    let remainders = Array(mean[size...])
    #expect(zip(remainders, remainders.dropFirst()).allSatisfy { $0 > $1 })
    let weights = StickBreaking.summary(natural, shape(size))[0].values
    #expect(isClose(weights.reduce(0, +), 1, 1e-14, because: "a hundred sums"))
    #expect(isClose(weights[0], counts[0] / counts.reduce(concentration, +), 1e-7, because: "1 and α against 10⁸"))
    var random = RandomSource(seed: 5)
    for _ in 0..<20 {
      let value = StickBreaking.sample(natural, shape(size), using: &random)
      #expect(StickBreaking.expectation(violatedBy: value, shape(size)) == nil)
    }
  }

  /// One more label has the probability E[πₖ].
  @Test func predictiveProbabilityOfALabel() {
    let natural = StickBreaking.natural(from: [[3, 1, 7.5, 1], [9, 8.5, 0.25, 0.5]], shape(5))
    let increments = (0..<5).flatMap { k in natural.indices.map { $0 == k ? 1.0 : 0 } }
    let logs = StickBreaking.logPartitionIncrements(natural, adding: increments, count: 5, shape(5))
    for (log, weight) in zip(logs, StickBreaking.summary(natural, shape(5))[0].values) {
      #expect(isClose(_exp(log), weight, 1e-13, because: "differences of log partitions of size 10"))
    }
  }

  /// The expected weights of a Pitman–Yor process, E[πₖ] = (1 − d)/(1 + α) Π_{j<k} (α + jd)/(α + 1 + jd).
  @Test func pitmanYorWeights() {
    let (discount, concentration) = (0.25, 2.0)
    let arguments = StickBreaking(discount: discount, concentration: concentration, count: 6).conditional.arguments
    let parameters = arguments.compactMap { argument -> [Double]? in
      if case .constant(let values) = argument.argument { values } else { nil }
    }
    let weights = StickBreaking.summary(StickBreaking.natural(from: parameters, shape(6)), shape(6))[0].values
    var rest = 1.0
    for k in 1..<6 {
      let above = concentration + Double(k) * discount
      let expected = rest * (1 - discount) / (1 - discount + above)
      #expect(isClose(weights[k - 1], expected, 1e-14, because: "a product of a few numbers"))
      rest *= above / (1 - discount + above)
    }
    // Without a discount it is the Dirichlet process.
    let plain = StickBreaking(discount: 0, concentration: 2, count: 3).conditional.arguments.map(\.argument)
    #expect(plain == [.constant([1, 1]), .constant([2, 2])])
  }

  // MARK: Pólya–gamma

  /// E[exp(−ωψ²/2)] = cosh^−b(ψ/2) over samples of PG(b, 0), which proves the logistic identity.
  @Test func logisticIdentity() {
    for b in [1.0, 3.5] {
      let natural = PolyaGamma.natural(from: [[b], [0]], shape(1))
      #expect(PolyaGamma.isProper(natural, shape(1)))
      #expect(PolyaGamma.meanStatistics(natural, shape(1)) == [b / 4, 0])
      var random = RandomSource(seed: 6)
      let draws = (0..<4000).map { _ in PolyaGamma.sample(natural, shape(1), using: &random)[0] }
      for psi in [0.5, 2, 5] {
        let values = draws.map { _exp(-0.5 * psi * psi * $0) }
        let mean = values.reduce(0, +) / 4000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3999
        let tolerance = Tolerance.statistical(
          samples: 4000, failureProbability: 1e-6, because: "chance, in a fixed stream of random numbers")
        let tilted = PolyaGamma.logPartition(PolyaGamma.natural(from: [[b], [psi]], shape(1)), shape(1))
        #expect(tolerance.allows(mean, _exp(tilted), deviation: variance.squareRoot()))
      }
    }
  }

  // MARK: Small concentrations

  @Test func smallConcentrations() {
    var random = RandomSource(seed: 2)
    let dirichlet = Dirichlet.natural(from: [[Double](repeating: 1e-5, count: 10)], shape(10))
    let gamma = Gamma.natural(from: [[1e-5], [1e-5]], shape(1))
    let beta = Beta.natural(from: [[1e-5], [1e-5]], shape(1))
    for _ in 0..<200 {
      let weights = Dirichlet.sample(dirichlet, shape(10), using: &random)
      #expect(Dirichlet.expectation(violatedBy: weights, shape(10)) == nil)
      #expect(Dirichlet.statistics(of: weights, shape(10)).filter { !$0.isFinite }.isEmpty)
      #expect(Gamma.expectation(violatedBy: Gamma.sample(gamma, shape(1), using: &random), shape(1)) == nil)
      #expect(Beta.expectation(violatedBy: Beta.sample(beta, shape(1), using: &random), shape(1)) == nil)
    }
    #expect(
      isClose(Gamma.meanStatistics(gamma, shape(1))[0], 1, 1e-10, because: "a − 1 keeps 16 digits of 1, not of a"))
    #expect(Dirichlet.meanStatistics(dirichlet, shape(10)).filter { !$0.isFinite }.isEmpty)
  }

  // MARK: Increments

  /// Elements without an observation, with a part of one, and with two at once, beside a whole one.
  @Test func partialObservations() {
    let natural = NormalGamma.natural(from: [[1, 2, 3, 4], [1, 2, 3, 4], [2, 2, 0.5, 1], [1, 3, 1, 1]], shape(4))
    var delta = FamilyGoldenTests.observation([0.5, 1, -1, 2], NormalGamma.self, shape(4))
    for block in 0..<4 {
      delta[4 * block + 1] = 0
      delta[4 * block + 2] *= 0.25
      delta[4 * block + 3] *= 2
    }
    let value = NormalGamma.logPartitionIncrements(natural, adding: delta, count: 1, shape(4))[0]
    let moved = zip(natural, delta).map { $0 + $1 }
    let expected = NormalGamma.logPartition(moved, shape(4)) - NormalGamma.logPartition(natural, shape(4))
    #expect(isClose(value, expected, 1e-13, because: "differences of log partitions of size 10"))
  }

  @Test func fractionsOfObservations() {
    for family in [SphericalNormalGamma.self, NormalWishart.self] as [any ExponentialFamily.Type] {
      let parameters = family.parameters(shape(2)).map { parameter -> [Double] in
        parameter.form == .symmetric(2) ? [2, 0.5, 1] : [Double](repeating: 2.5, count: parameter.form.count)
      }
      let natural = family.natural(from: parameters, shape(2))
      let delta = FamilyGoldenTests.observation([0.5, -1], family, shape(2)).map { 0.3 * $0 }
      let value = family.logPartitionIncrements(natural, adding: delta, count: 1, shape(2))[0]
      let moved = zip(natural, delta).map { $0 + $1 }
      let expected = family.logPartition(moved, shape(2)) - family.logPartition(natural, shape(2))
      #expect(isClose(value, expected, 1e-13, because: "the same two log partitions"))
    }
  }

  // MARK: Conventions

  @Test func priorsOfNormals() {
    #expect(
      NormalGamma(mean: 0.0, variance: [2, 4], shape: 0.5).conditional.arguments.map(\.argument)
        == [.constant([0]), .constant([1]), .constant([0.5]), .constant([1, 2])])
    #expect(
      SphericalNormalGamma(mean: 1.0, variance: 8.0).conditional.arguments.map(\.argument)
        == [.constant([1]), .constant([1]), .constant([0.5]), .constant([4])])
    #expect(
      Wishart(degreesOfFreedom: 4, inverseScale: 8.0).conditional.arguments.map(\.argument)
        == [.constant([4]), .constant([2])])
    #expect(
      StickBreaking(concentration: 0.25, count: 7).conditional.arguments.map(\.argument)
        == [.constant([1]), .constant([0.25])])
    #expect(
      StickBreaking(discount: 0.25, concentration: 2, count: 4).conditional.arguments.map(\.argument)
        == [.constant([0.75, 0.75, 0.75]), .constant([2.25, 2.5, 2.75])])
    #expect(StickBreaking(discount: 0.25, concentration: 2, count: 4).conditional.count == .number(4))
    // Every argument of a prior is a parameter of its family.
    let priors: [any Distribution] = [
      NormalGamma(mean: 0.0, variance: 1.0), SphericalNormalGamma(mean: 0.0, variance: 1.0),
      NormalWishart(mean: 0.0, covariance: 1.0), Wishart(expecting: 1.0), Beta(alpha: 1.0, beta: 1.0),
      StickBreaking(concentration: 1.0), Dirichlet(concentration: 1.0),
      StickBreaking(discount: 0.5, concentration: 0, count: 3), TruncatedNormal(mean: 0.0, precision: 1.0),
      MatrixNormalWishart(covariance: 1.0), MatrixNormal(covariance: 1.0), InverseGamma(shape: 1.0, scale: 1.0),
      PolyaGamma(shape: 1.0),
      Pareto(minimum: 1.0, shape: 1.0), VonMisesFisher(direction: 0.0), LogNormal(mean: 0.0, precision: 1.0),
    ]
    for prior in priors {
      let conditional = prior.conditional
      #expect(
        conditional.arguments.map(\.name) == conditional.family.type.parameters(shape(2)).map(\.name))
      #expect(
        conditional.arguments.map(\.isLocation) == conditional.family.type.parameters(shape(2)).map(\.isLocation))
    }
  }

  @Test func families() {
    #expect(Set(FamilyCatalog.families.map { $0.name }).count == FamilyCatalog.families.count)
    #expect(FamilyCatalog.family(named: "Beta") == Family(Beta.self))
    #expect(FamilyCatalog.families(over: .simplex, offering: [.logarithm]) == ["Dirichlet", "StickBreaking"])
    #expect(FamilyCatalog.families(over: .unitInterval, offering: [.logarithm, .logComplement]) == ["Beta"])
  }

  // MARK: Random numbers

  @Test func randomNumbersOfOneSeed() {
    var a = RandomSource(seed: 9)
    var b = RandomSource(seed: 9)
    #expect((0..<10).map { _ in a.next() } == (0..<10).map { _ in b.next() })
    #expect(a == b && a.stream(1) != a.stream(2))
    // The first values of SplitMix64 from 0, and of xoshiro256** from that state, computed in Python.
    var zero = RandomSource(seed: 0)
    #expect(zero.state == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC])
    #expect(zero.next() == 0x99EC_5F36_CB75_F2B4)
  }

  @Test func binomialNumbers() {
    var random = RandomSource(seed: 4)
    for (trials, probability) in [(10.0, 0.3), (1000, 0.01), (1e6, 0.9)] {
      let draws = (0..<2000).map { _ in random.binomial(trials: trials, probability: probability) }
      #expect(draws.allSatisfy { $0 >= 0 && $0 <= trials && $0 == $0.rounded() })
      let mean = draws.reduce(0, +) / 2000
      let deviation = (trials * probability * (1 - probability)).squareRoot()
      let tolerance = Tolerance.statistical(
        samples: 2000, failureProbability: 1e-6, because: "chance, in a fixed stream of random numbers")
      #expect(tolerance.allows(mean, trials * probability, deviation: deviation))
      // The variance of a square of a nearly normal number is twice its mean's square.
      let square = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2000 / (deviation * deviation)
      #expect(tolerance.allows(square, 1, deviation: 2))
    }
  }
}
