import Suffice
import SufficeTesting
import Testing

@Suite struct RayleighTests {
  @Test func laws() throws {
    try checkFamily(Rayleigh.self)
  }

  @Test func likelihood() throws {
    for dimensions in [[:], ["rate": 1]] {
      try checkLikelihood(
        Rayleigh(rate: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 3), dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) {
          let rate = arguments[0][$1 % arguments[0].count]
          return $0 + _log(2 * rate * x[$1]) - rate * x[$1] * x[$1]
        }
      }
    }
  }

  /// The mean of x is ½√(π/λ), which no statistic of the family says.
  @Test func sampledMean() {
    var random = RandomSource(seed: 1)
    let shape = FamilyShape(dimension: 1)
    let draws = (0..<4000).map { _ in Rayleigh.sample([-4], shape, using: &random)[0] }
    let mean = draws.reduce(0, +) / Double(draws.count)
    let expected = 0.25 * Double.pi.squareRoot()
    let tolerance = Tolerance.statistical(
      samples: draws.count, failureProbability: 1e-6, because: "chance, in a fixed stream of random numbers")
    #expect(tolerance.allows(mean, expected, deviation: (0.25 - expected * expected).squareRoot()))
  }
}
