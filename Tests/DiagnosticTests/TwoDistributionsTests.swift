import Suffice
import Testing

@Suite struct TwoDistributionsTests {
  @Test func latentGivenTwo() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1.0)
        mean ~ Normal(mean: 5.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" is given a distribution twice. A variable has one distribution; declare a second variable for the other."
    )
  }

  @Test func observedGivenTwo() throws {
    struct Broken: Model {
      let x = Observed<Normal>()
      var body: [Statement] {
        for mean in [0.0, 5.0] {
          Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" is given a distribution twice. A variable has one distribution; declare a second variable for the other."
    )
  }
}
