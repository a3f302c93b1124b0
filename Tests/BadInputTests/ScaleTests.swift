import Models
import Suffice
import Testing

/// Three components of any of the mixtures of Gaussians.
private func mixtures() -> [any Model] {
  var full = GaussianMixture()
  full.components = 3
  var diagonal = DiagonalGaussianMixture()
  diagonal.components = 3
  return [full, diagonal]
}

@Suite struct ScaleTests {
  /// A column far from the origin is fitted as well as a standard one.
  @Test func farFromTheOrigin() throws {
    let columns = groups()
    let shift = 1e9
    for model in mixtures() {
      let near = try Fit(model, to: table(columns))
      let far = try Fit(model, to: table([columns[0].map { $0 + shift }, columns[1]]))
      try expectSameWeights(near, far)
      for (near, far) in zip(try components(near), try components(far)) {
        // The mean near 1e9 is itself rounded by 1e-7.
        #expect(agree(near.mean, [far.mean[0] - shift, far.mean[1]], unit: 1))
        #expect(agree(near.deviation, far.deviation))
      }
      #expect(agree([near.bound], [far.bound]))
    }
  }

  /// Deviations near 1e-9 and 1e9 side by side: units do not matter.
  @Test func verySmallBesideVeryLarge() throws {
    try expectSameUnderUnits([0x1p-30, 0x1p30])
  }

  /// Units whose squares are still numbers in double precision.
  @Test func extremeUnits() throws {
    try expectSameUnderUnits([0x1p-300, 0x1p300])
  }

  private func expectSameUnderUnits(_ units: [Double]) throws {
    let columns = groups()
    let scaled = zip(columns, units).map { column, unit in column.map { $0 * unit } }
    for model in mixtures() {
      let (plain, other) = (try Fit(model, to: table(columns)), try Fit(model, to: table(scaled)))
      try expectSameWeights(plain, other)
      for (plain, other) in zip(try components(plain), try components(other)) {
        #expect(agree(plain.mean, zip(other.mean, units).map { $0 / $1 }))
        #expect(agree(plain.deviation, zip(other.deviation, units).map { $0 / $1 }))
      }
    }
  }

  /// Mean, deviation and weight of each component, from left to right: of starts that tie, rounding chooses one.
  private func components(_ fit: Fit) throws -> [(mean: [Double], deviation: [Double], weight: Double)] {
    let cluster = try #require(fit.marginal("cluster"))
    let weights = try #require(fit.marginal("weights")).mean
    return zip(weights, zip(cluster.means, cluster.deviations)).map { ($1.0, $1.1, $0) }.sorted {
      $0.mean[0] < $1.mean[0]
    }
  }

  private func expectSameWeights(_ a: Fit, _ b: Fit) throws {
    let (first, second) = (try components(a).map(\.weight), try components(b).map(\.weight))
    #expect(agree(first, second))
    // Three groups of 50 rows each.
    #expect(first.count == 3 && first.allSatisfy { abs($0 - 1.0 / 3) < 0.02 })
  }

  @Test func numbersThatCannotBeSquared() throws {
    let end =
      ", but \"x\" takes numbers below 1e+140, whose squares can be added up. Choose a larger unit for the column."
    #expect(
      refusal(GaussianMixture(), try table([[1, 2, 1e300, 4], [3, 1, 2, 1]]))
        == "the table: column \"a\", row 3 is 1e+300" + end)
    #expect(
      refusal(NormalSample(), try table([[1, 2, 4, -1e300]])) == "the table: column \"a\", row 4 is -1e+300" + end)
  }

  @Test func numbersWhoseSquaresVanish() throws {
    let columns = groups()
    let end = "has a variance below 1e-300, too small for double precision. Choose a smaller unit for the column."
    for unit in [1e-155, 1e-200] {
      let tiny = columns.map { $0.map { $0 * unit } }
      #expect(refusal(GaussianMixture(), try table([columns[1], tiny[0]])) == "column \"b\" " + end)
      #expect(refusal(DiagonalGaussianMixture(), try table([tiny[0]])) == "column \"a\" " + end)
    }
  }

  /// A prior mean that is a number may be too far from the data; nearer to them, the answer is right.
  @Test func priorFarFromTheData() throws {
    let far = try table([[1e15, 1e15 + 2, 1e15 + 4]])
    let end =
      " is 0, but the data lie near 1000000000000002: with this prior, too far for double precision. Give a value "
      + "nearer to the data, or a wider prior."
    struct MeanField: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1e-6)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    struct Sample: Model {
      @Hyperparameter("Prior mean.") var mean = 0.0
      let parameters = Latent<NormalGamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        parameters ~ NormalGamma(mean: mean, meanPrecision: 1e-6, shape: 1e-3, rate: 1e-3)
        Plate.rows { x ~ Normal(parameters) }
      }
    }
    #expect(refusal(MeanField(), far) == "\"mean\": the mean of Normal" + end)
    var model = Sample()
    #expect(refusal(model, far) == "\"parameters\": the mean of NormalGamma" + end)
    model.mean = 1e15
    let parameters = try Fit(model, to: far).marginal("parameters")
    #expect(parameters?.means == [[1e15 + 2]])
    // The rate 1e-3 + ½·Σ(x − mean)², and next to nothing for the prior mean.
    #expect(agree(parameters?.parameter("rate").first ?? [], [4.001002]))
  }

  /// The largest counts that are whole numbers in double precision.
  @Test func hugeCounts() throws {
    var model = PoissonMixture()
    model.components = 1
    let fit = try Fit(model, to: table([[1e15, 3e15]]))
    // The shape is 1 + Σx = 4e15, the rate 1/mean + N = 2, up to rounding.
    #expect(agree(fit.marginal("rate")?.means.first ?? [], [2e15]))
  }
}
