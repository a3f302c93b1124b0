import Suffice
import Testing

@Suite struct NoDistributionTests {
  @Test func latentWithoutDistribution() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let precision = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        precision ~ Gamma(shape: 1.0, rate: 1.0)
        Plate.rows { x ~ Normal(mean: mean, precision: precision) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" has no distribution. Add 'mean ~ Normal(…)' to the body, or remove the variable.")
  }

  @Test func observedWithoutDistribution() throws {
    struct Broken: Model {
      let x = Observed<Normal>()
      let y = Observed<Poisson>()
      var body: [Statement] {
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"y\" has no distribution. Add 'y ~ Poisson(…)' to the body, or remove the variable.")
  }

  @Test func noVariables() throws {
    struct Broken: Model {
      var body: [Statement] { [] }
    }
    #expect(
      try diagnosis(of: Broken())
        == "the model has no variables. Declare them as stored properties, as in 'let x = Observed<Normal>()'.")
  }

  @Test func nothingObserved() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      var body: [Statement] { mean ~ Normal(mean: 0.0, precision: 1.0, count: 2) }
    }
    #expect(
      try diagnosis(of: Broken())
        == "the model broken observes nothing. Declare an observed variable, as in 'let x = Observed<Normal>()', and give it "
        + "a distribution inside Plate.rows { … }.")
  }
}
