import Suffice
import Testing

@Suite struct BaseMeasureTests {
  @Test func latentCount() throws {
    struct Broken: Model {
      let visits = Latent<Poisson>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          visits ~ Poisson(2.0)
          x ~ Normal(mean: 0.0, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"visits\" is latent and Poisson, whose base measure is not constant: the posterior of a latent Poisson is no Poisson. "
        + "Observe \"visits\", or give it another family.")
  }
}
